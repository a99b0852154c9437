"""Running a cell over a sequence as one compiled loop: what ``unroll`` computes, at its speed.

A step is traced once (``minigrad.scan``), and all of them are one op on the tape. What asks for
single steps, such as a picture, the ledger or the Jacobians, wants ``unroll``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad
from minigrad import Tensor
from minigrad.scanning.ragged import within

from ..cells import Cell, State
from ..cells.state import with_batch, without_batch
from .unrolling import inputs_of, stack

__all__ = ["run_scanned", "scan"]


def scan(cell: Cell, xs: Any, state: Any = None, *, reverse: bool = False) -> tuple[Tensor, State]:
    """The outputs of `cell` at all steps, stacked (T, B, H), and the state after the last.

    xs, state: as those of ``unroll``. reverse: from the last input to the first.

    Outputs, state and gradients are those of ``unroll``. Raises what ``unroll`` raises, and
    TraceError for a cell whose step asks for values (``minigrad.scan`` says more).

    >>> import numpy as np
    >>> from rnn import LSTMCell
    >>> outputs, (h, c) = scan(LSTMCell(5, 3), np.zeros((4, 2, 5)))
    >>> outputs.shape, h.shape
    ((4, 2, 3), (2, 3))
    """
    inputs, one = inputs_of(cell, xs)
    given = with_batch(state, type(cell).__name__) if one and state is not None else state
    outputs, last = run_scanned(cell, stack(inputs), given, reverse=reverse)
    return (outputs[:, 0], without_batch(last)) if one else (outputs, last)


def run_scanned(
    cell: Cell, xs: Tensor, state: Any, *, reverse: bool = False, mask: Any = None
) -> tuple[Tensor, State]:
    """``scan`` of inputs (T, B, K) that are checked. mask: booleans (T, B): at steps that are not
    its own a sequence keeps its state, and has outputs 0."""
    step: Any = cell.checked_step
    before = cell.as_state(state, xs.shape[1])
    if mask is None:
        return minigrad.scan(step, before, xs, reverse=reverse)
    used = np.flatnonzero(mask.any(axis=1))
    if len(used) == len(mask):
        return minigrad.scan(*_placed(step, before, xs, mask), reverse=reverse)
    # A step that is nobody's is not run, and draws nothing; if all are, the first one is.
    used = used if len(used) else np.array([0])
    outputs, last = minigrad.scan(*_placed(step, before, xs[used], mask[used]), reverse=reverse)
    place = np.full(len(mask), len(used))
    place[used] = np.arange(len(used))
    nothing = np.zeros((1, *outputs.shape[1:]), outputs.dtype)
    whole: Any = np.concatenate([outputs, nothing])
    return whole[place], last


def _placed(step: Any, before: Any, xs: Tensor, mask: Any) -> tuple[Any, Any, Any]:
    """The arguments of a scan within a mask."""
    step, inputs = within(step, xs, mask)
    return step, before, inputs

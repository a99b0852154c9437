"""Running a cell over a sequence as one compiled loop: what ``unroll`` computes, at its speed.

A step is traced once (``minigrad.scan``), and all of them are one op on the tape. What asks for
single steps, such as a picture, the ledger or the Jacobians, has them run again, as by ``unroll``.
"""

from __future__ import annotations

from typing import Any

from minigrad import Tensor
from minigrad.scanning.workers import as_workers

from ..cells import Cell, State
from ..cells.state import with_own_generators
from .loop import stack
from .unrolling import arguments_of, results_of
from .ways import over_all

__all__ = ["scan"]


def scan(
    cell: Cell, xs: Any, state: Any = None, name: str | None = None, *, reverse: bool = False,
    workers: int | None = None,
) -> tuple[Tensor, State]:
    """The outputs of `cell` at all steps, stacked (T, B, H), and the state after the last.

    xs, state: as those of ``unroll``. reverse: from the last input to the first.
    name: the scope of the op (default: ``cell.name``).
    workers: how many threads share the rows of the batch (``minigrad.scan`` says more).

    Outputs, state and gradients are those of ``unroll``. Raises what ``unroll`` raises, and
    TraceError for a cell whose step asks for values (``minigrad.scan`` says more).

    >>> import numpy as np
    >>> from rnn import LSTMCell
    >>> outputs, (h, c) = scan(LSTMCell(5, 3), np.zeros((4, 2, 5)))
    >>> outputs.shape, h.shape
    ((4, 2, 3), (2, 3))
    """
    inputs, before, one = arguments_of(cell, xs, with_own_generators(state))
    outputs, last = over_all(
        cell, stack(inputs), before, name or cell.name, "scan", reverse=reverse,
        workers=as_workers(workers, "rnn.scan"),
    )
    return results_of(cell, outputs, last, one)

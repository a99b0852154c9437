"""Windows of a sequence: the slices, the result of one window, and how a model is run in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.checks import as_size

from ...cells import Cell
from ...layers import Recurrent
from ...sequence.unrolling import unroll

__all__ = ["Runner", "Window", "joined", "runner", "windows"]

Runner = Callable[[Any, Any, int], tuple[Any, Any]]


class Window(NamedTuple):
    """One window of truncated BPTT.

    outputs: those of its steps, (n, B, ...) with n ≤ k1, on a graph that reaches back k2 steps.
    state: the state after its last step, detached.
    where: the slice of the sequence that it covers, for targets: ``ys[window.where]``.

    >>> from rnn import GRUCell
    >>> from rnn.bptt import truncated
    >>> *_, window = truncated(GRUCell(5, 3, rng=0), np.ones((7, 2, 5)), k1=3)
    >>> window.outputs.shape, window.state.requires_grad, window.where
    ((1, 2, 3), False, slice(6, 7, None))
    """

    outputs: Tensor
    state: Any
    where: slice


def windows(T: int, k1: int) -> Iterator[slice]:
    """The slices that cut T steps into windows of k1 ≥ 1, the last one perhaps shorter.

    >>> [(w.start, w.stop) for w in windows(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    as_size(k1, "k1", "windows")
    return (slice(a, min(a + k1, T)) for a in range(0, T, k1))


def runner(model: Any, owner: str, how: str | None = None) -> Runner:
    """`model` as a function of the inputs, the state and the number of the first step.

    model: a Cell, a Recurrent, or a function ``(xs, state) -> (outputs, state)``; else TypeError,
        and ValueError for a Recurrent that cannot run in windows.
    how: as for ``truncated``. owner: the function that messages name.
    """
    if isinstance(model, Cell):
        return lambda xs, state, start: unroll(model, xs, state, start=start, how=how)
    if isinstance(model, Recurrent):
        if model.bidirectional or model.batch_first:
            raise ValueError(
                f"{owner}({type(model).__name__}): windows need one direction, from past to "
                f"future, and the time axis first; received bidirectional={model.bidirectional}, "
                f"batch_first={model.batch_first}"
            )
        return lambda xs, state, start: model(xs, state, start=start, how=how)
    if not callable(model):
        raise TypeError(
            f"{owner}(model): received {type(model).__name__}; wanted a Cell, a Recurrent or a "
            f"function (xs, state) -> (outputs, state)"
        )
    return lambda xs, state, start: model(xs, state)


def joined(pieces: Sequence[Any]) -> Any:
    """The outputs of consecutive pieces, concatenated; those of a single piece as they are."""
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

"""Truncated backpropagation through time: the state is carried on, the graph is cut.

Every k1 steps there is a gradient, which reaches back over k2 steps. With k2 = k1 the sequence is
cut into windows. With k2 > k1 the windows overlap, and the steps before a window are run again with
the present weights, because their old graph belongs to the weights before the last update.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minigrad import no_grad
from minigrad.checks import as_size

from ...sequence.unrolling import detach
from .windows import Runner, Window, joined, runner, windows

__all__ = ["truncated"]


def truncated(
    model: Any, xs: Any, k1: int, k2: int | None = None, state: Any = None,
    how: str | None = None,
) -> Iterator[Window]:
    """Run `model` over `xs` window by window; take a gradient and update after each.

    model: a Cell, a Recurrent, or any function ``(xs, state) -> (outputs, state)``.
    xs: the whole sequence (T, B, ...).
    k1: how many steps a window has. k2: how many steps its gradient reaches back, counted from
        its end (default k1). With k2 < k1 the first k1 - k2 outputs of a window carry no gradient.
    state: the state before the first step; zeros if it is left out.
    how: "unroll", "scan" or "checkpoint", as in ``Recurrent.forward``; by default a cell is
        unrolled and a layer runs as it would by itself. Not for a function.

    The windows' outputs are those of the whole sequence, and with k2 ≥ T the gradients are those
    of full BPTT, as long as the weights do not change in between.
    Williams and Peng, An efficient gradient-based algorithm for on-line training of recurrent
    network trajectories (1990): BPTT(k2; k1).

    Raises ValueError for no steps (T = 0) and for k1 or k2 below 1, and what `model` raises.

    >>> import numpy as np
    >>> from rnn import GRUCell
    >>> cell, xs, ys = GRUCell(5, 3, rng=0), np.ones((7, 2, 5)), np.zeros((7, 2, 3))
    >>> for window in truncated(cell, xs, k1=3, k2=5):
    ...     loss = ((window.outputs - ys[window.where]) ** 2).mean()
    ...     loss.backward()
    >>> window.where, window.outputs.shape
    (slice(6, 7, None), (1, 2, 3))
    """
    k1 = as_size(k1, "k1", "truncated")
    k2 = k1 if k2 is None else as_size(k2, "k2", "truncated")
    T = len(xs)
    if T == 0:
        raise ValueError("truncated(model, xs): xs has no steps (T = 0); wanted at least one")
    return _truncated(runner(model, "truncated", how), xs, list(windows(T, k1)), k2, state)


def _truncated(
    run: Runner, xs: Any, cut: list[slice], k2: int, state: Any
) -> Iterator[Window]:
    # Where the graph of each window begins; the state there is saved on the way.
    begins = [max(0, w.stop - k2) for w in cut]
    states = {0: detach(state)}
    for window, begin in zip(cut, begins, strict=True):
        outputs = []
        if begin > window.start:  # k2 < k1: up to here only the values are needed
            with no_grad():
                before, states[begin] = run(
                    xs[window.start : begin], states[window.start], window.start + 1
                )
            outputs.append(before)
        here, carried = begin, states[begin]
        stops = {b for b in begins if here < b < window.stop} | {window.start, window.stop}
        for stop in sorted(s for s in stops if s > here):
            piece, carried = run(xs[here:stop], carried, here + 1)
            states[stop] = detach(carried)
            if here >= window.start:
                outputs.append(piece)
            here = stop
        states = {t: s for t, s in states.items() if t >= begin}  # later windows begin later
        yield Window(joined(outputs), states[window.stop], window)

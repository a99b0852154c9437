"""Running free: what a model writes is what it reads next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, scope, tensor
from minigrad.checks import as_size
from minigrad.engine.tensor import as_tensor

from ..cells import Cell
from ..layers import Recurrent
from ..sequence.loop import stack
from ..sequence.unrolling import steps as one_by_one

__all__ = ["Generated", "generate", "stacked"]


class Generated(NamedTuple):
    """What ``generate`` returns.

    outputs: of the head, (T, B, Q). fed: what was made of each output to be the next input, such
    as the tokens (T, B). state: after the last step. With batch_first T and B are swapped.

    >>> from rnn import GRU, Readout, greedy
    >>> layer, head = GRU(5, 8, rng=0), Readout(8, 5, rng=0)
    >>> outputs, fed, state = generate(layer, head, np.zeros(2, int), steps=4, feed=greedy)
    >>> outputs.shape, fed.shape, state.shape
    ((4, 2, 5), (4, 2), (1, 2, 8))
    """

    outputs: Tensor
    fed: Tensor
    state: Any


def generate(
    model: Cell | Recurrent,
    head: Callable[[Tensor], Any],
    x: Any,
    state: Any = None,
    *,
    steps: int,
    feed: Callable[[Any], Any] | None = None,
    stop: int | None = None,
) -> Generated:
    """Run free: y_t = head(output_t), and feed(y_t) is the next input. All of it is on the tape.

    model: a cell, or a layer in one direction. head: from outputs (B, H) to y (B, Q).
    x: the first input, (B, K) or tokens (B,); for one sequence (K,) or a token (), and what is
        returned has no axis of the batch then. state: the state before it; by default zeros.
    steps: T, how many outputs; fewer if `stop` is given.
    feed: ``greedy`` or ``sampled(rng)`` for tokens, ``lambda y: y`` where outputs are inputs, or
        any other function; None for nothing, that is zeros after the first input.
    stop: a token. When every sequence has been fed it once, that step is the last.

    Raises TypeError or ValueError for arguments that do not fit.

    >>> from rnn import GRUCell, Readout, greedy
    >>> generate(GRUCell(5, 3), Readout(3, 5), np.array([0, 4]), steps=6, feed=greedy).fed.shape
    (6, 2)
    """
    T = as_size(steps, "steps", "generate")
    if not isinstance(model, Cell | Recurrent):
        raise TypeError(
            f"generate(model): received {type(model).__name__}; wanted a cell or a layer"
        )
    here = x if isinstance(x, Tensor) else tensor(x)
    if feed is None and here.dtype.kind in "iu":
        raise TypeError(
            "generate(feed=None): the first input is tokens, among which none is nothing; pass "
            "feed=greedy or feed=sampled(rng)"
        )
    one = (model if isinstance(model, Cell) else model.cells[0][0]).lacks_batch(here)
    if one:
        here = here[None]
        state = None if state is None else model.with_batch(state)
    nothing = tensor(np.zeros(here.shape, here.dtype))
    states: list[Any] = [state]
    if isinstance(model, Recurrent):
        states = model.split_state(state, len(here))
    stopped = np.zeros(len(here), bool)
    outputs: list[Tensor] = []
    fed: list[Tensor] = []
    for t in range(1, T + 1):
        if isinstance(model, Recurrent):
            output, states = model.step(here, states, t)
        else:
            output, *states = next(one_by_one(model, [here], *states, start=t))
        with scope("output", t=t):
            outputs.append(head(output))
            here = nothing if feed is None else as_tensor(feed(outputs[-1]))
        fed.append(here)
        if stop is not None:
            if here.dtype.kind not in "iu":
                raise TypeError(f"generate(stop={stop!r}): what is fed is {here.dtype}, not tokens")
            stopped |= here.numpy() == stop
            if stopped.all():
                break
    last_state = model.join_states(states) if isinstance(model, Recurrent) else states[0]
    if one:
        rows = [stack(values)[:, 0] for values in (outputs, fed)]
        return Generated(rows[0], rows[1], model.without_batch(last_state))
    by_batch = isinstance(model, Recurrent) and model.batch_first
    return Generated(stacked(outputs, by_batch), stacked(fed, by_batch), last_state)


def stacked(rows: list[Tensor], by_batch: bool) -> Tensor:
    """What was computed step by step as (T, B, ...), or by batch (B, T, ...)."""
    whole = stack(rows)
    return whole.swapaxes(0, 1) if by_batch else whole

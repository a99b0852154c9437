"""Ways to run a cell over a whole sequence, with one result.

"unroll" puts every op of every step on the tape: for seeing. "scan" runs a program that is made of
one step: for speed. "checkpoint" keeps the states between √T pieces and runs each piece again in
the backward pass: for memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import Tensor, checkpoint, scan, scope
from minigrad.engine.context import local
from minigrad.engine.tensor import as_tensor
from minigrad.errors import TraceError

from ..cells import Cell, State
from .loop import check_state

__all__ = ["HOWS", "as_how", "chosen_way", "over_all"]

Array = np.ndarray[Any, Any]
Step = Callable[[Any, Any], tuple[Any, Any]]

HOWS = ("scan", "unroll", "checkpoint")


def as_how(how: Any, owner: str) -> Any:
    """`how` as one of HOWS or None, or an error."""
    if how is not None and how not in HOWS:
        words = ", ".join(map(repr, HOWS))
        raise ValueError(f"{owner}(how={how!r}): wanted one of {words}, or None to let it choose")
    return how


def chosen_way(how: Any, owner: str) -> str:
    """`how`, checked; None is "unroll", and so is all where somebody watches every op."""
    given: str | None = as_how(how, owner)
    return "unroll" if given is None or local.state.watched else given


def over_all(
    cell: Cell,
    xs: Tensor,
    state: State,
    name: str,
    how: str,
    *,
    reverse: bool = False,
    mask: Array | None = None,
    repeat: Array | None = None,
) -> tuple[Tensor, State]:
    """The outputs (T, B, H) of `cell` by "scan" or "checkpoint", and the state computed last.

    xs: (T, B, K), or tokens (T, B); xs, state: as ``cell.as_input`` and ``cell.as_state`` give
    them. The rest is what ``rnn.sequence.loop.walk`` takes, and the results are those of the walk.
    """
    B = xs.shape[1]

    def step(x: Any, state: Any) -> tuple[Any, Any]:
        output, new = cell.checked_step(x, state)
        check_state(cell, new, B)
        return output, new

    def run(step: Step, xs: Any, state: Any) -> tuple[Any, Any]:
        with scope(name):
            if how == "scan":
                return scan(step, state, xs, reverse=reverse)
            return _in_pieces(cell, step, xs, state, reverse)

    if mask is None:
        return run(step, xs, state)
    # A step that is padding for all is not run, as it would draw random numbers.
    used: Array = np.any(mask, axis=1)                                   # (T,)
    if not used.any():
        used[-1 if reverse else 0] = True
    zeros = np.zeros((B, cell.output_size), cell.dtype)
    again = np.zeros_like(mask) if repeat is None else repeat
    ys, (last, _) = run(
        _masked(step, zeros), (xs[used], as_tensor(mask[used]), as_tensor(again[used])),
        (state, as_tensor(zeros)),
    )
    return (ys if used.all() else _filled(ys, used, again, reverse)), last


def _masked(step: Step, zeros: Array) -> Step:
    """The step where rows that are padding keep their state; they show what was shown before, or
    0, so that this is a part of the state."""

    def masked(inputs: Any, before: Any) -> tuple[Any, Any]:
        (x, here, again), (state, shown) = inputs, before
        output, new = step(x, state)
        own = here[:, None]                                              # (B, 1)
        at_padding = np.where(again[:, None], shown, zeros)
        output = np.where(own, output, at_padding)
        if isinstance(new, tuple):
            kept: Any = tuple(np.where(own, a, b) for a, b in zip(new, state, strict=True))
        else:
            kept = np.where(own, new, state)
        return output, (kept, output)

    return masked


def _filled(ys: Tensor, used: Array, again: Array, reverse: bool) -> Tensor:
    """Outputs of all T steps from those of the steps that were run, the `used` ones.

    The others show 0, or where `again` says so the output of the step that was run before them.
    """
    before = np.cumsum(used) - (used if reverse else 1)    # its number among those that were run
    there = (before >= 0) & (before < len(ys))
    shown = used[:, None] | (again & there[:, None])                     # (T, B)
    ran = ys[before.clip(0, len(ys) - 1)]                                # (T, B, H)
    filled: Any = np.where(shown[:, :, None], ran, np.zeros((), ys.dtype))
    return filled  # type: ignore[no-any-return]  # a Tensor, as ys is one


def _in_pieces(cell: Cell, step: Step, xs: Any, state: Any, reverse: bool) -> tuple[Any, Any]:
    """The steps in about √T pieces, each of which is run again in the backward pass."""
    sequences = xs if isinstance(xs, tuple) else (xs,)
    T = len(sequences[0])
    size = math.ceil(math.sqrt(T))
    outputs = []
    for begin in range(0, T, size):
        piece = slice(begin, begin + size)
        if reverse:
            piece = slice(max(T - begin - size, 0), T - begin)
        here = tuple(s[piece] for s in sequences)
        once = _Repeatable(cell, step, reverse)
        ys, state = checkpoint(once, here if isinstance(xs, tuple) else here[0], state)
        outputs.append(ys)
    return np.concatenate(outputs[::-1] if reverse else outputs), state


class _Repeatable:
    """Some steps that draw the same random numbers when they are run again."""

    def __init__(self, cell: Cell, step: Step, reverse: bool) -> None:
        self.step, self.reverse = step, reverse
        near = [vars(module).get("rng") for module in cell.modules()]
        self.generators = [rng for rng in near if isinstance(rng, np.random.Generator)]
        self.states, self.ran = self._states(), False

    def _states(self) -> list[Any]:
        return [rng.bit_generator.state for rng in self.generators]

    def _set(self, states: list[Any]) -> None:
        for rng, state in zip(self.generators, states, strict=True):
            rng.bit_generator.state = state

    def __call__(self, xs: Any, state: Any) -> tuple[Any, Any]:
        now = self._states()
        self._set(self.states)
        try:
            try:
                return scan(self.step, state, xs, reverse=self.reverse)
            except TraceError:
                self._set(self.states)
                return scan(self.step, state, xs, reverse=self.reverse, how="unroll")
        finally:
            if self.ran:
                self._set(now)
            self.ran = True

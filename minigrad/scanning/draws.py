"""Steps that draw: dropout, zoneout and the like are traced once for each step.

A draw is a constant to one step and another one to the next. So the step is run on tracers T
times, in the order of the steps and with the same draws as a loop would make; what differs from
one time to the next becomes an input of the program, with a value for each step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import Tensor, wrap
from ..errors import TraceError
from .generators import moved, reachable, restore, states, unreachable
from .step import Traced

__all__ = ["Seen", "seen_again"]


class Seen(NamedTuple):
    """A step that was run more than once.

    found: what it refers to. named: the same with names, for a plan. drawn: what it draws at each
    of T steps, which is among its inputs, the last ones, in the order of the steps. made: whether
    it refers to something that it has made anew: if not, it cannot draw.
    """

    found: Traced
    named: Traced
    drawn: list[Any]
    made: bool


def seen_again(
    first: Traced, trace: Callable[[bool], Traced], T: int, step: Any, thorough: bool
) -> Seen:
    """The step that ``trace(named)`` has found `first`, run again to see whether it draws.

    thorough: look also for generators that nobody would find. Raises TraceError for a step that
    does something else each time, and for one that draws, or counts, where nobody has seen it.
    """
    generators = reachable(step)
    before = states(generators)
    second = trace(True)
    _check_same(first, second, 1)
    pairs = enumerate(zip(first.captured, second.captured, strict=True))
    made = [k for k, (a, b) in pairs if a is not b]
    if not moved(generators, before):
        _check_constant(made, first, [second], trace, generators if thorough else None)
        return Seen(first, second, [], bool(made))
    if T == 1:
        restore(generators, before)
        return Seen(first, second, [], bool(made))
    others = [second, *(trace(False) for _ in range(T - 2))]
    for t, other in enumerate(others, 1):
        _check_same(first, other, t)
    return Seen(second, second, _with_inputs([first, *others]), bool(made))


def _check_same(first: Traced, other: Traced, t: int) -> None:
    if other.key() != first.key():
        raise TraceError(
            f"scan: step {t} does something else than step 0, by what it draws or counts: draw "
            f"arrays, whose values may differ, pass such values as inputs, or run the steps as "
            f"they are, with how='unroll'"
        )


def _check_constant(
    made: list[int], first: Traced, others: list[Traced], trace: Callable[[bool], Traced],
    known: Sequence[Any] | None,
) -> None:
    """What the step makes anew each time must have the same values.

    known: if given, not by chance: a step during which any other generator has moved on is run
    more than once.
    """
    if made and known is not None:
        hidden = unreachable(known)
        before = states(hidden)
        others = [*others, trace(False)]
        if moved(hidden, before):
            others += [trace(False) for _ in range(_OFTEN)]
    for k in made:
        values = _values(first.captured[k])
        if not all(_equal(values, _values(other.captured[k])) for other in others):
            raise TraceError(
                "scan: the step takes other values from outside each time it is called, as from a "
                "generator of random numbers that no variable, attribute or container within its "
                "reach holds: pass such values as inputs, let the step hold the generator, or run "
                "the steps as they are, with how='unroll'"
            )


_OFTEN = 20  # runs: a single choice of two is not the same so often by chance


def _with_inputs(every: list[Traced]) -> list[Any]:
    """What differs between the steps, moved from what is captured to the inputs."""
    drawn: list[Any] = []
    for k in reversed(range(len(every[0].captured))):
        values = [found.captured[k] for found in every]
        if all(v is values[0] for v in values):
            continue
        if any(isinstance(v, Tensor) and v._node is not None for v in values):
            raise TraceError("scan: a step uses another Tensor that requires grad at each step")
        arrays = list(map(_values, values))
        if all(_equal(a, arrays[0]) for a in arrays):
            continue
        drawn.append(wrap(np.stack(arrays), None))
        every[1].move_to_inputs(k)
    return drawn


def _values(given: Any) -> Any:
    return given._data if isinstance(given, Tensor) else np.asarray(given)


def _equal(a: Any, b: Any) -> bool:
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")

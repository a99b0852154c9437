"""Steps that draw: dropout, zoneout and the like are traced once for each step.

A draw is a constant to one step and another one to the next. So the step is run on tracers T
times, in the order of the steps and with the same draws as a loop would make; what differs from
one time to the next becomes an input of the program, with a value for each step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, wrap
from ..errors import TraceError
from .frames import states
from .step import Traced

__all__ = ["repeated"]


def repeated(trace: Callable[[bool], Traced], T: int) -> tuple[Traced, list[Any], bool]:
    """The step as ``trace(named)`` finds it, what it draws at each of T steps, and whether it may
    draw, so that it must not be run once more.

    What is drawn is among its inputs, the last ones; it comes in the order of the steps.
    """
    legacy = states([])
    first = trace(False)
    generators = first.trace.frames.generators()
    moved = states([]) != legacy
    may_draw = bool(generators) or moved
    if T == 1 or not may_draw:
        return first, [], may_draw
    before = states(generators)
    second = trace(True)
    if states(generators) == before and not moved:
        return first, [], False
    others = [second, *(trace(False) for _ in range(T - 2))]
    key = first.key()
    for t, other in enumerate(others, 1):
        if other.key() != key:
            raise TraceError(
                f"scan: step {t} does something else than step 0, by what it draws: draw arrays, "
                f"whose values may differ, or run the steps as they are, with how='unroll'"
            )
    return _with_inputs(first, [first, *others])


def _with_inputs(first: Traced, every: list[Traced]) -> tuple[Traced, list[Any], bool]:
    """What differs between the steps, moved from what is captured to the inputs."""
    drawn: list[Any] = []
    for k in reversed(range(len(first.captured))):
        values = [found.captured[k] for found in every]
        if all(v is values[0] for v in values):
            continue
        if any(isinstance(v, Tensor) and v._node is not None for v in values):
            raise TraceError("scan: a step uses another Tensor that requires grad at each step")
        arrays = [v._data if isinstance(v, Tensor) else np.asarray(v) for v in values]
        if all(np.array_equal(a, arrays[0], equal_nan=a.dtype.kind in "fc") for a in arrays):
            continue
        drawn.append(wrap(np.stack(arrays), None))
        for found in every[:2]:
            found.move_to_inputs(k)
    return every[1], drawn, True

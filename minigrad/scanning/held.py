"""Generators of random numbers in a state: they go from step to step, and are no arrays.

While steps are traced and run, the step holds them, and finds them in the state all the same. So
what it draws from is known as if it were a variable of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..errors import describe
from ..transforms.tree import flatten, flatten_like, paths
from .generators import GENERATORS

__all__ = ["generators_apart"]

Step = Callable[[Any, Any], tuple[Any, Any]]


def generators_apart(step: Step, state: Any) -> tuple[Step, Any, Callable[[Any], Any]]:
    """The step on a state without its generators, that state, and what puts them back into one.

    All three as they are for a state of arrays alone.

    Raises TypeError for a step that returns another generator than it was given.
    """
    leaves, rebuild = flatten(state)
    is_array = [not isinstance(leaf, GENERATORS) for leaf in leaves]
    if all(is_array):
        return step, state, lambda arrays: arrays
    held = [leaf for leaf, array in zip(leaves, is_array, strict=True) if not array]
    names = paths(state)

    def whole(arrays: Iterable[Any]) -> Any:
        parts, generators = iter(arrays), iter(held)
        return rebuild([next(parts if array else generators) for array in is_array])

    def on_arrays(x: Any, arrays: Any) -> tuple[Any, Any]:
        output, new = step(x, whole(arrays))
        found = flatten_like(new, state, "scan: the state that step(x, state) returned")
        generators = iter(held)
        for name, leaf, array in zip(names, found, is_array, strict=True):
            if not array and leaf is not next(generators):
                raise TypeError(
                    f"scan: step(x, state) returned {describe(leaf)} as state {name}; wanted the "
                    f"generator that it was given"
                )
        return output, [leaf for leaf, array in zip(found, is_array, strict=True) if array]

    arrays = [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]
    return on_arrays, arrays, whole

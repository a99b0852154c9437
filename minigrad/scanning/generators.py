"""Generators of random numbers: which ones a function can reach, and where they stand.

What a step draws is another value at each step, so a trace has to know that it has drawn. It asks
the generators in reach before and behind: the variables that a function takes from outside,
their attributes, what is in their lists and dicts, and so on; and the two of the process, which
``np.random.normal`` and ``random.random`` draw from.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from ..errors import TraceError
from .atoms import token
from .tracer import NeedsTape

__all__ = [
    "GENERATORS", "OF_PROCESS", "Repeatable", "moved", "reachable", "restore", "states",
    "unreachable",
]

GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)
"""The classes of what draws."""

OF_PROCESS: tuple[Any, ...] = (np.random.get_state.__self__, random.getstate.__self__)  # type: ignore[attr-defined]  # bound methods, as NumPy makes them
"""What ``np.random.normal`` and ``random.random`` draw from."""

_PLAIN = (
    int, float, complex, str, bytes, type(None), type(Ellipsis), np.ndarray, np.generic, np.dtype,
    Tensor, type, ModuleType, BuiltinFunctionType,
)
_LIBRARIES = frozenset({"builtins", "numpy", "minigrad"})
_MOST = 10_000  # objects that are looked at


def reachable(*roots: Any) -> list[Any]:
    """The generators that can be reached from some objects, and those of the process."""
    found = {id(g): g for g in OF_PROCESS}
    seen: dict[int, Any] = {}
    todo = list(roots)
    while todo and len(seen) < _MOST:
        value = todo.pop()
        if isinstance(value, _PLAIN) or id(value) in seen:
            continue
        seen[id(value)] = value
        if _draws(value):
            found[id(value)] = value
        else:
            todo += _inside(value)
    return list(found.values())


def _inside(value: Any) -> Iterator[Any]:
    """What an object leads to."""
    if isinstance(value, FunctionType):
        if not _of_library(value):
            yield from _named(value.__globals__, value.__code__.co_names)
        yield from (cell.cell_contents for cell in value.__closure__ or () if _is_set(cell))
        yield from (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values())
    elif isinstance(value, MethodType):
        yield from (value.__self__, value.__func__)
    elif isinstance(value, partial):
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple | set | frozenset):
        yield from value
    else:
        yield from getattr(value, "__dict__", {}).values()
        for kind in type(value).__mro__:
            if not _of_library(kind):
                yield from (f for f in vars(kind).values() if isinstance(f, FunctionType))
                slots = [name for name in vars(kind).get("__slots__", ()) if name != "__weakref__"]
                yield from (getattr(value, name, None) for name in slots)


def _of_library(value: Any) -> bool:
    """Whether it is in a module whose variables hold no generators, and lead far."""
    return str(value.__module__).partition(".")[0] in _LIBRARIES


def _named(variables: Any, names: Sequence[str]) -> Iterator[Any]:
    """What a function calls by these names: variables, and what it takes from modules."""
    for name in names:
        value = variables.get(name)
        if isinstance(value, ModuleType):
            if value.__name__.partition(".")[0] not in _LIBRARIES:
                yield from _named(vars(value), [other for other in names if other != name])
        elif value is not None:
            yield value


def _draws(value: Any) -> bool:
    return isinstance(value, GENERATORS) and not isinstance(value, random.SystemRandom)


def _is_set(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # empty where its variable has no value yet
    except ValueError:
        return False
    return True


def states(generators: Sequence[Any]) -> list[Any]:
    """Where some generators stand."""
    return [
        g.bit_generator.state if isinstance(g, np.random.Generator)
        else g.getstate() if isinstance(g, random.Random) else g.get_state(legacy=False)
        for g in generators
    ]


def restore(generators: Sequence[Any], saved: Sequence[Any]) -> None:
    """Put generators to where they stood when ``states`` gave `saved`."""
    for generator, state in zip(generators, saved, strict=True):
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = state
        elif isinstance(generator, random.Random):
            generator.setstate(state)
        else:
            generator.set_state(state)


def moved(generators: Sequence[Any], before: Sequence[Any]) -> bool:
    """Whether one of them has drawn since ``states`` gave `before`."""
    return any(
        state != old if isinstance(state, tuple) else _token(state) != _token(old)
        for state, old in zip(states(generators), before, strict=True)
    )


def _token(state: dict[str, Any]) -> Any:
    return token(state, lambda leaf: None)  # there may be arrays in it, which == compares by entry


def unreachable(known: Sequence[Any]) -> list[Any]:
    """All other generators that there are. It takes some milliseconds."""
    here = set(map(id, known))
    draw = [g for g in gc.get_objects() if isinstance(g, GENERATORS)]  # out of a million, perhaps
    return [g for g in draw if _draws(g) and id(g) not in here]


class Repeatable:
    """A function that draws the same random numbers when it is run again, as ``checkpoint`` wants.

    attempts: functions of the same arguments; each is tried where the one before it raises
    TraceError, as of a step that asks for values, or needs the tape. generators: what they draw
    from. The first call draws as ever; later ones leave the generators as they find them.
    """

    def __init__(self, attempts: Sequence[Callable[..., Any]], generators: Sequence[Any]) -> None:
        self._attempts, self._generators = attempts, generators
        self._start: list[Any] | None = None

    def __call__(self, *args: Any) -> Any:
        now = states(self._generators)
        again, self._start = self._start is not None, self._start or now
        try:
            return self._tried(*args)
        finally:
            if again:
                restore(self._generators, now)

    def _tried(self, *args: Any) -> Any:
        *others, last = self._attempts
        assert self._start is not None
        for attempt in others:
            restore(self._generators, self._start)
            try:
                return attempt(*args)
            except (TraceError, NeedsTape):
                continue
        restore(self._generators, self._start)
        return last(*args)

"""The functions that run while a step is traced: what their variables are called, what they draw.

A name goes to a result that is bound to it, so that generated source speaks the user's language. A
generator of random numbers that is found there, and has moved on, says that the steps differ.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine.callers import is_library
from ..engine.tensor import Tensor
from .program import Var
from .tracer import Tracer, unwrapped

__all__ = ["Frames", "restore", "states"]

class Frames:
    """The frames between the start of a trace and its ops, but those of minigrad."""

    def __init__(self, named: bool) -> None:
        self.found: dict[Var, str] = {}
        self.captured: dict[int, str] = {}  # by id of what is captured, which the trace holds
        self._frames: dict[Any, None] = {}
        self._first: Any = sys._getframe(2)
        self._named = named

    def look(self) -> None:
        """Remember who has called this op; with names wanted, read what is bound now."""
        frame: Any = sys._getframe(2)
        while frame is not None and frame is not self._first and frame not in self._frames:
            if not frame.f_globals.get("__name__", "").startswith("minigrad."):
                self._frames[frame] = None
            frame = frame.f_back
        if self._named:
            self.read()

    def read(self) -> None:
        """Take the names of what is bound now; a variable keeps its first one."""
        for frame in self._frames:
            for name, value in frame.f_locals.items():
                value = unwrapped(value)
                if isinstance(value, Tracer):
                    self.found.setdefault(value.symbol, name)
                else:
                    for attribute, tensor in _tensors(name, value):
                        self.captured.setdefault(id(tensor), attribute)

    def of(self, value: Any) -> str:
        """What a global of those functions is called, or nothing."""
        for frame in self._frames:
            for name, other in frame.f_globals.items():
                if other is value:
                    return str(name)
        return ""

    def close(self) -> None:
        """Let go of the frames, which hold all that their functions have made."""
        self._frames, self._first = {}, None

    def generators(self) -> list[np.random.Generator]:
        """The generators in reach of those functions: their variables, and attributes of these.
        What modules of a library hold has none."""
        found: dict[int, Any] = {}
        seen, Generator = set[int](), np.random.Generator
        modules = {id(f.f_globals): (f.f_globals, is_library(f)) for f in self._frames}
        for variables, library in (*modules.values(), *((f.f_locals, False) for f in self._frames)):
            for value in variables.values():
                if isinstance(value, Generator):
                    found[id(value)] = value
                elif not (library or value is np or isinstance(value, Tensor) or id(value) in seen):
                    seen.add(id(value))
                    for near in getattr(value, "__dict__", {}).values():
                        if isinstance(near, Generator):
                            found[id(near)] = near
        return list(found.values())


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The Tensors in a variable: itself, or the attributes and parameters of a module."""
    if isinstance(value, Tensor):
        yield name, value
    elif hasattr(type(value), "named_parameters"):  # asking a package for a name takes long
        yield from value.named_parameters()
        yield from ((k, v) for k, v in vars(value).items() if isinstance(v, Tensor))


def states(generators: list[np.random.Generator]) -> Any:
    """Where some generators are, and the ones of the process."""
    old: Any = np.random.get_state()  # noqa: NPY002  # the user's code may draw so
    kind, numbers, *rest = old
    own = [g.bit_generator.state for g in generators]
    return own, random.getstate(), kind, numbers.tobytes(), *rest


def restore(generators: list[np.random.Generator], saved: Any) -> None:
    """Put the generators back to where they were when ``states`` gave `saved`."""
    own, plain, kind, numbers, *rest = saved
    for generator, state in zip(generators, own, strict=True):
        generator.bit_generator.state = state
    random.setstate(plain)
    numbers = np.frombuffer(numbers, np.uint32)
    np.random.set_state((kind, numbers, *rest))  # noqa: NPY002  # as above

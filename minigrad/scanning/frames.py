"""The functions that run while a step is traced: what their variables are called.

A name goes to a result that is bound to it, so that generated source speaks the user's language.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from ..engine.tensor import Tensor
from .program import Var
from .tracer import Tracer, unwrapped

__all__ = ["Frames"]


class Frames:
    """The frames between the start of a trace and its ops, but those of minigrad."""

    def __init__(self, named: bool) -> None:
        self.found: dict[Var, str] = {}
        self.captured: dict[int, str] = {}  # by id of what is captured, which the trace holds
        self._frames: dict[Any, None] = {}
        self._modules: dict[int, Any] = {}  # whose parameters have their names
        self._first: Any = sys._getframe(2)
        self._named = named

    def look(self) -> None:
        """Where names are wanted, remember who has called this op, and read what is bound now."""
        if not self._named:
            return
        frame: Any = sys._getframe(2)
        while frame is not None and frame is not self._first and frame not in self._frames:
            if not frame.f_globals.get("__name__", "").startswith("minigrad."):
                self._frames[frame] = None
            frame = frame.f_back
        self.read()

    def end(self) -> None:
        """The step has returned: take the names of what is bound now, and look no more."""
        if self._named:
            self._modules.clear()
            self.read()
        self._named = False

    def read(self) -> None:
        """Take the names of what is bound now; a variable keeps its first one."""
        for frame in self._frames:
            for name, value in frame.f_locals.items():
                value = unwrapped(value)
                if isinstance(value, Tracer):
                    self.found.setdefault(value.symbol, name)
                elif isinstance(value, Tensor):
                    self.captured.setdefault(id(value), name)
                elif id(value) not in self._modules and _is_module(value):
                    self._modules[id(value)] = value
                    for attribute, tensor in _tensors(value):
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
        self._frames, self._modules, self._first = {}, {}, None


def _is_module(value: Any) -> bool:
    return hasattr(type(value), "named_parameters")  # asking a package for a name takes long


def _tensors(module: Any) -> Iterator[tuple[str, Any]]:
    """The parameters of a module, and the Tensors among its attributes."""
    yield from module.named_parameters()
    yield from ((k, v) for k, v in vars(module).items() if isinstance(v, Tensor))

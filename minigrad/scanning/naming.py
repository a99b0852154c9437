"""What the user's code calls the results of ops, so that generated source speaks its language."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..engine.tensor import Tensor
from .program import Var
from .tracer import Tracer, unwrapped

__all__ = ["Names"]

_LIBRARY = str(Path(__file__).parent.parent)


class Names:
    """The variables of the functions that run while a step is traced, as they are bound."""

    def __init__(self) -> None:
        self.found: dict[Var, str] = {}
        self.captured: dict[int, str] = {}  # by id of what is captured, which the trace holds
        self._frames: dict[Any, None] = {}
        self._first = sys._getframe(2)

    def look(self) -> None:
        """Read what is bound now in the functions between the start of the trace and this op."""
        frame = sys._getframe(1)
        while frame is not None and frame is not self._first:
            if not frame.f_code.co_filename.startswith(_LIBRARY):
                self._frames[frame] = None
            frame = frame.f_back  # type: ignore[assignment]  # None at the end
        self.read()

    def read(self) -> None:
        """Take the names from the frames that are known; a variable keeps its first one."""
        for frame in self._frames:
            for name, value in frame.f_locals.items():
                value = unwrapped(value)
                if isinstance(value, Tracer):
                    self.found.setdefault(value.var, name)
                else:
                    for attribute, tensor in _tensors(name, value):
                        self.captured.setdefault(id(tensor), attribute)


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The Tensors in a variable: itself, or the attributes and parameters of a module."""
    if isinstance(value, Tensor):
        yield name, value
    elif hasattr(value, "named_parameters") and not isinstance(value, type):
        yield from value.named_parameters()
        yield from ((k, v) for k, v in vars(value).items() if isinstance(v, Tensor))

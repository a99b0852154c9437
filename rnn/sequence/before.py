"""What a cell was before a step was traced: to see whether the step has changed it, and to undo it.

A trace runs the step once or twice, and not T times. Of a step that counts its calls, or keeps what
it computes in an attribute, every call matters; and where a trace is given up, what it has drawn at
random is to be drawn again.
"""

from __future__ import annotations

from typing import Any

from minigrad import Tensor
from minigrad.scanning.generators import GENERATORS, OF_PROCESS, moved, restore, states

from ..cells import Cell, State
from ..cells.state import unpack

__all__ = ["Before"]


class Before:
    """The attributes of a cell and of its modules, and the states of their generators, and of those
    in the state of the cell, now."""

    def __init__(self, cell: Cell, state: State) -> None:
        self._attributes = [(module, dict(vars(module))) for module in cell.modules()]
        held = [value for _, attributes in self._attributes for value in attributes.values()]
        self._contents = [(v, type(v)(v)) for v in held if isinstance(v, list | dict | set)]
        # Of parameters not: an optimizer may update them in another thread meanwhile.
        tensors = [v for v in held if isinstance(v, Tensor) and not v.requires_grad]
        self._arrays = [(v, v._data) for v in tensors]
        drawing = (v for v in (*held, *unpack(state)) if isinstance(v, GENERATORS))
        self._generators = [*OF_PROCESS, *drawing]
        self._states = states(self._generators)

    def changed(self) -> str:
        """An attribute that is not what it was, as ``LSTMCell.calls``; or nothing."""
        for module, attributes in self._attributes:
            now = vars(module)
            for name in attributes | now:
                if now.get(name, self) is not attributes.get(name, self):
                    return f"{type(module).__name__}.{name}"
                held = attributes[name]
                if any(held is v and not _same(v, was) for v, was in self._contents) or any(
                    held is v and v._data is not was for v, was in self._arrays
                ):
                    return f"{type(module).__name__}.{name}"
        return ""

    def drew(self) -> bool:
        """Whether random numbers have been drawn."""
        return moved(self._generators, self._states)

    def restore(self) -> None:
        """Make everything what it was."""
        for module, attributes in self._attributes:
            now = vars(module)
            for name in now.keys() - attributes:
                del now[name]
            now |= {n: v for n, v in attributes.items() if now.get(n, self) is not v}
        for value, was in self._contents:
            if not _same(value, was):
                value.clear()
                value.extend(was) if isinstance(value, list) else value.update(was)
        for tensor, array in self._arrays:
            tensor._data = array
        restore(self._generators, self._states)


def _same(container: Any, was: Any) -> bool:
    """Whether the very same things are in it."""
    if len(container) != len(was):
        return False
    if isinstance(container, set):
        return bool(container == was)
    pairs = zip(container.values(), was.values(), strict=True) if isinstance(
        container, dict
    ) else zip(container, was, strict=True)
    return all(a is b for a, b in pairs)

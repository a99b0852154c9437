"""What the tape knows of a Tensor: its array, and the node that made it.

``Tensor`` is this with all that users need beside it: operators, conversions, writes, ``.grad``.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .node import Node

__all__ = ["Variable", "detached", "wrap"]

_new = object.__new__


class Variable:
    """An array on the tape, or with ``_node`` None a constant; the rest is unset until needed."""

    __slots__ = ("__weakref__", "_data", "_grad", "_name", "_node", "_source")

    _data: Any
    _node: Node | None
    _grad: Any
    _name: str | None
    _source: Any

    _kind: ClassVar[type[Variable]]  # what ops make: Tensor, which says so


def wrap(data: Any, node: Node | None) -> Any:
    """A Tensor around an array that the engine owns; no copy."""
    out = _new(Variable._kind)
    out._data, out._node = data, node
    if node is None:
        out._name = None
    return out


def detached(value: Any) -> Any:
    """The plain values of a Tensor; anything else as it is."""
    return value._data if isinstance(value, Variable) else value

"""What the op view shows of operands that need no gradient: their names and values, where known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.node import Node
from ...engine.tensor import detached
from ...observe.packing import constant_operand, is_output, saved_items
from ..reading.entering import flat

__all__ = ["Constant", "constant_of"]


class Constant(NamedTuple):
    """An operand that needs no gradient: its value, where it is known."""

    name: str
    value: Any
    key: Any
    t: int | None = None


def constant_of(node: Node, slot: int) -> Constant | None:
    """What is known of an operand that needs no gradient."""
    if node.op is None or is_output(node):
        return None
    kept = constant_operand(node, slot)
    value = saved_items(node).get(node.op.argument(slot)) if kept is None else detached(kept)
    if node.op.variadic and isinstance(value, tuple):
        value = value[slot]
    if name := getattr(kept, "name", None):
        return Constant(name, value, ("value", id(value)))
    if not isinstance(value, np.ndarray):  # unknown, or a number: each has a box of its own
        return Constant("", value, (node, "constant", slot))
    for scope in node.scope.chain() if node.scope is not None else ():
        for called, entering in flat(scope.inputs):
            if detached(entering) is value:
                return Constant(called, value, (scope, called), scope.t)
    return Constant("", value, ("value", id(value)))

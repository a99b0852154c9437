"""The values in a graph: what its nodes still hold, and what follows from that.

An op saves what its derivative needs and nothing else. From the weights and what is saved the
others are computed again, op by op, as far as all operands are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.node import FREED, Leaf, Node
from ...engine.outputs import number
from ...engine.tensor import detached
from ...observe.packing import constant_operand, is_output, saved_items
from .walk import known_values

__all__ = ["all_values"]


def all_values(order: Sequence[Node]) -> dict[Node, Any]:
    """The values of nodes, which come oldest first, as far as they can be known.

    A weight that was written to since an op read it is left out: its value is another now.
    """
    values = dict(_leaves(order)) | known_values(order)
    results: dict[Node, Any] = {}
    for node in order:
        if node in values or node.op is None:
            continue
        if is_output(node):
            whole, k = node.parents[0], number(node)
            if whole in results and k is not FREED:
                values[node] = results[whole][k]
            continue
        found = _again(node, values)
        if node.op.multiple:
            if isinstance(found, tuple):
                results[node] = found
        elif found is not None and np.shape(found) == node.shape:
            values[node] = found
    return values


def _leaves(order: Iterable[Node]) -> Iterable[tuple[Node, Any]]:
    """The arrays of weights that are as they were when they were first read."""
    read: dict[Node, int] = {}
    for node in order:
        for parent in node.parents:
            if parent is not None and parent.pullback is None:
                read.setdefault(parent, node.key)
    for node in order:
        # Keys count down, so that a write after the first use has a smaller one.
        if isinstance(node, Leaf) and node.written >= read.get(node, node.key):
            owner = node.owner()
            if owner is not None:
                yield node, owner._data
            elif hasattr(node, "kept") and not node.written:
                yield node, node.kept


def _again(node: Node, values: Mapping[Node, Any]) -> Any:
    """What an op makes of its operands; None where one is not known, or a keyword."""
    op: Any = node.op
    saved = saved_items(node)
    arguments: list[Any] = []
    for k, parent in enumerate(node.parents):
        held = saved.get(op.argument(k))
        value = values.get(parent) if parent is not None else constant_operand(node, k)
        if parent is None and value is None:
            value = held[k] if op.variadic and isinstance(held, tuple) else held
        if value is None:
            return None
        arguments.append(detached(value))
    params = _keywords(node, saved)
    if any(isinstance(value, np.random.Generator) for value in (*arguments, *params.values())):
        return None  # it would draw again
    try:
        with np.errstate(all="ignore"):
            if op.moves_data and op.params and params.keys().isdisjoint(op.params):
                return np.reshape(arguments[0], node.shape)  # as its rule, too, knows only shapes
            return op.forward(*arguments, **params)
    except (TypeError, ValueError, IndexError):  # a keyword that was not saved
        return None


def _keywords(node: Node, saved: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a call that were saved, and those that the result tells."""
    params: Any = node.op.params if node.op else ()
    found = {name: saved[name] for name in params if name in saved}
    told = {"shape": node.shape, "dtype": node.dtype}
    if node.parents[0] is not None:
        told["keepdims"] = len(node.shape) == len(node.parents[0].shape)
    return {name: told[name] for name in params if name in told} | found

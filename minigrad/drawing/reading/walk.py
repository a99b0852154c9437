"""The nodes behind some tensors, and what each of them really reads.

``x = outputs[t]`` of ``outputs = np.stack(hs)`` is h_t: the walk sees through packing and
unpacking, so that a layer on top of another is linked step by step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ...engine.context import Scope
from ...engine.node import FREED, Node, ancestors
from ...engine.outputs import number
from ...observe.packing import is_output, saved_items, unpacked

__all__ = ["known_values", "timed_scope", "walk"]

Parents = dict[Node, tuple[Node, ...]]


def walk(roots: Iterable[Node]) -> tuple[list[Node], Parents]:
    """All nodes behind `roots`, oldest first, and the nodes that each reads."""
    parents: Parents = {}
    todo = list(roots)
    places = _places(todo)
    while todo:
        node = todo.pop()
        if node not in parents:
            seen = (unpacked(p, places) for p in node.parents if p is not None)
            parents[node] = tuple(p for p in seen if p is not None)
            todo += parents[node]
    return sorted(parents, key=lambda node: -node.key), parents


def timed_scope(scope: Scope | None) -> Scope | None:
    """The innermost scope with a time step."""
    return next((s for s in scope.chain() if s.t is not None), None) if scope else None


def _places(roots: Iterable[Node]) -> dict[Node, int]:
    """Which entry each of the parts is whose number a backward pass has freed.

    They were made one after the other, so where all of them are there, their order tells.
    """
    parts: dict[Node, list[Node]] = defaultdict(list)
    for node in reversed(ancestors(roots)):
        if is_output(node) and number(node) is FREED and node.parents[0] is not None:
            parts[node.parents[0]].append(node)
    return {
        node: k for whole, found in parts.items() if len(found) == len(whole.shape)
        for k, node in enumerate(found)
    }


def known_values(order: Iterable[Node]) -> dict[Node, Any]:
    """The arrays of those nodes whose value is still held: saved by an op for its derivative."""
    values: dict[Node, Any] = {}
    for node in order:
        for name, value in saved_items(node).items():
            for owner, held in _owners(node, name, value):
                values[owner] = held
                packed = unpacked(owner)  # h_t, where an entry of the stacked states is held
                if packed is not None:
                    values[packed] = held
    return values


def _owners(node: Node, name: str, value: Any) -> Iterator[tuple[Node, Any]]:
    """The nodes that a saved item is the value of."""
    op: Any = node.op
    if name == "out" and not isinstance(value, tuple):
        yield node, value
    elif name in op.arguments:
        pairs = zip(node.parents, value, strict=True) if op.variadic else (
            (node.parents[op.arguments.index(name)], value),
        )
        yield from ((parent, v) for parent, v in pairs if parent is not None)

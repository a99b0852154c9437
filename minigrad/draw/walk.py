"""The nodes behind some tensors, and what each of them really reads.

``x = outputs[t]`` of ``outputs = np.stack(hs)`` is h_t: the walk sees through packing and
unpacking, so that a layer on top of another is linked step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from ..context import Scope
from ..tape import FREED, Node

__all__ = ["is_part", "known_values", "saved_items", "timed_scope", "walk"]

Parents = dict[Node, tuple[Node, ...]]


def walk(roots: Iterable[Node]) -> tuple[list[Node], Parents]:
    """All nodes behind `roots`, oldest first, and the nodes that each reads."""
    parents: Parents = {}
    todo = list(roots)
    while todo:
        node = todo.pop()
        if node not in parents:
            seen = (through(p) for p in node.parents if p is not None)
            parents[node] = tuple(p for p in seen if p is not None)
            todo += parents[node]
    return sorted(parents, key=lambda node: -node.key), parents


def timed_scope(scope: Scope | None) -> Scope | None:
    """The innermost scope with a time step."""
    return next((s for s in scope.chain() if s.t is not None), None) if scope else None


def saved_items(node: Node) -> dict[str, Any]:
    """What a node has saved for its rules, by name; empty once a backward pass has freed it."""
    if node.plan is None or node.saved is FREED or is_part(node):
        return {}
    return dict(zip(node.plan.keep, node.plan.items(node.saved), strict=True))


def is_part(node: Node) -> bool:
    """Whether a node only stands for one result of an op that has several."""
    return node.op is not None and node.op.name == "part"


def through(node: Node) -> Node | None:
    """`node`, or what was packed into the array of which it is one entry along the first axis.

    None where that is a constant.
    """
    here: Node | None = node
    while here is not None and (found := _packed(here)) is not None:
        stacked, index = found
        here = stacked.parents[index]
    return here


def _packed(node: Node) -> tuple[Node, int] | None:
    """The stack and the index if `node` is one entry of it."""
    here, op = node, node.op.name if node.op else ""
    if op in ("squeeze", "reshape") and node.parents[0] is not None:
        here = node.parents[0]  # a row of split(x, T), without its axis of length 1
        if here.shape[:1] != (1,) or node.shape != here.shape[1:]:
            return None
    index: Any = None
    array: Node | None = None
    if op == "getitem":
        array, index = node.parents[0], saved_items(node).get("index")
        if isinstance(index, tuple) and index and all(_whole(i) for i in index[1:]):
            index = index[0]
    elif is_part(here) and here.saved is not FREED and here.parents[0] is not None:
        whole = here.parents[0]
        wanted = "unstack" if here is node else "split"
        if whole.op and whole.op.name == wanted and saved_items(whole).get("axis") == 0:
            array, index = whole.parents[0], here.saved
    if array is None or array.op is None or array.op.name != "stack" or not _is_int(index):
        return None
    if saved_items(array).get("axis") != 0 or not -array.shape[0] <= index < array.shape[0]:
        return None
    return array, index


def _is_int(index: Any) -> bool:
    return isinstance(index, int | np.integer) and not isinstance(index, bool)


def _whole(index: Any) -> bool:
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))


def known_values(order: Iterable[Node]) -> dict[Node, Any]:
    """The arrays of those nodes whose value is still held: saved by an op for its derivative."""
    values: dict[Node, Any] = {}
    for node in order:
        for name, value in saved_items(node).items():
            values.update(_owners(node, name, value))
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

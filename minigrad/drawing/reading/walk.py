"""The nodes behind some tensors, and what each of them really reads.

``x = outputs[t]`` of ``outputs = np.stack(hs)`` is h_t: the walk sees through packing and
unpacking, so that a layer on top of another is linked step by step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ...engine.context import Scope
from ...engine.node import FREED, Node, ancestors

__all__ = ["is_part", "known_values", "label_of", "saved_items", "timed_scope", "walk"]

Parents = dict[Node, tuple[Node, ...]]


def walk(roots: Iterable[Node]) -> tuple[list[Node], Parents]:
    """All nodes behind `roots`, oldest first, and the nodes that each reads."""
    parents: Parents = {}
    todo = list(roots)
    places = _places(todo)
    while todo:
        node = todo.pop()
        if node not in parents:
            seen = (through(p, places) for p in node.parents if p is not None)
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


def label_of(node: Node) -> str:
    """What the record of an op with several results calls this one of them, if it does."""
    whole = node.parents[0] if is_part(node) else None
    if whole is None or whole.op is None or whole.op.labels is None or node.saved is FREED:
        return ""
    labels = saved_items(whole).get(whole.op.labels)
    return str(labels[node.saved]) if labels else ""


def _places(roots: Iterable[Node]) -> dict[Node, int]:
    """Which entry each of the parts is whose number a backward pass has freed.

    They were made one after the other, so where all of them are there, their order tells.
    """
    parts: dict[Node, list[Node]] = defaultdict(list)
    for node in reversed(ancestors(roots)):
        if is_part(node) and node.saved is FREED and node.parents[0] is not None:
            parts[node.parents[0]].append(node)
    return {
        node: k for whole, found in parts.items() if len(found) == len(whole.shape)
        for k, node in enumerate(found)
    }


def through(node: Node, places: Mapping[Node, int]) -> Node | None:
    """`node`, or what was packed into the array of which it is one entry along the first axis.

    None where that is a constant.
    """
    here: Node | None = node
    while here is not None and (found := _packed(here, places)) is not None:
        stacked, index = found
        here = stacked.parents[index]
    return here


def _packed(node: Node, places: Mapping[Node, int]) -> tuple[Node, int] | None:
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
    elif is_part(here) and here.parents[0] is not None:
        whole = here.parents[0]
        wanted = "unstack" if here is node else "split"
        if whole.op and whole.op.name == wanted and _first_axis(whole, whole.parents[0], here):
            array, index = whole.parents[0], places.get(here, here.saved)
    if array is None or array.op is None or array.op.name != "stack" or not _is_int(index):
        return None
    if not _first_axis(array, array, array.parents[index % len(array.parents)]):
        return None
    return (array, index) if -array.shape[0] <= index < array.shape[0] else None


def _first_axis(node: Node, whole: Node | None, entry: Node | None) -> bool:
    """Whether `node` stacks `entry` into `whole`, or takes it from there, along the first axis;
    once that is freed, whether the shapes leave no other choice."""
    if node.saved is not FREED:
        return saved_items(node).get("axis") == 0
    if whole is None or entry is None or len(entry.shape) != len(whole.shape) - 1:
        return False
    fits = [k for k in range(len(whole.shape))
            if (*whole.shape[:k], *whole.shape[k + 1 :]) == entry.shape]
    return fits == [0]


def _is_int(index: Any) -> bool:
    return isinstance(index, int | np.integer) and not isinstance(index, bool)


def _whole(index: Any) -> bool:
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))


def known_values(order: Iterable[Node]) -> dict[Node, Any]:
    """The arrays of those nodes whose value is still held: saved by an op for its derivative."""
    values: dict[Node, Any] = {}
    for node in order:
        for name, value in saved_items(node).items():
            for owner, held in _owners(node, name, value):
                values[owner] = held
                packed = through(owner, {})  # h_t, where an entry of the stacked states is held
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

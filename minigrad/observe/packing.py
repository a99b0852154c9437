"""Which entry of a stacked array a value is: of ``outputs = np.stack(hs)``, ``outputs[t]`` is h_t.

Ops that only move data declare it (``moves_data``); how they move follows from the shapes and from
what they saved. So a user's own op that stacks or takes apart is seen through as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.node import FREED, Node
from ..engine.outputs import OUTPUT, number

__all__ = ["constant_operand", "is_output", "label_of", "saved_items", "unpacked"]


def is_output(node: Node) -> bool:
    """Whether a node only stands for one result of an op that has several."""
    return node.pullback is OUTPUT


def saved_items(node: Node) -> dict[str, Any]:
    """What a node has saved for its rules, by name; empty once a backward pass has freed it."""
    if node.pullback is None or node.saved is FREED or is_output(node):
        return {}
    return dict(zip(node.pullback.residuals, node.saved, strict=True))


def constant_operand(node: Node, place: int) -> Any:
    """What stands at a place without a gradient: a number, or a Tensor with a name, of a sum, a
    product and the like. None of other arrays and ops, which hold no constants for pictures."""
    return getattr(node, "kept", None) if node.parents[place] is None else None


def label_of(node: Node) -> str:
    """What the record of an op with several results calls this one of them, if it does."""
    whole = node.parents[0] if is_output(node) else None
    if whole is None or whole.op is None or whole.op.labels is None or node.saved is FREED:
        return ""
    labels = saved_items(whole).get(whole.op.labels)
    return str(labels[number(node)]) if labels else ""


def unpacked(node: Node, numbers: Mapping[Node, int] | None = None) -> Node | None:
    """`node`, or what was stacked into the array of which it is one entry along the first axis.

    None where that is a constant. numbers: which result of their op those are whose own number a
    backward pass has freed.
    """
    op = node.op
    if op is None or not (op.moves_data or is_output(node)):
        return node
    here: Node | None = node
    while here is not None and (found := _stacked(here, numbers or {})) is not None:
        stacked, index = found
        here = stacked.parents[index]
    return here


def _stacked(node: Node, numbers: Mapping[Node, int]) -> tuple[Node, int] | None:
    """The stack and the index if `node` is one entry of it."""
    array, index = _taken(node, numbers)
    if array is None or not isinstance(index, int | np.integer) or isinstance(index, bool):
        return None
    if not _stacks(array) or not -array.shape[0] <= index < array.shape[0]:
        return None
    return (array, int(index)) if _along_first(array, array, array.parents[index]) else None


def _taken(node: Node, numbers: Mapping[Node, int]) -> tuple[Node | None, Any]:
    """The array from which `node` was taken along the first axis, and its place there."""
    op, parent = node.op, node.parents[0] if node.parents else None
    if op is None or parent is None:
        return None, None
    if is_output(node):  # of an op like unstack
        return _result_of(node, numbers, same_rank=False)
    if not op.moves_data:
        return None, None
    saved = saved_items(node)
    if "index" in saved or saved.get("axis") == 0:  # x[index], or take(x, indices, axis=0)
        index = saved.get("index", saved.get("indices"))
        if isinstance(index, tuple) and index and all(_everything(i) for i in index[1:]):
            index = index[0]
        return parent, index[()] if isinstance(index, np.ndarray) and index.ndim == 0 else index
    if is_output(parent) and parent.shape == (1, *node.shape):  # a row of split(x, T), squeezed
        return _result_of(parent, numbers, same_rank=True)
    return None, None


def _result_of(
    part: Node, numbers: Mapping[Node, int], same_rank: bool
) -> tuple[Node | None, Any]:
    """The array of whose first axis an op made several results, and the number of this one."""
    whole = part.parents[0]
    array = None if whole is None else whole.parents[0]
    if whole is None or array is None or whole.op is None or not whole.op.moves_data:
        return None, None
    keeps = len(part.shape) == len(array.shape)
    if keeps is not same_rank or not _along_first(whole, array, None if keeps else part):
        return None, None
    k = numbers.get(part, number(part))
    return array, sum(shape[0] for shape in whole.shape[:k]) if keeps and k is not FREED else k


def _stacks(node: Node) -> bool:
    """Whether an op puts its arguments beside each other along a new axis."""
    op, first = node.op, next((p for p in node.parents if p is not None), None)
    if op is None or first is None or not (op.moves_data and op.variadic):
        return False
    return len(node.shape) == len(first.shape) + 1


def _along_first(node: Node, array: Node, entry: Node | None) -> bool:
    """Whether `node` puts `entry` into `array`, or takes it from there, along the first axis;
    once that is freed, whether the shapes leave no other choice."""
    if node.saved is not FREED:
        return saved_items(node).get("axis") == 0
    if entry is None or len(entry.shape) != len(array.shape) - 1:
        return False
    fits = [
        k for k in range(len(array.shape))
        if (*array.shape[:k], *array.shape[k + 1 :]) == entry.shape
    ]
    return fits == [0]


def _everything(index: Any) -> bool:
    return index is Ellipsis or (isinstance(index, slice) and index == slice(None))

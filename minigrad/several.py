"""Ops with several results, such as split: one node for the call, and a part for each result.

Also those of many arguments, such as concatenate, with one rule for all of them.
"""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any

import numpy as np

from .op import Op, Plan

if TYPE_CHECKING:
    from .tape import Node

__all__ = ["PART", "give_part", "steps_of"]

# One of the several results of a node: `saved` is its index there.
PART = Plan(Op(lambda x: x, name="part", arguments=("x",), params={}, signature="()->()",
               formula="one of the outputs", rules=(lambda g: g,)), 1)
PART.special = True


def give_part(node: Node, g: Any, grads: dict[Node, Any], heap: list[tuple[int, Node]]) -> None:
    """Hand the cotangent of one output to the node that has several."""
    whole: Any = node.parents[0]
    if whole not in grads:
        grads[whole] = [None] * len(whole.shape)
        heappush(heap, (whole.key, whole))
    parts = grads[whole]
    before = parts[node.saved]
    parts[node.saved] = g if before is None else before + g


def steps_of(node: Node, plan: Plan, g: Any, saved: Any, steps: Any) -> tuple[Any, Any]:
    """The cotangent and the steps of an op with several outputs, or with one rule for all."""
    if plan.op.multiple:
        for k, c in enumerate(g):
            if c is None:
                g[k] = np.zeros(node.shape[k], node.dtype[k])
    if not plan.op.joint:
        return g, steps
    contributions = plan.steps[0][1](g, saved)
    return g, [
        (i, lambda g, saved, c=c: c, None)
        for i, (parent, c) in enumerate(zip(node.parents, contributions, strict=True))
        if parent is not None
    ]

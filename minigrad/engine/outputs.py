"""Ops with several results: a node for each of them, and cotangents that say whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np

from .cotangents import Cotangent, add, dense
from .node import FREED, Node
from .op import Op
from .selections import Chosen
from .specialise import when_needed
from .variable import wrap

__all__ = ["OUTPUT", "OneOf", "number", "output_nodes", "wrapped"]


class OneOf(Cotangent):
    """The cotangents of some of the results of an op that has several, by the number of each.

    It belongs to one sweep, so adding it to a total changes the total: a copy for each of T
    results would take O(T²).
    """

    __slots__ = ("given",)

    def __init__(self, given: dict[int, Any]) -> None:
        self.given = given

    def __add__(self, total: OneOf) -> OneOf:
        sums = total.given
        for k, c in self.given.items():
            sums[k] = add(sums[k], c) if k in sums else c
        return total

    def dense(self) -> Any:
        return tuple(map(dense, self.given.values()))

    def arrived(self, node: Node) -> Any:
        """A list with a cotangent for every result: those that nobody used are 0, unchosen."""
        shapes = list(zip(node.shape, node.dtype, strict=True))
        every = [self.given.get(k) for k in range(len(shapes))]
        values = [
            np.zeros(*like) if c is None else dense(c)
            for c, like in zip(every, shapes, strict=True)
        ]
        if not any(c is None or isinstance(c, Chosen) for c in every):
            return values
        return Chosen(values, [
            c.chosen if isinstance(c, Chosen) else np.full(like[0], c is not None)
            for c, like in zip(every, shapes, strict=True)
        ])


# One of the several results of a node: `saved` is its number there.
OUTPUT = Op(
    lambda x, *, index: x[index], name="output", arguments=("x",), params={"index": 0},
    signature="(n)->()", formula="one of the results", any_cotangent=True,
    rules=(lambda g, index: OneOf({index: g}),), written_out=when_needed,
).pullback(1)


def output_nodes(whole: Node) -> list[Node]:
    """The nodes of the outputs of a node with several."""
    likes = zip(whole.shape, whole.dtype, strict=True)
    return [Node(OUTPUT, (whole,), (k,), *like, whole.scope) for k, like in enumerate(likes)]


def number(part: Node) -> Any:
    """Which of the results a node stands for whose pullback is `OUTPUT`; FREED if that is, and its
    number has not been put down as its "number"."""
    return (part.extra or {}).get("number", FREED) if part.saved is FREED else part.saved[0]


def wrapped(outs: Sequence[Any], whole: Node | None) -> tuple[Any, ...]:
    """The Tensors of the results of a call, of which `whole` is the node."""
    return tuple(map(wrap, outs, repeat(None) if whole is None else output_nodes(whole)))

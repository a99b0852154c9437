"""The values in a graph: what its nodes still hold, and what follows from that.

An op saves what its derivative needs and nothing else. From the weights and what is saved the
others are computed again, op by op, as far as all operands are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...engine.node import Leaf, Node
from .calls import calls_of, settled
from .walk import known_values

__all__ = ["all_values", "held_values"]


def all_values(
    order: Sequence[Node], known: Mapping[Node, Any] | None = None
) -> dict[Node, Any]:
    """The values of nodes, which come oldest first, as far as they can be known. known: those that
    are, of some nodes."""
    held = held_values(order) | dict(known or {})
    found = calls_of(order, held)
    values, places = settled(found, held), found.places()
    return {node: values[place] for node, place in places.items() if place in values} | {
        node: value for node, value in held.items() if node in places}


def held_values(order: Sequence[Node]) -> dict[Node, Any]:
    """What nodes hold. A weight that was written to since an op read it is left out: its value is
    another now."""
    return dict(_leaves(order)) | known_values(order)


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

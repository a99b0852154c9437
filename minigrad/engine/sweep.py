"""The sweep: newest node first, total its contributions, hand them on to its parents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import MinigradError
from .context import local
from .cotangents import dense
from .node import Node, ancestors
from .pullback import arrived, contributions_of, hand_on, hooked, pull_back

__all__ = ["sweep"]


def _sought(order: list[Node], wanted: Collection[Node] | None) -> tuple[list[Node], set[Node]]:
    """Of the nodes in `order`, newest first, those that lead to a wanted one; and the wanted."""
    if wanted is None:
        return order, {n for n in order if (n.pullback is None or n.extra) and n.owners}
    leading = set(wanted)
    for node in reversed(order):
        if not leading.isdisjoint(node.parents):
            leading.add(node)
    return [node for node in order if node in leading], set(wanted)


@np.errstate(all="ignore")  # an infinite slope is a value, not a fault; detect_anomaly reports it
def sweep(
    seeds: Iterable[tuple[Node, Any]],
    *,
    unpack: Callable[[Node, Sequence[Node]], Any],
    wanted: Collection[Node] | None = None,
    stop_at: Collection[Node] = (),
    watch: Sequence[Callable[[Node, Node, Any], None]] = (),
    lazily: bool = True,
) -> tuple[dict[Node, Any], list[Node]]:
    """Send the cotangents in `seeds` backwards; the totals at `wanted`, and the nodes passed.

    unpack: ``unpack(node, visited)`` gives a node's residuals, `node.saved`, as arrays or as
    Tensors; with these the rules are recorded. It raises where they were freed.
    wanted: default all leaves, and the results whose gradient is retained. stop_at: those of them
    past which nothing flows. watch: see every contribution, (parent, node, c), before it is added.
    lazily: the uses of a weight may wait for each other.
    """
    totals: dict[Node, Any] = {}
    for node, g in seeds:
        hand_on(totals, node, g)
    order, wanted = _sought(ancestors(totals, stop_at), wanted)
    needed = set(order)
    watch = [*watch, *local.state.watch]
    found: dict[Node, Any] = {}
    visited: list[Node] = []
    try:
        for node in order:
            if node not in totals:  # nothing flowed here
                continue
            g = totals.pop(node)
            if node.extra is not None:
                g = hooked(node, g)
            if node in wanted:
                found[node] = g = arrived(node, g)
                if node in stop_at or needed.isdisjoint(node.parents):
                    continue
            saved = unpack(node, visited)
            visited.append(node)
            if not watch:
                (node.pullback.generated or pull_back)(node, g, saved, needed, lazily, totals)
                continue
            for parent, c in contributions_of(node, g, saved, needed, lazily=False):
                for see in watch:
                    see(parent, node, dense(c))
                hand_on(totals, parent, c)
    except Exception as error:
        if not isinstance(error, MinigradError):
            error.add_note(f"raised in the backward pass of {node}")
        raise
    return found, visited

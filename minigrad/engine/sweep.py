"""The sweep: newest node first, total its contributions, hand them on to its parents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import MinigradError
from .context import local
from .cotangents import dense
from .node import Node, ancestors
from .pullback import arrived, hand_on, pullback, pulled_back, residuals

__all__ = ["sweep"]

Observer = Callable[[Node, Node, Any], None]


def _sought(
    order: Sequence[Node], wanted: Collection[Node] | None
) -> tuple[Collection[Node], set[Node]]:
    """The nodes whose totals are wanted, and those of `order`, newest first, that lead to one."""
    if wanted is None:
        return {node for node in order if node.owners}, set(order)
    leading = set(wanted)
    for node in reversed(order):
        if not leading.isdisjoint(node.parents):
            leading.add(node)
    return set(wanted), leading


@np.errstate(all="ignore")  # an infinite slope is a value, not a fault; detect_anomaly reports it
def sweep(
    seeds: Iterable[tuple[Node, Any]],
    *,
    wanted: Collection[Node] | None = None,
    stop_at: Collection[Node] = (),
    unpack: Callable[[Node, Sequence[Node]], Any] = residuals,
    watch: Sequence[Observer] = (),
    lazily: bool = True,
) -> tuple[dict[Node, Any], list[Node]]:
    """Send the cotangents in `seeds` backwards; the totals at `wanted`, and the nodes passed.

    wanted: default all leaves, and the results whose gradient is retained. stop_at: nothing flows
    past these. unpack: gives what a node's rules saved, as arrays or as Tensors; with these the
    rules are recorded. watch: functions of (parent, node, contribution) that see every contribution
    before it is added. lazily: the uses of a weight may wait for each other.
    """
    totals: dict[Node, Any] = {}
    for node, g in seeds:
        hand_on(totals, node, g)
    order = ancestors(totals, stop_at)
    wanted, needed = _sought(order, wanted)
    watch = [*watch, *(o.contributed for o in [local.frame.observer] if o is not None)]
    found: dict[Node, Any] = {}
    visited: list[Node] = []
    try:
        for node in order:
            if node not in totals:  # nothing flowed here
                continue
            g = arrived(node, totals.pop(node))
            if node in wanted:
                found[node] = g
            if needed.isdisjoint(node.parents) or node in stop_at:
                continue
            saved = unpack(node, visited)
            visited.append(node)
            if not watch:
                (node.plan.pull or pulled_back)(node, g, saved, needed, lazily, totals)
                continue
            for parent, c in pullback(node, g, saved, needed, lazily=False):
                for see in watch:
                    see(parent, node, dense(c))
                hand_on(totals, parent, c)
    except Exception as error:
        if not isinstance(error, MinigradError):
            error.add_note(f"raised in the backward pass of {node}")
        raise
    return found, visited

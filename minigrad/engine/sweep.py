"""The sweep: newest node first, total its contributions, hand them on to its parents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import MinigradError
from .context import local
from .cotangents import dense
from .node import FREED, Node, ancestors
from .pullback import arrived, hand_on, pullback, pulled_back, residuals

__all__ = ["Observer", "free", "sweep"]

Observer = Callable[[Node, Node, Any], None]


def _leading_to(order: Sequence[Node], wanted: Collection[Node]) -> set[Node]:
    """Those of the nodes in `order`, newest first, that lead to one of `wanted`, and these."""
    leading = set(wanted)
    for node in reversed(order):
        if not leading.isdisjoint(node.parents):
            leading.add(node)
    return leading


@np.errstate(all="ignore")  # an infinite slope is a value, not a fault; detect_anomaly reports it
def sweep(
    seeds: Iterable[tuple[Node, Any]],
    *,
    wanted: Collection[Node] | None = None,
    stop: bool = False,
    unpack: Callable[[Node, Sequence[Node]], Any] = residuals,
    watch: Sequence[Observer] = (),
) -> tuple[dict[Node, Any], list[Node]]:
    """Send the cotangents in `seeds` backwards; the totals at `wanted`, and the nodes passed.

    wanted: default all leaves, and the results whose gradient is retained. stop: nothing flows past
    one of them to another one behind it. unpack: gives what a node's rules saved, as arrays or as
    Tensors; with these the rules are recorded. watch: functions of (parent, node, contribution)
    that see every contribution before it is added.
    """
    totals: dict[Node, Any] = {}
    for node, g in seeds:
        hand_on(totals, node, g)
    order = ancestors(totals, wanted if stop and wanted else ())
    if wanted is None:
        wanted, needed = {node for node in order if node.owners}, set(order)
    else:
        needed = _leading_to(order, wanted)
    if (observer := local.frame.observer) is not None:
        watch = [*watch, observer.contributed]
    lazily = unpack is residuals and not watch
    found: dict[Node, Any] = {}
    visited: list[Node] = []
    try:
        for node in order:
            if node not in totals:  # nothing flowed here
                continue
            g = arrived(node, totals.pop(node))
            if node in wanted:
                found[node] = g
            if needed.isdisjoint(node.parents) or (stop and node in wanted):
                continue
            saved = unpack(node, visited)
            visited.append(node)
            if not watch:
                plan: Any = node.plan
                (plan.pull or pulled_back)(node, g, saved, needed, lazily, totals)
                continue
            for parent, c in pullback(node, g, saved, needed, lazily):
                for see in watch:
                    see(parent, node, dense(c))
                hand_on(totals, parent, c)
    except Exception as error:
        if not isinstance(error, MinigradError):
            error.add_note(f"raised in the backward pass of {node}")
        raise
    return found, visited


def free(visited: Iterable[Node]) -> None:
    """Let go of what the rules of some nodes saved."""
    for node in visited:
        node.saved = FREED

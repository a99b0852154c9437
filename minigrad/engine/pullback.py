"""What one node does in the sweep: its total arrives, and its rules make contributions of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..errors import MutationError
from .cotangents import Cotangent, add, dense
from .node import Node
from .unbroadcast import fit

__all__ = ["arrived", "contributions_of", "fitted", "hand_on", "hooked", "pull_back"]


def arrived(node: Node, g: Any) -> Any:
    """The complete total at `node` as its rules want it."""
    return g.arrived(node) if isinstance(g, Cotangent) else g


def hooked(node: Node, g: Any) -> Any:
    """The complete total at `node` as its hooks leave it."""
    for hook in (node.extra or {}).get("hooks", ()):
        g = arrived(node, g)
        values = hook(dense(g))
        if values is not dense(g):
            g = g.replaced(values) if isinstance(g, Cotangent) else values
    return g


def hand_on(totals: dict[Node, Any], parent: Node, c: Any) -> None:
    """Add a contribution to the total of `parent`."""
    totals[parent] = add(totals[parent], c) if parent in totals else c


def pull_back(
    node: Node, g: Any, saved: Any, needed: Collection[Node], lazily: bool, totals: dict[Node, Any]
) -> None:
    """Hand the contributions of `node` on to its parents; `specialise` writes it out."""
    for parent, c in contributions_of(node, g, saved, needed, lazily):
        hand_on(totals, parent, c)


def contributions_of(
    node: Node, g: Any, saved: Any, needed: Collection[Node], lazily: bool
) -> Iterator[tuple[Node, Any]]:
    """The contributions of `node` to those of its parents that are needed, as (parent, cotangent).

    lazily: what several uses of a leaf can sum in one product may wait for each other.
    Raises MutationError for a leaf that was written to after its value had been saved.
    """
    pullback, g = node.pullback, arrived(node, g)
    if pullback.joint is not None:
        linear = pullback.op.is_linear(pullback.op.joint)
        contributions = _result(pullback, pullback.joint, g, saved, linear)
        for i, (parent, c) in enumerate(zip(node.parents, contributions, strict=True)):
            if parent is not None and parent in needed:
                check_written(node, i, parent)
                yield parent, fitted(c, parent, node, i)
        return
    for i, _, apply, linear in pullback.steps:
        parent = node.parents[i]
        if parent not in needed:
            continue
        check_written(node, i, parent)
        c = None
        if lazily and i in pullback.lazy and parent.pullback is None:
            c = pullback.lazy[i].waiting(g, saved, parent, node, i)
        if c is None:
            c = _result(pullback, apply, g, saved, linear)
        yield parent, fitted(c, parent, node, i)


def _result(pullback: Any, rule: Any, g: Any, saved: Any, linear: bool) -> Any:
    """What a rule makes of a cotangent, be it an array, a Tensor or of another kind."""
    if isinstance(g, Cotangent) and not pullback.op.any_cotangent:
        return g.through(rule, saved, pullback.op.elementwise, linear)
    return rule(g, saved)


def check_written(node: Node, i: int, parent: Node) -> None:
    """Raise MutationError if `parent` is a leaf, or a view of one, that was written to after `node`
    had saved its value."""
    leaf, pullback = (parent.extra or {}).get("view_of", parent), node.pullback
    if getattr(leaf, "written", 0) < node.key and pullback.op.argument(i) in pullback.residuals:
        raise MutationError(
            f"{leaf.name or f'a tensor of shape {leaf.shape}'} was written to (by an optimizer "
            f"step, .data or an in-place operator) after op {node} had used it, so its gradient "
            f"would mix two values; call backward() before the write, or run the forward again"
        )


def fitted(c: Any, parent: Node, node: Node, i: int) -> Any:
    """In the shape and dtype of the argument that it belongs to."""
    if isinstance(c, Cotangent):
        return c.fitted(parent, node, i)
    return fit(c, parent, node, i)

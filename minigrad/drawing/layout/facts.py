"""What the marks and paths of a picture stand for, as plain data: steps, ops, values, terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...engine.node import Node
from ...observe.packing import is_output
from ..reading.boxes import Box, Wire
from .terms import Terms

__all__ = ["about_box", "about_node", "about_tap", "about_wire"]

_MOST_OPS = 400  # of one box that are listed


def about_node(node: Node) -> dict[str, Any]:
    """The op, shape and dtype of a node, and its source line where that was recorded."""
    found: dict[str, Any] = {"shape": list(node.shape), "dtype": str(node.dtype)}
    if node.op is not None:
        found |= {"op": node.op.name, "formula": node.op.formula}
    if node.extra and "where" in node.extra:
        found["line"] = node.extra["where"]
    return found


def about_box(
    box: Box, values: Mapping[Node, Any], gradients: Mapping[Node, Any], terms: Terms | None
) -> dict[str, Any]:
    """What a box stands for."""
    found: dict[str, Any] = {"name": box.title}
    if box.t is not None:
        found["step"] = box.t
    if box.kind == "weight":
        found["weight"] = box.title
    if box.states:
        found["states"] = list(box.states)
    if box.nodes:
        last = box.nodes[-1]
        found |= about_node(last)
        if last.scope is not None and last.op is not None:
            found["scope"] = str(last.scope)
        ops = [node for node in box.nodes if node.op is not None and not is_output(node)]
        found["ops"] = [about_node(node) for node in ops[:_MOST_OPS]]
    named = {name: node for name, node in box.states.items() if node is not None}
    if not named and box.nodes:
        named = {"": box.nodes[-1]}
    for key, held in (("values", values), ("gradients", gradients)):
        known = {name: held[node] for name, node in named.items() if node in held}
        if known:
            found[key] = known
    if terms is not None and box in terms.totals:
        found |= {"total": terms.totals[box], "norm": terms.total(box), "cancel": terms.kept(box)}
    return found


def about_wire(wire: Wire) -> dict[str, Any]:
    """What a wire carries."""
    found: dict[str, Any] = {}
    if wire.name:
        found["name"] = wire.name
    if wire.source.t is not None:
        found["step"] = wire.source.t
    if wire.cut:
        found["cut"] = True
    if wire.lag:
        found["lag"] = wire.lag
    if wire.node is not None:
        found["shape"] = list(wire.node.shape)
    return found


def about_tap(wire: Wire, terms: Terms | None) -> dict[str, Any]:
    """Which use of a weight a tap is, and what that use contributes to the gradient."""
    source, target = wire.source, wire.target
    found: dict[str, Any] = {"weight": source.title, "into": target.title}
    if target.t is not None:
        found["step"] = target.t
    user = next((node for node in target.nodes if wire.node in node.parents), None)
    if user is not None:
        found |= about_node(user)
    if terms is not None:
        found |= terms.data(source, target)
    return found

"""The backward program of a step: its transpose, made with the rules of the ops' own records.

A rule is written in NumPy expressions. On arrays they compute, on Tensors they are recorded; on
tracers they are written down, and what stands there is the backward program. No derivative is
written here. A rule that asks for values, as that of a maximum does for ties, is an equation of
its own: it is called at every step, as the tape would call it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.cotangents import dense
from ..engine.node import Node, ancestors
from ..engine.op import Op
from ..engine.pullback import arrived, contributions_of, hand_on
from ..engine.selections import Chosen
from ..errors import TraceError
from .atoms import leaves, replaced
from .trace import Trace
from .tracer import Tracer

__all__ = ["cotangents_of"]

_HOLE = object()  # where a value goes that each step has for itself


def cotangents_of(
    trace: Trace, seeds: Sequence[tuple[Node, Tracer]], wanted: Sequence[Node],
    weights: Sequence[Node] = (),
) -> tuple[list[Any], list[Waiting]]:
    """The cotangents of `wanted`, as tracers, for those of some results; None where there is none.

    It is the sweep, newest node first, on tracers; the equations are added to `trace`.
    weights: leaves of which the uses at all steps may be summed in one product, as their records
    declare; such contributions are the second result.
    """
    totals: dict[Node, Any] = {}
    waiting: list[Waiting] = []
    with trace.writing(record=False):
        for node, g in seeds:
            hand_on(totals, node, g)
        order = ancestors(totals)
        needed = _leading_to(order, wanted)
        for node in order:
            if node.pullback is None or node not in totals or needed.isdisjoint(node.parents):
                continue
            g = arrived(node, totals.pop(node))
            trace.call_cotangent(node, g)
            summed = _collected(trace, node, g, needed.intersection(weights))
            waiting += summed
            rest = needed - {w.leaf for w in summed}
            for parent, c in _contributions(trace, node, g, rest):
                trace.call_cotangent(parent, c)
                hand_on(totals, parent, c)
        found = [_tracer(trace, totals[n]) if n in totals else None for n in wanted]
    return found, waiting


class Waiting(NamedTuple):
    """What one step has for a sum over all steps that is taken at once."""

    leaf: Node
    total: Any
    items: Any


def _collected(trace: Trace, node: Node, g: Any, weights: set[Node]) -> list[Waiting]:
    """The contributions of a node that can be summed over all steps at once (`engine.lazy`)."""
    pullback: Any = node.pullback
    found = []
    for i, lazy in pullback.lazy.items():
        leaf = node.parents[i]
        if leaf is None or leaf not in weights or node.parents.count(leaf) > 1:
            continue
        values, mark = dense(g), trace.mark()
        try:
            items = lazy.collect(values, node.saved)
        except TraceError:
            trace.back_to(mark)
        else:
            if items is not None:
                found.append(Waiting(leaf, lazy.total, items))
    return found


def _leading_to(order: Sequence[Node], wanted: Sequence[Node]) -> set[Node]:
    leading = set(wanted)
    for node in reversed(order):
        if not leading.isdisjoint(node.parents):
            leading.add(node)
    return leading


def _tracer(trace: Trace, g: Any) -> Any:
    """A total as a tracer; a constant one is captured."""
    g = dense(g)
    return g if isinstance(g, Tracer) else trace._operand(g)


def _contributions(trace: Trace, node: Node, g: Any, needed: set[Node]) -> list[tuple[Node, Any]]:
    """What a node hands on, by its rules; as one opaque equation where they ask for values."""
    if needed.isdisjoint(node.parents):
        return []
    given = (g.values, g.chosen) if isinstance(g, Chosen) else g
    mark = trace.mark()
    try:
        return list(contributions_of(node, g, node.saved, needed, lazily=False))
    except TraceError:
        trace.back_to(mark)
    parents = list(dict.fromkeys(p for p in node.parents if p is not None and p in needed))
    inputs = [leaf for leaf in leaves((given, node.saved)) if isinstance(leaf, Tracer)]
    found = trace.apply(_opaque(node, parents, given, isinstance(g, Chosen)), inputs, {})
    return list(zip(parents, found, strict=True))


def _opaque(node: Node, parents: list[Node], given: Any, chosen: bool) -> Op:
    """The pullback of a node as an op of the cotangent and of what its rules saved."""
    pullback: Any = node.pullback
    twin = Node(pullback, node.parents, (), node.shape, node.dtype, None)
    twin.key = node.key
    template = replaced(  # without the arrays of the step that was traced
        (given, node.saved), lambda leaf: _HOLE if isinstance(leaf, Tracer) else leaf
    )

    def forward(*arrays: Any) -> tuple[Any, ...]:
        values = iter(arrays)
        g, saved = replaced(template, lambda leaf: next(values) if leaf is _HOLE else leaf)
        totals: dict[Node, Any] = {}
        with np.errstate(all="ignore"):
            cotangent = Chosen(*g) if chosen else g
            for parent, c in contributions_of(twin, cotangent, saved, set(parents), lazily=False):
                hand_on(totals, parent, c)
        return tuple([
            dense(totals[p]) if p in totals else np.zeros(p.shape, p.dtype) for p in parents
        ])

    return Op(
        forward, name=f"pullback of {pullback.op.name}", arguments=("arrays",), params={},
        signature="", formula="", variadic=True, multiple=True,
    )


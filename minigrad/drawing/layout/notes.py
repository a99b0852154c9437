"""The numbers in a picture: the ledger on the taps, values and gradients in the boxes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.differentiation import sweep_from
from ...engine.node import Node
from ...engine.tensor import Tensor, detached, wrap
from ...errors import GradientError, describe
from ...observe.contributions import Use, contributions
from ..reading.boxes import Box, Unrolled
from ..reading.walk import known_values
from ..render.style import MUTED
from ..render.text import TextLine, shown

__all__ = ["box_notes", "gradients_of", "ledger_numbers", "values_of"]


def only(outputs: Sequence[Tensor], what: str) -> Tensor:
    """The one output that has a gradient, or an error that says why there must be one."""
    if len(outputs) != 1:
        raise GradientError(
            f"draw(..., {what}): gradients are those of one number, and {len(outputs)} tensors "
            f"were given; draw one of them, or their sum"
        )
    return outputs[0]


def ledger_numbers(
    outputs: Sequence[Tensor], unrolled: Unrolled, ledger: Any
) -> dict[tuple[Box, Box], float] | None:
    """‖G_t‖ for every tap: the norm of what the uses in one box contribute to a gradient.

    ledger: True to compute them, or a mapping from tensors or names to the terms: a list of
    ``Use`` from ``contributions``, a mapping from t to numbers or arrays, or a sequence of them,
    one for each step in order (or for each of ``ledger.steps``, if it has such).
    """
    if ledger is False or ledger is None:
        return None
    sources = {box: box.nodes[-1] for box in unrolled.sources}
    sources |= {b: b.nodes[-1] for b in unrolled.steps if b.kind == "block"}
    if ledger is True:
        output = only(outputs, "ledger=True")
        uses = contributions(output, [wrap(None, node) for node in sources.values()])
        given = dict(zip(sources, uses, strict=True))
    else:
        given = _given(sources, ledger)
    numbers: dict[tuple[Box, Box], float] = {}
    for source, steps in given.items():
        targets = [w.target for w in unrolled.wires if w.source is source]
        for target, value in _by_box(source, steps, targets, unrolled.home).items():
            numbers[source, target] = float(np.linalg.norm(np.asarray(value, float)))
    return numbers


def _given(sources: Mapping[Box, Node], ledger: Any) -> dict[Box, Any]:
    """The terms of each source in a user's mapping. Names match with or without a prefix: a cell
    calls W_xh what the model around it calls cell.W_xh."""
    if not hasattr(ledger, "items"):
        raise TypeError(
            f"draw(..., ledger=...): received {type(ledger).__name__}; wanted True, or a mapping "
            f"from tensors or names to what each step contributes"
        )
    steps = getattr(ledger, "steps", None)
    given: dict[Box, Any] = {}
    for key, terms in ledger.items():
        if isinstance(key, Tensor):
            place = getattr(key._node, "key", None)
            found = [box for box, node in sources.items() if node.key == place]
        else:
            found = [box for box in sources if box.title == key] or [
                box for box in sources
                if box.title.endswith(f".{key}") or str(key).endswith(f".{box.title}")
            ]
        each = terms if steps is None else dict(zip(steps, terms, strict=True))
        given |= dict.fromkeys(found, each)
    if not given and len(ledger):
        keys = ", ".join(str(getattr(key, "name", key)) for key in ledger)
        raise ValueError(
            f"draw(..., ledger=...): received terms of {keys}, and none of them is in the "
            f"picture, which has {', '.join(box.title for box in sources)}"
        )
    return given


def _by_box(
    source: Box, steps: Any, targets: Sequence[Box], home: Mapping[Node, Box]
) -> dict[Box, Any]:
    """The contribution of each box to the gradient of one weight."""
    found: dict[Box, Any] = {}
    if not isinstance(steps, Mapping) and all(isinstance(use, Use) for use in steps):
        places = {node.key: box for node, box in home.items()}  # a scan may be opened twice
        for use in steps:
            box = places.get(use.node.key)
            if box is not None:
                value = detached(use.value)
                found[box] = found[box] + value if box in found else value
        return found
    at: dict[int, list[Box]] = defaultdict(list)
    for box in targets:
        if box.t is not None:
            at[box.t].append(box)
    if not isinstance(steps, Mapping):
        values = list(steps)
        if len(values) != len(at):
            raise ValueError(
                f"draw(..., ledger=...): {source.title!r} has {len(values)} terms and is used at "
                f"{len(at)} steps; give one for each in order, or a mapping from t"
            )
        steps = dict(zip(sorted(at), values, strict=True))
    # Where two boxes of one step use a weight, it is unknown what each contributes: none is shown.
    return {
        boxes[0]: detached(steps[t]) for t, boxes in at.items() if t in steps and len(boxes) == 1
    }


def values_of(
    outputs: Sequence[Tensor], order: Iterable[Node], asked: Any
) -> dict[Node, Any]:
    """The values to show: those that the graph still holds, the outputs', and those of the tensors
    or the module that are `asked` for. None if that is False."""
    if asked is False:
        return {}
    named = [] if asked is True else _tensors(asked)
    nodes = list(order)
    values = known_values(nodes)
    for node in nodes:
        scope = node.scope
        for value in scope.inputs.values() if scope is not None else ():
            if isinstance(value, Tensor) and value._node is not None:
                values[value._node] = value._data
    return values | {t._node: t._data for t in (*outputs, *named) if t._node is not None}


def _tensors(asked: Any) -> list[Tensor]:
    """The parameters of a module, or the tensors of a list."""
    found = asked.parameters() if hasattr(asked, "parameters") else asked
    named = [found] if isinstance(found, Tensor) or not isinstance(found, Iterable) else list(found)
    for tensor in named:
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"draw(..., values=...): received {describe(tensor)}; wanted True, tensors, or a "
                f"module"
            )
    return named


def gradients_of(outputs: Sequence[Tensor], nodes: Iterable[Node]) -> dict[Node, Any]:
    """∂output/∂node of those nodes that are one array. The graph is kept."""
    output = only(outputs, "gradients=True")
    single = [n for n in nodes if not (n.shape and isinstance(n.shape[0], tuple))]
    return sweep_from([output], [None], [wrap(None, n) for n in single], retain_graph=True)


def box_notes(
    unrolled: Unrolled, values: Mapping[Node, Any], slopes: Mapping[Node, Any]
) -> dict[Box, list[TextLine]]:
    """The lines that values and gradients add to the boxes."""
    notes: dict[Box, list[TextLine]] = defaultdict(list)
    for box in (*unrolled.steps, *unrolled.ends, *unrolled.sources, *unrolled.entering):
        step = "" if box.t is None else str(box.t)
        named: dict[tuple[str, str] | None, Node] = {
            (name, step): node for name, node in box.states.items() if node is not None
        }
        if not box.states and box.nodes:
            named[None] = box.nodes[-1]
        for name, node in named.items():
            if node in values:
                notes[box].append(_note(shown([name] if name else [], values[node])))
        for name, node in named.items():
            if node in slopes:
                what = [("grad ", ""), name] if name and len(named) > 1 else [("grad", "")]
                notes[box].append(_note(shown(what, slopes[node])))
        if values and not box.nodes:
            for value in (detached(value) for _, value in box.entering):
                if isinstance(value, np.ndarray | np.generic | int | float):
                    notes[box].append(_note(shown([], value)))
    return notes


def _note(pieces: Sequence[tuple[str, str]]) -> TextLine:
    return TextLine(pieces, 9, color=MUTED)

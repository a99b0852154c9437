"""The numbers in the boxes: values and gradients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.differentiation import sweep_from
from ...engine.node import Node, ancestors
from ...engine.tensor import Tensor, detached, wrap
from ...errors import GradientError, describe
from ...observe.packing import saved_items
from ..reading.boxes import Box, Unrolled
from ..reading.values import all_values
from ..render.style import MUTED
from ..render.text import TextLine, shown

__all__ = [
    "box_notes", "bytes_held", "bytes_said", "gradients_of", "memory_of", "only", "values_of",
]


def only(outputs: Sequence[Tensor], what: str) -> Tensor:
    """The one output that has a gradient, or an error that says why there must be one."""
    if len(outputs) != 1:
        raise GradientError(
            f"draw(..., {what}): gradients are those of one number, and {len(outputs)} tensors "
            f"were given; draw one of them, or their sum"
        )
    return outputs[0]


def values_of(
    outputs: Sequence[Tensor], order: Iterable[Node], asked: Any
) -> dict[Node, Any]:
    """The values to show: those that follow from what the graph still holds, the outputs', and
    those of the tensors or the module that are `asked` for. None if that is False."""
    if asked is False:
        return {}
    named = [] if asked is True else _tensors(asked)
    nodes = ancestors({*order, *(t._node for t in outputs if t._node is not None)})[::-1]
    known = [value for node in nodes if node.scope is not None
             for value in node.scope.inputs.values() if isinstance(value, Tensor)]
    shown = {t._node: t._data for t in (*known, *outputs, *named) if t._node is not None}
    return all_values(nodes, shown) | shown


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
    unrolled: Unrolled, values: Mapping[Node, Any], slopes: Mapping[Node, Any],
    sums: Mapping[Box, Sequence[tuple[str, str]]], *, shapes: bool = False,
    memory: Mapping[Box, int] | None = None,
) -> dict[Box, list[TextLine]]:
    """The lines that values, gradients, the sums of the ledger, shapes and the bytes that are held
    add to the boxes."""
    notes: dict[Box, list[TextLine]] = defaultdict(list)
    for box in (*unrolled.steps, *unrolled.ends, *unrolled.sources, *unrolled.entering):
        step = "" if box.t is None else str(box.t)
        named: dict[tuple[str, str] | None, Node] = {
            (name, step): node for name, node in box.states.items() if node is not None
        }
        if not box.states and box.nodes:
            named[None] = box.nodes[-1]
        last = next(iter(named.values()), None)
        if shapes and last is not None:
            notes[box].append(_note("shape", [(str(tuple(last.shape)), "")]))
        if memory and box in memory:
            notes[box].append(_note("memory", [(bytes_said(memory[box]), "")]))
        for name, node in named.items():
            if node in values:
                notes[box].append(_note("value", shown([name] if name else [], values[node])))
        for name, node in named.items():
            if node in slopes:
                what = [("grad ", ""), name] if name and len(named) > 1 else [("grad", "")]
                notes[box].append(_note("gradient", shown(what, slopes[node])))
        if box in sums:
            notes[box].append(_note("sum", sums[box]))
        if values and not box.nodes:
            for value in (detached(value) for _, value in box.entering):
                if isinstance(value, np.ndarray | np.generic | int | float):
                    notes[box].append(_note("value", shown([], value)))
    return notes


def memory_of(unrolled: Unrolled) -> dict[Box, int]:
    """How many bytes each step and block holds for its derivatives; what several hold counts
    where it is held first, and weights not at all."""
    weights = all_values([b.nodes[-1] for b in unrolled.sources]).values()
    boxes = (*unrolled.steps, *unrolled.ends)
    return dict(zip(boxes, bytes_held([box.nodes for box in boxes], weights), strict=True))


def bytes_held(groups: Iterable[Sequence[Node]], weights: Iterable[Any]) -> Iterator[int]:
    """The bytes that each group of nodes holds: of an array that several hold, the first; of the
    weights none."""
    seen = {id(value) for value in weights}
    for nodes in groups:
        total = 0
        for node in nodes:
            for held in saved_items(node).values():
                for array in held if isinstance(held, tuple) else (held,):
                    if isinstance(array, np.ndarray) and id(array) not in seen:
                        seen.add(id(array))
                        total += array.nbytes
        yield total


def bytes_said(count: float) -> str:
    """A number of bytes with its unit.

    >>> bytes_said(184), bytes_said(12_345)
    ('184 B', '12.3 KB')
    """
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def _note(says: str, pieces: Sequence[tuple[str, str]]) -> TextLine:
    return TextLine(pieces, 9, color=MUTED, says=says)

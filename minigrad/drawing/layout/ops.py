"""The op view: every op a box, every operand an edge, laid out by `dot`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...engine.context import Scope
from ...engine.node import FREED, Node, ancestors
from ...engine.outputs import number
from ...engine.tensor import Tensor
from ...observe.packing import is_part
from ..reading.entering import flat, node_of
from ..reading.walk import label_of
from ..render.dot import tooltip
from ..render.scene import tidy
from ..render.style import FILLS, INK, MUTED, PALETTE
from ..render.text import TextLine, clean, count, escaped, indexed, label, plain, shown
from .notes import gradients_of, values_of

__all__ = ["DIRECTIONS", "LARGEST", "op_graph"]

LARGEST = 400  # ops: for so many dot takes seconds, and nobody reads more
DIRECTIONS = ("BT", "TB", "LR", "RL")
_DEEPEST = 20  # frames inside one another; deeper scopes share the innermost


def op_graph(
    outputs: Sequence[Tensor],
    *,
    values: Any = False,
    gradients: bool = False,
    direction: str = "LR",
    title: str | None = None,
) -> tuple[str, str]:
    """DOT text for the op graph behind `outputs`, and a few words about it."""
    import graphviz

    roots = {t._node for t in outputs if t._node is not None}
    order = [node for node in reversed(ancestors(roots)) if not is_part(node) or label_of(node)]
    if len(order) > LARGEST:
        raise ValueError(
            f"draw(..., view='ops'): the graph has {len(order):,} ops, and more than {LARGEST} "
            f"cannot be laid out or read. Draw an earlier result or fewer time steps; or label "
            f"the ops with minigrad.scope(name, t=t), as rnn.unroll does, and draw it with "
            f"view='steps', which is one box for each scope and step"
        )
    held = values_of(outputs, order, values)
    slopes = gradients_of(outputs, order) if gradients else {}
    graph = graphviz.Digraph(
        engine="dot",
        graph_attr={"rankdir": direction, "bgcolor": "#ffffff", "pad": "0.2", "nodesep": "0.25",
                    "ranksep": "0.35", "fontname": "Helvetica"},
        node_attr={"fontname": "Helvetica", "shape": "box", "style": "rounded,filled",
                   "margin": "0.09,0.05", "height": "0.3", "width": "0.5"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9", "color": "#777777", "arrowsize": "0.6",
                   "fontcolor": "#666666"},
    )
    if title:
        graph.attr(label=escaped(clean(title)), labelloc="t", fontsize="14")
    writer = _OpView(graph, order, roots, held, slopes)
    writer.write()
    return str(graph.source), count(len(order), "op")


class _OpView:
    """The graph as DOT, while it is written: a box for each op, a frame for each scope."""

    def __init__(
        self, graph: Any, order: Sequence[Node], roots: set[Node],
        values: Mapping[Node, Any], gradients: Mapping[Node, Any],
    ) -> None:
        self.graph, self.order, self.roots = graph, order, roots
        self.values, self.gradients = values, gradients
        # Leaves that a scope declares as entering it: inputs and states, which are no weights.
        self.entering = {
            leaf: name
            for node in order
            for name, leaf in _declared(node.scope)
            if leaf is not None and leaf.pullback is None
        }
        leaves = [node for node in order if node.pullback is None and node not in self.entering]
        self.colors = {leaf: PALETTE[k % len(PALETTE)] for k, leaf in enumerate(leaves)}
        self.ids: dict[Node, str] = {}

    def write(self) -> None:
        """The boxes, in one frame for each scope, then the edges."""
        groups: dict[tuple[str, ...], list[Node]] = {}
        for k, node in enumerate(self.order):
            name = node.name or label_of(node) or (node.op.name if node.op else "leaf")
            self.ids[node] = f"{k} {tidy(name)}"
            scope = node.scope if node.pullback is not None else None
            groups.setdefault(_path(scope), []).append(node)
        self._frames(self.graph, (), groups)
        for node in self.order:
            for parent in node.parents:
                if parent is not None:
                    self._edge(parent, node)

    def _frames(
        self, graph: Any, path: tuple[str, ...], groups: Mapping[tuple[str, ...], list[Node]]
    ) -> None:
        for node in groups.get(path, ()):
            graph.node(self.ids[node], **self._box(node))
        n = len(path) + 1
        inner = dict.fromkeys(p[:n] for p in groups if len(p) >= n and p[: n - 1] == path)
        for here in inner:
            with graph.subgraph(name="cluster " + tidy("/".join(here))) as frame:
                frame.attr(
                    label=escaped(plain(here[-1])), labeljust="l", style="rounded,filled",
                    fillcolor="#fbf6ea", color="#d9c9a0", fontsize="10", fontcolor=MUTED,
                )
                self._frames(frame, here, groups)

    def _box(self, node: Node) -> dict[str, str]:
        leaf = node.pullback is None
        name = node.name or (node.op.name if node.op else self.entering.get(node, ""))
        lines = [TextLine([indexed(plain(name))], 12, True)] if leaf and name else []
        if node.op:
            lines.append(TextLine([(plain(label_of(node) or node.op.name), "")]))
            if node.name:
                lines.append(TextLine([indexed(plain(node.name))], 10, True))
        # Of a single number the value says enough.
        short = node.shape == () and node in self.values
        notes: list[list[tuple[str, str]]] = [] if short else [[(_shape(node.shape), "")]]
        if node in self.values:
            notes.append(shown([], self.values[node]))
        if node in self.gradients:
            notes.append(shown([("grad", "")], self.gradients[node]))
        lines += [TextLine(note, 9, color="" if node in self.colors else MUTED) for note in notes]
        color = self.colors.get(node, "")
        fill, line = FILLS["input" if node in self.entering else "block"]
        return {
            "label": label(lines), "fontsize": "11",
            "fillcolor": color or fill, "color": color or line,
            "fontcolor": "#ffffff" if color else INK,
            "penwidth": "2" if node in self.roots else "1",
            "tooltip": tooltip(f"{node}: {node.op.formula}" if node.op else str(node)),
        }

    def _edge(self, parent: Node, node: Node) -> None:
        index = ""
        if is_part(parent) and parent not in self.ids:  # the edge says which result
            index = parent.name or ("" if parent.saved is FREED else str(number(parent)))
            whole = parent.parents[0]
            if whole is None:
                return
            parent = whole
        color = self.colors.get(parent)
        self.graph.edge(
            self.ids[parent], self.ids[node], label=index or None, color=color,
            penwidth="1.6" if color else None,
        )


def _declared(scope: Scope | None) -> Iterator[tuple[str, Node | None]]:
    """The tensors that a scope and those around it declare as entering them, by name."""
    for one in scope.chain() if scope is not None else ():
        for name, value in flat(one.inputs):
            yield name, node_of(value)


def _path(scope: Scope | None) -> tuple[str, ...]:
    if scope is None:
        return ()
    found = [s.name if s.t is None else f"{s.name}[t={s.t}]" for s in scope.chain()]
    return tuple(reversed(found))[:_DEEPEST]


def _shape(shape: Any) -> str:
    if not shape or not isinstance(shape[0], tuple):
        return str(tuple(shape))
    if len(set(shape)) == 1:
        return f"{len(shape)} x {tuple(shape[0])}"
    return ", ".join(str(tuple(one)) for one in shape[:4]) + (", ..." if shape[4:] else "")

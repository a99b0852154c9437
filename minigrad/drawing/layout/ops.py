"""The op view: every op a box, every operand a wire, every scope a frame."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ...engine.context import Scope
from ...engine.node import FREED, Node, ancestors
from ...engine.outputs import number
from ...engine.tensor import Tensor
from ...observe.packing import is_output, label_of
from ..reading.entering import flat, node_of
from ..reading.names import told_apart
from ..reading.values import all_values
from ..render.captions import add_caption, add_title
from ..render.scene import Mark, Path, Scene
from ..render.style import FILLS, FRAME, INK, MUTED, PALETTE, QUIET, WIRE, WRONG, dash
from ..render.text import TextLine, count, indexed, painted, plain, shown
from .constants import Constant, constant_of
from .facts import about_node
from .frames import Edge, Frame, Item, Laid, Pads, lay_out_frames
from .notes import bytes_held, bytes_said, gradients_of, values_of

__all__ = ["DIRECTIONS", "LARGEST", "op_scene"]

LARGEST = 400  # ops: nobody reads more
DIRECTIONS = ("BT", "TB", "LR", "RL")
_DEEPEST = 20  # frames inside one another; deeper scopes share the innermost
_PORT = 11.0  # between two operands of a box, at most


def op_scene(
    outputs: Sequence[Tensor],
    *,
    values: Any = False,
    gradients: bool = False,
    direction: str = "LR",
    title: str | None = None,
    caption: str | None = None,
    inside: Collection[Node] | None = None,
    names: Mapping[Node, str] | None = None,
    wrong: Collection[tuple[Node, int]] | None = None,
    step: str | None = None,
    labels: Mapping[str, str] | None = None,
    show: Collection[str] | None = None,
) -> tuple[Scene, str]:
    """The picture of the ops behind `outputs`, and a few words about it.

    inside: those that are drawn; what they read of others are inputs. names: what nodes are called
    that have no name of their own. wrong: the operands, by op and number, that are drawn in red.
    step: what inputs have as a subscript (default: the number of their step). labels: what boxes
    and frames are called, by name. show: whether shapes and memory are said, where it is given.
    """
    roots = {t._node for t in outputs if t._node is not None}
    order = [node for node in reversed(ancestors(roots)) if not is_output(node) or label_of(node)]
    entering: dict[Node, str] = {}
    if inside is not None:
        outside = {p for n in inside for p in n.parents if p is not None and p not in inside}
        entering = {n: (names or {}).get(n) or str(n.name or "") for n in outside if n.pullback}
        order = [n for n in order if n in inside or n in outside]
    if len(order) > LARGEST:
        raise ValueError(
            f"draw(..., view='ops'): the graph has {len(order):,} ops, and more than {LARGEST} "
            f"cannot be laid out or read. Draw an earlier result or fewer time steps; or label "
            f"the ops with minigrad.scope(name, t=t), as rnn.unroll does, and draw it with "
            f"view='steps', which is one box for each scope and step"
        )
    held = values_of(outputs, order, values)
    slopes = gradients_of(outputs, order) if gradients else {}
    view = _OpView(order, roots, held, slopes, direction)
    view.entering |= entering
    view.names, view.step, view.other = names or {}, step, labels or {}
    view.shapes = show is None or "shapes" in show
    if show is not None and "memory" in show:
        weights = all_values([node for node in order if node.pullback is None]).values()
        ops = [node for node in order if node.op is not None]
        view.memory = dict(zip(ops, bytes_held([[op] for op in ops], weights), strict=True))
    if wrong is not None:
        view.wrong, view.colors = wrong, dict.fromkeys(view.colors, QUIET)
    scene = view.scene()
    add_title(scene, title)
    add_caption(scene, caption)
    return scene, count(len(order), "op")


class _OpView:
    """The boxes, the wires between them, and where they are."""

    def __init__(
        self, order: Sequence[Node], roots: set[Node], values: Mapping[Node, Any],
        gradients: Mapping[Node, Any], direction: str,
    ) -> None:
        self.order, self.roots, self.direction = order, roots, direction
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
        self.dashes = {leaf: dash(k) for k, leaf in enumerate(leaves)}
        readers = {parent: node for node in reversed(order) for parent in node.parents}
        self.called = told_apart(
            [leaf for leaf in leaves if leaf.name], lambda leaf: str(leaf.name),
            lambda leaf: _place(readers.get(leaf)),
        )
        self.sideways = direction in ("LR", "RL")
        self.boxes: dict[Any, Mark] = {}  # without their places
        self.items: list[Item] = []
        self.edges: list[Edge] = []
        self.ends: dict[Any, tuple[Any, Any, dict[str, Any]]] = {}  # of each edge
        self.labels: dict[Any, TextLine] = {}
        self.names: Mapping[Node, str] = {}
        self.step: str | None = None
        self.other: Mapping[str, str] = {}
        self.shapes = True
        self.memory: Mapping[Node, int] = {}
        self.wrong: Collection[tuple[Node, int]] = ()

    def scene(self) -> Scene:
        """Everything at its place."""
        scene = Scene()
        for k, node in enumerate(self.order):
            self._node(scene, node, k)
        for node in self.order:
            self._operands(scene, node)
        # In the order of execution, with constants and labels where they are first read.
        names = {name for item in self.items for name in item.path}
        laid = lay_out_frames(self._sorted(), self.edges, {n: self._pads(n) for n in names})
        self._paint(scene, laid)
        return scene

    def _sorted(self) -> list[Item]:
        """The items so that each is after what it reads: constants and labels before their ops."""
        reads: dict[Any, list[Any]] = {}
        for edge in self.edges:
            reads.setdefault(edge.head, []).append(edge.tail)
        by_key = {item.key: item for item in self.items}
        found: dict[Any, Item] = {}
        for item in self.items:
            for key in reads.get(item.key, ()):
                for before in (*reads.get(key, ()), key):
                    found.setdefault(before, by_key[before])
            found.setdefault(item.key, item)
        return list(found.values())

    # -- boxes

    def _add(self, key: Any, mark: Mark, path: tuple[str, ...]) -> None:
        self.boxes[key] = mark
        sizes = (mark.width, mark.height)
        self.items.append(Item(key, *(sizes if self.sideways else sizes[::-1]), path))

    def _node(self, scene: Scene, node: Node, k: int) -> None:
        entering = node in self.entering
        leaf, op = node.pullback is None or entering, None if entering else node.op
        own = self.called.get(node) or node.name or self.names.get(node, "")
        name = own or self.entering.get(node) or (op.name if op else "")
        lines = [TextLine([self._label(name)], 12, True)] if leaf and name else []
        if op:
            word = label_of(node) or op.name
            lines.append(TextLine([(plain(self.other.get(word, word)), "")]))
            if own:
                lines.append(TextLine([self._label(own)], 10, True))
        # Of a single number the value says enough.
        short = not self.shapes or (node.shape == () and node in self.values)
        notes = [] if short else [TextLine([(_shape(node.shape), "")])]
        if node in self.memory:
            notes.append(TextLine([(bytes_said(self.memory[node]), "")], says="memory"))
        if node in self.values:
            notes.append(TextLine(shown([], self.values[node]), says="value"))
        if node in self.gradients:
            notes.append(TextLine(shown([("grad", "")], self.gradients[node]), says="gradient"))
        color = self.colors.get(node, "")
        lines += [note._replace(size=9, color="" if color else MUTED) for note in notes]
        fill, line = FILLS["input" if entering else "block"]
        kind = "weight" if color else "input" if leaf else "op"
        called = own or label_of(node) or (op.name if op else name or "leaf")
        data = {"name": called, **about_node(node)}
        if color:
            data["weight"] = own
        if node.scope is not None and node.op is not None:
            data["scope"] = str(node.scope)
            if node.scope.step is not None:
                data["step"] = node.scope.step
        for what, known in (("values", self.values), ("gradients", self.gradients)):
            if node in known:
                data[what] = {"": known[node]}
        self._add(node, self._box(
            scene, f"{k} {called}", lines, color or fill, color or line,
            "#ffffff" if color else INK, 2.0 if node in self.roots else 1.0,
            f"{node}: {node.op.formula}" if node.op else str(node), kind, data,
        ), _path(node.scope) if op else ())

    def _label(self, name: str) -> tuple[str, str]:
        """What something is called in the picture, with its subscript."""
        return indexed(plain(self.other.get(name, name)))

    def _constant(self, scene: Scene, constant: Constant, node: Node) -> None:
        value, shape = constant.value, getattr(constant.value, "shape", ())
        at = "" if constant.t is None else self.step or str(constant.t)
        name = self._label(constant.name)
        name = (name[0], at) if at and not name[1] else name
        lines = [TextLine([name], 11)] if constant.name else []
        if shape and self.shapes:
            lines.append(TextLine([(_shape(shape), "")], 9, color=MUTED))
        if value is not None and (self.values or not lines):
            size = 9 if lines else 11
            lines.append(TextLine(shown([], value), size, color=MUTED if lines else ""))
        lines = lines or [TextLine([("constant", "")], 9, color=MUTED)]
        data: dict[str, Any] = {"name": constant.name} if constant.name else {}
        if constant.t is not None:
            data["step"] = constant.t
        if constant.value is not None:
            data["values"] = {"": constant.value}
        self._add(constant.key, self._box(
            scene, constant.name or "constant", lines, *FILLS["constant"], INK, 1.0,
            f"{constant.name or 'constant'}: needs no gradient", "constant", data,
        ), _path(node.scope) if not constant.name else _path(node.scope)[:-1])

    def _box(
        self, scene: Scene, name: str, lines: Sequence[TextLine], fill: str, line: str, ink: str,
        thick: float, tooltip: str, kind: str, data: Mapping[str, Any],
    ) -> Mark:
        lines = painted(lines)
        width = max([one.width for one in lines], default=0.0) + 16
        height = sum(one.height for one in lines) + 10
        return Mark(scene.id(name), 0, 0, max(width, 36.0), max(height, 24.0), lines, fill, line,
                    ink, thick, tooltip=tooltip, kind=kind, data=data)

    # -- wires

    def _operands(self, scene: Scene, node: Node) -> None:
        """The wires into a box: one for each operand, also where two are the same."""
        count = len(node.parents)
        across = self.boxes[node].height if self.sideways else self.boxes[node].width
        room = min(_PORT, (across - 8) / count) if count else 0.0
        for slot, parent in enumerate(() if node in self.entering else node.parents):
            enters = room * (slot - (count - 1) / 2)
            tail: Any
            if parent is None:
                constant = constant_of(node, slot)
                if constant is None:
                    continue
                tail = constant.key
                if tail not in self.boxes:
                    self._constant(scene, constant, node)
                self._edge((node, slot), tail, node, 0.0, enters, slot)
            else:
                self._edge_from(scene, parent, node, slot, enters)

    def _edge_from(
        self, scene: Scene, parent: Node, node: Node, slot: int, enters: float
    ) -> None:
        tail, part = parent, ""
        if is_output(parent) and parent not in self.boxes:  # the wire says which result
            part = parent.name or ("" if parent.saved is FREED else str(number(parent)))
            whole = parent.parents[0]
            if whole is None:
                return
            tail = whole
        if not part:
            self._edge((node, slot), tail, node, 0.0, enters, slot)
            return
        results = len(tail.shape)
        index = 0 if parent.saved is FREED else number(parent)
        mark = self.boxes[tail]
        room = min(_PORT, ((mark.height if self.sideways else mark.width) - 8) / results)
        leaves = room * (index - (results - 1) / 2)
        if parent not in self.labels:
            line = TextLine([indexed(plain(part))], 9, color=MUTED)
            self.labels[parent] = line
            size = (line.width + 6, 2 * line.height + 2)
            path = _path(tail.scope)
            self.items.append(Item(parent, *(size if self.sideways else size[::-1]), path))
            self.edges.append(Edge(("to", parent), tail, parent, leaves, 0.0))
        self._edge((node, slot), parent, node, 0.0, enters, slot, tail=tail, part=part)

    def _edge(
        self, key: Any, source: Any, node: Node, leaves: float, enters: float, slot: int,
        tail: Any = None, part: str = "",
    ) -> None:
        self.edges.append(Edge(key, source, node, leaves, enters))
        data: dict[str, Any] = {}
        if node.op is not None:
            data |= {"into": node.op.name, "argument": node.op.argument(slot), "slot": slot}
        if part:
            data["part"] = part
        source = source if tail is None else tail
        if source in self.colors:
            data["weight"] = self.called.get(source, "")
        self.ends[key] = (source, node, data)

    # -- places

    def _pads(self, name: str) -> Pads:
        """The room in a frame; its name stands at the top, or where wires enter there, beside."""
        wide = TextLine([(plain(name), "")], 10).width + 14
        return Pads(12, 12, 24, 10) if self.sideways else Pads(12, 12, wide, 12)

    def _turned(self, u: float, v: float) -> tuple[float, float]:
        return {"LR": (u, -v), "RL": (-u, -v), "TB": (v, -u), "BT": (v, u)}[self.direction]

    def _paint(self, scene: Scene, laid: Laid) -> None:
        for frame, one, two in laid.frames:
            self._frame(scene, frame, self._turned(*one), self._turned(*two))
        placed: dict[Any, Mark] = {}
        for key, mark in self.boxes.items():
            x, y = self._turned(*laid.at[key])
            placed[key] = scene.add(mark._replace(x=x, y=y))
            scene.nodes[mark.id] = [key] if isinstance(key, Node) else []
        for parent, line in self.labels.items():
            x, y = self._turned(*laid.at[parent])
            off = line.height / 2 + 1 if self.sideways else 0.0
            side = 0.0 if self.sideways else line.width / 2 + 3
            scene.add(Mark(scene.id("text"), x + side, y + off, line.width, line.height, (line,),
                           ink=MUTED))
        for edge in self.edges:
            if edge.key not in self.ends:
                continue
            tail, head, data = self.ends[edge.key]
            points = laid.ways[edge.key]
            if edge.tail in self.labels:
                points = [*laid.ways["to", edge.tail], *points]
            color = self.colors.get(tail)
            look: tuple[str, float] = (color, 1.6) if color else (WIRE, 1.2)
            if (head, data.get("slot")) in self.wrong:
                look, data = (WRONG, 3.2), {**data, "wrong": True}
            scene.join(Path(
                placed[tail].id, placed[head].id, [self._turned(*p) for p in points], *look,
                kind="operand", data=data, bend=22.0, dash=self.dashes.get(tail, ""),
            ))

    def _frame(self, scene: Scene, frame: Frame, one: Any, two: Any) -> None:
        """A frame between two corners, and its name in the upper left one."""
        (x1, x2), (y1, y2) = sorted((one[0], two[0])), sorted((one[1], two[1]))
        path = "/".join(frame.path)
        scene.add(Mark(
            scene.id(f"frame {path}"), (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, (), *FRAME,
            tooltip=path, kind="frame", data={"scope": path},
        ))
        name = self.other.get(frame.path[-1], frame.path[-1])
        line = TextLine([(plain(name), "")], 10, color=MUTED)
        scene.add(Mark(scene.id("text"), x1 + 7 + line.width / 2, y2 - 5 - line.height / 2,
                       line.width, line.height, (line,), ink=MUTED))


def _declared(scope: Scope | None) -> Iterator[tuple[str, Node | None]]:
    """The tensors that a scope and those around it declare as entering them, by name."""
    for one in scope.chain() if scope is not None else ():
        for name, value in flat(one.inputs):
            yield name, node_of(value)


def _place(node: Node | None) -> str:
    """The scope in which a node was recorded, by its own name."""
    return "" if node is None or node.scope is None else node.scope.name


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

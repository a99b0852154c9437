"""The canvas that the parts of a picture share: columns, the boxes drawn so far, and the pen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...engine.node import Node
from ..reading.boxes import Box, Unrolled, Wire
from ..render.scene import Mark, Path, Point, Scene
from ..render.style import (
    CUT,
    MUTED,
    QUIET,
    WIRE,
    WRONG,
    colors_of,
    dashes_of,
    look,
    named,
    pale,
    small,
    state_pieces,
)
from ..render.text import TextLine
from .facts import about_box, about_tap, about_wire
from .grid import (
    CHANNEL,
    LOOP,
    Grid,
    Key,
    Size,
    bus_key,
    loop_places,
    sort_wires,
    steps_over,
    up_key,
)
from .terms import Terms

__all__ = ["MARGIN", "TURN", "Canvas"]

MARGIN = 34.0  # from the boxes at the left to the first column
TURN = 6.0  # between wires that turn there
_BETWEEN = 44.0  # between boxes of neighbouring columns, at least
_GAP = 30.0  # more between columns where some are left out


class Canvas:
    """A scene, the plan of its columns, and what has been drawn of each box."""

    def __init__(
        self,
        unrolled: Unrolled,
        terms: Terms | None,
        notes: Mapping[Box, Sequence[TextLine]],
        kept: Sequence[int] | None,
        held: Mapping[Node, Any],
        slopes: Mapping[Node, Any],
        wrong: Callable[[Wire], bool] | None,
        labels: Mapping[str, str],
        whole: Unrolled,
        elsewhere: Mapping[Box, str],
    ) -> None:
        self.wrong = wrong or (lambda wire: False)
        self.unrolled, self.terms, self.held, self.slopes = unrolled, terms, held, slopes
        self.wires = sort_wires(unrolled)
        self.colors, self.dashes = colors_of(whole), dashes_of(whole)
        if wrong is not None:
            self.colors = dict.fromkeys(self.colors, QUIET)
        everything = [*unrolled.steps, *unrolled.ends, *unrolled.sources, *unrolled.entering]
        self.looks = {
            box: look(box, whole, self.colors.get(box, ""), notes.get(box, ()), labels)
            for box in everything
        }
        self.looks |= {box: named(self.looks[box], where) for box, where in elsewhere.items()}
        sizes = {box: Size(found.width, found.height) for box, found in self.looks.items()}
        self.grid = Grid(unrolled, self.wires, sizes)
        self.scene = Scene()
        self.marks: dict[Box, Mark] = {}
        self.x: dict[int, float] = {}
        self.gaps: list[tuple[float, float]] = []  # where columns are left out, from the left
        self.left_width = max(
            [self.looks[box].width + 18 for box in everything
             if box.kind in ("weight", "source", "initial")] + [46.0]
        )
        self._columns(list(range(unrolled.columns)) if kept is None else kept)

    def _columns(self, kept: Sequence[int]) -> None:
        """The x of every column that is drawn, from the width that one column needs."""
        grid, rows = self.grid, self.grid.rows
        widest = max(row.width / 2 for row in rows)
        beside = max(grid.input_width + 16 if row.beside else 0.0 for row in rows)
        inputs = max((x for row in rows for x in row.inputs.values()), default=0.0)
        states = (self.state_line(w) for w in self.wires.along if rows[w.source.row].labelled)
        label = max((line.width for line in states), default=0.0) + 8
        self.channel = max(widest + beside, inputs + grid.input_width / 2) + label
        self.right = self.channel + CHANNEL * len(grid.channels)
        found = {self.terms.words(key) for key in self.terms.values} if self.terms else set()
        over = max((small(words, MUTED).width for words in found), default=4.0)
        taps = max((row.width / 2 + over for row in rows if row.lanes), default=0.0)
        marked = any(wire.cut or steps_over(wire) < 0 for wire in self.wires.along)
        self.left_channel = max(taps, widest + (max(38.0, label + 4) if marked else 8))
        left = self.left_channel + CHANNEL * len(grid.left_channels)
        pitch = max(left + self.right, 2 * widest + _BETWEEN)
        x = 0.0
        for k, column in enumerate(kept):
            if k and column != kept[k - 1] + 1:
                x += _GAP
                middle = x - (pitch + _GAP) / 2
                self.gaps.append((middle - 16, middle + 16))
            self.x[column] = x
            x += pitch
        lanes = [source for source, _ in grid.lanes if source.column is None]
        turns = len(lanes) - len(set(lanes))
        self.start = -left - MARGIN - TURN * turns  # where the boxes at the left end
        self.end = x - pitch + max(self.right, widest + 20)
        if any(grid.at_side(w) and w.target.direction < 0 for w in self.wires.entering):
            self.end += MARGIN + self.left_width
        self.loops = self.end + 6  # where the boxes of delays begin
        if self.wires.loops:
            self.end = self.loops + LOOP * len(loop_places(self.wires.loops)) + 40

    def state_line(self, wire: Wire) -> TextLine:
        """The label of a state's wire, in rows with several states."""
        return TextLine(state_pieces([wire.name or ""], wire.source.at), 9, color=MUTED)

    def beside(self, mark: Mark, key: Key) -> float:
        """The x of a vertical wire to the right of a box."""
        return mark.x + self.channel + CHANNEL * self.grid.channels[key]

    def way_up(self, mark: Mark, wire: Wire) -> list[Point]:
        """The first points of a wire up to other rows: from the top of its box, and beside those
        in the way."""
        up, key = self.grid.rows[wire.source.row].up, up_key(wire)
        if key not in up:
            return [(mark.x, mark.top)]
        x, y = mark.x + up[key], mark.top + 8 + 5 * list(up).index(key)
        return [(x, mark.top), (x, y), (self.beside(mark, key), y)]

    def before(self, x: float) -> float:
        """A place to the left of `x` where columns are left out."""
        return max((sum(gap) / 2 for gap in self.gaps if gap[1] < x), default=self.start)

    def down(self, source: Box) -> float:
        """The x of the wire from a block above the steps down to its lane."""
        return self.beside(self.marks[source], bus_key(source))

    # -- the pen

    def box(
        self, box: Box, x: float, y: float, width: float, height: float, circle: bool = False
    ) -> Mark:
        """Draw a box of the graph."""
        found = self.looks[box]
        self.marks[box] = self.scene.add(Mark(
            self.scene.id(found.id), x, y, width, height, found.lines, found.fill, found.line,
            found.ink, 2.0 if box.output and found.kind != "mention" else 1.0, circle,
            box.cut or found.kind == "mention", found.tooltip, found.kind,
            about_box(box, self.held, self.slopes, self.terms),
        ))
        self.scene.nodes[self.marks[box].id] = box.nodes
        return self.marks[box]

    def text(
        self, x: float, y: float, line: TextLine, fill: str = "",
        data: Mapping[str, Any] | None = None, kind: str = "text",
    ) -> Mark:
        """Draw words on their own."""
        return self.scene.add(Mark(
            self.scene.id("text"), x, y, line.width + 2, line.height, (line,), fill,
            ink=line.color or MUTED, kind=kind, data=data or {},
        ))

    def dot(self, name: str, x: float, y: float, color: str = WIRE) -> Mark:
        """Draw a dot where wires are joined."""
        return self.scene.add(
            Mark(self.scene.id(name), x, y, 5, 5, (), color, circle=True, kind="dot")
        )

    def point(self, x: float, y: float) -> Mark:
        """A place where a wire can end."""
        return self.scene.add(Mark(self.scene.id("end"), x, y, 0, 0, kind="end"))

    def wire(
        self,
        source: Mark,
        target: Mark,
        *points: Point,
        color: str = WIRE,
        thick: float = 1.2,
        arrow: bool = True,
        dashed: bool = False,
        tooltip: str = "",
        kind: str = "wire",
        data: Mapping[str, Any] | None = None,
        dash: str = "",
    ) -> None:
        """Draw a wire through some points; its last part is dashed where columns are left out."""

        def add(tail: Mark, head: Mark, through: Sequence[Point], ends: bool, gap: bool) -> None:
            self.scene.join(Path(
                tail.id, head.id, through, color, thick, ends, gap, tooltip, kind, data or {},
                dash=dash,
            ))

        (x1, y1), (x2, y2) = points[-2:]
        over = [gap for gap in self.gaps if min(x1, x2) < gap[0] and gap[1] < max(x1, x2)]
        if dashed or y1 != y2 or not over:
            add(source, target, points, arrow, dashed)
            return
        tail, through = source, points[:-1]
        for gap in over if x1 < x2 else over[::-1]:
            one, two = (self.point(x, y1) for x in sorted(gap, reverse=x1 > x2))
            add(tail, one, (*through, (one.x, y1)), False, False)
            add(one, two, ((one.x, y1), (two.x, y1)), False, True)
            tail, through = two, ((two.x, y1),)
        add(tail, target, (*through, (x2, y2)), arrow, False)

    def cut(self, x: float, y: float) -> None:
        """Mark where a state was detached: values pass, gradients do not."""
        self.text(x, y, TextLine([("//", "")], 13, True, CUT), "#ffffff")
        self.text(x, y + 14, small("cut", CUT))

    def tap(self, source: Box, target: Box) -> tuple[str, float, str]:
        """The colour, width and number of a tap."""
        color, key = self.colors[source], (source, target)
        if self.terms is None or key not in self.terms.values:
            return color, 1.6, ""
        share = self.terms.share(key)
        return pale(color, share), 0.8 + 2.8 * share, self.terms.words(key)

    def carry(
        self, wire: Wire, *points: Point, source: Mark | None = None, target: Mark | None = None,
        color: str = WIRE, thick: float = 1.2, dashed: bool = False, kind: str = "wire",
        arrow: bool = True,
    ) -> None:
        """Draw a wire of the graph between the boxes that it joins."""
        data = about_wire(wire)
        if self.wrong(wire):
            color, thick, data = WRONG, 3.2, {**data, "wrong": True}
        self.wire(
            source or self.marks[wire.source], target or self.marks[wire.target], *points,
            color=color, thick=thick, arrow=arrow, dashed=dashed, kind=kind, data=data,
        )

    def draw_tap(
        self, wire: Wire, tail: Mark, color: str, thick: float, about: str, *points: Point
    ) -> None:
        """Draw a tap from the wire of a weight into a box."""
        data = about_tap(wire, self.terms)
        if self.wrong(wire):
            color, thick, data = WRONG, 3.2, {**data, "wrong": True}
        self.wire(
            tail, self.marks[wire.target], *points, color=color, thick=thick, tooltip=about,
            kind="tap", data=data, dash=self.dashes.get(wire.source, ""),
        )

    def left_of(self, x: float, y: float, words: str, color: str) -> None:
        """Write a number to the left of the tap that was drawn last."""
        if words:
            line = small(words, color)
            tap = self.scene.slugs[self.scene.paths[-1].id]
            self.text(x - 6 - line.width / 2, y, line, data={"tap": tap})

"""The picture of an unrolled graph: the plan of one column, repeated along time.

A weight is a bus, states run from column to column, inputs come from below, and blocks without a
step stand at the right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...engine.node import Node
from ..reading.boxes import Box, Unrolled, Wire
from ..render.captions import add_caption, add_title
from ..render.scene import Mark, Scene
from ..render.style import FILLS, INK, MUTED, STATE, WIRE, small, state_pieces
from ..render.text import TextLine, count, painted
from .buses import draw_buses, draw_sources
from .canvas import MARGIN, Canvas
from .ends import draw_ends, entry
from .facts import about_wire
from .grid import (
    CHANNEL,
    LOOP,
    along_key,
    loop_key,
    loop_places,
    over_key,
    steps_over,
    up_key,
)
from .terms import Terms

__all__ = ["lay_out"]


def lay_out(
    unrolled: Unrolled,
    *,
    terms: Terms | None = None,
    notes: Mapping[Box, Sequence[TextLine]] | None = None,
    kept: Sequence[int] | None = None,
    title: str | None = None,
    words: Mapping[tuple[Box, int], str] | None = None,
    held: Mapping[Node, Any] | None = None,
    slopes: Mapping[Node, Any] | None = None,
    caption: str | None = None,
    wrong: Callable[[Wire], bool] | None = None,
    labels: Mapping[str, str] | None = None,
    whole: Unrolled | None = None,
    elsewhere: Mapping[Box, str] | None = None,
    legend: bool = True,
) -> Scene:
    """The picture of `unrolled`.

    terms: what the taps show. notes: further lines in boxes. kept: the columns
    that are drawn (default: all). title: a line above. words: by (box, row), what stands
    below the column of a box, or above the wire from that row into a block at the right. held,
    slopes: values and gradients, for scripts. caption: words below. wrong: which wires are drawn
    in red, and then no others in colours. labels: what boxes are called, by name. whole: the graph
    that this is a part of, whose colours it has. elsewhere: boxes that are only named, and words
    that say where they are. legend: whether words below say what the taps mean.
    """
    canvas = Canvas(unrolled, terms, notes or {}, kept, held or {}, slopes or {}, wrong,
                    labels or {}, whole or unrolled, elsewhere or {})
    _steps(canvas)
    draw_sources(canvas)
    _entering(canvas)
    draw_buses(canvas, draw_ends(canvas))
    for wire in canvas.wires.along:
        _along(canvas, wire)
    for place, wires in enumerate(loop_places(canvas.wires.loops)):
        for wire in wires:
            _loop(canvas, wire, canvas.loops + LOOP * (place + 0.5))
    for wire in {(w.source, w.target): w for w in canvas.wires.up}.values():
        if wire.source in canvas.marks:
            _up(canvas, wire)
    for wire in (*canvas.wires.across, *canvas.wires.far):
        if wire.source in canvas.marks and wire.target in canvas.marks:
            _over(canvas, wire)
    _words(canvas, legend)
    add_title(canvas.scene, title)
    for (box, row), said in (words or {}).items():
        _said(canvas, box, row, said)
    add_caption(canvas.scene, caption)
    return canvas.scene


def _steps(canvas: Canvas) -> None:
    for box in canvas.unrolled.steps:
        if box.column in canvas.x:
            row = canvas.grid.rows[box.row]
            canvas.box(box, canvas.x[box.column], row.y, row.width, row.height, row.round)


def _entering(canvas: Canvas) -> None:
    """Initial states at the sides, inputs below or beside their boxes."""
    width = canvas.grid.input_width
    for wire in canvas.wires.entering:
        box, target = wire.source, canvas.marks.get(wire.target)
        if target is None:
            continue
        row, height = canvas.grid.rows[wire.target.row], canvas.grid.height[box.kind]
        color = canvas.colors.get(box, STATE if box.kind == "initial" else WIRE)
        if canvas.grid.at_side(wire):
            y = row.y + row.sides[along_key(wire.target.row, wire.name)]
            half = canvas.left_width / 2
            if wire.target.direction > 0:
                one = canvas.box(box, canvas.start - half, y, 2 * half, height)
                start, end = one.right, target.left
            else:
                one = canvas.box(box, target.x + canvas.right + MARGIN + half, y, 2 * half, height)
                start, end = one.left, target.right
            canvas.carry(wire, (start, y), (end, y), color=color, thick=1.6, dashed=wire.cut,
                         kind="state")
            if wire.cut:
                canvas.cut(end - 22, y)
        elif row.beside:
            one = canvas.box(box, target.right + 16 + width / 2, row.y, width, height)
            canvas.carry(wire, (one.left, row.y), (target.right, row.y), color=color)
        else:
            x = target.x + row.inputs[box.title]
            one = canvas.box(box, x, row.inputs_y, width, height)
            canvas.carry(wire, (x, one.top), (x, row.bottom), color=color)


def _along(canvas: Canvas, wire: Wire) -> None:
    """The wire of a state to the next step, or over columns that are left out to the first after
    them."""
    row, forward = canvas.grid.rows[wire.source.row], steps_over(wire) > 0
    one, two = canvas.marks.get(wire.source), canvas.marks.get(wire.target)
    if one is None or two is None:
        early, late = (one, two) if forward else (two, one)
        columns = sorted((wire.source.column or 0, wire.target.column or 0))
        if early is None and late is not None and min(canvas.x) == columns[1]:
            _goes_on(canvas, wire, late, -1)
        if early is not None and max(canvas.x) == columns[0]:
            _goes_on(canvas, wire, early, 1)
        if early is None or late is not None:
            return  # neither end is drawn, or `_along` drew it for the box before the gap
        late = _after_gap(canvas, wire.source.row, columns[0])
        if late is None:
            return
        one, two = (early, late) if forward else (late, early)
    y = row.y + row.sides[along_key(wire.source.row, wire.name)]
    start, end = (one.right, two.left) if forward else (one.left, two.right)
    canvas.carry(wire, (start, y), (end, y), source=one, target=two, color=STATE, thick=1.6,
                 dashed=wire.cut, kind="state")
    if wire.cut:
        canvas.cut((end if forward else start) - 26, y)
    elif row.labelled and wire.name and canvas.marks.get(wire.source) is one:
        line = canvas.state_line(wire)
        canvas.text(start + (4 + line.width / 2) * (1 if forward else -1), y + 8, line)


def _loop(canvas: Canvas, wire: Wire, x: float) -> None:
    """In the rolled view, the wire of a state back into the step, through a delay at `x`."""
    one, two, grid = canvas.marks[wire.source], canvas.marks[wire.target], canvas.grid
    words = TextLine(state_pieces([wire.name or wire.source.title], f"t{-wire.lag:+d}"), 11)
    height = grid.height["initial"]
    if one is two:
        y = one.y + grid.rows[wire.source.row].sides[loop_key(wire)]
        up, down = y + 5, y - 5
    else:
        up = one.y + grid.rows[wire.source.row].sides[loop_key(wire), "out"]
        down = two.y + grid.rows[wire.target.row].sides[loop_key(wire), "in"]
        y = (up + down) / 2
    delay = canvas.scene.add(Mark(
        canvas.scene.id(f"delay of {wire.name}"), x, y, LOOP - 24, height, painted([words]),
        *FILLS["initial"], INK, tooltip=f"{wire.name}, {count(abs(wire.lag), 'step')} before",
        kind="delay", data=about_wire(wire),
    ))
    out, back = [(one.right, up)], [(two.right, down)]
    if one is two:
        out, back = [*out, (delay.left, up)], [(delay.left, down), *back]
    else:
        out = [*out, (x, up), (x, delay.top if up > y else delay.bottom)]
        back = [(x, delay.bottom if up > y else delay.top), (x, down), *back]
    canvas.carry(wire, *out, target=delay, color=STATE, thick=1.6, kind="state")
    canvas.carry(wire, *back, source=delay, color=STATE, thick=1.6, dashed=wire.cut, kind="state")


def _goes_on(canvas: Canvas, wire: Wire, mark: Mark, side: int) -> None:
    """A state between the first or the last column that is drawn and columns beyond it, to the left
    (side -1) or to the right (1)."""
    row = canvas.grid.rows[wire.source.row]
    y = row.y + row.sides[along_key(wire.source.row, wire.name)]
    edge = mark.x + side * mark.width / 2
    outside = canvas.point(edge + 30 * side, y)
    into = side * steps_over(wire) < 0
    ends, xs = (outside, mark), (outside.x, edge)
    if not into:
        ends, xs = ends[::-1], xs[::-1]
    canvas.carry(wire, (xs[0], y), (xs[1], y), source=ends[0], target=ends[1], color=STATE,
                 thick=1.6, dashed=True, kind="state")


def _after_gap(canvas: Canvas, row: int, column: int) -> Mark | None:
    """The box of a row in the first drawn column after `column`."""
    after = next((c for c in sorted(canvas.x) if c > column), None)
    boxes = (b for b in canvas.unrolled.steps if (b.column, b.row) == (after, row))
    return next((canvas.marks[b] for b in boxes), None)


def _up(canvas: Canvas, wire: Wire) -> None:
    """A wire within a column: straight up, or beside the boxes that are in the way."""
    one, two, key = canvas.marks[wire.source], canvas.marks[wire.target], up_key(wire)
    if key in canvas.grid.straight:
        canvas.carry(wire, (one.x, one.top), (two.x, two.bottom))
        return
    y = two.y + canvas.grid.rows[wire.target.row].sides[key]
    canvas.carry(wire, *canvas.way_up(one, wire), (canvas.beside(one, key), y), (two.right, y))


def _over(canvas: Canvas, wire: Wire) -> None:
    """A wire to another column and row: beside the boxes, and above them if it goes far."""
    one, two, key = canvas.marks[wire.source], canvas.marks[wire.target], over_key(wire)
    row = canvas.grid.rows[wire.source.row]
    y1 = one.y + row.sides[key, "out"]
    y2 = two.y + canvas.grid.rows[wire.target.row].sides[key, "in"]
    x1 = canvas.beside(one, key)
    if key not in row.far:
        canvas.carry(wire, (one.right, y1), (x1, y1), (x1, y2), (two.left, y2))
        return
    y, count = row.far[key]
    y += 8 * ((wire.source.column or 0) % count)
    x2 = two.x - canvas.left_channel - CHANNEL * canvas.grid.left_channels[key]
    canvas.carry(wire, (one.right, y1), (x1, y1), (x1, y), (x2, y), (x2, y2), (two.left, y2))


def _words(canvas: Canvas, legend: bool) -> None:
    """The steps below the columns, and what the taps mean."""
    marks = canvas.scene.marks
    bottom = min(s.bottom for s in marks)
    left = min(s.left for s in marks)
    steps = {b.column: b.t for b in canvas.unrolled.steps if b.t is not None}
    for column, x in canvas.x.items():
        if column in steps:
            canvas.text(x, bottom - 18, small(f"t = {steps[column]}", MUTED))
    for gap in canvas.gaps:
        canvas.text(sum(gap) / 2, bottom - 18, small("...", MUTED))
    if legend and canvas.terms is not None and canvas.terms.values:
        for k, words in enumerate(canvas.terms.caption):
            line = small(words, MUTED)
            canvas.text(left + line.width / 2, bottom - 44 - 13 * k, line, kind="legend")


def _said(canvas: Canvas, box: Box, row: int, said: str) -> None:
    """Write words below the column of a box, or above the wire from a row into a block."""
    line, mark = small(said, MUTED), canvas.marks[box]
    if box.column is None:
        y = mark.y + entry(canvas, box, row) + 9
        canvas.text(mark.left - 14 - line.width / 2, y, line)
    else:
        canvas.text(mark.x, min(s.bottom for s in canvas.scene.marks) - 18, line)

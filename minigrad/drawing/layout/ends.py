"""Blocks without a time step, such as a sum of losses, to the right of all columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..reading.boxes import Box
from ..render.scene import Mark
from .canvas import Canvas

__all__ = ["draw_ends", "entry"]

_PORT = 16.0


def draw_ends(canvas: Canvas) -> dict[tuple[Box, Box], float]:
    """Draw the blocks, each further up and to the right than the one before, so that its wires from
    the columns pass above that. Returns the x of the taps of weights into them."""
    grid = canvas.grid
    rises: dict[tuple[Box, Box], float] = {}
    x, y = canvas.end + 20, grid.top + 46
    for box in canvas.unrolled.ends:
        found = canvas.looks[box]
        into = [w for w in canvas.wires.ends if w.target is box]
        rows = _rows(canvas, box)
        under = [w.source for w in into if w.source.column is None]
        sources = [s for s, wires in canvas.wires.buses.items()
                   if any(w.target is box for w in wires)]
        tapped = [s for s in sources if any(key[0] is s for key in grid.lanes)]
        private = [s for s in sources if s not in tapped]
        spread = 44.0 if canvas.terms is not None else _PORT
        wide = max([canvas.looks[s].width + 18 for s in private] + [46.0]) + 10
        width = max(found.width + 20, 40.0, spread * len(tapped) + _PORT * len(under) + 20,
                    wide * len(private))
        height = max(found.height + 14, 30.0, _PORT * len(rows) + 12)
        circle = not (tapped or under or private or len(rows) > 1 or found.width > 24
                      or found.height > 30)
        if circle:
            width = height = max(found.width + 14, 34.0)
        y = max(y, grid.top + 30 + height / 2)
        mark = canvas.box(box, x + width / 2, y, width, height, circle)
        for k, source in enumerate(tapped):
            rises[source, box] = mark.left + spread * (k + 1) - 8
        for k, source in enumerate(under):
            port, one = mark.right - 12 - _PORT * k, canvas.marks[source]
            canvas.wire(one, mark, (one.right, one.y), (port, one.y), (port, mark.bottom))
        for row in rows:
            _collect(canvas, box, row, y + entry(canvas, box, row))
        top = _private(canvas, box, private, wide)
        x, y = mark.right + 36, top + 40 + height / 2
    return rises


def _rows(canvas: Canvas, box: Box) -> list[int]:
    """The rows from which wires lead into a block, from the top down."""
    sources = [w.source for w in canvas.wires.ends if w.target is box]
    return sorted({s.row for s in sources if s.column is not None}, reverse=True)


def entry(canvas: Canvas, box: Box, row: int) -> float:
    """How far above the middle of a block the wires from a row enter it."""
    rows = _rows(canvas, box)
    return _PORT * ((len(rows) - 1) / 2 - rows.index(row))


def _collect(canvas: Canvas, box: Box, row: int, y: float) -> None:
    """The wires from one row into a block: up, and along one line into its left side."""
    mark = canvas.marks[box]
    wires = [w for w in canvas.wires.ends if w.target is box and w.source.row == row
             and w.source.column is not None and w.source in canvas.marks]
    one_each = {w.source: w for w in wires}.values()
    for k, wire in enumerate(sorted(one_each, key=lambda w: canvas.marks[w.source].x)):
        one = canvas.marks[wire.source]
        rise = canvas.way_up(one, wire)
        x = rise[-1][0]
        if k == 0:
            canvas.carry(wire, *rise, (x, y), (mark.left, y))
        else:
            canvas.carry(wire, *rise, (x, y), arrow=False)
            canvas.dot(f"{box.title}.{wire.source.t}", x, y)


def _private(canvas: Canvas, box: Box, sources: Sequence[Box], wide: float) -> float:
    """Draw the weights that no step reads above the first block that reads them; returns how high
    they reach."""
    mark, top = canvas.marks[box], canvas.marks[box].top
    for k, source in enumerate(sources):
        one: Mark | None = canvas.marks.get(source)
        if one is not None:
            canvas.wire(one, mark, (one.right, one.y), (mark.x, one.y), (mark.x, mark.top),
                        color=canvas.colors[source], thick=1.6)
            continue
        x, height = mark.x + wide * (k - (len(sources) - 1) / 2), canvas.grid.height[source.kind]
        one = canvas.box(source, x, mark.top + 30 + height / 2, wide - 10, height)
        color, thick, words = canvas.tap(source, box)
        wire = next(w for w in canvas.wires.buses[source] if w.target is box)
        canvas.draw_tap(wire, one, color, thick, f"{source.title} in {box.title}",
                        (x, one.bottom), (x, mark.top))
        canvas.left_of(x, mark.top + 18, words, canvas.colors[source])
        top = max(top, one.top)
    return top

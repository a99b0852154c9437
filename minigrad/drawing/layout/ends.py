"""What has no time step, such as a sum of losses: blocks to the right of all columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..reading.boxes import Box
from ..render.scene import Shape
from .canvas import Canvas

__all__ = ["draw_ends", "entry"]

_PORT = 16.0


def draw_ends(canvas: Canvas) -> dict[tuple[Box, Box], float]:
    """The blocks, each further up and to the right than those before it, so that what comes to it
    from the columns passes above them. Returns where taps of weights from the left enter."""
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
        spread = 44.0 if canvas.numbers is not None else _PORT
        wide = max([canvas.looks[s].width + 18 for s in private] + [46.0]) + 10
        width = max(found.width + 20, 40.0, spread * len(tapped) + _PORT * len(under) + 20,
                    wide * len(private))
        height = max(found.height + 14, 30.0, _PORT * len(rows) + 12)
        circle = not (tapped or under or private or len(rows) > 1 or found.width > 24)
        if circle:
            width = height = max(found.width + 14, 34.0)
        y = max(y, grid.top + 30 + height / 2)
        shape = canvas.box(box, x + width / 2, y, width, height, circle)
        for k, source in enumerate(tapped):
            rises[source, box] = shape.left + spread * (k + 1) - 8
        for k, source in enumerate(under):
            port, one = shape.right - 12 - _PORT * k, canvas.shape[source]
            canvas.wire(one, shape, (one.right, one.y), (port, one.y), (port, shape.bottom))
        for row in rows:
            _collect(canvas, box, row, y + entry(canvas, box, row))
        top = _private(canvas, box, private, wide)
        x, y = shape.right + 36, top + 40 + height / 2
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
    shape = canvas.shape[box]
    wires = [w for w in canvas.wires.ends if w.target is box and w.source.row == row
             and w.source.column is not None and w.source in canvas.shape]
    one_each = {w.source: w for w in wires}.values()
    for k, wire in enumerate(sorted(one_each, key=lambda w: canvas.shape[w.source].x)):
        one = canvas.shape[wire.source]
        rise = canvas.way_up(one, wire)
        x = rise[-1][0]
        if k == 0:
            canvas.wire(one, shape, *rise, (x, y), (shape.left, y))
        else:
            canvas.wire(one, shape, *rise, (x, y), arrow=False)
            canvas.dot(f"{box.title}.{wire.source.t}", x, y)


def _private(canvas: Canvas, box: Box, sources: Sequence[Box], wide: float) -> float:
    """The weights that no step reads, above the first block that does; returns how high they
    reach."""
    shape, top = canvas.shape[box], canvas.shape[box].top
    for k, source in enumerate(sources):
        one: Shape | None = canvas.shape.get(source)
        if one is not None:
            canvas.wire(one, shape, (one.right, one.y), (shape.x, one.y), (shape.x, shape.top),
                        color=canvas.colors[source], thick=1.6)
            continue
        x, height = shape.x + wide * (k - (len(sources) - 1) / 2), canvas.grid.height[source.kind]
        one = canvas.box(source, x, shape.top + 30 + height / 2, wide - 10, height)
        color, thick, words = canvas.tap(source, box, (canvas.numbers or {}).get((source, box), 0))
        canvas.wire(one, shape, (x, one.bottom), (x, shape.top), color=color, thick=thick)
        canvas.left_of(x, shape.top + 18, words, canvas.colors[source])
        top = max(top, one.top)
    return top

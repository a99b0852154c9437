"""Weights as buses: a box at the left, a wire through time, a tap into each box that uses it."""

from __future__ import annotations

from collections import defaultdict

from ..reading.boxes import Box, Wire
from ..render.scene import Point
from .canvas import TURN, Canvas
from .grid import Lane

__all__ = ["draw_buses", "draw_sources"]


def draw_sources(canvas: Canvas) -> None:
    """Draw the boxes at the left, and further left those that they are computed from."""
    grid, width = canvas.grid, canvas.left_width
    feeding: dict[Box, list[Box]] = defaultdict(list)
    for source, wires in canvas.wires.buses.items():
        for wire in wires:
            if wire.target.kind == "source":
                feeding[wire.target].append(source)
    for (source, _), lane in grid.lanes.items():
        if source.column is None and source not in canvas.marks:
            canvas.box(source, canvas.start - width / 2, lane.y, width, grid.height[source.kind])
    # Newest first, so that a box has its place before those that feed it.
    for target, members in reversed(feeding.items()):
        at = canvas.marks.get(target)
        if at is None:
            continue
        for k, source in enumerate(members):
            color = canvas.colors[source]
            if source not in canvas.marks:
                y = at.y + grid.lane * ((len(members) - 1) / 2 - k)
                x = at.left - 40 - width / 2
                canvas.box(source, x, y, width, grid.height[source.kind])
            one = canvas.marks[source]
            if one.right < at.left:
                middle = at.left - 20
                canvas.wire(one, at, (one.right, one.y), (middle, one.y), (middle, at.y),
                            (at.left, at.y), color=color, thick=1.6)
            else:
                start, end = (one.bottom, at.top) if at.y < one.y else (one.top, at.bottom)
                canvas.wire(one, at, (one.x, start), (at.x, end), color=color, thick=1.6)


def draw_buses(canvas: Canvas, rises: dict[tuple[Box, Box], float]) -> None:
    """Draw the wire of every source, as far as its last tap, and the taps.

    rises: the x of the taps into blocks at the right.
    """
    turns = 0
    for source, wires in canvas.wires.buses.items():
        lanes = [lane for (box, _), lane in canvas.grid.lanes.items() if box is source]
        for k, lane in enumerate(lanes):
            steps = [w for w in wires if canvas.grid.lanes.get((source, w.target.row)) is lane
                     and w.target.column is not None and w.target in canvas.marks]
            ends = [w for w in wires if (source, w.target) in rises] if k == 0 else []
            if steps or ends:
                turns += k > 0 and source.column is None
                _trunk(canvas, lane, steps, ends, rises, turns if k else 0)
                for wire in steps:
                    _tap(canvas, wire, lane)
                for wire in ends:
                    _tap_end(canvas, wire, lane, rises[source, wire.target])


def _trunk(
    canvas: Canvas,
    lane: Lane,
    steps: list[Wire],
    ends: list[Wire],
    rises: dict[tuple[Box, Box], float],
    turn: int,
) -> None:
    """Draw the wire along one lane. A further lane (turn > 0) branches off beside its source."""
    source = lane.source
    home = canvas.marks.get(source)
    taps = [canvas.marks[w.target].x + lane.port for w in steps]
    taps += [rises[source, w.target] for w in ends]
    if home is None:  # in a column that is left out
        home = canvas.point(canvas.before(min(taps)), lane.y)
    path: list[Point] = [(home.right, home.y)]
    if source in canvas.marks and source.column is not None:
        path += [(canvas.down(source), home.y), (canvas.down(source), lane.y)]
    elif turn:
        x = home.right + TURN * turn
        path += [(x, home.y), (x, lane.y)]
    last = max(taps)
    canvas.wire(home, canvas.point(last, lane.y), *path, (last, lane.y),
                color=canvas.colors[source], thick=2.0, arrow=False, kind="bus",
                data={"weight": source.title}, dash=canvas.dashes.get(source, ""))


def _tap(canvas: Canvas, wire: Wire, lane: Lane) -> None:
    """The tap into a box above or below the lane."""
    target = canvas.marks[wire.target]
    own = canvas.colors[wire.source]
    color, thick, words = canvas.tap(wire.source, wire.target)
    x, edge = target.x + lane.port, target.bottom if lane.side < 0 else target.top
    about = f"{wire.source.title} in {wire.target.title}"
    about += "" if wire.target.t is None else f" at t = {wire.target.t}"
    dot = canvas.dot(f"{wire.source.title}.{wire.target.t}", x, lane.y, own)
    canvas.draw_tap(wire, canvas.marks.get(wire.source, dot), color, thick,
                    f"{about}: {words}" if words else about, (x, lane.y), (x, edge))
    canvas.left_of(x, lane.y - lane.side * 11, words, own)


def _tap_end(canvas: Canvas, wire: Wire, lane: Lane, x: float) -> None:
    """The tap into a block at the right, far above the lane."""
    target, own = canvas.marks[wire.target], canvas.colors[wire.source]
    about = f"{wire.source.title} in {wire.target.title}"
    color, thick, words = canvas.tap(wire.source, wire.target)
    canvas.draw_tap(wire, canvas.marks[wire.source], color, thick, about, (x, lane.y),
                    (x, target.bottom))
    canvas.dot(f"{wire.source.title}.end", x, lane.y, own)
    canvas.left_of(x, target.bottom - 16, words, own)

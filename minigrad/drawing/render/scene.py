"""A picture as marks and paths at fixed positions, and its DOT text.

The renderer lays nothing out: `neato -n2` paints all boxes and lines where they are put here.
Units are points, y goes up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .text import TextLine, clean, escaped, label

__all__ = ["Mark", "Path", "Point", "Scene", "rounded", "tidy", "tooltip"]

Point = tuple[float, float]
_CORNER = 7.0  # radius of the bends in wires
_ARROW = 10.0  # length of an arrowhead at arrowsize 1


class Mark(NamedTuple):
    """A box, a dot or a bare label, centred at (x, y)."""

    id: str
    x: float
    y: float
    width: float
    height: float
    lines: Sequence[TextLine] = ()
    fill: str = ""
    line: str = ""
    ink: str = "#222222"
    thick: float = 1.0
    circle: bool = False
    dashed: bool = False
    tooltip: str = ""

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y - self.height / 2


class Path(NamedTuple):
    """A wire along some points, from one mark to another."""

    tail: str
    head: str
    points: Sequence[Point]
    color: str = "#777777"
    thick: float = 1.2
    arrow: bool = True
    dashed: bool = False
    tooltip: str = ""


class Scene:
    """The marks and paths of a picture."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.paths: list[Path] = []
        self._ids: set[str] = set()

    def id(self, name: str) -> str:
        """`name` as an identifier that is valid in DOT and unique in this scene."""
        base = tidy(name)
        unique, k = base, 2
        while unique in self._ids:
            unique, k = f"{base} ({k})", k + 1
        self._ids.add(unique)
        return unique

    def add(self, mark: Mark) -> Mark:
        self.marks.append(mark)
        return mark

    def size(self) -> tuple[float, float]:
        """Width and height of all marks together."""
        if not self.marks:
            return 0.0, 0.0
        return (
            max(s.right for s in self.marks) - min(s.left for s in self.marks),
            max(s.top for s in self.marks) - min(s.bottom for s in self.marks),
        )

    def dot(self) -> str:
        """The DOT text."""
        import graphviz

        graph = graphviz.Digraph(
            comment="every position is given: paint it with neato -n2", engine="neato",
            graph_attr={"bgcolor": "#ffffff", "pad": "0.2", "outputorder": "edgesfirst"},
            node_attr={"fontname": "Helvetica", "shape": "box", "fixedsize": "shape",
                       "label": "", "margin": "0"},
            edge_attr={"fontname": "Helvetica"},
        )
        for mark in self.marks:
            graph.node(mark.id, **_node(mark))
        for path in self.paths:
            graph.edge(path.tail, path.head, **_edge(path))
        return str(graph.source)


def tidy(name: str) -> str:
    """`name` without the characters that DOT may read as a port, an escape or a quote."""
    return "".join(c if c.isalnum() or c in "_[]=.,() " else "_" for c in name) or "_"


def _node(mark: Mark) -> dict[str, str]:
    style = [] if mark.circle or not mark.fill else ["rounded"]
    style += ["filled"] * bool(mark.fill) + ["dashed"] * mark.dashed
    found = {
        "pos": f"{mark.x:.1f},{mark.y:.1f}",
        "width": f"{mark.width / 72:.4f}",
        "height": f"{mark.height / 72:.4f}",
        "label": label(mark.lines),
        "tooltip": tooltip(mark.tooltip or " ".join(map(str, mark.lines))),
    }
    if mark.lines:
        found |= {"fontsize": f"{mark.lines[0].size:g}", "fontcolor": mark.ink}
    if not mark.fill:
        return found | {"shape": "plaintext" if mark.lines else "none"}
    if mark.circle:
        found["shape"] = "circle"
    return found | {
        "style": ",".join(style), "fillcolor": mark.fill, "color": mark.line or mark.fill,
        "penwidth": f"{mark.thick:g}",
    }


def _edge(path: Path) -> dict[str, str]:
    size = 0.52 + 0.07 * path.thick
    found = {
        "pos": _spline(path.points, size * _ARROW if path.arrow else 0.0),
        "color": path.color,
        "penwidth": f"{path.thick:.2f}",
        "arrowhead": "normal" if path.arrow else "none",
        "tooltip": tooltip(path.tooltip),
    }
    if path.arrow:
        found["arrowsize"] = f"{size:.2f}"
    return found | ({"style": "dashed"} if path.dashed else {})


def tooltip(text: str) -> str:
    """A tooltip without escapes, which renderers expand once or twice."""
    return escaped(clean(text).replace("\\", "/"))


def rounded(points: Sequence[Point], radius: float = _CORNER) -> list[Point]:
    """A polyline as one cubic Bézier spline, 3 n + 1 points, with its corners rounded."""
    points = [p for k, p in enumerate(points) if k == 0 or p != points[k - 1]]
    spline = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        one, two = math.dist(before, corner), math.dist(corner, after)
        r = min(radius, one / 2, two / 2)
        start, end = _toward(corner, before, r), _toward(corner, after, r)
        _straight(spline, start)
        spline += [_toward(start, corner, 0.55 * r), _toward(end, corner, 0.55 * r), end]
    _straight(spline, points[-1])
    return spline


def _straight(spline: list[Point], end: Point) -> None:
    start, length = spline[-1], math.dist(spline[-1], end)
    spline += [_toward(start, end, length / 3), _toward(start, end, 2 * length / 3), end]


def _toward(start: Point, end: Point, distance: float) -> Point:
    length = math.dist(start, end) or 1.0
    f = distance / length
    return start[0] + f * (end[0] - start[0]), start[1] + f * (end[1] - start[1])


def _spline(points: Sequence[Point], arrow: float) -> str:
    """The `pos` of an edge: the spline ends where its arrowhead begins."""
    tip = points[-1]
    prefix = ""
    if arrow:
        room = min(arrow, 0.9 * math.dist(points[-2], tip))
        points = [*points[:-1], _toward(tip, points[-2], room)]
        prefix = f"e,{tip[0]:.1f},{tip[1]:.1f} "
    return prefix + " ".join(f"{x:.1f},{y:.1f}" for x, y in rounded(points))

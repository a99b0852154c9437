"""A picture as shapes at fixed positions, and its DOT text.

Everything is placed here, to the point, lines too: `neato -n2` only paints it. Units are points,
y goes up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .text import TextLine, clean, escaped, label

__all__ = ["Path", "Point", "Scene", "Shape", "rounded", "tidy", "tooltip"]

Point = tuple[float, float]
_CORNER = 7.0  # radius of the bends in wires
_ARROW = 10.0  # length of an arrowhead at arrowsize 1


class Shape(NamedTuple):
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
    """A wire along some points, from one shape to another."""

    tail: str
    head: str
    points: Sequence[Point]
    color: str = "#777777"
    thick: float = 1.2
    arrow: bool = True
    dashed: bool = False
    tooltip: str = ""


class Scene:
    """The shapes and paths of a picture."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.paths: list[Path] = []
        self._ids: set[str] = set()

    def id(self, name: str) -> str:
        """`name` as an identifier that DOT takes anywhere, and that nothing else here has."""
        base = tidy(name)
        unique, k = base, 2
        while unique in self._ids:
            unique, k = f"{base} ({k})", k + 1
        self._ids.add(unique)
        return unique

    def add(self, shape: Shape) -> Shape:
        self.shapes.append(shape)
        return shape

    def size(self) -> tuple[float, float]:
        """Width and height of all shapes together."""
        if not self.shapes:
            return 0.0, 0.0
        return (
            max(s.right for s in self.shapes) - min(s.left for s in self.shapes),
            max(s.top for s in self.shapes) - min(s.bottom for s in self.shapes),
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
        for shape in self.shapes:
            graph.node(shape.id, **_node(shape))
        for path in self.paths:
            graph.edge(path.tail, path.head, **_edge(path))
        return str(graph.source)


def tidy(name: str) -> str:
    """`name` with what DOT may read as a port, an escape or a quote replaced."""
    return "".join(c if c.isalnum() or c in "_[]=.,() " else "_" for c in name) or "_"


def _node(shape: Shape) -> dict[str, str]:
    style = [] if shape.circle or not shape.fill else ["rounded"]
    style += ["filled"] * bool(shape.fill) + ["dashed"] * shape.dashed
    found = {
        "pos": f"{shape.x:.1f},{shape.y:.1f}",
        "width": f"{shape.width / 72:.4f}",
        "height": f"{shape.height / 72:.4f}",
        "label": label(shape.lines),
        "tooltip": tooltip(shape.tooltip or " ".join(map(str, shape.lines))),
    }
    if shape.lines:
        found |= {"fontsize": f"{shape.lines[0].size:g}", "fontcolor": shape.ink}
    if not shape.fill:
        return found | {"shape": "plaintext" if shape.lines else "none"}
    if shape.circle:
        found["shape"] = "circle"
    return found | {
        "style": ",".join(style), "fillcolor": shape.fill, "color": shape.line or shape.fill,
        "penwidth": f"{shape.thick:g}",
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
    """Renderers expand escapes in these once or twice, so there must be none."""
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

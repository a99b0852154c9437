"""A picture as plain data: marks and paths at fixed positions, which several painters paint.

Units are points, y goes up. What a mark or a path stands for is in its ``data``, under names that
SVG and scripts find again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .text import TextLine

__all__ = [
    "ARROW", "Mark", "Path", "Point", "Scene", "arrow_length", "rounded", "shortened", "tidy",
]

Point = tuple[float, float]
Data = Mapping[str, Any]
ARROW = 10.0  # length of an arrowhead at arrowsize 1
_PAD = 14.4  # around the picture
_NONE: Data = {}
_LARGEST = 4096  # numbers of an array that a script gets
_PUNCTUATION = re.compile(r"[^A-Za-z0-9_.-]+")


class Mark(NamedTuple):
    """A box, a dot or a bare label, centred at (x, y).

    kind: what it is: a "cell", "weight", "op", "text" and so on. data: what it stands for.
    """

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
    kind: str = "text"
    data: Data = _NONE

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
    """A wire along some points, from one mark to another: a "bus", "tap", "state", "wire" or
    "operand"."""

    tail: str
    head: str
    points: Sequence[Point]
    color: str = "#777777"
    thick: float = 1.2
    arrow: bool = True
    dashed: bool = False
    tooltip: str = ""
    kind: str = "wire"
    data: Data = _NONE
    id: str = ""
    bend: float = 7.0  # the radius of its corners
    dash: str = ""  # lengths of strokes and gaps, of a weight whose colour another has too


class _Names:
    """Names that are given once: of the second of one name the form has its number."""

    def __init__(self, form: str) -> None:
        self.form, self.taken = form, set[str]()
        self.counts: dict[str, int] = {}

    def new(self, name: str) -> str:
        unique = name
        while unique in self.taken:
            self.counts[name] = self.counts.get(name, 1) + 1
            unique = self.form.format(name, self.counts[name])
        self.taken.add(unique)
        return unique


class Scene:
    """The marks and paths of a picture."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.paths: list[Path] = []
        self.background = "#ffffff"
        self.scale = 1.0  # how much larger it is shown than drawn
        self.slugs: dict[str, str] = {}  # by id: what it is called in SVG
        self.nodes: dict[str, Sequence[Any]] = {}  # by id of a mark: the ops that it stands for
        self._ids, self._taken = _Names("{} ({})"), _Names("{}-{}")

    def id(self, name: str) -> str:
        """`name` as an identifier that is valid in DOT and unique in this scene."""
        unique = self._ids.new(tidy(name))
        slug = _PUNCTUATION.sub("-", unique).strip("-.") or "mark"
        self.slugs[unique] = self._taken.new(slug if slug[0].isalpha() else f"n{slug}")
        return unique

    def add(self, mark: Mark) -> Mark:
        self.marks.append(mark)
        return mark

    def join(self, path: Path) -> Path:
        """Add a path, with an id of its own."""
        path = path._replace(id=self.id(f"{path.kind} {path.tail} to {path.head}"))
        self.paths.append(path)
        return path

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of everything."""
        xs = [x for p in self.paths for x, _ in p.points]
        ys = [y for p in self.paths for _, y in p.points]
        return (
            min([s.left for s in self.marks] + xs), min([s.bottom for s in self.marks] + ys),
            max([s.right for s in self.marks] + xs), max([s.top for s in self.marks] + ys),
        )

    def size(self) -> tuple[float, float]:
        """Width and height of the picture, with the margin around it."""
        left, bottom, right, top = self.bounds()
        return right - left + 2 * _PAD, top - bottom + 2 * _PAD

    def inches(self) -> tuple[float, float]:
        """Width and height as it is shown."""
        width, height = self.size()
        return width * self.scale / 72, height * self.scale / 72

    def turned(self) -> Callable[[float, float], Point]:
        """From a place here to that in the SVG, where y goes down from the top left corner."""
        left, _, _, top = self.bounds()
        return lambda x, y: (x - left + _PAD, top - y + _PAD)

    def data(self) -> dict[str, Any]:
        """Everything as dicts, lists, numbers and strings, for scripts: what JSON takes.

        Places are those in the SVG: y goes down. Ids are those of the SVG, too.
        """
        width, height = self.size()
        place = self.turned()
        marks = [
            {
                "id": self.slugs[mark.id], "kind": mark.kind,
                "x": place(mark.x, mark.y)[0], "y": place(mark.x, mark.y)[1],
                "width": mark.width, "height": mark.height,
                "words": [str(line) for line in mark.lines], "data": listed(mark.data),
            }
            for mark in self.marks
        ]
        paths = [
            {
                "id": self.slugs[path.id], "kind": path.kind, "tail": self.slugs[path.tail],
                "head": self.slugs[path.head],
                "points": [list(place(x, y)) for x, y in path.points], "data": listed(path.data),
            }
            for path in self.paths
        ]
        return {"width": width, "height": height, "marks": marks, "paths": paths}


def listed(value: Any) -> Any:
    """A value of plain types: arrays as lists, and of large ones the norm and the shape; NaN and
    Inf, which JSON has not, as words."""
    if isinstance(value, Mapping):
        return {str(key): listed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [listed(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        if value.size > _LARGEST:
            norm = np.linalg.norm(value.astype(float)) if value.dtype.kind in "fiub" else None
            return {"norm": listed(norm), "shape": list(value.shape)}
        return listed(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)


def tidy(name: str) -> str:
    """`name` without the characters that DOT may read as a port, an escape or a quote."""
    return "".join(c if c.isalnum() or c in "_[]=.,() " else "_" for c in name) or "_"


def arrow_length(path: Path) -> float:
    """How long the arrowhead of a path is; thick ones have larger ones."""
    return ARROW * (0.52 + 0.07 * path.thick) if path.arrow else 0.0


def shortened(points: Sequence[Point], arrow: float) -> list[Point]:
    """The points of a path that ends where its arrowhead begins."""
    room = min(arrow, 0.9 * math.dist(points[-2], points[-1]))
    return [*points[:-1], _toward(points[-1], points[-2], room)] if arrow else list(points)


def rounded(points: Sequence[Point], radius: float = 7.0) -> list[Point]:
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

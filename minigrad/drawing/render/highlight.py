"""What of a picture is highlighted: all else is drawn nearer to the paper.

Asked for by the name of a weight, a box, a scope, an op or a state; by a step; by a Tensor; or as a
path, "W_hh -> loss[t=3]": every way from the one to the other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from ...engine.tensor import Tensor
from .scene import Mark, Path, Scene
from .style import mixed

__all__ = ["highlighted"]

_FAINT = 0.8  # how much of the paper is in what is not highlighted
_ARROW = re.compile(r"\s*(?:->|→)\s*")
_AT = re.compile(r"(.+)\[(?:t\s*=\s*)?(-?\d+)\]")  # a name at a step
_ALWAYS = ("title", "caption", "legend", "frame")


def highlighted(scene: Scene, highlight: Any, paper: str) -> None:
    """Make everything fainter but what is asked for. The wires of a box that is asked for stay as
    they are, and so do the boxes at their ends.

    Raises ValueError where there is no such thing, or no such path.
    """
    single = isinstance(highlight, str | int | Tensor) or not isinstance(highlight, Iterable)
    wanted: list[Any] = [highlight] if single else list(highlight)
    kept: set[str] = set()
    for one in wanted:
        kept |= _path(scene, one) if isinstance(one, str) and _ARROW.search(one) else (
            _found(scene, one, one))
    kept |= {p.id for p in _forward(scene) if {p.tail, p.head} <= kept and p.kind != "tap"}
    along = {scene.slugs[own] for own in kept}
    kept |= {p.id for p in scene.paths if p.kind == "cotangent" and p.data["along"] in along}
    marks = {mark.id: mark for mark in scene.marks}
    shown = [_whole(p, marks[p.head]) if p.id in kept else p for p in scene.paths]
    lit = [p for p in shown if p.id in kept]
    near = kept | {end for p in lit for end in (p.tail, p.head)}
    steps = {f"t = {one}" for one in wanted}

    def stays(mark: Mark) -> bool:
        if mark.kind == "dot":
            return any(_on(mark, p) for p in lit)
        return (mark.id in near or mark.data.get("tap") in along or mark.kind in _ALWAYS
                or " ".join(map(str, mark.lines)) in steps)

    scene.marks = [m if stays(m) else _fainter(m, paper) for m in scene.marks]
    faint = [p._replace(color=mixed(p.color, paper, _FAINT)) for p in shown if p.id not in kept]
    scene.paths = [*faint, *lit]


def _found(scene: Scene, one: Any, asked: Any) -> set[str]:
    """The ids of the marks and paths that something asked for is."""
    if isinstance(one, Tensor):
        key = getattr(one._node, "key", None)
        found = {own for own, nodes in scene.nodes.items() if any(n.key == key for n in nodes)}
        one = one.name or "a tensor"
    else:
        parts: list[Mark | Path] = [*scene.marks, *_forward(scene)]
        found = {part.id for part in parts if _is(part.data, one)}
        at = _AT.fullmatch(one) if isinstance(one, str) and not found else None
        if at:
            found = {part.id for part in parts
                     if _is(part.data, at[1]) and part.data.get("step") == int(at[2])}
    if not found:
        known = sorted({str(m.data["name"]) for m in scene.marks if "name" in m.data})
        raise ValueError(
            f"draw(..., highlight={asked!r}): there is no {one!r} here, no such weight, box, "
            f"scope, op or step; there are {', '.join(known[:12])}{', ...' if known[12:] else ''}"
        )
    return found


def _is(data: Mapping[str, Any], name: Any) -> bool:
    if isinstance(name, int):
        return data.get("step") == name
    said = {data.get(key) for key in ("name", "weight", "op", "into")}
    scope = str(data.get("scope", ""))
    return (name in said or name in data.get("states", ()) or name == scope
            or name in re.split(r"[/\[]", scope))


def _path(scene: Scene, asked: str) -> set[str]:
    """The ids of what lies on any way along the wires from one thing to another, and on."""
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for path in _forward(scene):
        after[path.tail].add(path.head)
        before[path.head].add(path.tail)
    marks, kept = {mark.id for mark in scene.marks}, set[str]()
    names = _ARROW.split(asked.strip())
    ends = [_found(scene, name, asked) & marks for name in names]
    for k, (start, stop) in enumerate(pairwise(ends)):
        way = _reached(start, after) & _reached(stop, before)
        if not way:
            raise ValueError(
                f"draw(..., highlight={asked!r}): no way leads from {names[k]!r} to "
                f"{names[k + 1]!r}"
            )
        kept |= way
    on = [p for p in _forward(scene) if {p.tail, p.head} <= kept]
    weights = {p.data.get("weight") for p in on if p.kind == "tap"}
    return kept | {p.id for p in on} | {
        p.id for p in scene.paths if p.kind == "bus" and p.data["weight"] in weights}


def _forward(scene: Scene) -> list[Path]:
    """The paths without backward arrows, which go with the wires beside them."""
    return [p for p in scene.paths if p.kind != "cotangent"]


def _reached(start: set[str], onward: Mapping[str, set[str]]) -> set[str]:
    found, todo = set(start), list(start)
    while todo:
        fresh = onward.get(todo.pop(), set()) - found
        found |= fresh
        todo += fresh
    return found


def _whole(path: Path, head: Mark) -> Path:
    """A wire that ends where it joins another one, led on to its box along that one."""
    x, y = path.points[-1]
    joins = path.kind == "wire" and not path.arrow and head.lines and x < head.left
    return path._replace(points=[*path.points, (head.left, y)], arrow=True) if joins else path


def _on(dot: Mark, path: Path) -> bool:
    """Whether a wire runs through a dot."""
    return any(
        min(x1, x2) - 0.1 <= dot.x <= max(x1, x2) + 0.1
        and min(y1, y2) - 0.1 <= dot.y <= max(y1, y2) + 0.1
        for (x1, y1), (x2, y2) in pairwise(path.points)
    )


def _fainter(mark: Mark, paper: str) -> Mark:
    def mix(color: str) -> str:
        return mixed(color, paper, _FAINT) if color else ""

    return mark._replace(
        fill=mix(mark.fill), line=mix(mark.line), ink=mix(mark.ink),
        lines=[one._replace(color=mix(one.color)) for one in mark.lines],
    )

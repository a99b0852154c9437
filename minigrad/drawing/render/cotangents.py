"""Backward arrows: beside each wire that carries a value, one against it for its cotangent.

The forward sweep follows the wires; the backward one comes back along the same ones, from the loss
to every weight. Where a state was detached, and to what needs no gradient, nothing comes back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from .scene import Path, Point, Scene
from .style import BACK

__all__ = ["add_cotangents"]

_APART = 3.2  # of the two arrows
_DASH = "4 2"


def add_cotangents(scene: Scene) -> None:
    """Add the backward arrows to a scene."""
    kinds = {mark.id: mark.kind for mark in scene.marks}
    for path in list(scene.paths):
        if _flows(path, kinds):
            whole = kinds[path.tail] != "end"  # not the later part of a wire over a gap
            data: dict[str, Any] = {"along": scene.slugs[path.id]}
            data |= {key: path.data[key] for key in ("step", "weight", "name") if key in path.data}
            scene.join(Path(
                path.head, path.tail, _beside(path.points, path.kind != "operand")[::-1],
                BACK, 1.0, whole,
                tooltip=f"cotangent of {_name(path)}", kind="cotangent", data=data,
                bend=path.bend, dash=_DASH,
            ))


def _flows(path: Path, kinds: Mapping[str, str]) -> bool:
    """Whether a gradient comes back along a wire."""
    if path.kind == "operand":
        return kinds[path.tail] != "constant"
    known = "shape" in path.data or "weight" in path.data
    return path.kind in ("bus", "tap", "state", "wire") and known and not path.data.get("cut")


def _name(path: Path) -> str:
    return str(path.data.get("weight") or path.data.get("name") or path.tail)


def _beside(points: Sequence[Point], right: bool) -> list[Point]:
    """The polyline beside another one, on one side all along. Where it ends that is below it or to
    its right, as numbers and names stand above and to the left; right: False for to its left."""
    points = [p for k, p in enumerate(points) if k == 0 or p != points[k - 1]]
    normals = [_normal(*pair) for pair in pairwise(points)]
    across, up = normals[-1]
    side = _APART if (up < 0 if abs(up) > abs(across) else (across > 0) is right) else -_APART
    found = [_moved(points[0], normals[0], side)]
    for corner, one, two in zip(points[1:], normals, normals[1:], strict=False):
        # Both lines moved aside meet at (one + two) / (1 + one · two).
        cosine = 1 + one[0] * two[0] + one[1] * two[1]
        middle = ((one[0] + two[0]) / cosine, (one[1] + two[1]) / cosine) if cosine > 0.2 else one
        found.append(_moved(corner, middle, side))
    return [*found, _moved(points[-1], normals[-1], side)]


def _normal(start: Point, end: Point) -> Point:
    """The unit vector to the right of a direction; y goes up."""
    length = math.dist(start, end)
    return (end[1] - start[1]) / length, (start[0] - end[0]) / length


def _moved(point: Point, direction: Point, distance: float) -> Point:
    return point[0] + distance * direction[0], point[1] + distance * direction[1]

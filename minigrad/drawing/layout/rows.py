"""A long picture in several rows, for print: some columns each, one row below another.

What all rows read or feed, weights and what comes after the steps, is drawn in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..render.scene import Mark, Scene

__all__ = ["in_rows"]

_BETWEEN = 40.0


def in_rows(kept: Sequence[int], wrap: Any, draw: Callable[[Sequence[int]], Scene]) -> Scene:
    """The scene of the columns `kept`, at most `wrap` of them in a row.

    draw: makes the scene of some columns. Raises ValueError for a `wrap` that is no number of
    columns.
    """
    if wrap is None or (type(wrap) is int and wrap >= len(kept)):
        return draw(kept)
    if type(wrap) is not int or wrap < 1:
        raise ValueError(
            f"draw(..., wrap={wrap!r}): wanted None, or how many columns a row has, at least 1"
        )
    whole = Scene()
    y = 0.0
    for k in range(0, len(kept), wrap):
        row = draw(kept[k : k + wrap])
        left, bottom, _, top = row.bounds()
        _add(whole, row, -left, y - top)
        y -= top - bottom + _BETWEEN
    return whole


def _add(whole: Scene, row: Scene, dx: float, dy: float) -> None:
    """Put a row into the whole picture, at a distance from where it was, with ids of its own."""
    ids = {mark.id: whole.id(mark.id) for mark in row.marks}
    for mark in row.marks:
        moved: Mark = mark._replace(id=ids[mark.id], x=mark.x + dx, y=mark.y + dy)
        whole.add(moved)
        whole.nodes[moved.id] = row.nodes.get(mark.id, [])
    slugs = {}
    for path in row.paths:
        points = [(x + dx, y + dy) for x, y in path.points]
        made = whole.join(path._replace(
            tail=ids[path.tail], head=ids[path.head], points=points,
        ))
        slugs[row.slugs[path.id]] = whole.slugs[made.id]
    for k, mark in enumerate(whole.marks[-len(row.marks):], len(whole.marks) - len(row.marks)):
        if "tap" in mark.data:
            tap = slugs.get(mark.data["tap"], mark.data["tap"])
            whole.marks[k] = mark._replace(data={**mark.data, "tap": tap})

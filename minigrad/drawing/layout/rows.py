"""A long picture in several rows, for print: some columns each, one row below another.

A weight is in full where it is first drawn; where a further row reads it, a quiet mark says that
it is the one above. So it is with what comes after all steps: it is in the last row, and the rows
before it say that they lead there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..reading.boxes import Box, Unrolled, Wire
from ..render.scene import Mark, Scene

__all__ = ["in_rows"]

_BETWEEN = 40.0

Draw = Callable[[Unrolled, Sequence[int], Mapping[Box, str], bool], Scene]


def in_rows(unrolled: Unrolled, kept: Sequence[int], wrap: Any, draw: Draw) -> Scene:
    """The scene of the columns `kept`, at most `wrap` of them in a row.

    draw: makes the scene of what a row has of the graph, of its columns; further, where the boxes
    are that are only named in it, and whether it is the last. Raises ValueError for a `wrap` that
    is no number of columns.
    """
    if wrap is None or (type(wrap) is int and wrap >= len(kept)):
        return draw(unrolled, kept, {}, True)
    if type(wrap) is not int or wrap < 1:
        raise ValueError(
            f"draw(..., wrap={wrap!r}): wanted None, or how many columns a row has, at least 1"
        )
    whole, above = Scene(), set[Box]()
    y = 0.0
    for k in range(0, len(kept), wrap):
        columns, last = kept[k : k + wrap], k + wrap >= len(kept)
        part = _part(unrolled, set(columns), last)
        named = {box: "as above" for box in part.sources if box in above}
        if not last:
            named |= dict.fromkeys(part.ends, "below")
        row = draw(part, columns, named, last)
        above.update(part.sources)
        _, bottom, _, top = row.bounds()
        _add(whole, row, y - top)
        y -= top - bottom + _BETWEEN
    return whole


def _part(unrolled: Unrolled, columns: set[int], last: bool) -> Unrolled:
    """What a row of these columns has of the graph: of weights, and of what is computed from them
    before all steps, those that it reads; of what comes after the steps that which they lead to,
    and all of it in the last row."""
    sources, ends = set(unrolled.sources), set(unrolled.ends)
    here = {box for box in unrolled.steps if box.column in columns}
    led_to = {w.target for w in unrolled.wires if w.target in ends and w.source in here}
    readers = [*here, *(ends if last else ())]
    while readers:
        here.update(readers)
        readers = [w.source for w in unrolled.wires
                   if w.target in here and w.source in sources - here]

    def drawn(wire: Wire) -> bool:
        if wire.source in sources:
            return wire.target in here
        return last or wire.target not in ends or wire.source.column is not None

    return unrolled._replace(
        sources=[box for box in unrolled.sources if box in here],
        ends=[box for box in unrolled.ends if last or box in led_to],
        wires=[wire for wire in unrolled.wires if drawn(wire)],
    )


def _add(whole: Scene, row: Scene, dy: float) -> None:
    """Put a row into the whole picture, so much higher than it was, with ids of its own."""
    ids = {mark.id: whole.id(mark.id) for mark in row.marks}
    for mark in row.marks:
        moved: Mark = mark._replace(id=ids[mark.id], y=mark.y + dy)
        whole.add(moved)
        whole.nodes[moved.id] = row.nodes.get(mark.id, [])
    slugs = {}
    for path in row.paths:
        points = [(x, y + dy) for x, y in path.points]
        made = whole.join(path._replace(
            tail=ids[path.tail], head=ids[path.head], points=points,
        ))
        slugs[row.slugs[path.id]] = whole.slugs[made.id]
    for k, mark in enumerate(whole.marks[-len(row.marks):], len(whole.marks) - len(row.marks)):
        if "tap" in mark.data:
            tap = slugs.get(mark.data["tap"], mark.data["tap"])
            whole.marks[k] = mark._replace(data={**mark.data, "tap": tap})

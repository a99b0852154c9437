"""Ops in frames, and frames in frames: a layout in layers of each frame, from the inside out.

A frame is one unit of the frame around it. Where a wire enters or leaves it there is a port at
its side, so that no wire passes through anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from .layers import Link, Placed, Point, Unit, layered

__all__ = ["Edge", "Frame", "Item", "Laid", "lay_out_frames"]

Wire = Hashable  # what leaves one item at one place
Side = tuple[str, Wire]  # where it goes "in" or "out" of a frame


class Item(NamedTuple):
    """Something to place: its size along the flow and across, and the names of its frames."""

    key: Hashable
    length: float
    breadth: float
    path: tuple[str, ...] = ()


class Edge(NamedTuple):
    """From one item to another; where it leaves and enters, from the middle of each."""

    key: Hashable
    tail: Hashable
    head: Hashable
    leaves: float = 0.0
    enters: float = 0.0

    @property
    def wire(self) -> Wire:
        return self.tail, self.leaves


class Frame:
    """What one scope holds: items and further frames, in an order in which each reads only those
    before it. A scope that others stand between has several frames."""

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.members: list[Item | Frame] = []
        self.keys: set[Hashable] = set()  # of all items in it, at any depth
        self.placed: Placed | None = None
        self.corner: Point = (0.0, 0.0)

    @property
    def key(self) -> Hashable:
        return self


class Laid(NamedTuple):
    """The middle of every item, the points of every edge, and the frames with their corners."""

    at: dict[Hashable, Point]
    ways: dict[Hashable, list[Point]]
    frames: list[tuple[Frame, Point, Point]]


class Pads(NamedTuple):
    """The room inside a frame before its contents: along the flow, and across."""

    u0: float
    u1: float
    v0: float
    v1: float


def lay_out_frames(
    items: Sequence[Item], edges: Sequence[Edge], pads: Mapping[str, Pads]
) -> Laid:
    """Places for `items`, which come in an order in which each is after what it reads.

    pads: the room in the frames of a name.
    """
    reads: dict[Hashable, set[Hashable]] = defaultdict(set)
    for edge in edges:
        reads[edge.head].add(edge.tail)
    whole = Frame(())
    _fill(whole, items, reads)
    work = _Layout(whole, edges, pads)
    work.place(whole)
    return work.collected()


def _fill(frame: Frame, items: Sequence[Item], reads: Mapping[Hashable, set[Hashable]]) -> None:
    """Put the items into the frame, those of a scope inside it into a frame of its own. An item
    that reads what reads that frame would lead back into it, and begins another."""
    depth = len(frame.path)
    frame.keys = {item.key for item in items}
    open_frames: dict[str, Frame] = {}
    contents: dict[Frame, list[Item]] = {}
    home: dict[Hashable, Hashable] = {}
    before: dict[Hashable, set[Hashable]] = defaultdict(set)  # of each member, those that it reads
    for item in items:
        read = {home[key] for key in reads[item.key] if key in home}
        if len(item.path) == depth:
            frame.members.append(item)
            home[item.key] = item.key
            before[item.key] = read
            continue
        name = item.path[depth]
        inner = open_frames.get(name)
        if inner is None or _reaches(read - {inner}, inner, before):
            inner = open_frames[name] = Frame(item.path[: depth + 1])
            contents[inner] = []
            frame.members.append(inner)
        contents[inner].append(item)
        home[item.key] = inner
        before[inner] |= read - {inner}
    for inner, inside in contents.items():
        _fill(inner, inside, reads)
    frame.members = _sorted(frame.members, before)


def _reaches(
    starts: set[Hashable], goal: Hashable, before: Mapping[Hashable, set[Hashable]]
) -> bool:
    """Whether what one reads, directly or not, has the goal in it."""
    todo, seen = list(starts), set(starts)
    while todo:
        here = todo.pop()
        if here is goal:
            return True
        fresh = before.get(here, set()) - seen
        seen |= fresh
        todo += fresh
    return False


def _sorted(
    members: Sequence[Item | Frame], before: Mapping[Hashable, set[Hashable]]
) -> list[Item | Frame]:
    """The members so that each is after those that it reads, else in their order."""
    found: dict[Hashable, Item | Frame] = {}
    by_key: dict[Hashable, Item | Frame] = {member.key: member for member in members}
    for member in members:
        todo: list[Hashable] = [member.key]
        while todo:
            open_ones = [k for k in before.get(todo[-1], ()) if k not in found and k in by_key]
            if todo[-1] in found or not open_ones:
                key = todo.pop()
                found.setdefault(key, by_key[key])
            else:
                todo += sorted(open_ones, key=list(by_key).index)
    return list(found.values())


class _Layout:
    """The layouts of all frames, while they are made."""

    def __init__(
        self, whole: Frame, edges: Sequence[Edge], pads: Mapping[str, Pads]
    ) -> None:
        self.whole, self.edges, self.pads = whole, edges, pads
        self.chains: dict[Hashable, list[Frame]] = {}  # of each item, the frames around it
        self._chain(whole, [])
        self.inside: dict[Frame, list[Edge]] = defaultdict(list)
        for edge in edges:
            for frame in dict.fromkeys([*self.chains[edge.tail], *self.chains[edge.head]]):
                self.inside[frame].append(edge)
        self.ports: dict[tuple[Hashable, str, Wire], float] = {}

    def _chain(self, frame: Frame, around: list[Frame]) -> None:
        for member in frame.members:
            if isinstance(member, Frame):
                self._chain(member, [*around, frame])
            else:
                self.chains[member.key] = [*around, frame]

    def pad(self, frame: Frame) -> Pads:
        """The room inside a frame, around its contents."""
        return self.pads[frame.path[-1]] if frame.path else Pads(0, 0, 0, 0)

    def _member(self, key: Hashable, frame: Frame, side: str, wire: Wire) -> Hashable:
        """What stands for an item in a frame: a frame in it, the item, or the end of its wire."""
        if key not in frame.keys:
            return side, wire
        chain, depth = self.chains[key], len(frame.path)
        return chain[depth + 1] if len(chain) > depth + 1 else key

    def place(self, frame: Frame) -> None:
        """Lay out a frame after those in it, and find the ports at its sides."""
        units = []
        for member in frame.members:
            if isinstance(member, Frame):
                self.place(member)
                length, breadth = self.size(member)
                units.append(Unit(member, length, breadth))
            else:
                units.append(Unit(member.key, member.length, member.breadth, small=True))
        links: dict[Hashable, Link] = {}
        starts: dict[Side, Unit] = {}
        ends: dict[Side, Unit] = {}
        for edge in self.inside[frame]:
            wire = edge.wire
            tail, leaves = self._member(edge.tail, frame, "in", wire), edge.leaves
            head, enters = self._member(edge.head, frame, "out", wire), edge.enters
            if tail is head:
                continue  # both are in one of the frames
            key: Hashable = edge.key
            if isinstance(tail, Frame):
                leaves = self.ports[tail, "out", wire]
            elif edge.tail not in frame.keys:
                starts["in", wire], leaves = Unit(tail, end=-1), 0.0
            if isinstance(head, Frame):
                enters, key = self.ports[head, "in", wire], (wire, head)
            elif edge.head not in frame.keys:
                ends["out", wire], enters, key = Unit(head, end=1), 0.0, (wire, head)
            links[key] = Link(key, tail, head, leaves, enters, wire)
        frame.placed = layered([*starts.values(), *units, *ends.values()], list(links.values()))
        pad, (_, breadth) = self.pad(frame), self.size(frame)
        for side, wire in (*starts, *ends):
            self.ports[frame, side, wire] = frame.placed.at[side, wire][1] + pad.v0 - breadth / 2

    def size(self, frame: Frame) -> tuple[float, float]:
        """Length and breadth of a frame, with the room around its contents."""
        pad = self.pad(frame)
        assert frame.placed is not None
        return (frame.placed.length + pad.u0 + pad.u1, frame.placed.breadth + pad.v0 + pad.v1)

    def collected(self) -> Laid:
        """Everything at its place in the whole picture."""
        at: dict[Hashable, Point] = {}
        frames: list[tuple[Frame, Point, Point]] = []
        todo = [self.whole]
        while todo:
            frame = todo.pop()
            pad = self.pad(frame)
            assert frame.placed is not None
            u, v = frame.corner[0] + pad.u0, frame.corner[1] + pad.v0
            for member in frame.members:
                x, y = frame.placed.at[member.key]
                if isinstance(member, Frame):
                    length, breadth = self.size(member)
                    member.corner = (u + x - length / 2, v + y - breadth / 2)
                    frames.append((member, member.corner,
                                   (member.corner[0] + length, member.corner[1] + breadth)))
                    todo.append(member)
                else:
                    at[member.key] = (u + x, v + y)
        return Laid(at, {edge.key: self._way(edge) for edge in self.edges}, frames)

    def _way(self, edge: Edge) -> list[Point]:
        """The points of an edge: out of the frames around its tail, and into those of its head."""
        wire = edge.wire
        one, two = self.chains[edge.tail], self.chains[edge.head]
        common = sum(a is b for a, b in zip(one, two, strict=False))
        points: list[Point] = []
        for frame in reversed(one[common:]):
            points += self._part(frame, (wire, ("out", wire)))
        inner = two[common:]
        for frame, into in zip([two[common - 1], *inner], [*inner, None], strict=True):
            points += self._part(frame, edge.key if into is None else (wire, into))
        return _straightened(points)

    def _part(self, frame: Frame, key: Hashable) -> list[Point]:
        """The points of a link in one frame; they go on to the frame's sides."""
        pad = self.pad(frame)
        assert frame.placed is not None
        u, v = frame.corner[0] + pad.u0, frame.corner[1] + pad.v0
        return [(u + x, v + y) for x, y in frame.placed.ways[key]]


def _straightened(points: Sequence[Point]) -> list[Point]:
    """The points without those that lie on a line along the flow between their neighbours."""
    kept = [points[0]]
    for k, point in enumerate(points[1:-1], 1):
        if not (abs(kept[-1][1] - point[1]) < 0.01 and abs(points[k + 1][1] - point[1]) < 0.01):
            kept.append(point)
    return [*kept, points[-1]]

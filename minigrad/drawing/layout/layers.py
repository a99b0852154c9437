"""A graph in layers: every unit to the right of what it reads, wires around all others.

The steps of Sugiyama, Tagawa and Toda (1981): ranks by the longest path, places on the way for
wires that pass a rank, an order in each rank with few crossings, and last the heights, as near to
those of the neighbours as the order lets them be. Lengths along the flow are called u, across v.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["Link", "Placed", "Point", "Unit", "layered"]

Point = tuple[float, float]
_SWEEPS = 12
_TINY = 1e-3  # of a place in the order: what a port's height counts among wires of one unit
_BETWEEN = 14.0  # between two units of one rank
_BESIDE = 9.0  # between two wires that pass a rank
_RANKS = 36.0  # between two ranks, at least
_OUT, _INTO = 4.0, 12.0  # how far a wire goes straight on, out of a rank and into one


class Unit(NamedTuple):
    """Something with a place: an op, a frame, or the end of a wire at the side of a frame.

    end: -1 at the beginning of the flow and 1 at its end, for the ends of wires. small: whether
    it is to be level with its neighbours, though its wires enter beside the middle.
    """

    key: Hashable
    length: float = 0.0  # along the flow
    breadth: float = 0.0  # across
    end: int = 0
    small: bool = False


class Link(NamedTuple):
    """A wire: where it leaves one unit and enters another, from the middle of each.

    Links of one `wire` share their way as far as they can.
    """

    key: Hashable
    tail: Hashable
    head: Hashable
    leaves: float = 0.0
    enters: float = 0.0
    wire: Hashable = None


class Placed(NamedTuple):
    """The middle of every unit, the way of every link, and the size of all together."""

    at: dict[Hashable, Point]
    ways: dict[Hashable, list[Point]]
    length: float
    breadth: float


class _Place:
    """A unit, or a wire that passes a rank."""

    def __init__(self, rank: int, length: float, breadth: float, unit: Unit | None) -> None:
        self.rank, self.length, self.breadth, self.unit = rank, length, breadth, unit
        self.v, self.small = 0.0, unit is not None and unit.small
        # The neighbours, each with where the wire is here and there, from the middle of each.
        self.before: list[tuple[_Place, float, float]] = []
        self.after: list[tuple[_Place, float, float]] = []

    @property
    def follows(self) -> bool:
        """Whether it is a weight or constant that one op reads: it goes where that is, and not
        the other way."""
        return not self.before and len(self.after) == 1


def layered(units: Sequence[Unit], links: Sequence[Link]) -> Placed:
    """Places for all units, which come in an order in which each is after what it reads."""
    rank = _ranks(units, links)
    places = {u.key: _Place(rank[u.key], u.length, u.breadth, u) for u in units}
    rows: dict[int, list[_Place]] = defaultdict(list)
    for unit in units:
        rows[rank[unit.key]].append(places[unit.key])
    ways = _passing(links, places, rows)
    layers = [rows[k] for k in sorted(rows)]
    _order(layers)
    _heights(layers)
    return _measured(units, links, places, layers, ways)


def _ranks(units: Sequence[Unit], links: Sequence[Link]) -> dict[Hashable, int]:
    """One more than the largest of what is read; what reads nothing is just before its reader."""
    before: dict[Hashable, set[Hashable]] = defaultdict(set)
    after: dict[Hashable, set[Hashable]] = defaultdict(set)
    for link in links:
        before[link.head].add(link.tail)
        after[link.tail].add(link.head)
    rank: dict[Hashable, int] = {}
    for unit in units:
        rank[unit.key] = 1 + max((rank[k] for k in before[unit.key]), default=0)
    last = 1 + max(rank.values(), default=0)
    for unit in reversed(units):
        readers = [rank[k] for k in after[unit.key]]
        if unit.end:
            rank[unit.key] = 0 if unit.end < 0 else last
        elif readers and not before[unit.key]:
            rank[unit.key] = min(readers) - 1
    return rank


def _passing(
    links: Sequence[Link], places: dict[Hashable, _Place], rows: dict[int, list[_Place]]
) -> dict[Hashable, list[_Place]]:
    """By link: the places in the ranks between, which the links of one wire share."""
    shared: dict[tuple[Hashable, int], _Place] = {}
    joined: set[tuple[int, int]] = set()
    ways: dict[Hashable, list[_Place]] = {}
    for link in links:
        tail, head = places[link.tail], places[link.head]
        way = [tail]
        for rank in range(tail.rank + 1, head.rank):
            key = ((link.wire, rank) if link.wire is not None else (link.key, rank))
            if key not in shared:
                shared[key] = _Place(rank, 0.0, 0.0, None)
                rows[rank].append(shared[key])
            way.append(shared[key])
        way.append(head)
        ways[link.key] = way
        for one, two in pairwise(way):
            out = link.leaves if one is tail else 0.0
            into = link.enters if two is head else 0.0
            if two is head or (id(one), id(two)) not in joined:
                joined.add((id(one), id(two)))
                one.after.append((two, out, into))
                two.before.append((one, into, out))
    return ways


def _order(layers: list[list[_Place]]) -> None:
    """Sweep to and fro, each rank in the order of its neighbours' middle, and exchange neighbours
    that cross less then; the best order stays."""
    best, kept = _crossings(layers), [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers if forward else layers[::-1]:
            _sort(layer, forward)
        while sum(map(_exchange, layers)):
            pass
        found = _crossings(layers)
        if found < best:
            best, kept = found, [list(layer) for layer in layers]
        if best == 0:
            break
    for layer, order in zip(layers, kept, strict=True):
        layer[:] = order
        for k, place in enumerate(layer):
            place.v = float(k)


def _sort(layer: list[_Place], forward: bool) -> None:
    """By the mean place of the neighbours in the rank before or after; without any it stays."""
    wanted = {}
    for k, place in enumerate(layer):
        near = place.before if forward else place.after
        heights = [p.v + _TINY * there for p, _, there in near]
        wanted[place] = sum(heights) / len(near) if near else float(k)
    layer.sort(key=wanted.__getitem__)
    for k, place in enumerate(layer):
        place.v = float(k)


def _exchange(layer: list[_Place]) -> bool:
    """Exchange neighbours of one rank whose wires cross less then; whether there were any."""
    changed = False
    for k in range(len(layer) - 1):
        one, two = layer[k], layer[k + 1]
        now, then = _between(one, two), _between(two, one)
        if then < now:
            one.v, two.v = two.v, one.v
            layer[k], layer[k + 1] = two, one
            changed = True
    return changed


def _between(above: _Place, below: _Place) -> int:
    """How many wires of two neighbours in a rank cross."""
    total = 0
    for near in ("before", "after"):
        ends = [p.v + _TINY * there for p, _, there in getattr(above, near)]
        others = [p.v + _TINY * there for p, _, there in getattr(below, near)]
        total += sum(end > other for end in ends for other in others)
    return total


def _crossings(layers: list[list[_Place]]) -> int:
    """How many pairs of wires between neighbouring ranks cross."""
    total = 0
    for layer in layers:
        for k, place in enumerate(layer):
            place.v = float(k)
    for layer in layers:
        ends = sorted(
            (place.v + _TINY * here, two.v + _TINY * there)
            for place in layer for two, here, there in place.after
        )
        passed: list[float] = []
        for _, end in ends:
            total += len(passed) - bisect_right(passed, end)
            insort(passed, end)
    return total


def _heights(layers: list[list[_Place]]) -> None:
    """Each place as near to its neighbours as its rank's order lets it be, by least squares."""
    for layer in layers:
        v = 0.0
        for one, two in zip([None, *layer], layer, strict=False):
            v += _apart(one, two)
            two.v = v
        for place in layer:
            place.v -= v / 2
    for sweep in range(3 * _SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted, weights = [], []
            for place in layer:
                near = [*place.before, *place.after]
                if sweep < _SWEEPS:
                    near = (place.before if sweep % 2 == 0 else place.after) or near
                near = [n for n in near if not n[0].follows] or near
                heights = sorted(
                    p.v if place.small and p.small else p.v + there - here
                    for p, here, there in near
                )
                n = len(heights)
                middle = (heights[(n - 1) // 2] + heights[n // 2]) / 2 if near else place.v
                wanted.append(middle)
                heavy = 4.0 if place.unit is None else 0.02 if place.follows else 1.0
                weights.append(heavy if near else 0.1)
            for place, v in zip(layer, _spread(layer, wanted, weights), strict=True):
                place.v = v


def _apart(one: _Place | None, two: _Place) -> float:
    """How far apart the middles of two neighbours in a rank must be."""
    if one is None:
        return 0.0
    gap = _BESIDE if all(p.unit is None or p.unit.end for p in (one, two)) else _BETWEEN
    return (one.breadth + two.breadth) / 2 + gap


def _spread(layer: list[_Place], wanted: list[float], weights: list[float]) -> list[float]:
    """The heights nearest to the wanted ones that keep the order and the distances: by pooling
    neighbours that are too near (isotonic regression)."""
    offset, offsets = 0.0, []
    for one, two in zip([None, *layer], layer, strict=False):
        offset += _apart(one, two)
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, off in zip(wanted, weights, offsets, strict=True):
        mean, total, n = want - off, weight, 1
        while pools and pools[-1][0] > mean:
            m, w, k = pools.pop()
            mean, total, n = (m * w + mean * total) / (w + total), w + total, n + k
        pools.append((mean, total, n))
    flat = [mean for mean, _, n in pools for _ in range(n)]
    return [mean + off for mean, off in zip(flat, offsets, strict=True)]


def _measured(
    units: Sequence[Unit], links: Iterable[Link], places: dict[Hashable, _Place],
    layers: list[list[_Place]], ways: dict[Hashable, list[_Place]],
) -> Placed:
    """Lengths along the flow, and the points of every link."""
    low = min((p.v - p.breadth / 2 for layer in layers for p in layer), default=0.0)
    high = max((p.v + p.breadth / 2 for layer in layers for p in layer), default=0.0)
    start: dict[int, float] = {}
    stop: dict[int, float] = {}
    u = 0.0
    for k, layer in enumerate(layers):
        rank = layer[0].rank
        start[rank], stop[rank] = u, u + max(place.length for place in layer)
        steep = max((abs(p.v - q.v) for p in layer for q, _, _ in p.after), default=0.0)
        ends = all(p.unit is not None and p.unit.end for p in layer)
        u = stop[rank] + (0.0 if k == len(layers) - 1 else _RANKS / (2 if ends else 1)
                          + min(30.0, 0.08 * steep))
    at = {
        unit.key: ((start[p.rank] + stop[p.rank]) / 2, p.v - low)
        for unit in units for p in (places[unit.key],)
    }
    points: dict[Hashable, list[Point]] = {}
    for link in links:
        way, out = ways[link.key], list[Point]()
        for place in way:
            first, last = place is way[0], place is way[-1]
            v = place.v - low + (link.leaves if first else link.enters if last else 0.0)
            middle = (start[place.rank] + stop[place.rank]) / 2
            near = middle + place.length / 2 if first else start[place.rank] - _INTO
            far = middle - place.length / 2 if last else stop[place.rank] + _OUT
            out += [(near, v), (far, v)]
        points[link.key] = out
    return Placed(at, points, max(stop.values(), default=0.0), high - low)

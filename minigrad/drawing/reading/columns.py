"""Which column and which row a box goes to.

A column is a time step. Tracks that read one another step by step share columns; a track that
needs the end of another (a decoder after its encoder, a window after the one before) starts after
it. Within a column what reads stands above what it reads, in the same rows at every step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ...engine.node import Node
from .boxes import Box, Track

__all__ = ["arrange"]

Reach = dict[Track, int]


def arrange(
    tracks: Sequence[Track],
    blocks: Sequence[Box],
    order: Sequence[Node],
    parents: Mapping[Node, tuple[Node, ...]],
    home: Mapping[Node, Box],
) -> None:
    """Set the column and row of every step box, and of the blocks between steps.

    A block that no step leads to but that leads to one becomes a "source".
    """
    reach, ahead, level = _dependencies(order, parents, home)
    groups = _groups(tracks, ahead)
    placed: list[tuple[int, int, int, int]] = []
    for group, offset in zip(groups, _offsets(groups, ahead), strict=True):
        ts = sorted({t for track in group for t in track.boxes})
        end = offset + len(ts)
        base = max((top for o, e, _, top in placed if o < end and offset < e), default=0)
        for k, track in enumerate(_by_level(group, level)):
            track.row = base + k
            for t, box in track.boxes.items():
                box.column, box.row = offset + ts.index(t), track.row
        placed.append((offset, end, base, base + len(group)))
    _place_blocks(blocks, reach, order, parents, home, max((p[3] for p in placed), default=0))


def _dependencies(
    order: Sequence[Node], parents: Mapping[Node, tuple[Node, ...]], home: Mapping[Node, Box]
) -> tuple[dict[Node, Reach], dict[tuple[Track, Track], int], set[tuple[Track, Track]]]:
    """What reads what, between tracks: for each node outside of steps the latest step of every
    track behind it; for each pair of tracks how far ahead the second reads in the first; and the
    pairs in which it reads at its own step."""
    reach: dict[Node, Reach] = {}
    ahead: dict[tuple[Track, Track], int] = {}
    level: set[tuple[Track, Track]] = set()
    for node in order:
        if node.pullback is None:
            continue
        behind: Reach = {}
        for parent in parents[node]:
            box = home.get(parent)
            if box is None:
                continue
            found = {box.track: box.t} if box.track and box.t is not None else reach[parent]
            for track, t in found.items():
                behind[track] = max(t, behind.get(track, t))
        here = home[node]
        if here.track is None or here.t is None:
            reach[node] = behind
            continue
        for track, t in behind.items():
            if track is not here.track:
                pair = (track, here.track)
                ahead[pair] = max(t - here.t, ahead.get(pair, t - here.t))
                if t == here.t:
                    level.add(pair)
    return reach, ahead, level


def _groups(
    tracks: Sequence[Track], ahead: Mapping[tuple[Track, Track], int]
) -> list[list[Track]]:
    """The tracks that share columns because one reads the other only up to its own step."""
    group = {track: [track] for track in tracks}
    for (one, two), steps in ahead.items():
        if steps <= 0 and group[one] is not group[two]:
            group[one] += group[two]
            for track in group[two]:
                group[track] = group[one]
    distinct = list({id(g): g for g in group.values()}.values())
    return sorted(distinct, key=lambda g: min(track.order for track in g))


def _offsets(
    groups: Sequence[list[Track]], ahead: Mapping[tuple[Track, Track], int]
) -> list[int]:
    """The first column of every group: after all groups whose later steps it reads, and after an
    earlier run of the same scope."""
    where = {track: k for k, group in enumerate(groups) for track in group}
    before: dict[int, set[int]] = defaultdict(set)
    for (one, two), steps in ahead.items():
        if steps > 0 and where[one] != where[two]:
            before[where[two]].add(where[one])
    runs: dict[tuple[str, ...], int] = {}
    for track in sorted(where, key=lambda track: track.order):
        if where[track] != runs.setdefault(track.path, where[track]):
            before[where[track]].add(runs[track.path])
            runs[track.path] = where[track]
    lengths = [len({t for track in group for t in track.boxes}) for group in groups]
    offsets = [0] * len(groups)
    for _ in groups:  # the longest path; a cycle of groups just stops here
        for k in range(len(groups)):
            offsets[k] = max((offsets[j] + lengths[j] for j in before[k]), default=0)
    return offsets


def _by_level(group: list[Track], level: set[tuple[Track, Track]]) -> list[Track]:
    """The tracks of a group from the bottom row to the top one."""
    depth = dict.fromkeys(group, 0)
    for _ in group:
        for one, two in level:
            if one in depth and two in depth:
                depth[two] = min(max(depth[two], depth[one] + 1), len(group))
    return sorted(group, key=lambda track: (depth[track], track.order))


def _place_blocks(
    blocks: Sequence[Box],
    reach: Mapping[Node, Reach],
    order: Sequence[Node],
    parents: Mapping[Node, tuple[Node, ...]],
    home: Mapping[Node, Box],
    top: int,
) -> None:
    """Put a block that stands between steps above the last step that it reads."""
    feeds: set[Node] = set()  # nodes outside of steps that lead into one
    for node in reversed(order):
        if node.pullback is not None and (home[node].track is not None or node in feeds):
            feeds.update(p for p in parents[node] if p in reach)
    rows: dict[tuple[int, int], None] = {}
    for box in blocks:
        if feeds.isdisjoint(box.nodes):
            continue
        ends = [track.boxes[t] for node in box.nodes for track, t in reach[node].items()]
        if not ends:
            box.kind = "source"
            continue
        box.column = max(b.column for b in ends if b.column is not None)
        box.row = top
        while (box.row, box.column) in rows:
            box.row += 1
        rows[box.row, box.column] = None

"""From the live graph to boxes and wires: what happened at which step, and what it read.

A box stands for all ops of one scope at one time step, a wire for a value that one box computes
and another reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ...engine.context import Scope
from ...engine.node import Node
from ...engine.tensor import Tensor
from ...observe.packing import is_output
from .boxes import Box, Track, Unrolled, Wire, along
from .columns import arrange
from .entering import connect, flat, node_of
from .walk import timed_scope, walk

__all__ = ["read", "summary"]


def read(outputs: Sequence[Tensor]) -> Unrolled:
    """The boxes and wires of everything that `outputs` depend on."""
    roots = [t._node for t in outputs if t._node is not None]
    order, parents = walk(roots)
    users: dict[Node, list[Node]] = defaultdict(list)
    for node in order:
        for parent in parents[node]:
            users[parent].append(node)
    home: dict[Node, Box] = {}
    tracks = _timed(order, home)
    blocks = _untimed(order, users, set(roots), home)
    for node in order:
        if node.pullback is not None:
            home[node].nodes.append(node)
    for root in roots:
        if root.pullback is not None:
            home[root].output = True
    arrange(tracks, blocks, order, parents, home)
    for block in blocks:
        block.title = block.title or summary(block.nodes)
    steps = [box for track in tracks for box in track.boxes.values()]
    for box in steps:
        for name, value in (item for scope in box.scopes for item in flat(scope.inputs)):
            same = [v for n, v in box.entering if n.split(" ")[0] == name]
            if not any(v is value for v in same):
                box.entering.append((f"{name} ({len(same) + 1})" if same else name, value))

    crossing = {
        (home[parent], home[node], parent): None
        for node in order
        for parent in parents[node]
        if parent.pullback is not None and home[parent] is not home[node]
    }
    names = _state_names(steps, [key[2] for key in crossing if along(key[0], key[1])], home)
    wires = [Wire(*key, names.get(key[2], key[2].name)) for key in crossing]
    weights, entering, more = connect(order, users, home, steps, wires)
    return Unrolled(
        steps=steps + [b for b in blocks if b.column is not None],
        ends=[b for b in blocks if b.column is None and b.kind == "block"],
        sources=weights + [b for b in blocks if b.kind == "source"],
        entering=entering,
        wires=wires + more,
        home=home,
    )


def _timed(order: Sequence[Node], home: dict[Node, Box]) -> list[Track]:
    """Give every op inside a scope with a time step its box; the tracks, oldest first."""
    tracks: list[Track] = []
    current: dict[tuple[str, ...], Track] = {}
    boxes: dict[Scope, Box] = {}
    for k, node in enumerate(order):
        scope = timed_scope(node.scope)
        if scope is None or scope.t is None or node.pullback is None:
            continue
        if scope not in boxes:
            outer = [s.name if s.t is None else f"{s.name}[t={s.t}]" for s in scope.chain()][1:]
            path = (*reversed(outer), scope.name)
            track = current.get(path)
            if track is None or not track.takes(scope.t):
                track = current[path] = Track(path, k)
                tracks.append(track)
            boxes[scope] = track.box(scope.t)
            boxes[scope].scopes.append(scope)
        home[node] = boxes[scope]
    return tracks


def _untimed(
    order: Sequence[Node], users: Mapping[Node, list[Node]], roots: set[Node], home: dict[Node, Box]
) -> list[Box]:
    """Give every other op a box: that of its users where all are in one, else a block of its own.

    So ``x[t]`` joins the step that reads it, and a sum over all steps is one block.
    """
    blocks: list[Box] = []
    for node in reversed(order):
        if node.pullback is None or node in home:
            continue
        path = tuple(reversed([s.name for s in node.scope.chain()])) if node.scope else None
        boxes = {home[user] for user in users[node]}
        if len(boxes) == 1 and node not in roots:
            (box,) = boxes
            if box.kind == "step" or path is None or path == box.path:
                home[node] = box
                continue
        home[node] = box = Box("block", path[-1] if path else "")
        box.path = path
        blocks.append(box)
    return blocks[::-1]


def summary(nodes: Sequence[Node]) -> str:
    """A block in a few words: its ops, or Σ for a sum of scalars, or the name of its result."""
    if nodes[-1].name:
        return nodes[-1].name
    words: list[str] = []
    for node in nodes:
        op = node.op
        if is_output(node):  # the op that it is a result of has been named
            continue
        word = "leaf" if op is None else "Σ" if op.is_sum and node.shape == () else op.name
        if words[-1:] != [word]:
            words.append(word)
    return "\n".join(words if len(words) <= 5 else [*words[:2], "...", *words[-2:]])


def _state_names(
    steps: Sequence[Box], carried: Sequence[Node], home: Mapping[Node, Box]
) -> dict[Node, str]:
    """The names of the values that a scope hands on to its next step, and every `Box.states`.

    A name is the one under which the value enters the next scope, else the tensor's own, else
    that of the op; with a number where it is taken.
    """
    names: dict[Node, str] = {}
    for box in steps:
        for name, value in box.entering:
            node = node_of(value)
            if node is None or node not in home:
                continue
            if home[node] is not box and along(home[node], box):
                names[node] = name
    place: dict[Any, dict[str, int]] = defaultdict(dict)
    taken: dict[Box, dict[str, Node]] = defaultdict(dict)
    for node in sorted(set(carried), key=lambda node: -node.key):
        box = home[node]
        base = names.get(node) or node.name or (node.op.name if node.op else "leaf")
        title, k = base, 2
        while taken[box].setdefault(title, node) is not node:
            title, k = f"{base} {k}", k + 1
        names[node] = title
        if box.track:
            place[box.track.path].setdefault(title, box.nodes[0].key - node.key)
    before: dict[Any, Box] = {}
    for box in steps:
        if box.track:
            found = place[box.track.path]
            own: dict[str | None, Node] = {names.get(n, n.name): n for n in box.nodes}
            same = before.get(box.track.path)
            box.states = {
                name: own.get(name) or (_counterpart(same, name, box) if same else None)
                for name in sorted(found, key=found.__getitem__)
            }
            names.update({n: name for name, n in box.states.items() if n is not None})
            before[box.track.path] = box
    return names


def _counterpart(other: Box, name: str, box: Box) -> Node | None:
    """What is in `box` where `other` has its state, if both do the same: a last state, which no
    step takes over, is named by nobody."""
    ops = [[node.op for node in b.nodes] for b in (other, box)]
    node = other.states.get(name)
    return box.nodes[other.nodes.index(node)] if node is not None and ops[0] == ops[1] else None

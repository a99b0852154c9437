"""What enters the picture from outside: weights, inputs, initial states, and states that were cut.

A scope names what enters it: ``scope("lstm", t=3, x=x, h=h)``. A tensor on the graph gives its
wire that name; a constant becomes an input box, or the initial state when it is called like one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, count
from typing import Any

from ...engine.node import Node
from ...engine.tensor import Tensor
from .boxes import Box, Wire, along
from .names import told_apart
from .walk import known_values

__all__ = ["connect", "flat", "node_of"]

Values = Callable[[], Mapping[Node, Any]]

_SUFFIX = re.compile(r"(.+)_(-?\d+)")
_LEARNED = re.compile(r"initial\.(\d+\.(reverse\.)?)?")  # before the state, in a layer's parameter
_USUAL = ("h", "c", "state")  # how states are called, where no step hands one on


def node_of(value: Any) -> Node | None:
    """The node of a Tensor; None for anything else."""
    return value._node if isinstance(value, Tensor) else None


def flat(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The named inputs of a scope, and the parts of a tuple under numbered names."""
    for name, value in inputs.items():
        if isinstance(value, tuple | list) and any(hasattr(v, "shape") for v in value):
            yield from ((f"{name}{k}", v) for k, v in enumerate(value))
        else:
            yield name, value


def connect(
    order: Sequence[Node],
    users: Mapping[Node, list[Node]],
    home: dict[Node, Box],
    steps: Sequence[Box],
    wires: Sequence[Wire],
) -> tuple[list[Box], list[Box], list[Wire]]:
    """The weights, the inputs and initial states, and the wires from them and across cuts."""
    weights, entering, found = _leaves(order, users, home, steps)
    made, more = _constants(steps, [*wires, *found], cache(lambda: known_values(order)))
    found += more
    found += _cuts(steps, [*wires, *found])
    _number(entering + made, found)
    return weights, entering + made, found


def _number(entering: Sequence[Box], wires: Sequence[Wire]) -> None:
    """Tell apart what enters one step under one name: h, h (2), h (3)."""
    titles: dict[Box, set[str]] = defaultdict(set)
    target = {wire.source: wire.target for wire in wires}
    for box in entering:
        taken, stem = titles[target[box]], box.title.partition(" (")[0]
        numbers = (f"{stem} ({k})" for k in count(2))
        box.title = next(t for t in chain([box.title], numbers) if t not in taken)
        taken.add(box.title)


def _leaves(
    order: Sequence[Node],
    users: Mapping[Node, list[Node]],
    home: dict[Node, Box],
    steps: Sequence[Box],
) -> tuple[list[Box], list[Box], list[Wire]]:
    """A leaf that one step alone reads, and that has no name or is declared as entering there, is
    an input or an initial state; any other is a weight."""
    declared: dict[Node | None, list[str]] = defaultdict(list)
    for box in steps:
        for item, value in box.entering:
            declared[node_of(value)].append(item)
    weights: list[Box] = []
    entering: list[Box] = []
    wires: list[Wire] = []
    begin = {box: k for k, box in enumerate(dict.fromkeys(home[n] for n in order if n in home))}
    leaves = [node for node in order if node.pullback is None]
    # In the order in which the picture is read: that of the first box that reads them.
    leaves.sort(key=lambda leaf: min((begin[home[u]] for u in users[leaf]), default=0))
    for leaf in leaves:
        targets = list(dict.fromkeys(home[user] for user in users[leaf]))
        name = declared[leaf][0] if declared[leaf] else leaf.name
        only = targets[0] if len(targets) == 1 and targets[0].kind == "step" else None
        state = _state(name, only, bool(declared[leaf])) if only and name else None
        if any(w.target is only and w.name == state for w in wires):
            state = None  # two layers share the box, and each has such a state
        if only and (state or declared[leaf] or not leaf.name):
            made = Box("initial" if state else "input", state or name or str(leaf.shape), t=only.t)
            if state and only.t is not None:
                made.t = only.t - only.direction
                only.states.setdefault(state, None)
            entering.append(made)
        else:
            made = Box("weight", leaf.name or name or str(leaf.shape))
            weights.append(made)
        made.nodes = [leaf]
        home[leaf] = made
        given = state or name or (None if made.kind == "weight" else str(leaf.shape))
        wires += [Wire(made, target, leaf, given) for target in targets]
    first = {wire.source: wire.target for wire in reversed(wires)}
    names = told_apart(
        weights, lambda box: box.title, lambda box: first[box].title if box in first else "",
    )
    for box, name in names.items():
        box.title = name
    return weights, entering, wires


def _state(name: str, box: Box, whole: bool) -> str | None:
    """Of which state an input called `name` is the value before the step of `box`, if of any:
    ``h``, or ``h_0`` before step 1; of a part of a nested state cells.0.h_0, and of a parameter the
    end of its name, as of initial.1.h_0.

    whole: whether a scope declares it by this name, which so has no more before it."""
    learned = _LEARNED.match(name)
    given = name[learned.end() :] if learned else name
    found = _SUFFIX.fullmatch(given)
    dated = found is not None and box.t is not None and int(found[2]) == box.t - box.direction
    stem = found[1] if found and dated else given
    end = stem.rpartition(".")[2]
    known = next((state for state in (stem, end) if state in box.states), None)
    if known is None and dated:
        return stem if learned or whole else end
    return end if known is None and end in _USUAL else known


def _constants(
    steps: Sequence[Box], wires: Sequence[Wire], values: Values
) -> tuple[list[Box], list[Wire]]:
    """Boxes and wires for the constants that scopes name: inputs, initial states, and cut wires
    for states that an earlier step computed. values: of nodes, as far as they are still held."""
    reached = _taken_over(wires)
    at = {(box.row, box.column): box for box in steps}
    boxes: list[Box] = []
    found: list[Wire] = []
    for box in steps:
        for name, value in box.entering:
            if node_of(value) is not None:
                continue
            state = _state(name, box, whole=True)
            if state is None:
                made = Box("input", name, t=box.t)
            elif (box, state) in reached or box.t is None or box.column is None:
                continue
            else:
                box.states.setdefault(state, None)
                earlier = at.get((box.row, box.column - box.direction))
                if earlier is not None and _goes_on(earlier, box, value, values):
                    earlier.states.setdefault(state, None)
                    found.append(Wire(earlier, box, None, state, cut=True))
                    continue
                made = Box("initial", state, t=box.t - box.direction)
                made.cut = box.direction > 0 and box.t > 1
            made.entering = [(name, value)]
            boxes.append(made)
            found.append(Wire(made, box, None, state or name, cut=made.cut))
    return boxes, found


def _taken_over(wires: Sequence[Wire]) -> set[tuple[Box, str | None]]:
    """The states that a box has from an earlier step or from outside."""
    return {
        (wire.target, wire.name)
        for wire in wires
        if wire.source.kind == "initial" or along(wire.source, wire.target)
    }


def _goes_on(earlier: Box, box: Box, value: Any, values: Values) -> bool:
    """Whether a state without a graph, entering `box`, is the detached one of `earlier`: within
    one track, and between runs of one scope if it holds the very array."""
    data = getattr(value, "_data", value)
    return along(earlier, box) and (
        earlier.track is box.track or any(values().get(node) is data for node in earlier.nodes)
    )


def _cuts(steps: Sequence[Box], wires: Sequence[Wire]) -> list[Wire]:
    """A cut wire wherever a step does not take over what the other steps of its track do."""
    have = {(wire.source, wire.target, wire.name) for wire in wires}
    named: dict[Any, dict[str | None, None]] = defaultdict(dict)
    for wire in wires:
        if wire.source.track is not None and wire.source.track is wire.target.track:
            named[wire.source.track][wire.name] = None
    reached = _taken_over(wires)
    return [
        Wire(one, two, None, name, cut=True)
        for track, names in named.items()
        for one, two in track.neighbours()
        for name in names
        if (one, two, name) not in have and (two, name) not in reached
    ]

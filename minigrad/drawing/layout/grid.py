"""The plan of one time step: which rows, lanes and ports there are, and where.

All columns are copies of this one plan, which has room for whatever occurs in any of them. So it
takes as long for 4 steps as for 400, and every column looks the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from ..reading.boxes import Box, Unrolled, Wire

__all__ = [
    "CHANNEL", "LOOP", "Grid", "Key", "Lane", "Row", "Size", "WiresByWay", "along_key", "bus_key",
    "loop_key", "loop_places", "over_key", "sort_wires", "steps_over", "up_key",
]

LANE = 30.0  # between the wires of two weights, at least
PORT = 26.0  # between two states, at least
TAP = 16.0  # between two taps of a box
CHANNEL = 10.0  # between two vertical wires beside the boxes
EDGE = 30.0  # from a box to the nearest lane
GAP = 32.0  # between one row, with its lanes and inputs, and the next
LOOP = 78.0  # the width of one delay of a rolled graph
INPUT = 24.0  # height of the boxes of inputs, initial states and weights, at least

Key = Hashable


class Size(NamedTuple):
    """The room that a label takes."""

    width: float
    height: float


class WiresByWay(NamedTuple):
    """The wires of a graph, sorted by the way they run."""

    buses: dict[Box, list[Wire]]  # from one source through time, by source
    up: list[Wire]  # within a column
    along: list[Wire]  # to the next column or the one before, in one row
    across: list[Wire]  # to the next column, in another row
    far: list[Wire]  # anywhere else
    entering: list[Wire]  # from inputs and initial states
    ends: list[Wire]  # to what comes after all steps
    loops: list[Wire]  # from a step to a later one, in the rolled view


def sort_wires(unrolled: Unrolled) -> WiresByWay:
    """The wires by the way they run."""
    found = WiresByWay(defaultdict(list), [], [], [], [], [], [], [])
    between = {b for b in unrolled.steps if b.kind == "block"}
    for wire in unrolled.wires:
        one, two = wire.source, wire.target
        if wire.lag:
            found.loops.append(wire)
        elif one.kind in ("input", "initial"):
            found.entering.append(wire)
        elif one.kind in ("weight", "source") or (one in between and two.column is not None):
            found.buses[one].append(wire)
        elif two.column is None or one.column is None:
            found.ends.append(wire)
        elif one.column == two.column:
            found.up.append(wire)
        elif one.row == two.row and abs(steps_over(wire)) == 1:
            found.along.append(wire)
        else:
            (found.across if steps_over(wire) == 1 else found.far).append(wire)
    return found


class Lane:
    """A horizontal wire past all columns, from which some of them are tapped."""

    def __init__(
        self, source: Box, row: Row, side: int, index: int, columns: set[int | None]
    ) -> None:
        self.source, self.row, self.side, self.index = source, row, side, index
        self.columns = columns  # of its taps
        self.place = 0  # of its taps, from the left
        self.y = 0.0
        self.port = 0.0  # of its taps, from the middle of a box


class Row:
    """The boxes of one row, all of one size, and what runs past them."""

    def __init__(self) -> None:
        self.width = self.height = 0.0
        self.y = self.top = self.bottom = 0.0
        self.inputs_y = 0.0
        self.lanes: list[Lane] = []
        self.sides: dict[Key, float] = {}  # heights of the ports at the left and right sides
        self.up: dict[Key, float] = {}  # ports of the top that lead past the row above
        self.far: dict[Key, tuple[float, int]] = {}  # first lane and number of lanes
        self.inputs: dict[str, float] = {}
        self.labelled = False  # whether wires carry the names of states, as there are several
        self.beside = False  # whether its one input stands to the right of the box
        self.middle = False  # whether a wire enters the middle of the bottom from below
        self.round = False  # whether its boxes are circles

    def lower(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.side < 0]

    def upper(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.side > 0]


def along_key(row: int, name: str | None) -> Key:
    """The key of the wires of one state along a row."""
    return "along", row, name


def over_key(wire: Wire) -> Key:
    """The key of the wires from one row to another, over one or several columns."""
    return "over", wire.source.row, wire.target.row, wire.name


def loop_key(wire: Wire) -> Key:
    """The key of the wires to a later step in the rolled view. A state that is handed to the next
    step enters where the wires of that state do."""
    if wire.source is wire.target and abs(wire.lag) == 1:
        return along_key(wire.target.row, wire.name)
    return "loop", wire.source.row, wire.target.row, wire.name, wire.lag


def loop_places(loops: Sequence[Wire]) -> list[list[Wire]]:
    """The delays of a rolled graph by place, from the column to the right. Those that lead back
    into their own box share the first place, one above another; each other one has its own."""
    own = [wire for wire in loops if wire.source is wire.target]
    return [own] * bool(own) + [[wire] for wire in loops if wire.source is not wire.target]


def up_key(wire: Wire) -> Key:
    """The key of the wires that pass other rows within their column."""
    above = wire.target.row if wire.target.column is not None else wire.target
    return "up", wire.source.row, above


def bus_key(source: Box) -> Key:
    """The key of the wire down from a block above the steps to its lane."""
    return "bus", source


def steps_over(wire: Wire) -> int:
    """How many columns a wire goes to the right."""
    return (wire.target.column or 0) - (wire.source.column or 0)


class Grid:
    """The rows from the bottom to the top: heights, lanes, ports and channels of each."""

    def __init__(self, unrolled: Unrolled, wires: WiresByWay, label: Mapping[Box, Size]) -> None:
        self.wires = wires
        self.rows = [Row() for _ in range(1 + max(b.row for b in unrolled.steps))]
        self.channels: dict[Key, int] = {}  # beside the boxes, to their right
        self.left_channels: dict[Key, int] = {}
        self.lanes: dict[tuple[Box, int], Lane] = {}
        self.input_width = 0.0
        heights = {"weight": INPUT, "source": INPUT, "input": INPUT, "initial": INPUT - 2}
        for box, size in label.items():
            if box.kind in heights:
                heights[box.kind] = max(heights[box.kind], size.height + 7)
        self.height: dict[str, float] = {**heights}
        self.lane = max(LANE, heights["weight"] + 6, heights["source"] + 6)
        self.port = max(PORT, heights["initial"] + 4)
        self.edge = max(EDGE, (heights["weight"] + heights["initial"]) / 2 - 6)
        self.gap = max(GAP, self.lane)
        self.boxes = {(b.column, b.row) for b in unrolled.steps}
        self.last = unrolled.columns - 1
        self._find_lanes()
        self._find_ports()
        self._find_inputs(label)
        self._set_sizes(unrolled, label)
        self._stack()

    def at_side(self, wire: Wire) -> bool:
        """Whether an initial state enters at the first column, or at the last going backward."""
        edge = 0 if wire.target.direction > 0 else self.last
        return wire.source.kind == "initial" and wire.target.column == edge

    def _find_lanes(self) -> None:
        """One lane for each row that a source is read in, alternately below and above the row.

        The nearest lane has the leftmost taps, so that no tap crosses the numbers at another. Two
        lanes share a place for their taps only if they are tapped in different columns.
        """
        for source, wires in self.wires.buses.items():
            for k in dict.fromkeys(w.target.row for w in wires if w.target.column is not None):
                row = self.rows[k]
                side = -1 if len(row.lanes) % 2 == 0 else 1
                nearer = [lane for lane in row.lanes if lane.side == side]
                columns = {w.target.column for w in wires if w.target.row == k}
                lane = Lane(source, row, side, len(nearer), columns)
                lane.place = 1 + max(
                    (one.place for one in nearer if not columns.isdisjoint(one.columns)), default=-1
                )
                row.lanes.append(lane)
                self.lanes[source, k] = lane
            if source.column is not None:
                self.channels.setdefault(bus_key(source), len(self.channels))

    def _find_ports(self) -> None:
        """The ports of every row's boxes, and channels for the wires that pass other boxes.

        Ports at the sides, from the top down: wires to and from rows above, states, all others.
        """
        order: dict[int, dict[Key, tuple[int, int]]] = defaultdict(dict)
        first = [w for w in self.wires.entering if self.at_side(w)]
        for wire in (*self.wires.along, *first):
            names = list(wire.target.states)
            place = names.index(wire.name) if wire.name in names else len(names)
            order[wire.target.row].setdefault(along_key(wire.target.row, wire.name), (1, place))
        for wire in self.wires.loops:
            if wire.source is wire.target:
                order[wire.source.row].setdefault(loop_key(wire), (1, len(wire.source.states)))
            else:
                order[wire.source.row].setdefault((loop_key(wire), "out"), (0, 0))
                order[wire.target.row].setdefault((loop_key(wire), "in"), (2, 0))
        columns: dict[Key, set[int]] = defaultdict(set)
        for wire in (*self.wires.across, *self.wires.far):
            key, rises = over_key(wire), wire.target.row >= wire.source.row
            columns[key].add(steps_over(wire))
            order[wire.source.row].setdefault((key, "out"), (0 if rises else 2, 0))
            order[wire.target.row].setdefault((key, "in"), (2 if rises else 0, 0))
            self.channels.setdefault(key, len(self.channels))
        for wire in self.wires.far:
            d = columns[over_key(wire)]
            count = 1 if len(d) > 1 else max(abs(k) + (k < 0) for k in d)
            self.rows[wire.source.row].far[over_key(wire)] = (0.0, count)
            self.left_channels.setdefault(over_key(wire), len(self.left_channels))
        self.straight = self._straight()
        for wire in (*self.wires.up, *self.wires.ends):
            if wire.source.column is None or up_key(wire) in self.straight:
                if wire.target.column is not None:
                    self.rows[wire.target.row].middle = True
                continue
            self.rows[wire.source.row].up.setdefault(up_key(wire), 0.0)
            self.channels.setdefault(up_key(wire), len(self.channels))
            if wire.target.column is not None:
                order[wire.target.row].setdefault(up_key(wire), (2, 0))
        for k, ports in order.items():
            keys = sorted(ports, key=lambda key: ports[key])
            middle = (len(keys) - 1) / 2
            self.rows[k].sides = {key: self.port * (middle - j) for j, key in enumerate(keys)}
        states: dict[int, set[str | None]] = defaultdict(set)
        for wire in self.wires.along:
            states[wire.source.row].add(wire.name)
        for k, found in states.items():
            self.rows[k].labelled = len(found) > 1

    def _straight(self) -> set[Key]:
        """The keys of the wires up that never have a box in the way."""
        found: dict[Key, bool] = {}
        for wire in (*self.wires.up, *self.wires.ends):
            column, low = wire.source.column, wire.source.row
            if column is not None:
                high = len(self.rows) if wire.target.column is None else wire.target.row
                between = {(column, k) for k in range(low + 1, high)}
                free = low < high and self.boxes.isdisjoint(between)
                found[up_key(wire)] = found.get(up_key(wire), True) and free
        return {key for key, free in found.items() if free}

    def _find_inputs(self, label: Mapping[Box, Size]) -> None:
        """Room for inputs: under the middle of a box, beside it, or in a row below it."""
        for wire in self.wires.entering:
            if wire.target.column is not None and not self.at_side(wire):
                self.rows[wire.target.row].inputs.setdefault(wire.source.title, 0.0)
                self.input_width = max(self.input_width, label[wire.source].width + 14, 36.0)
        for row in self.rows:
            if len(row.inputs) == 1 and row.middle and not row.sides:
                row.beside = True
                continue
            free = 0.0 if not row.middle else self.input_width / 2 + 8
            for k, name in enumerate(row.inputs):
                row.inputs[name] = free + k * (self.input_width + 8)

    def _set_sizes(self, unrolled: Unrolled, label: Mapping[Box, Size]) -> None:
        """Boxes as large as their labels and ports need; small scalars are round."""
        for box in unrolled.steps:
            row = self.rows[box.row]
            row.width = max(row.width, label[box].width + 18)
            row.height = max(row.height, label[box].height + 14)
        for row in self.rows:
            taps = max((1 + lane.place for lane in row.lanes), default=0)
            right = max([*row.inputs.values(), 0.0]) if not row.beside else 0.0
            plain = taps <= 1 and not row.up and not right and len(row.sides) <= 1
            scalars = all(b.scalar for b in unrolled.steps if self.rows[b.row] is row)
            row.round = plain and not taps and scalars and row.width < 44
            if row.round:
                row.width = row.height = max(row.width, row.height, 32.0)
                continue
            half = max(8 + TAP * taps, right + 10, 20 + CHANNEL * len(row.up))
            row.width = max(row.width, 2 * half, 56.0)
            row.height = max(row.height, 34.0, 22 + self.port * (len(row.sides) - 1))
            # In the order of their channels from the right, so that they do not cross.
            keys = sorted(row.up, key=self.channels.__getitem__, reverse=True)
            row.up = {key: row.width / 2 - 10 - CHANNEL * k for k, key in enumerate(keys)}
            for lane in row.lanes:
                lane.port = -row.width / 2 + 10 + TAP * lane.place

    def _stack(self) -> None:
        """Heights, from the bottom to the top."""
        y = 0.0
        for k, row in enumerate(self.rows):
            lower, upper = row.lower(), row.upper()
            if row.inputs and not row.beside:
                height = max(self.height["input"], self.height["initial"])
                row.inputs_y = y + height / 2
                y += height + (self.gap if lower else 0)
            y += self.lane * max(len(lower) - 1, 0)
            for lane in lower:
                lane.y = y - self.lane * lane.index
            if lower or k or row.inputs:
                y += self.edge
            row.bottom, row.y, row.top = y, y + row.height / 2, y + row.height
            y = row.top
            for lane in upper:
                lane.y = y + self.edge + self.lane * lane.index
            if upper:
                y += self.edge + self.lane * (len(upper) - 1)
            for key, (_, count) in row.far.items():
                y += self.gap if y == row.top else 14
                row.far[key] = (y, count)
                y += 8 * (count - 1)
            above = self.rows[k + 1] if k + 1 < len(self.rows) else None
            if above is not None and (above.lower() or (above.inputs and not above.beside)):
                y += self.gap
        self.top = y

"""The rolled graph: one step that stands for all, with wires through delays to later steps.

It is a step in the middle, which has steps before and after it. All others must be like it, or
they cannot be rolled up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from typing import NoReturn

from ..reading.boxes import Box, Unrolled, Wire
from ..render.text import count

__all__ = ["roll"]

Pattern = dict[int, set[Hashable]]
Words = dict[tuple[Box, int], str]


def roll(unrolled: Unrolled) -> tuple[Unrolled, Words]:
    """`unrolled` as one column, whose wires to later steps have a lag; and words: which steps it
    stands for, and which of them each block at the right reads.

    Raises ValueError where no step is late enough to get all its states from others, or where
    steps differ.
    """
    lags = [_lag(wire) for wire in unrolled.wires if _between(wire)]
    first, last = max([*lags, 0]), unrolled.columns - 1 + min([*lags, 0])
    if first > last or unrolled.columns < 2:
        raise ValueError(
            f"draw(..., view='rolled'): {count(unrolled.columns, 'step')} cannot show a step that "
            f"takes over all its states from others; run the recurrence for at least "
            f"{max(first - (last - unrolled.columns), 2)} steps, or draw with view='steps'"
        )
    patterns = _patterns(unrolled)
    middle = (first + last + 1) // 2
    for column, pattern in enumerate(patterns):
        # All have the same boxes; what they read may differ in the first and the last ones.
        whole, same = first <= column <= last, patterns[middle]
        unlike = [k for k in sorted({*pattern, *same})
                  if (pattern.get(k) != same.get(k) if whole else (k in pattern) != (k in same))]
        if unlike:
            _refuse(unrolled, column, middle, unlike[0])
    return _one_step(unrolled, middle)


def _lag(wire: Wire) -> int:
    """How many columns later a value is read."""
    return (wire.target.column or 0) - (wire.source.column or 0)


def _between(wire: Wire) -> bool:
    """Whether a wire leads from one step to another."""
    return None not in (wire.source.column, wire.target.column) and _lag(wire) != 0


def _patterns(unrolled: Unrolled) -> list[Pattern]:
    """Each column as a pattern to compare: by row its box, and what that reads."""
    found: list[Pattern] = [defaultdict(set) for _ in range(unrolled.columns)]
    for box in unrolled.steps:
        if box.column is not None:
            found[box.column][box.row].add((box.kind, box.title))
    for wire in unrolled.wires:
        one, two = wire.source, wire.target
        if two.column is None:
            continue
        if one.column is not None:
            read: Hashable = (one.row, _lag(wire), wire.name if _lag(wire) else None)
        elif one.kind in ("input", "initial"):
            read = (one.kind, one.title)
        else:
            read = one
        found[two.column][two.row].add(read)
    return found


def _refuse(unrolled: Unrolled, column: int, middle: int, row: int) -> NoReturn:
    names = [next((f"{b.title}[t={b.t}]" for b in unrolled.steps if (b.column, b.row) == (c, row)),
                  "nothing") for c in (column, middle)]
    raise ValueError(
        f"draw(..., view='rolled'): one step cannot stand for all, because they are not alike: "
        f"there is {names[0]} and there is {names[1]}, or they read different things. Draw with "
        f"view='steps', or draw the parts of the graph one by one"
    )


def _one_step(unrolled: Unrolled, middle: int) -> tuple[Unrolled, Words]:
    """The column `middle`, with every wire into it, and from it to the blocks at the right."""
    steps = {b.row: _copy(b) for b in unrolled.steps if b.column == middle}
    wires: dict[tuple[object, ...], Wire] = {}
    entering: dict[tuple[str, int, str], Box] = {}
    read: dict[tuple[Box, int], set[int]] = defaultdict(set)
    for wire in unrolled.wires:
        one, two = wire.source, wire.target
        source, target = one, two
        if two.column is not None:
            if two.column != middle and one.kind != "initial":
                continue
            target = steps[two.row]
        if one.kind in ("input", "initial"):
            key = (one.kind, two.row, one.title)
            if key in entering or one.cut:
                continue
            source = entering[key] = _copy(one) if one.kind == "input" else one
        elif one.column is not None:
            if two.column is None:
                read[two, one.row].add(one.column)
            source = steps[one.row]
        lag = _lag(wire) if _between(wire) else 0
        made = Wire(source, target, wire.node, wire.name, lag=lag)
        wires.setdefault((source, target, lag, wire.name if lag else None), made)
    used = {wire.source for wire in wires.values()}
    rolled = Unrolled(
        list(steps.values()), unrolled.ends, [b for b in unrolled.sources if b in used],
        list(entering.values()), list(wires.values()), {},
    )
    bottom = rolled.steps[0]
    return rolled, {(bottom, 0): _times(unrolled, set(range(unrolled.columns)))} | {
        key: _times(unrolled, columns) for key, columns in read.items()
    }


def _copy(box: Box) -> Box:
    """A box that stands for those of all steps."""
    made = Box(box.kind, box.title)
    made.any_step, made.row, made.column = True, box.row, 0 if box.kind != "input" else None
    made.nodes, made.scopes, made.states = box.nodes, box.scopes, box.states
    made.entering, made.output = box.entering, box.output
    return made


def _times(unrolled: Unrolled, columns: set[int]) -> str:
    """Steps in words: ``t = 5``, or ``t = 1 ... 5``."""
    times = sorted({b.t for b in unrolled.steps if b.column in columns and b.t is not None})
    if len(times) < 2:
        return "".join(f"t = {t}" for t in times)
    whole = times == list(range(times[0], times[-1] + 1))
    return f"t = {times[0]} ... {times[-1]}" if whole else f"{count(len(times), 'step')}"

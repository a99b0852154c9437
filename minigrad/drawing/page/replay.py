"""A small model in the page, which runs both sweeps itself, at other weights and inputs.

It has its numbers, its calls for several numbers of steps, and its ops' records as JavaScript.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...engine.node import Node
from ...engine.tensor import Tensor
from ...observe.packing import unpacked
from ..reading.boxes import Box, Unrolled
from ..reading.calls import Calls, OpCall, calls_of, run, settled
from ..reading.values import held_values
from ..reading.walk import walk
from ..render.scene import Scene
from .javascript import Arrays, Untranslatable, frozen, record
from .lengths import lengthened

__all__ = ["NoKnobs", "Replay", "replay"]

_MOST_NUMBERS = 60_000
_MOST_CALLS = 2_000  # of one program
_ALL_CALLS = 4_000
_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40)


class NoKnobs(Exception):
    """The page cannot run the model; the reason is the message."""


class Replay(NamedTuple):
    """data: what `rerun` in 25_tape.js reads. records: the source of its RECORDS."""

    data: dict[str, Any]
    records: str


def replay(output: Tensor, unrolled: Unrolled, scene: Scene) -> Replay:
    """What the page needs to run the calls behind one number. Raises NoKnobs where they are too
    many, where something is not known any more, or an op has no JavaScript."""
    count = sum(node.op is not None for node in unrolled.home)
    if count > _MOST_CALLS:
        raise NoKnobs(f"the model makes {count:,} op calls, and a page runs {_MOST_CALLS:,}")
    if np.size(output._data) != 1:
        raise NoKnobs(f"the result has the shape {output.shape}, and they turn that of one number")
    found = recovered(output, unrolled.home)
    numbers = sum(map(np.size, found.given.values()))
    if numbers > _MOST_NUMBERS:
        raise NoKnobs(
            f"the model has {numbers:,} numbers, and a page carries {_MOST_NUMBERS:,} at most")
    if not all(np.all(np.isfinite(v)) for v in found.given.values() if v is not None):
        raise NoKnobs("some of the model's numbers are not finite")
    try:
        return _written(found, unrolled, scene)
    except Untranslatable as reason:
        raise NoKnobs(f"there is no JavaScript for {reason}") from reason


def recovered(output: Tensor, home: Mapping[Node, Box]) -> Calls:
    """The calls behind `output`, with all that they start from. home: the box of each. Raises
    NoKnobs where something cannot be known any more."""
    root: Any = output._node
    order, _ = walk([root])
    known = held_values(order) | {root: output._data}
    found = calls_of(order, known, unpacked, lambda n: home[n].column if n in home else None)
    values = settled(found, known)
    made = {place for call in found.calls for place in call.results}
    starts = {a for call in found.calls for a in call.args} - made | set(found.leaves.values())
    names = {place: node.name for node, place in found.leaves.items()}
    lost = sorted(starts - values.keys())
    if lost:
        what = f"the weight {names[lost[0]] or ''}" if lost[0] in names else "a constant"
        raise NoKnobs(f"{what} is not there any more: keep the model until the page is made")
    found = found._replace(given={a: values[a] for a in starts}, result=found.places()[root])
    try:
        again = run(found)[found.result]
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        raise NoKnobs(f"the calls cannot be made again ({type(error).__name__})") from error
    if not np.allclose(again, output._data, rtol=1e-4, atol=1e-6, equal_nan=True):
        raise NoKnobs("made again, the calls lead to another result: some of them are random, or "
                      "weights have changed")
    return found


def _written(found: Calls, unrolled: Unrolled, scene: Scene) -> Replay:
    records = _Records(found)
    programs = {}
    given: dict[int, Any] = {}
    steps = unrolled.columns
    room = _ALL_CALLS
    for n in sorted({*_LENGTHS, steps}, key=lambda n: (n != steps, n)):
        if n > max(2 * steps, 10) or (n != steps and n * len(found.calls) / steps > room):
            continue
        made = lengthened(found, n)
        if made is None:
            continue
        try:
            programs[n] = records.program(made)
        except (Untranslatable, ValueError, TypeError, IndexError) as error:
            if n == steps:
                raise Untranslatable(str(error)) from error
            continue
        room -= len(made.calls)
        given |= made.given
    marks = {nodes[-1]: own for own, nodes in scene.nodes.items() if nodes}
    return Replay({
        "values": [[p, list(np.shape(v)), _packed(v)]
                   for p, v in sorted(given.items()) if np.asarray(v).dtype.kind in "fiub"],
        "leaves": {str(p): scene.slugs[marks[n]] for n, p in found.leaves.items() if n in marks},
        "inputs": sorted(_inputs(found, unrolled) - records.fixed),
        "programs": programs, "steps": steps,
        "loss": float(f"{run(found)[found.result].item():.12g}"),  # the same on every processor
        "start": next((b.t for b in unrolled.steps if b.column == 0 and b.t is not None), 1),
    }, f"const ARRAYS = [{','.join(records.arrays.sources)}];\n"
       f"const RECORDS = [\n{','.join(records.sources)}\n];")


def _packed(value: Any) -> list[float] | str:
    """Few numbers as they are, many as the bytes of doubles in base 64."""
    flat = np.ravel(np.asarray(value, "<f8"))
    return flat.tolist() if flat.size <= 16 else base64.b64encode(flat.tobytes()).decode()


def _inputs(found: Calls, unrolled: Unrolled) -> set[int]:
    """The places of the constants that enter the steps as inputs; where none are declared, of the
    arrays that are read in one step alone."""
    readers: dict[int, set[int | None]] = {}
    for call in found.calls:
        for a in call.args:
            if a in found.given and a not in found.leaves.values():
                readers.setdefault(a, set()).add(call.at)
    places = {a for a, at in readers.items() if at != {None}
              and getattr(found.given[a], "dtype", np.dtype(bool)).kind == "f"}
    entering: dict[str, list[Any]] = {"input": [], "initial": []}
    for box in unrolled.entering:
        arrays = [np.asarray(getattr(value, "_data", value)) for _, value in box.entering]
        entering.setdefault(box.kind, []).extend(arrays)

    def is_of(place: int, kind: str) -> bool:
        return any(np.array_equal(found.given[place], array) for array in entering[kind])

    if entering["input"]:
        return {p for p in places if is_of(p, "input")}
    return {p for p in places if len(readers[p]) == 1 and np.ndim(found.given[p]) > 1
            and np.any(found.given[p]) and not is_of(p, "initial")}


class _Records:
    """The records that the calls of all programs are made with, each written once."""

    def __init__(self, found: Calls) -> None:
        self.leaves = set(found.leaves.values())
        self.sources: list[str] = []
        self.places: dict[Any, int] = {}
        self.kinds: dict[Any, list[bool]] = {}  # by op and shapes: which operands are written in
        self.arrays = Arrays()
        self.fixed: set[int] = set()  # places whose values are written into records

    def program(self, made: Calls) -> dict[str, Any]:
        """The calls of a program as [record, args, results, column]."""
        values = run(made)
        active = set(self.leaves)
        calls = []
        for call in made.calls:
            flows = [a in active and rule for a, rule in zip(call.args, _ruled(call), strict=True)]
            if any(flows):
                active.update(call.results)
            place, fixed = self._place(call, [values[a] for a in call.args], flows)
            self.fixed |= {a for a, is_fixed in zip(call.args, fixed, strict=True) if is_fixed}
            calls.append([place, list(call.args), list(call.results), call.at])
        return {"calls": calls, "loss": made.result}

    def _place(
        self, call: OpCall, values: Sequence[Any], flows: Sequence[bool]
    ) -> tuple[int, list[bool]]:
        """The number of a call's record, and which of its operands are written into that."""
        kind = (call.op, frozen(call.params), tuple(map(np.shape, values)), *flows)
        fixed = self.kinds.get(kind)
        key = fixed and (kind, frozen([v for v, on in zip(values, fixed, strict=True) if on]))
        if fixed is None or key not in self.places:
            source, fixed = record(call.op, values, dict(call.params), flows, self.arrays)
            self.kinds[kind] = fixed
            key = (kind, frozen([v for v, on in zip(values, fixed, strict=True) if on]))
            self.places[key] = len(self.sources)
            self.sources.append(source)
        return self.places[key], fixed


def _ruled(call: OpCall) -> list[bool]:
    """Whether each operand can get a cotangent."""
    if call.op.joint is not None or call.op.variadic:
        return [True] * len(call.args)
    return [rule is not None for rule in call.op.rules]

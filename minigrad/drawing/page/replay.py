"""A small model in the page, which runs both sweeps itself, at other weights and inputs.

It has its numbers, its calls for several numbers of steps, and its ops' records as JavaScript.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...errors import MinigradError
from ..reading.boxes import Unrolled
from ..render.scene import Scene
from .calls import Calls, OpCall, run
from .javascript import Untranslatable, record
from .lengths import lengthened

__all__ = ["Replay", "replay"]

_MOST_NUMBERS = 20_000
_MOST_CALLS = 700  # of one program
_ALL_CALLS = 3_000
_LENGTHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40)


class Replay(NamedTuple):
    """data: what `rerun` in 21_tape.js reads. records: the source of its RECORDS."""

    data: dict[str, Any]
    records: str


def replay(found: Calls, unrolled: Unrolled, scene: Scene) -> Replay | None:
    """What the page needs to run the calls behind one number, or None where they are too many, or
    where an op has no JavaScript."""
    given = list(found.given.values())
    if len(found.calls) > _MOST_CALLS or sum(map(np.size, given)) > _MOST_NUMBERS:
        return None
    if not all(np.all(np.isfinite(value)) for value in given):
        return None
    try:
        return _written(found, unrolled, scene)
    except (MinigradError, Untranslatable, ValueError, TypeError, IndexError):
        return None


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
        except (ValueError, TypeError, IndexError):
            if n == steps:
                raise
            continue
        room -= len(made.calls)
        given |= made.given
    marks = {nodes[-1]: own for own, nodes in scene.nodes.items() if nodes}
    return Replay({
        "values": [[p, list(np.shape(v)), [float(x) for x in np.ravel(v)]]
                   for p, v in sorted(given.items()) if np.asarray(v).dtype.kind in "fiub"],
        "leaves": {str(p): scene.slugs[marks[n]] for n, p in found.leaves.items() if n in marks},
        "inputs": _inputs(found, unrolled),
        "programs": programs, "steps": steps, "loss": float(run(found)[found.result].item()),
        "start": next((b.t for b in unrolled.steps if b.column == 0 and b.t is not None), 1),
    }, f"const RECORDS = [\n{','.join(records.sources)}\n];")


def _inputs(found: Calls, unrolled: Unrolled) -> list[int]:
    """The places of the constants that enter the steps as inputs."""
    entering = [np.asarray(getattr(value, "_data", value))
                for box in unrolled.entering if box.kind == "input" for _, value in box.entering]
    arrays = [array for array in entering if array.dtype.kind == "f"]
    places = {a for call in found.calls if call.at is not None
              for a in call.args if a in found.given and a not in found.leaves.values()}
    return [p for p in sorted(places) if any(np.array_equal(found.given[p], a) for a in arrays)]


class _Records:
    """The records that the calls of all programs are made with, each written once."""

    def __init__(self, found: Calls) -> None:
        self.leaves = set(found.leaves.values())
        self.sources: list[str] = []
        self.places: dict[Any, int] = {}

    def program(self, made: Calls) -> dict[str, Any]:
        """The calls of a program as [record, args, results, column]."""
        values = run(made)
        active = set(self.leaves)
        calls = []
        for call in made.calls:
            flows = [a in active and rule for a, rule in zip(call.args, _ruled(call), strict=True)]
            if any(flows):
                active.update(call.results)
            calls.append([
                self._place(call, [values[a] for a in call.args], flows), list(call.args),
                list(call.results), call.at,
            ])
        return {"calls": calls, "loss": made.result}

    def _place(self, call: OpCall, values: Sequence[Any], flows: Sequence[bool]) -> int:
        key = (call.op, repr(sorted(call.params.items())), tuple(map(np.shape, values)), *flows)
        if key not in self.places:
            source = record(call.op, values, dict(call.params), flows)
            self.places[key] = len(self.sources)
            self.sources.append(source)
        return self.places[key]


def _ruled(call: OpCall) -> list[bool]:
    """Whether each operand can get a cotangent."""
    if call.op.joint is not None or call.op.variadic:
        return [True] * len(call.args)
    return [rule is not None for rule in call.op.rules]

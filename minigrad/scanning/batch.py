"""Which axis of a step is a batch: rows that no op lets meet, so that they can be run apart.

Axes are one where an op carries entries along them place by place, as axis 0 of h, of h @ U and of
h @ U + b. An axis along which an op sums, sorts, cuts or shifts is mixed, and so is every axis of
an op of which nothing is said here. An axis of the state that is nowhere mixed is a batch: a row of
every result depends on that row alone, and the gradient of what the rows share is a sum over them.
"""

from __future__ import annotations

from dataclasses import dataclass

from .carried import carried, made_to_measure
from .program import Equation, Program, Var

__all__ = ["Batch", "batch_of"]

Place = tuple[Var, int]


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """size: how many rows there are. axis: where they are, in each variable that has them."""

    size: int
    axis: dict[Var, int]

    def __str__(self) -> str:
        v, axis = next(iter(self.axis.items()))
        return f"no op mixes axis {axis} of {v.name or 'the state'}"


def batch_of(program: Program, live: dict[str, list[int]]) -> Batch | str:
    """The batch of a step, or in words why there is none.

    live: which parts of the state, and of the outputs, a gradient comes back to. They must have
    the rows: what has none is the same in every share, and its cotangent would count for each.
    """
    axes = _Axes(program)
    tried = [(v, axis) for v in program.inputs["state"] for axis in range(len(v.shape))]
    reasons = []
    for place in tried:
        found = axes.of(place)
        reason = _against(found, axes, program, live, place)
        if reason is None:
            return Batch(place[0].shape[place[1]], dict([place, *found]))
        reasons.append(reason)
    return reasons[0] if reasons else "the state has no axis"


def _against(
    found: list[Place], axes: _Axes, program: Program, live: dict[str, list[int]], place: Place
) -> str | None:
    v, axis = place
    what = f"axis {axis} of {v.name or 'the state'}"
    if v.shape[axis] < 2:
        return f"{what} has {v.shape[axis]} rows"
    for one in found:
        if one in axes.mixed:
            equation = axes.mixed[one]
            return f"{equation.op.name} ({equation.line.rpartition('/')[2]}) mixes {what}"
    there = {v for v, _ in found}
    if len(there) < len(found):
        return f"rows of {what} meet each other"
    for group, places in live.items():
        if any(program.outputs[group][k] not in there for k in places):
            return f"a result that has a gradient ({group}) has not {what}"
    return None


class _Axes:
    """Which axes are one, and which are mixed, by what."""

    def __init__(self, program: Program) -> None:
        self._root: dict[Place, Place] = {}
        self.mixed: dict[Place, Equation] = {}
        for equation in program.equations:
            self._read(equation)
        for before, after in zip(program.inputs["state"], program.outputs["state"], strict=True):
            for axis in range(len(before.shape)):
                self._join((before, axis), (after, axis))

    def _read(self, equation: Equation) -> None:
        links = list(carried(equation))
        free = {place for pair in links for place in pair} | set(made_to_measure(equation))
        for a, b in links:
            self._join(a, b)
        for v in (*equation.uses(), *equation.outs):
            for axis, n in enumerate(v.shape):
                if n > 1 and (v, axis) not in free:
                    self.mixed.setdefault((v, axis), equation)

    def _join(self, a: Place, b: Place) -> None:
        self._root[self._find(a)] = self._find(b)

    def _find(self, place: Place) -> Place:
        root = place
        while (above := self._root.get(root, root)) != root:
            root = above
        self._root[place] = root
        return root

    def of(self, place: Place) -> list[Place]:
        """All axes that are one with that one."""
        root = self._find(place)
        return [other for other in list(self._root) if self._find(other) == root]

"""Two loops over time and what stands around them: what the passes rewrite, and what is emitted.

Without passes every equation is in a loop. A pass moves equations out of it: to where they run
once, as they depend on weights alone, or for all steps at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .program import Equation, Program, Sum, Var

__all__ = ["Loop", "Loops"]


@dataclass(eq=False, slots=True)
class Loop:
    """One direction.

    once: before the loop, on what is the same at every step. ahead: before it, for all steps at
    once. body: at every step. behind: after the loop, for all steps at once. sums: after the loop.
    """

    once: list[Equation] = field(default_factory=list)
    ahead: list[Equation] = field(default_factory=list)
    body: list[Equation] = field(default_factory=list)
    behind: list[Equation] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Loops:
    """The loops of a step and of its transpose, with their programs for inputs and outputs.

    live: which parts of the state and of the output have a cotangent.
    buffers: whether results are written into arrays that are made before the loop.
    """

    forward: Program
    backward: Program | None
    live: dict[str, list[int]]
    first: Loop
    second: Loop
    buffers: bool = False
    done: list[str] = field(default_factory=list)  # what the passes did, for `explain`

    def constant(self) -> set[Var]:
        """What is the same at every step."""
        found = set(self.forward.inputs["captured"])
        for equation in (*self.first.once, *self.second.once):
            found.update(equation.outs)
        return found

    def saved(self) -> list[Var]:
        """What the backward loop and what is around it read of the forward one's steps."""
        made = {v for e in self._second() for v in e.outs}
        if self.backward is None:
            return []
        made |= set(self.backward.inputs["state"]) | set(self.backward.inputs["y"])
        made |= self.constant()
        read = [v for e in self._second() for v in e.uses()]
        read += [v for s in self.second.sums for v in s.uses()]
        read += [v for g in self.backward.outputs.values() for v in g if isinstance(v, Var)]
        return [v for v in dict.fromkeys(read) if v not in made]

    def _second(self) -> list[Equation]:
        loop = self.second
        return [*loop.once, *loop.ahead, *loop.body, *loop.behind]


def loops_of(forward: Program, backward: Program | None, live: dict[str, list[int]]) -> Loops:
    """Everything at every step, but the sums that wait for the end."""
    second = Loop() if backward is None else Loop(
        body=list(backward.equations), sums=list(backward.sums)
    )
    return Loops(forward, backward, live, Loop(body=list(forward.equations)), second)


def outputs_of(program: Program, group: str) -> list[Any]:
    """The atoms of one group of outputs that are variables."""
    return [v for v in program.outputs[group] if isinstance(v, Var)]

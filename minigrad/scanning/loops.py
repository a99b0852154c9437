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
    once; or in the loop, for so many `steps` at once, which then have a loop within it. body: at
    every step. behind: after the loop, for all steps at once. sums: after the loop.
    """

    once: list[Equation] = field(default_factory=list)
    ahead: list[Equation] = field(default_factory=list)
    body: list[Equation] = field(default_factory=list)
    behind: list[Equation] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    steps: int = 0


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
        if self.backward is None:
            return []
        made = set(self.backward.inputs["state"]) | set(self.backward.inputs["y"])
        made |= {v for e in self._second() for v in e.outs} | self.constant()
        return [v for v in self.read_again() if v not in made]

    def read_again(self) -> list[Var]:
        """What is read in the backward direction, whatever it is."""
        read = [v for e in self._second() for v in e.uses()]
        read += [v for s in self.second.sums for v in s.uses()]
        if self.backward is not None:
            groups = self.backward.outputs.values()
            read += [v for group in groups for v in group if isinstance(v, Var)]
        return list(dict.fromkeys(read))

    def held(self) -> set[Var]:
        """What has to stay a variable of its own: it is read by others than the loop bodies."""
        found = {v for loop in (self.first, self.second) for e in loop.behind for v in e.uses()}
        found |= {v for s in self.second.sums for v in s.uses()}
        for program in (self.forward, self.backward):
            if program is not None:
                found |= {v for group in program.outputs for v in outputs_of(program, group)}
        return found

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

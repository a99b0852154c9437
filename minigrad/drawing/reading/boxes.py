"""The vocabulary of the step view: boxes, the tracks that they form along time, and wires."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal, NamedTuple

from ...engine.context import Scope
from ...engine.node import Node

__all__ = ["Box", "Kind", "Track", "Unrolled", "Wire", "along"]

Kind = Literal["step", "block", "source", "weight", "initial", "input"]
"""What a box is: the ops of one scope at one step; ops without a step, after or before them; a
leaf that requires grad; a state or an input that enters from outside."""


class Box:
    """One box of the picture and what it stands for."""

    def __init__(
        self, kind: Kind, title: str, *, t: int | None = None, track: Track | None = None
    ) -> None:
        self.kind, self.title, self.t, self.track = kind, title, t, track
        self.nodes: list[Node] = []  # in the order of execution
        self.scopes: list[Scope] = []
        self.path: tuple[str, ...] | None = None  # of a block: its scope
        self.entering: list[tuple[str, Any]] = []  # what its scopes name as entering
        self.states: dict[str, Node | None] = {}  # what it hands on along time, by name
        self.column: int | None = None
        self.row = 0
        self.any_step = False  # whether it stands for all steps, in the rolled view
        self.cut = False  # of an initial state: whether it came from earlier steps
        self.output = False  # whether it holds a tensor that the picture was asked for

    @property
    def at(self) -> str:
        """Its step, as a label says it."""
        return "t" if self.any_step else "" if self.t is None else str(self.t)

    @property
    def scalar(self) -> bool:
        """Whether its result is one number, as a loss is."""
        return bool(self.nodes) and self.nodes[-1].shape == ()

    @property
    def direction(self) -> int:
        """1 where time runs forward in its track, -1 where it runs backward."""
        return (self.track.direction if self.track else 0) or 1

    def __repr__(self) -> str:
        return f"<{self.kind} {self.title}{'' if self.t is None else f'[t={self.t}]'}>"


class Track:
    """The boxes of one scope along time.

    A scope that starts over, in a new window or in another layer of the same name, is a new track.
    """

    def __init__(self, path: tuple[str, ...], order: int) -> None:
        self.path, self.order = path, order
        self.boxes: dict[int, Box] = {}  # by step, in the order of execution
        self.row = 0
        self.direction = 0
        self._last: int | None = None

    def takes(self, t: int) -> bool:
        """Whether step t goes on in this track's direction of time."""
        return self._last is None or t == self._last or self.direction in (0, self._turn(t))

    def _turn(self, t: int) -> int:
        return 1 if self._last is None or t > self._last else -1

    def box(self, t: int) -> Box:
        """The box of step t, made when it is new."""
        if self._last is not None and t != self._last:
            self.direction = self._turn(t)
        self._last = t
        if t not in self.boxes:
            self.boxes[t] = Box("step", self.path[-1], t=t, track=self)
        return self.boxes[t]

    def neighbours(self) -> list[tuple[Box, Box]]:
        """The pairs of boxes that follow one another in the order of execution."""
        boxes = list(self.boxes.values())
        return list(pairwise(boxes))


class Wire(NamedTuple):
    """A value that goes from one box to another. A cut one carries values but no gradient.

    lag: in the rolled view, how many steps later it is read; 0 within a step.
    """

    source: Box
    target: Box
    node: Node | None
    name: str | None = None
    cut: bool = False
    lag: int = 0


def along(source: Box, target: Box) -> bool:
    """Whether a wire between them goes along time: from a scope to itself at another step."""
    one, two = source.track, target.track
    return one is not None and two is not None and one.path == two.path


class Unrolled(NamedTuple):
    """A graph as boxes and wires; `home` gives the box of every node."""

    steps: list[Box]  # in columns and rows, with the blocks between steps
    ends: list[Box]  # what has no time step and comes after all steps, or beside them
    sources: list[Box]  # weights, and what is computed before all steps
    entering: list[Box]  # inputs and initial states
    wires: list[Wire]
    home: dict[Node, Box]

    @property
    def columns(self) -> int:
        return 1 + max((b.column for b in self.steps if b.column is not None), default=-1)

"""A run of a model written down: every call of an op, with its values, its step and its line.

What is recorded is what a derivation by hand starts from: the user's own equations at every step,
under the user's own names. A call is known again at other steps by its place, so that "the same
factor of step t - 1" can be asked for.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor
from minigrad.engine.arguments import apply
from minigrad.engine.context import Scope, local
from minigrad.engine.node import Node
from minigrad.engine.op import Op
from minigrad.scanning.atoms import leaves, replaced

__all__ = ["Call", "Line", "Place", "Quantity", "Recording", "recording"]

Array = np.ndarray[Any, Any]


class Line(NamedTuple):
    """A line of source: its file, its number and its text."""

    file: str
    number: int
    text: str

    def __str__(self) -> str:
        return f"{self.file.rpartition('/')[2]}:{self.number}"


class Place(NamedTuple):
    """Where in a step a call stands: the scope of the step, its number there, and its op."""

    block: str
    number: int
    op: str


@dataclass(eq=False, repr=False, slots=True)
class Quantity:
    """An array of the run. name: what the user's code calls it, "" for what has no name.

    call, part: whose result it is, and the how-manieth; None for what the run begins with.
    active: whether it depends on a parameter. t, block: the step that made it.
    """

    array: Array
    active: bool
    leaf: bool
    call: Call | None = None
    part: int = 0
    name: str = ""

    @property
    def t(self) -> int | None:
        return None if self.call is None else self.call.t


@dataclass(eq=False, repr=False, slots=True)
class Call:
    """``outs = op(*args, **params)`` in one step: args and params hold Quantities and constants."""

    op: Op
    args: tuple[Any, ...]
    params: Mapping[str, Any]
    outs: list[Quantity]
    place: Place
    t: int | None
    line: Line

    @property
    def here(self) -> tuple[str, int | None]:
        """The step that it belongs to."""
        return self.place.block, self.t

    def values(self) -> Iterator[Quantity]:
        """What it reads and what it makes."""
        yield from (a for a in leaves((self.args, self.params)) if isinstance(a, Quantity))
        yield from self.outs


@dataclass(eq=False)
class Recording:
    """The calls of a run, in their order."""

    calls: list[Call] = field(default_factory=list)
    _values: dict[Any, tuple[Any, Quantity]] = field(default_factory=dict)
    _names: dict[Any, dict[str, None]] = field(default_factory=dict)
    _counts: dict[tuple[str, int | None], int] = field(default_factory=dict)
    _at: dict[tuple[Place, int | None], Call] = field(default_factory=dict)

    # -- while it runs

    def __call__(self, op: Op, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """What is called in the place of an op."""
        before = local.state
        local.state = before.but(tracer=None)
        try:
            result = apply(op, args, params)
        finally:
            local.state = before
        outs = result if op.multiple else (result,)
        if all(isinstance(out, Tensor) for out in outs):
            frames = _users_frames()
            self._read(frames)
            given = replaced((tuple(args), dict(params)), self._value)
            block, t = _step(before.scope)
            number = self._counts[block, t] = self._counts.get((block, t), -1) + 1
            read, keywords = given
            call = Call(
                op, read, keywords, [self.value(out) for out in outs],
                Place(block, number, op.name), t, _line(frames),
            )
            for part, out in enumerate(call.outs):
                out.call, out.part = call, part
            self.calls.append(call)
            self._at[call.place, t] = call
        return result

    def call_it(self, tensor: Any, name: str) -> None:
        """Give a tensor a name that goes before those in the user's code."""
        if isinstance(tensor, Tensor):
            self._names[_key(tensor)] = {name: None, **self._names.get(_key(tensor), {})}

    def value(self, given: Any) -> Quantity:
        """The value that a Tensor or an array stands for."""
        key = _key(given)
        if key not in self._values:
            node = given._node if isinstance(given, Tensor) else None
            array = np.array(given._data if isinstance(given, Tensor) else given)
            made = Quantity(array, node is not None, node is not None and node.pullback is None)
            self._values[key] = given, made  # the first is held, so that no id is used twice
        return self._values[key][1]

    def _value(self, leaf: Any) -> Any:
        return self.value(leaf) if isinstance(leaf, Tensor | np.ndarray) else leaf

    def _read(self, frames: list[Any]) -> None:
        """Take the names of the tensors that are bound now."""
        for frame in frames:
            for name, bound in frame.f_locals.items():
                if isinstance(bound, Tensor):
                    self._names.setdefault(_key(bound), {}).setdefault(name)

    def finish(self, named: Mapping[str, Tensor]) -> None:
        """Settle the names: parameters have those of their module, results those of the code."""
        for name, tensor in named.items():
            self.call_it(tensor, name)
        taken: dict[tuple[Any, str], Quantity] = {}
        for key, (_, value) in self._values.items():
            value.name = next(iter(self._names.get(key, ())), "")
        for call in self.calls:
            for out in call.outs:
                if out.name:
                    earlier = taken.get((call.here, out.name))
                    if earlier is not None and earlier is not out:
                        earlier.name = f"pre_{out.name}"
                    taken[call.here, out.name] = out

    # -- questions

    def known(self, tensor: Tensor) -> Quantity | None:
        """The value of a tensor that the run has met."""
        return self._values[_key(tensor)][1] if _key(tensor) in self._values else None

    def nodes(self) -> dict[Quantity, Node]:
        """The nodes of all values that are on the tape."""
        return {value: key for key, (_, value) in self._values.items() if isinstance(key, Node)}

    def at(self, call: Call, t: int | None) -> Call | None:
        """The call that stands at the same place in step t, if there is one."""
        return self._at.get((call.place, t))


@contextmanager
def recording() -> Iterator[Recording]:
    """Write down what this thread runs."""
    made, before = Recording(), local.state
    local.state = before.but(tracer=made)
    try:
        yield made
    finally:
        local.state = before


def _key(given: Any) -> Any:
    """What tells a tensor from others: its node on the tape, or else its array."""
    node = given._node if isinstance(given, Tensor) else None
    return node if node is not None else id(given._data if isinstance(given, Tensor) else given)


def _step(scope: Scope | None) -> tuple[str, int | None]:
    """The step that a scope belongs to: the names down to the innermost that has one, and t."""
    chain = [] if scope is None else list(scope.chain())
    while chain and scope is not None and scope.step is not None and chain[0].t is None:
        chain.pop(0)
    return "/".join(s.name for s in reversed(chain)), None if scope is None else scope.step


_OURS: tuple[str, ...] = ("minigrad", "rnn")
_READ = ("step", "loss")


def _users_frames() -> list[Any]:
    """The functions that are running, the innermost first, but those of the packages: of their
    cells and lessons, what is called ``step`` or ``loss``."""
    found: list[Any] = []
    frame: Any = sys._getframe(2)
    while frame is not None:
        owner = frame.f_globals.get("__name__", "").partition(".")[0]
        # In a console, too, a file is "<…>"; that of generated code belongs to no module.
        written = owner or not frame.f_code.co_filename.startswith("<")
        if written and (owner not in _OURS or frame.f_code.co_name in _READ):
            found.append(frame)
        frame = frame.f_back
    return found


def _line(frames: list[Any]) -> Line:
    if not frames:
        return Line("", 0, "")
    file, number = frames[0].f_code.co_filename, frames[0].f_lineno
    return Line(file, number, linecache.getline(file, number).strip())

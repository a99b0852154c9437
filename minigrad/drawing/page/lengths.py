"""The same recurrence over another number of steps: its calls for fewer or more of them.

A step that comes after those that were run is a copy of one of them, with the inputs of that one;
what reads all steps, such as a stack of outputs or a sum of losses, reads the new ones too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.op import OPS
from ..reading.calls import Calls, OpCall

__all__ = ["lengthened"]

Where = tuple[int, int, int]  # of a result: its column, the place of its call there, which result


def lengthened(found: Calls, steps: int) -> Calls | None:
    """The calls for `steps` steps, or None where that has no meaning."""
    columns: list[list[OpCall]] = []
    for call in found.calls:
        if call.at is not None:
            columns += [[] for _ in range(call.at + 1 - len(columns))]
            columns[call.at].append(call)
    if steps == len(columns):
        return found
    outside = _with_tails(columns, [call for call in found.calls if call.at is None])
    return _Other(found, columns, outside, steps).made()


def _with_tails(columns: list[list[OpCall]], outside: list[OpCall]) -> list[OpCall]:
    """Add to each step what is computed of it alone behind the steps, such as its loss, if that is
    so for every step; the other calls."""
    owner = {p: c for c, calls in enumerate(columns) for call in calls for p in call.results}
    made = {place for call in outside for place in call.results}
    tails: list[list[OpCall]] = [[] for _ in columns]
    for call in outside:
        read = {owner[a] for a in call.args if a in owner}
        if len(read) == 1 and all(a in owner or a not in made for a in call.args):
            (own,) = read
            tails[own].append(call)
            owner.update(dict.fromkeys(call.results, own))
    common = min(map(len, tails))  # a sum of losses begins with that of the first step
    for calls, tail in zip(columns, tails, strict=True):
        calls += tail[:common]
    moved = {id(call) for tail in tails for call in tail[:common]}
    return [call for call in outside if id(call) not in moved]


class _Other:
    """A recurrence over other steps, as it is made."""

    def __init__(
        self, found: Calls, columns: Sequence[Sequence[OpCall]], outside: Sequence[OpCall],
        steps: int,
    ) -> None:
        self.found, self.columns, self.steps, self.count = found, columns, steps, len(columns)
        self.where: dict[int, Where] = {
            place: (c, k, r)
            for c, calls in enumerate(columns)
            for k, call in enumerate(calls)
            for r, place in enumerate(call.results)
        }
        read = {a for calls in columns for call in calls for a in call.args}
        self.before: list[OpCall] = []  # the steps read it
        self.after: list[OpCall] = []
        for call in reversed(outside):
            if read.intersection(call.results):
                read.update(call.args)
                self.before.insert(0, call)
            else:
                self.after.insert(0, call)
        self.given = dict(found.given)
        everything = [a for call in found.calls for a in (*call.args, *call.results)]
        self.next = max([*everything, *self.given], default=0) + 1
        self.new: dict[Where, int] = {}  # the places of the results of all steps
        self.moved: dict[int, int] = {}  # what stands for a place of the calls after the steps
        self.calls: list[OpCall] = []

    def made(self) -> Calls | None:
        first = self._first_alike()
        if not first or any(a in self.where for c in self.before for a in c.args):
            return None
        self.calls += self.before
        for at in range(self.steps):
            again = first + (at - first) % (self.count - first)
            if not self._step(at, at if at < self.count else again):
                return None
        for call in self.after:
            if not self._outside(call):
                return None
        result = self._elsewhere(self.found.result)
        if result is None:
            return None
        return self.found._replace(calls=self.calls, given=self.given, result=result)

    def _first_alike(self) -> int | None:
        """The first step from which on all do the same, each reading what was before it."""

        def form(at: int) -> list[Any]:
            return [
                (call.op, len(call.results), [
                    (at - self.where[a][0], *self.where[a][1:]) if a in self.where else
                    (a if a not in self.given or a in self.found.leaves.values() else None)
                    for a in call.args
                ])
                for call in self.columns[at]
            ]

        forms = [form(at) for at in range(self.count)]
        if any(one[0] < 0 for calls in forms for _, _, args in calls for one in args
               if isinstance(one, tuple)):
            return None  # a step reads a later one
        first = self.count - 1
        while first > 1 and forms[first - 1] == forms[-1]:
            first -= 1
        return first

    def _step(self, at: int, source: int) -> bool:
        """Make the calls of one step, as those of another."""
        for k, call in enumerate(self.columns[source]):
            args = []
            for a in call.args:
                if a in self.where:
                    c, kk, r = self.where[a]
                    a = self.new.get((c + at - source, kk, r), -1)
                    if a < 0:
                        return False
                args.append(a)
            self._call(call, args, at, k)
        return True

    def _call(self, call: OpCall, args: Sequence[int], at: int | None = None, k: int = 0) -> None:
        results = []
        for r, place in enumerate(call.results):
            own = place
            if at is not None and at >= self.count:
                own, self.next = self.next, self.next + 1
            if at is not None:
                self.new[at, k, r] = own
            results.append(own)
        own_step = at if call.at is not None else None
        self.calls.append(call._replace(args=tuple(args), results=tuple(results), at=own_step))

    def _elsewhere(self, place: int) -> int | None:
        """What stands for a result: of the last step that of the new last one."""
        if place in self.moved:
            return self.moved[place]
        if place not in self.where:
            return place
        c, k, r = self.where[place]
        return self.new.get((self.steps - 1 if c == self.count - 1 else c, k, r))

    def _outside(self, call: OpCall) -> bool:
        """A call after the steps: of all of them, of the last one, or one of a chain of sums."""
        steps = [self.where[a] for a in call.args if a in self.where]
        if call.op.variadic and [s[0] for s in steps] == list(range(self.count)):
            return self._all(call, steps)
        if call.op is OPS["add"] and len(steps) == 1 and len(call.args) == 2:
            return self._sum(call, steps[0])
        args = [self._elsewhere(a) for a in call.args]
        if any(a is None for a in args):
            return False
        made = call._replace(params=self._resized(call.params))
        self._call(made, [self._cycled(a, call) for a in args if a is not None])
        return True

    def _all(self, call: OpCall, steps: Sequence[Where]) -> bool:
        """A call that reads one result of every step."""
        if len(steps) != len(call.args):
            return False
        last = self.count - 1
        self._call(call, [self.new[at, *steps[min(at, last)][1:]] for at in range(self.steps)])
        return True

    def _sum(self, call: OpCall, read: Where) -> bool:
        """One of a chain of sums, that of step c: left out, or with those of further steps."""
        (rest,) = [a for a in call.args if a not in self.where]
        at, before = read[0], self._elsewhere(rest)
        if before is None:
            return False
        if at >= self.steps:
            self.moved[call.results[0]] = before
            return True
        self._call(call, [before, self.new[read]])
        if at == self.count - 1:
            for more in range(self.count, self.steps):
                last = self.calls[-1].results[0]
                self.calls.append(call._replace(
                    args=(last, self.new[more, *read[1:]]), results=(self.next,)))
                self.next += 1
            self.moved[call.results[0]] = self.calls[-1].results[0]
        return True

    def _resized(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Keywords with a shape whose first axis holds the steps."""
        shape = params.get("shape")
        if isinstance(shape, tuple) and shape and shape[0] % self.count == 0:
            return {**params, "shape": (shape[0] // self.count * self.steps, *shape[1:])}
        return dict(params)

    def _cycled(self, place: int, call: OpCall) -> int:
        """A constant with an entry for each step has one for each of the new ones."""
        value: Any = self.given.get(place)
        shape = () if value is None else np.shape(value)
        if place in self.found.leaves.values() or not shape:
            return place
        if shape[0] != self.count or call.node.shape[:1] != (self.count,):
            return place
        own, self.next = self.next, self.next + 1
        self.given[own] = value[[k % self.count for k in range(self.steps)]]
        return own

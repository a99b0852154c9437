"""A recorded run, read backwards: the rule of every use, and what its operands stand for.

The cotangent of each value is the sum of what its uses contribute, each by the rule of its op; the
gradient of a parameter is the sum of those terms over all uses at all steps. A derivation with a
mistake has another expression at one of these uses (`sweeps` computes it).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine.op import OPS

from .batched import Known
from .expressions import Apply, Atom, Const, Expr, each, rules_of, substituted
from .recording import Call, Place, Quantity, Recording

__all__ = ["Derivation", "Use", "operand"]

Array = np.ndarray[Any, Any]


class Use(NamedTuple):
    """An argument of a call, at the same place in every step."""

    place: Place
    slot: int


class Derivation:
    """A recorded run, backwards.

    losses: the values whose sum is the loss. steps: the steps that there are. calls: in the order
    of the derivation; by_step: the same, the calls of a step together. rules: of each call, by the
    argument that they are for. leaves: the parameters, as values.
    """

    def __init__(
        self, run: Recording, losses: Sequence[Quantity], steps: Sequence[int]
    ) -> None:
        self.run, self.losses, self.steps = run, list(losses), list(steps)
        self.calls = _backwards(run.calls, self.losses)
        self.by_step = [list(group) for _, group in itertools.groupby(self.calls, lambda c: c.here)]
        self.order = {call: k for k, call in enumerate(self.calls)}
        self.rules = {call: rules_of(call) for call in self.calls}
        self.leaves = list(dict.fromkeys(
            call.args[slot] for call in self.calls for slot in self.rules[call]
            if call.args[slot].leaf
        ))
        self.known: dict[Call, Known] = {call: {} for call in self.calls}  # see `batched`
        self._places: dict[Place, list[Call]] = {}
        self._readers: dict[Quantity, list[tuple[Call, int]]] = {}
        for call in self.calls:
            self._places.setdefault(call.place, []).append(call)
            for slot in self.rules[call]:
                self._readers.setdefault(call.args[slot], []).append((call, slot))
        self._written: dict[tuple[Call, int], Expr] = {}
        self._moved: dict[tuple[int, int], tuple[Expr, Expr, Expr]] = {}

    # -- where things stand

    def places(self) -> list[list[Call]]:
        """The calls by their place, the last step of each first."""
        return list(self._places.values())

    def at_place(self, place: Place) -> list[Call]:
        """The calls that stand there, the last step first."""
        return self._places[place]

    def readers(self, value: Quantity | None) -> list[tuple[Call, int]]:
        """The arguments that a value is, by call and slot, as far as it is differentiated."""
        return [] if value is None else self._readers.get(value, [])

    def leaves_step(self, call: Call, slot: int) -> bool:
        """Whether an argument is a parameter, or comes from another step: one derives what it gets
        when all of the step itself is known."""
        made = call.args[slot].call
        return made is None or made.here != call.here

    # -- what operands are

    def value(self, a: Atom, call: Call) -> Any:
        """What an atom that is no cotangent stands for in a call."""
        base = call if a.call is None else self.run.at(a.call, call.t)
        if base is None:  # this step does without, as one that has no loss
            assert a.call is not None
            return np.zeros_like(operand(a.call, a).array)
        return _number(self._shifted(base, a))

    def varies(self, a: Atom, call: Call) -> bool:
        """Whether an operand differs from step to step, as parameters do not."""
        base = call if a.call is None else self.run.at(a.call, call.t)
        if base is None or base.t is None:
            return False
        own = operand(base, a)
        others = [self.run.at(base, t) for t in self.steps if t != base.t]
        return isinstance(own, Quantity) and any(
            other is not None and operand(other, a) is not own for other in others
        )

    def _shifted(self, base: Call, a: Atom) -> Any:
        own = operand(base, a)
        if not a.by or base.t is None or not isinstance(own, Quantity):
            return own.array if isinstance(own, Quantity) else own
        there = self.run.at(base, base.t + a.by)
        if there is not None:
            return operand(there, a).array
        maker = own.call
        if a.by > 0 and maker is not None and maker.t == base.t - a.by:  # a state, carried on
            after = self.run.at(maker, base.t)
            if after is not None:
                return after.outs[own.part].array
        if a.edge == "own":
            return own.array
        if a.edge == "last" and (last := self.run.at(base, self.steps[-1])) is not None:
            maker = operand(last, a).call
            carried = maker is not None and maker.t is not None and maker.t < last.t
            after = self.run.at(maker, last.t) if carried else None
            return (after.outs[operand(last, a).part] if after else operand(last, a)).array
        return np.zeros_like(own.array)

    # -- rules

    def written(self, call: Call, slot: int) -> Expr:
        """The rule for an argument as one writes it: what has no name is written out."""
        if (call, slot) not in self._written:
            rule = self.rules[call][slot]
            changes = {
                id(a): self._inline(operand(call, a), a) for a in each(rule)
                if isinstance(a, Atom) and not a.live
            }
            self._written[call, slot] = substituted(rule, changes)
        return self._written[call, slot]

    def _inline(self, value: Any, a: Atom) -> Expr:
        made = value.call if isinstance(value, Quantity) else None
        if made is None or value.name or not (made.op.elementwise or made.op is OPS["matmul"]):
            return a
        args: list[Expr] = []
        for k, given in enumerate(made.args):
            if not isinstance(given, Quantity):
                args.append(Const(given))
                continue
            inner = Atom("arg", k, made)
            args.append(self._inline(given, inner))
        return Apply(made.op, tuple(args), dict(made.params), 0)

    def moved(self, expression: Expr, call: Call, slot: int) -> Expr:
        """An expression that was made of the rule of one step, for another with its constants."""
        rule = self.rules[call][slot]
        key = id(expression), id(rule)
        if key not in self._moved:
            first = next(
                other for other in self.at_place(call.place) if slot in self.rules[other]
            )
            changes: dict[int, Expr] = {}
            if self.rules[first][slot] is not rule:
                pairs = [(self.rules[first][slot], rule),
                         (self.written(first, slot), self.written(call, slot))]
                for old, new in pairs:
                    parts = each(old), each(new)
                    if len(parts[0]) != len(parts[1]):  # the step does something else there
                        return rule
                    changes |= {id(a): b for a, b in zip(*parts, strict=True)}
            self._moved[key] = expression, rule, substituted(expression, changes)
        return self._moved[key][2]

def operand(call: Call, a: Atom) -> Any:
    """What an atom stands for in its own call: a value, or a constant."""
    return call.args[a.index] if a.kind == "arg" else call.outs[a.index]


def _number(array: Any) -> Any:
    kind = getattr(array, "dtype", np.dtype(float)).kind
    return array.astype(float) if kind == "f" else array


def _backwards(calls: Sequence[Call], losses: Sequence[Quantity]) -> list[Call]:
    """The calls on which the losses depend by way of what has a gradient, the last step first.

    In a step those come last that are nearest to what it starts from, so that what is derived side
    by side is known side by side. The calls of the losses themselves come before all others.
    """
    wanted, kept = set(losses), []
    for call in reversed(calls):
        if not wanted.isdisjoint(call.outs):
            kept.append(call)
            wanted.update(a for a in call.values() if a.active and a not in call.outs)
    group: dict[tuple[str, int | None], int] = {}
    for call in kept:
        group.setdefault(call.here, len(group))
    height: dict[Call, int] = {}
    for call in reversed(kept):
        below = [a.call for a in call.values() if a.call is not None and a not in call.outs]
        height[call] = 1 + max((height.get(c, 0) for c in below if c.here == call.here), default=0)
    ends = {loss.call.place.block for loss in losses if loss.call is not None}
    if ends >= {call.place.block for call in kept}:
        ends = set()
    ordered = sorted(kept, key=lambda c: (c.place.block not in ends, group[c.here], -height[c]))
    return ordered if _is_backwards(ordered) else kept


def _is_backwards(calls: Sequence[Call]) -> bool:
    """Whether every call stands before those that it reads from."""
    seen: set[Call] = set()
    for call in calls:
        seen.add(call)
        if any(a.call in seen for a in call.values() if a not in call.outs):
            return False
    return True

"""The catalogue of mistakes in a derivation, generated from the equations that the user wrote.

For every use of a value in a step, every variant of its rule; and it may stand wherever the rule
does, only in what is carried to other steps, or only in the gradients of the step's parameters.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.engine.op import OPS

from .batched import evaluate
from .derivation import Derivation, Use
from .expressions import Atom, Const, Expr, each, make, substituted
from .merging import merged
from .recording import Call, Quantity
from .variants import Change, Near, Variant, variants

__all__ = ["Both", "RuleMistake", "rule_mistakes"]


@dataclass(eq=False, slots=True)
class RuleMistake:
    """A derivation that differs from the right one in one place.

    uses: the arguments of calls whose rules are other expressions, and these. change: what it is.
    scope: "", "carry" or "use", as for Rows. cost: how far it is to seek. right: what it is a
    mistake in, where that is not the rule at the first use.
    """

    uses: dict[Use, Expr]
    change: Change
    scope: str
    cost: float
    right: Expr | None = None

    @property
    def parts(self) -> list[tuple[dict[Use, Expr], str]]:
        """As ``Rows`` takes it."""
        return [(self.uses, self.scope)]

    @property
    def linear(self) -> bool:
        """Whether what it leads to is still proportional to the errors: not so where a cotangent
        itself is forgotten."""
        old = self.change.old
        return not (self.change.kind == "dropped" and old is not None and old.live)

    @property
    def use(self) -> Use:
        """The first of them."""
        return next(iter(self.uses))


@dataclass(eq=False, slots=True)
class Both:
    """Two mistakes in one derivation."""

    first: RuleMistake
    second: RuleMistake

    @property
    def parts(self) -> list[tuple[dict[Use, Expr], str]]:
        """As ``Rows`` takes them."""
        return self.first.parts + self.second.parts

    @property
    def linear(self) -> bool:
        """Whether both are."""
        return self.first.linear and self.second.linear

    @property
    def scope(self) -> str:
        """Where both are made, if that is the same for both."""
        return self.first.scope if self.first.scope == self.second.scope else ""

    @property
    def cost(self) -> float:
        """How far they are to seek."""
        return self.first.cost + self.second.cost


def rule_mistakes(derivation: Derivation) -> list[RuleMistake]:
    """All of them, the likeliest first."""
    found = []
    for call in dict.fromkeys(c for calls in derivation.places() for c in calls[:1]):
        for slot in derivation.rules[call]:
            rule = derivation.written(call, slot)
            use, near = Use(call.place, slot), _near(derivation, call, slot)
            scopes = _scopes(derivation, call, slot)
            for v in _valid(derivation, call, slot, rule, near):
                found += [
                    RuleMistake({use: v.expression}, v.change, scope, v.cost + bool(scope))
                    for scope in scopes
                ]
    found += _exchanges(derivation)
    found += _merged(derivation)
    found += _totals(derivation)
    found += _carries(derivation)
    found += _shifts(derivation)
    return sorted(found, key=lambda mistake: mistake.cost)


def _scopes(derivation: Derivation, call: Call, slot: int) -> tuple[str, ...]:
    """In which parts of the derivation a mistake at this use can stand by itself."""
    parent = call.args[slot]
    if parent.leaf or parent.call is None or parent.call.here != call.here:
        return ("",)
    return ("", "carry", "use")


def _valid(
    derivation: Derivation, call: Call, slot: int, rule: Expr, near: Near
) -> Iterator[Variant]:
    """The variants of a rule that have the shape of the argument and can be computed."""
    wanted = call.args[slot].array.shape
    known: dict[int, Any] = {}
    dead: Any = {}
    alive: Any = {}

    def atom(a: Atom) -> Any:
        if not a.live:
            return derivation.value(a, call)
        other = call if a.call is None else a.call
        like = other.outs[a.index] if a.kind == "g" else other.args[a.index]
        return np.zeros((1, *like.array.shape))

    def shape(part: Expr) -> tuple[int, ...]:
        if id(part) not in known:
            found = np.shape(evaluate(part, atom, dead, alive))
            known[id(part)] = part, found[1:] if part.live else found
        return known[id(part)][1]  # type: ignore[no-any-return]  # a shape

    unary = call.op if call.op.elementwise and len(call.args) == 1 else None
    for variant in variants(rule, shape, near, unary):
        try:
            fits = shape(variant.expression) == wanted
        except (ValueError, TypeError, IndexError, LookupError):
            continue
        if fits:
            yield variant


def _near(derivation: Derivation, call: Call, slot: int) -> Near:
    """What else there is in the step, where the contribution to an argument is derived."""
    values: dict[tuple[int, ...], list[Atom]] = {}
    cotangents: dict[tuple[int, ...], list[Expr]] = {}
    numbers: dict[float, None] = {}
    seen: set[Quantity] = set()
    here = [c for c in derivation.run.calls if c.t == call.t]
    here.sort(key=lambda c: c.here != call.here)
    for other in [call, *here]:
        owner = None if other is call else other
        for kind, given in (("out", other.outs), ("arg", other.args)):
            for k, value in enumerate(given):
                if isinstance(value, int | float) and value not in (0, 1):
                    numbers[float(value)] = None
                if isinstance(value, Quantity) and value not in seen and _is_float(value):
                    seen.add(value)
                    values.setdefault(value.array.shape, []).append(Atom(kind, k, owner))
    late = derivation.leaves_step(call, slot)
    for other in derivation.calls:  # what is known of cotangents by now
        if other.here != call.here or (other is call and late):
            continue
        if other is call:
            break
        for k, out in enumerate(other.outs):
            cotangents.setdefault(out.array.shape, []).append(Atom("g", k, other))
        for earlier in derivation.rules[other]:
            like = other.args[earlier]
            cotangents.setdefault(like.array.shape, []).append(Atom("c", earlier, other))
    here = [c for c in derivation.calls if c.here == call.here]
    for made in (out for c in here for out in c.outs):
        after = [
            Atom("c", slot, derivation.run.at(reader, call.t), 1)
            for reader, slot in derivation.readers(_before(derivation, made))
            if reader.here == call.here
        ]
        if after:
            whole: Expr = after[0]
            for one in after[1:]:
                whole = make("add", whole, one)
            cotangents.setdefault(made.array.shape, []).append(whole)
    for before in derivation.rules[call]:
        if before == slot:
            break
        like = call.args[before]
        cotangents.setdefault(like.array.shape, []).append(Atom("c", before, call))
    return Near(call, values, cotangents, tuple(numbers), lambda a: derivation.varies(a, call))


def _before(derivation: Derivation, value: Quantity) -> Quantity | None:
    """The value at the same place in the step before."""
    call = value.call
    if call is None or call.t is None:
        return None
    before = derivation.run.at(call, call.t - 1)
    return None if before is None else before.outs[value.part]


def _is_float(value: Quantity) -> bool:
    return bool(value.array.dtype.kind == "f")


def _exchanges(derivation: Derivation) -> Iterator[RuleMistake]:
    """The cotangents of two neighbours exchanged, such as those of two gates."""
    alike: dict[Any, list[Call]] = {}
    for calls in derivation.places():
        call = calls[0]
        unary = call.op.elementwise and len(call.args) == 1
        if 0 in derivation.rules[call] and (unary or call.op is OPS["getitem"]):
            source = None if unary else call.args[0]
            key = call.here, source, call.outs[0].array.shape
            alike.setdefault(key, []).append(call)
    for (_, source, _), group in alike.items():
        for a, b in itertools.combinations(group, 2):
            rules = [derivation.rules[c][0] for c in (a, b)]
            if source is None:  # each has what comes out of the other
                new = _of(rules[1], b), _of(rules[0], a)
            else:               # each is put where the other belongs
                new = _of(rules[0], b, only="g"), _of(rules[1], a, only="g")
            uses = dict(zip((Use(a.place, 0), Use(b.place, 0)), new, strict=True))
            change = Change("exchanged", Atom("out", 0, a), Atom("out", 0, b))
            yield from (
                RuleMistake(uses, change, scope, 2 + bool(scope)) for scope in ("", "carry", "use")
            )


def _totals(derivation: Derivation) -> Iterator[RuleMistake]:
    """The whole cotangent of a value turned, doubled or halved, where several rules read it."""
    for calls in derivation.places():
        call = calls[0]
        rules = derivation.rules[call]
        if len(rules) < 2:
            continue
        for k in range(len(call.outs)):
            for factor, kind, cost in (
                (-1.0, "sign", 1.5), (2.0, "doubled", 3), (0.5, "halved", 3)
            ):
                uses = {}
                for slot, rule in rules.items():
                    changes = {
                        id(a): make("multiply", factor, a) for a in each(rule)
                        if isinstance(a, Atom) and (a.kind, a.index, a.call) == ("g", k, None)
                    }
                    uses[Use(call.place, slot)] = substituted(rule, changes)
                change = Change(kind, Atom("g", k, call))
                yield from (
                    RuleMistake(uses, change, scope, cost + bool(scope))
                    for scope in ("", "carry", "use")
                )


def _of(rule: Expr, call: Call, only: str = "") -> Expr:
    """A rule with the values of a call, or its cotangents only, to stand in another."""
    return substituted(rule, {
        id(a): Atom(a.kind, a.index, call, a.by, a.edge) for a in each(rule)
        if isinstance(a, Atom) and only in ("", a.kind)
    })


def _merged(derivation: Derivation) -> Iterator[RuleMistake]:
    """Mistakes in what several uses of a name come to together."""
    for value in merged(derivation):
        first, *others = value.uses
        near = _near(derivation, value.call, first.slot)
        nothing = {use: Const(0.0) for use in others}
        scopes = _scopes(derivation, value.call, first.slot)
        for v in _valid(derivation, value.call, first.slot, value.rule, near):
            yield from (
                RuleMistake(
                    {first: v.expression, **nothing}, v.change, scope, v.cost + 0.5 + bool(scope),
                    value.rule,
                )
                for scope in scopes
            )


def _carries(derivation: Derivation) -> Iterator[RuleMistake]:
    """What is carried from step to step, as a whole or of one state, left out or scaled."""
    crossing: dict[Any, dict[Use, Expr]] = {}
    for calls in derivation.places():
        for slot in dict.fromkeys(slot for call in calls for slot in derivation.rules[call]):
            call = next(c for c in calls if slot in derivation.rules[c])
            made = call.args[slot].call
            if made is not None and made.place.block == call.place.block and made.t != call.t:
                rule = derivation.rules[call][slot]
                for key in (None, call.args[slot]):
                    crossing.setdefault(key, {})[Use(call.place, slot)] = rule
    seen: list[set[Use]] = []
    for rules in crossing.values():
        if len(rules) < 2 or set(rules) in seen:  # one is a use like any other
            continue
        seen.append(set(rules))
        for factor, kind, cost in (
            (0.0, "path", 1.5), (-1.0, "sign", 2), (2.0, "doubled", 2.5), (0.5, "halved", 2.5)
        ):
            uses: dict[Use, Expr] = {
                use: make("multiply", factor, rule) for use, rule in rules.items()
            }
            yield RuleMistake(uses, Change(kind), "", cost)


def _shifts(derivation: Derivation) -> Iterator[RuleMistake]:
    """All that a step has computed taken of the step before, or of the next."""
    for by in (-1, 1):
        uses = {}
        for calls in derivation.places():
            call = calls[0]
            for slot, rule in derivation.rules[call].items():
                if derivation.leaves_step(call, slot):
                    continue
                changes: dict[int, Expr] = {
                    id(a): Atom(a.kind, a.index, a.call, by, "own") for a in each(rule)
                    if isinstance(a, Atom) and not a.live and derivation.varies(a, call)
                }
                if changes and call.t == derivation.steps[-1]:
                    uses[Use(call.place, slot)] = substituted(rule, changes)
        if len(uses) > 1:
            change = Change("all steps", None, Const("earlier" if by < 0 else "later"))
            yield from (
                RuleMistake(uses, change, scope, 2 + bool(scope)) for scope in ("", "carry", "use")
            )

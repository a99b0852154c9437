"""Paths from one name to another, taken together: of h = z ⊙ h + (1 - z) ⊙ n one writes

δz = δh ⊙ (h - n), where z stands at two places, each with a term of its own. A mistake in the
difference is one mistake, although it is made at both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minigrad.engine.op import OPS

from .derivation import Derivation, Use
from .expressions import Apply, Atom, Const, Expr, each, make, substituted
from .recording import Call, Quantity

__all__ = ["Merged", "merged"]


class Merged(NamedTuple):
    """What a named value has from another by several uses. rule: all of it, one product."""

    call: Call
    uses: list[Use]
    rule: Expr


class _Term(NamedTuple):
    """A coefficient, factors, and the cotangent that they multiply."""

    number: float
    factors: tuple[Expr, ...]
    base: Atom


def merged(derivation: Derivation) -> Iterator[Merged]:
    """All of them, in the last step of each."""
    uses: dict[Quantity, list[tuple[Call, int]]] = {}
    for calls in derivation.places():
        call = calls[0]
        for slot in derivation.rules[call]:
            parent = call.args[slot]
            if not parent.leaf:
                uses.setdefault(parent, []).append((call, slot))
    for value, found in uses.items():
        groups: dict[tuple[Call, int], list[tuple[Call, int, _Term]]] = {}
        for call, slot in found:
            terms = _terms(_lifted(derivation, call, derivation.written(call, slot)))
            if terms is None or len(terms) != 1:
                continue
            (term,) = terms
            owner = term.base.call
            assert owner is not None
            if owner.here == call.here and owner.outs[term.base.index].array.shape == \
                    value.array.shape:
                groups.setdefault((owner, term.base.index), []).append((call, slot, term))
        for group in groups.values():
            alone = len(group) == 1
            if alone and not _branches(derivation, group[0][0]):
                continue
            last = max(group, key=lambda one: derivation.order[one[0]])
            group.sort(key=lambda one: one is not last)
            rule = _product([term for *_, term in group])
            yield Merged(last[0], [Use(c.place, slot) for c, slot, _ in group], rule)


def _branches(derivation: Derivation, call: Call) -> bool:
    """Whether on the way up to a name there is an op that others come through as well."""
    while True:
        out = call.outs[0]
        readers = derivation.readers(out)
        if out.name or len(readers) != 1 or readers[0][0].here != call.here:
            return False
        call = readers[0][0]
        if len(derivation.rules[call]) == 1 and derivation.rules[call]:
            return True


def _lifted(derivation: Derivation, call: Call, rule: Expr) -> Expr:
    """A rule in terms of cotangents of what has a name, or several readers."""
    changes: dict[int, Expr] = {}
    for a in each(rule):
        if isinstance(a, Atom) and a.live:
            owner = a.call or call
            out = owner.outs[a.index]
            readers = derivation.readers(out)
            if out.name or len(readers) != 1 or readers[0][0].here != owner.here:
                changes[id(a)] = Atom(a.kind, a.index, owner)
            else:
                reader, slot = readers[0]
                above = derivation.written(reader, slot)
                changes[id(a)] = _lifted(derivation, reader, _owned(above, reader))
        elif isinstance(a, Atom) and a.call is None:
            changes[id(a)] = Atom(a.kind, a.index, call)
    return substituted(rule, changes)


def _owned(rule: Expr, call: Call) -> Expr:
    return substituted(rule, {
        id(a): Atom(a.kind, a.index, call) for a in each(rule)
        if isinstance(a, Atom) and a.call is None
    })


def _terms(e: Expr) -> list[_Term] | None:
    """A rule as a sum of products; None if it is something else."""
    if isinstance(e, Atom):
        return [_Term(1.0, (), e)] if e.kind == "g" else None
    if not isinstance(e, Apply):
        return None
    if e.op is OPS["negative"]:
        below = _terms(e.args[0])
        return below and [t._replace(number=-t.number) for t in below]
    if e.op is OPS["multiply"]:
        live, dead = e.args if e.args[0].live else e.args[::-1]
        below = None if dead.live else _terms(live)
        if below is None:
            return None
        if isinstance(dead, Const) and not np.ndim(dead.value):
            return [t._replace(number=t.number * float(dead.value)) for t in below]
        return [t._replace(factors=(*t.factors, dead)) for t in below]
    return None


def _product(terms: Sequence[_Term]) -> Expr:
    """Σ number · factors, times the cotangent that all have."""
    constant = sum(t.number for t in terms if not t.factors)
    total: Expr | None = None
    for t in sorted((t for t in terms if t.factors), key=lambda t: t.number < 0):
        factor = t.factors[0]
        for other in t.factors[1:]:
            factor = make("multiply", factor, other)
        if abs(t.number) != 1:
            factor = make("multiply", abs(t.number), factor)
        if total is None:
            total = factor if t.number > 0 else make("negative", factor)
        else:
            total = make("add" if t.number > 0 else "subtract", total, factor)
    base = terms[0].base
    if total is None:
        return make("multiply", round(constant, 12), base)
    if constant:
        total = make("add", constant, total)
    return make("multiply", base, total)

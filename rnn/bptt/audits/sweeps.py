"""Backpropagation through time over a recorded run, for many derivations side by side.

Each differs from the right one by its mistake, or is the right one. One pass goes over all steps,
the last first; the first axis of every cotangent counts the derivations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .batched import Known, evaluate
from .derivation import Derivation, Use
from .expressions import Atom, Expr
from .recording import Call, Quantity

__all__ = ["Edits", "Outcome", "Rows", "swept"]

Array = np.ndarray[Any, Any]
Edits = Mapping[Use, Expr]


class Rows:
    """Derivations that are computed side by side, a row or two for each.

    mistakes: for each derivation the expressions that stand in some uses, and in what: "" wherever
        the rule stands; "carry", only in what is handed on to other steps; "use", only in what goes
        to the parameters of the step itself. Where it is not everywhere, one row is for the carry
        and one for the uses, and both start in each step from what has been carried there.
    """

    def __init__(self, mistakes: Sequence[Sequence[tuple[Edits, str]]]) -> None:
        at: dict[Use, dict[int, tuple[Expr, list[int]]]] = {}
        self.carried: list[int] = []  # for each row, the row whose carry it has
        self.owner: list[int] = []    # for each row, its derivation
        self.read: list[int] = []     # for each derivation, the row with the terms of its uses
        for k, parts in enumerate(mistakes):
            row = len(self.carried)
            rows = [row, row + 1] if any(scope for _, scope in parts) else [row]
            for edits, scope in parts:
                here = rows[:1] if scope == "carry" else rows[1:] if scope == "use" else rows
                for use, expression in edits.items():
                    found = at.setdefault(use, {}).setdefault(id(expression), (expression, []))
                    found[1].extend(here)
            self.carried += [row] * len(rows)
            self.owner += [k] * len(rows)
            self.read.append(rows[-1])
        self.edits = {
            use: [(expression, np.array(rows)) for expression, rows in found.values()]
            for use, found in at.items()
        }
        self.crossing = any(row != k for k, row in enumerate(self.carried))

    def __len__(self) -> int:
        return len(self.carried)


class Outcome(NamedTuple):
    """What some derivations come to.

    terms: by leaf, (R, S, *shape): by the step of the use, for the steps of the run and one more
    for what lies outside of any. cotangents: of the values that were asked for, (R, *shape).
    """

    terms: dict[Quantity, Array]
    cotangents: dict[Quantity, Array]


def swept(
    derivation: Derivation, rows: Rows, wanted: Iterable[Quantity] = (), seeds: Array | None = None,
    *, given: Mapping[Quantity, Array] | None = None, error_of: int = 0,
) -> Outcome:
    """Backwards over all steps.

    seeds: how often each loss counts, (derivations, losses); by default once. given: cotangents
    that some values have, whatever comes to them. error_of: of which step the errors are that the
    losses hand on to a step, counted from it.
    """
    sweep = _Sweep(derivation, rows, set(wanted), given or {})
    sweep.begin(seeds)
    ends = {loss.call.place.block for loss in derivation.losses if loss.call is not None}
    with np.errstate(all="ignore"):  # what a mistake makes infinite is no explanation
        for calls in derivation.by_step:
            if error_of and calls[0].place.block not in ends:
                sweep.move_errors(error_of)
                error_of = 0
            sweep.step(calls)
    return Outcome(
        {leaf: found[rows.read] for leaf, found in sweep.terms.items()},
        {value: found[rows.read] for value, found in sweep.cotangents.items()},
    )


class _Sweep:
    """One pass: the totals of all values so far, and what each use has contributed."""

    def __init__(
        self, derivation: Derivation, rows: Rows, asked: set[Quantity],
        given: Mapping[Quantity, Array],
    ) -> None:
        self.derivation, self.rows, self.asked, self.given = derivation, rows, asked, given
        self.totals: dict[Quantity, Array] = {}
        self.cotangents: dict[Quantity, Array] = {}
        self.contributed: dict[tuple[Call, int], Array] = {}
        self.place = {t: k for k, t in enumerate(derivation.steps)}
        self.terms = {
            leaf: np.zeros((len(rows), len(self.place) + 1, *leaf.array.shape))
            for leaf in derivation.leaves
        }

    def begin(self, seeds: Array | None) -> None:
        """The cotangents of the losses."""
        R = len(self.rows)
        by_row = None if seeds is None else seeds[self.rows.owner]
        for k, loss in enumerate(self.derivation.losses):
            g = (np.ones(R) if by_row is None else by_row[:, k]).reshape(R, *[1] * loss.array.ndim)
            self.totals[loss] = self.totals.get(loss, 0.0) + g

    def step(self, calls: Sequence[Call]) -> None:
        """All calls of a step; what leaves the step comes last, when all of it is known."""
        later = []
        for call in calls:
            self.totals.update((out, self.given[out]) for out in call.outs if out in self.given)
            if not any(out in self.totals for out in call.outs):
                continue
            for out in call.outs:
                g = self.totals.setdefault(out, np.zeros((len(self.rows), *out.array.shape)))
                if out in self.asked:
                    self.cotangents[out] = g
            alive: Known = {}
            for slot in self.derivation.rules[call]:
                if self.derivation.leaves_step(call, slot):
                    later.append((call, slot, alive))
                else:
                    self.hand_on(call, slot, alive)
        for call, slot, alive in later:
            self.hand_on(call, slot, alive)

    def hand_on(self, call: Call, slot: int, alive: Known) -> None:
        """Add what a call contributes to one of its arguments."""
        derivation, parent = self.derivation, call.args[slot]
        dead = derivation.known[call]
        c = evaluate(derivation.rules[call][slot], self._atoms(call), dead, alive)
        c = np.array(np.broadcast_to(c, (len(self.rows), *parent.array.shape)))
        for expression, chosen in self.rows.edits.get(Use(call.place, slot), ()):
            here = derivation.moved(expression, call, slot)
            c[chosen] = evaluate(here, self._atoms(call, chosen), dead, {})
        self.contributed[call, slot] = c
        if parent.leaf:
            k = len(self.place) if call.t is None else self.place[call.t]
            self.terms[parent][:, k] += c
            return
        if self.rows.crossing and parent.call.here != call.here:
            c = c[self.rows.carried]
        self.totals[parent] = self.totals[parent] + c if parent in self.totals else c

    def _atoms(self, call: Call, chosen: Array | None = None) -> Callable[[Atom], Any]:
        """The values of atoms in a call, for all derivations or for some."""
        run, count = self.derivation.run, len(self.rows) if chosen is None else len(chosen)

        def value(a: Atom) -> Any:
            if not a.live:
                return self.derivation.value(a, call)
            t = None if call.t is None else call.t + a.by
            owner = call if a.call is None else run.at(a.call, t)
            if owner is None:  # the step behind the last
                owner, found = a.call, None
            elif a.kind == "g":
                found = self.totals.get(owner.outs[a.index])
            else:
                found = self.contributed.get((owner, a.index))
            if found is None:  # nothing comes from there in this step
                assert owner is not None
                like = owner.outs[a.index] if a.kind == "g" else owner.args[a.index]
                return np.zeros((count, *like.array.shape))
            return found if chosen is None else found[chosen]

        return value

    def move_errors(self, by: int) -> None:
        """Give the values of each step what the losses have made of those of another."""
        known = {
            value: g for value, g in self.totals.items()
            if value.t is not None and value not in self.derivation.losses
        }
        for value, g in known.items():
            assert value.call is not None
            assert value.t is not None
            there = self.derivation.run.at(value.call, value.t + by)
            other = None if there is None else known.get(there.outs[value.part])
            self.totals[value] = np.zeros_like(g) if other is None else other

"""Which mistakes lead to what was claimed: every candidate is compared with every claim.

Few mistakes at once come before many, those that leave the right claims right before those that do
not, those that explain more of the wrong claims before those that explain fewer, and the likely
before the far-fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..result import norm
from .claims import Claim, distance
from .findings import Mistake
from .model import Model
from .placement_mistakes import placement_mistakes
from .rule_mistakes import RuleMistake, rule_mistakes
from .sum_mistakes import sum_mistakes
from .wording import wording

__all__ = ["Explainer"]

Array = np.ndarray[Any, Any]

_AT_ONCE = 4_000_000  # numbers in the arrays of one step
_FURTHER = 1.5  # explanations that are further to seek than this beyond the first are not told


@dataclass(eq=False)
class Candidate:
    """What may have gone wrong. wrong: how many things. cost: how far it is to seek.

    fits: the claims that it leads to. breaks: whether it makes a right claim wrong.
    tables: G[t, s] of the claims that it leads to.
    """

    key: str
    says: str
    wrong: int
    cost: float
    place: int
    fits: frozenset[str]
    breaks: bool
    tables: dict[str, Array]
    mistake: RuleMistake | None = None


class Explainer:
    """The claims about a model, of which some are wrong.

    errors: how far the truth is from each claim. rtol: the relative difference that counts as none.
    """

    def __init__(
        self, model: Model, claims: Mapping[str, Claim], truth: Mapping[str, Array],
        wrong: Sequence[str], errors: Mapping[str, float], rtol: float,
        gates: Mapping[str, Mapping[str, slice]],
    ) -> None:
        self.model, self.claims, self.truth = model, claims, truth
        self.wrong, self.errors, self.rtol, self.gates = list(wrong), errors, rtol, gates
        self.tried = 0

    def explanations(self) -> dict[str, tuple[Mistake, ...]]:
        """For each wrong claim what leads to it, the likeliest first."""
        with np.errstate(all="ignore"):  # some mistakes lead to what is infinite
            found = [*self._of_sums(), *self._of_places()]
            found += self._of_rules(self._best(found))
        return {name: self._told(name, found) for name in self.wrong}

    # -- candidates

    def _of_sums(self) -> Iterator[Candidate]:
        for place, mistake in enumerate(sum_mistakes(self.model, self.truth)):
            yield from self._candidate(
                mistake.key, mistake.says, mistake.wrong, mistake.cost, place,
                {n: c.block(mistake.tables[c.key]) for n, c in self.claims.items()},
            )

    def _of_places(self) -> Iterator[Candidate]:
        parameters = {n: t for n, t in self.truth.items() if n in self.model.named}
        for name in self.wrong:
            claim = self.claims[name]
            if claim.of_value:
                continue
            gates = self.gates.get(claim.key, {})
            for place, m in enumerate(placement_mistakes(claim, parameters, gates)):
                yield from self._candidate(
                    m.key, m.says, m.wrong, 1.0, 1000 + place, {name: m.table}
                )

    def _candidate(
        self, key: str, says: str, wrong: int, cost: float, place: int, tables: dict[str, Array]
    ) -> Iterator[Candidate]:
        self.tried += 1
        fits = {name for name, table in tables.items() if self._leads_to(name, table)}
        if not fits.isdisjoint(self.wrong):
            alone = any(name not in fits for name in tables if name not in self.wrong)
            yield Candidate(  # sums are often wrong in one gradient alone
                key, says, wrong, cost + 0.5 * alone, place, frozenset(fits), False,
                {name: table for name, table in tables.items() if name in fits},
            )

    def _leads_to(self, name: str, table: Array) -> bool:
        """Whether a derivation leads to a claim: near enough, and much nearer than the truth."""
        _, error, size = distance(self.claims[name], table)
        near = error <= self.rtol * size
        return near and (name not in self.wrong or error <= 0.2 * self.errors[name])

    # -- candidates of the catalogue that is generated

    def _of_rules(self, best: float) -> list[Candidate]:
        """Those with a cost of at most `best` and a little more."""
        found: list[Candidate] = []
        every = rule_mistakes(self.model.derivation)
        start, step = 0, self._at_once()
        while start < len(every) and every[start].cost <= best + _FURTHER:
            some = every[start : start + step]
            self.tried += len(some)
            found += self._compared(some, start)
            best = min(best, self._best(found))
            start += step
        return found

    def _at_once(self) -> int:
        """How many derivations are computed side by side."""
        calls = self.model.derivation.calls
        size = sum(v.array.size for call in calls for v in call.values() if v.active)
        return max(1, min(1000, _AT_ONCE // max(1, size)))

    def _compared(self, some: Sequence[RuleMistake], start: int) -> list[Candidate]:
        names = list(dict.fromkeys(claim.key for claim in self.claims.values()))
        terms = self.model.by_step(some, names)
        near = {name: self._near(name, terms[c.key]) for name, c in self.claims.items()}
        chosen = [
            k for k in range(len(some)) if any(near[name][k] for name in self.wrong)
        ]
        tables = self.model.tables([some[k] for k in chosen], names)
        found = []
        for place, k in enumerate(chosen):
            mistake = some[k]
            own = {
                name: claim.block(tables[claim.key][place]) for name, claim in self.claims.items()
                if near[name][k]
            }
            fits = frozenset(name for name, table in own.items() if self._leads_to(name, table))
            if fits.isdisjoint(self.wrong):
                continue
            right = set(self.claims) - set(self.wrong)
            breaks = mistake.scope != "use" and not right <= fits  # it may be made in one use alone
            found.append(Candidate(
                "", "", 1, mistake.cost, 2000 + start + k, fits, breaks,
                {name: own[name] for name in fits}, mistake,
            ))
        return found

    def _near(self, name: str, terms: Array) -> Any:
        """Which of some derivations lead to a claim, as far as the sums over the losses tell."""
        claim = self.claims[name]
        said = claim.of_steps(claim.block(terms))
        claimed = claim.over_losses
        off = norm((said - claimed).reshape(len(said), -1), axis=1)
        size = np.maximum(norm(said.reshape(len(said), -1), axis=1), norm(claimed))
        return off <= self.rtol * size

    # -- which are told

    def _whole(self, c: Candidate) -> bool:
        """Whether it explains all that is wrong, and leaves right what is."""
        return not c.breaks and c.fits >= set(self.wrong)

    def _best(self, found: Sequence[Candidate]) -> float:
        return min((c.cost for c in found if c.wrong == 1 and self._whole(c)), default=np.inf)

    def _told(self, name: str, found: Sequence[Candidate]) -> tuple[Mistake, ...]:
        own = [c for c in found if name in c.fits]
        count = len(self.wrong)
        own.sort(key=lambda c: (
            c.wrong, c.breaks, count - len(c.fits.intersection(self.wrong)), c.cost, c.place
        ))
        if any(c.wrong == 1 and self._whole(c) for c in own):
            own = [c for c in own if c.wrong > 1 or self._whole(c)]
        elif any(not c.breaks for c in own):
            own = [c for c in own if not c.breaks]
        told: list[Candidate] = []
        for c in own:
            if c.cost > own[0].cost + _FURTHER and c.wrong == own[0].wrong:
                continue
            if c.mistake is None or not any(
                _same(c.tables[name], other.tables[name]) for other in told
            ):
                told.append(c)
        explained = [self._explanation(name, c) for c in told]
        # What a constant factor is, another mistake may say better.
        return tuple(e for e in explained if e.key != "constant factor") or tuple(explained)

    def _explanation(self, name: str, c: Candidate) -> Mistake:
        table = c.tables[name]
        slipped, error, size = distance(self.claims[name], table)
        terms = table.sum(axis=0)[: self.model.T]
        misfit = error / size if size else 0.0
        if c.mistake is None:
            return Mistake(c.key, c.says, misfit, slipped, terms)
        words = wording(self.model.derivation, c.mistake)
        return Mistake(words.key, words.says, misfit, slipped, terms, words)


def _same(a: Array, b: Array) -> bool:
    """Whether two derivations have the same terms."""
    scale = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
    return bool(np.all(np.abs(a - b) <= 1e-9 * scale))

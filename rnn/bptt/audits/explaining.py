"""Which mistakes lead to what was claimed: every candidate is compared with every claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..result import norm
from .candidates import FURTHER, Candidate, best, chosen
from .catalogue import Catalogue
from .claims import Claim, distance
from .findings import Mistake
from .model import AnyMistake
from .pairs import pairs_to_try
from .placement_mistakes import placement_mistakes
from .rule_mistakes import Both, RuleMistake
from .sum_mistakes import mistakes_in_totals, sum_mistakes
from .wording import Wording, wording

__all__ = ["Explainer", "Told"]

Array = np.ndarray[Any, Any]
_FEW = 8  # mistakes that are tried with all that can go wrong after them


class Told(NamedTuple):
    """What is told of a wrong claim: the mistakes that lead to it, or the one that comes nearest,
    and how many were tried."""

    explanations: tuple[Mistake, ...]
    nearest: Mistake | None
    tried: int


class Explainer:
    """The claims about a model, of which some are wrong.

    truth: the true G[t, s] by name, (T, T + 1, *shape). errors: how far it is from each claim.
    rtol: the relative difference that counts as none. gates: by weight the columns of each gate.
    """

    def __init__(
        self, catalogue: Catalogue, claims: Mapping[str, Claim], truth: Mapping[str, Array],
        wrong: Sequence[str], errors: Mapping[str, float], rtol: float,
        gates: Mapping[str, Mapping[str, slice]],
    ) -> None:
        self.catalogue, self.model = catalogue, catalogue.model
        self.claims, self.truth = claims, truth
        self.wrong, self.errors, self.rtol, self.gates = list(wrong), errors, rtol, gates
        self.tried = 0
        self._nearest: dict[str, tuple[float, Any]] = {}  # off by how much, and what

    def explained(self) -> dict[str, Told]:
        """For each wrong claim what leads to it."""
        found = self.candidates()
        with np.errstate(all="ignore"):
            return {name: self._told(name, found) for name in self.wrong}

    def candidates(self, pairs: bool = True) -> list[Candidate]:
        """All that leads to a wrong claim. pairs: whether to look for two mistakes at once, where
        one does not explain a claim."""
        with np.errstate(all="ignore"):  # some mistakes lead to what is infinite
            found = [*self._of_sums(), *self._of_places()]
            found += self._of_rules(best(found, self.wrong))
            if pairs and (unexplained := self._unexplained(found)):
                found += self._of_pairs(found, unexplained)
        return found

    def _unexplained(self, found: Sequence[Candidate]) -> list[str]:
        known = [c for c in found if c.key != "constant factor" and not c.breaks]
        return [name for name in self.wrong if not any(name in c.fits for c in known)]

    # -- mistakes in sums and places

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
        self, key: str, says: str, wrong: int, cost: float, place: int, tables: dict[str, Array],
        after: AnyMistake | None = None,
    ) -> Iterator[Candidate]:
        self.tried += 1
        fits = {name for name, table in tables.items() if self._leads_to(name, table)}
        if not fits.isdisjoint(self.wrong):
            alone = any(name not in fits for name in tables if name not in self.wrong)
            yield Candidate(  # sums are often wrong in one gradient alone
                key, says, wrong, cost + 0.5 * alone, place, frozenset(fits), False,
                {name: table for name, table in tables.items() if name in fits}, after,
            )

    def _leads_to(self, name: str, table: Array) -> bool:
        """Whether a derivation leads to a claim: near enough, and much nearer than the truth."""
        _, error, size = distance(self.claims[name], table)
        near = error <= self.rtol * size
        return near and (name not in self.wrong or error <= 0.2 * self.errors[name])

    # -- mistakes in rules

    def _of_rules(self, least: float) -> list[Candidate]:
        """Those that are not further to seek than what is known to explain all, `least`."""
        found: list[Candidate] = []
        for page in self.catalogue.pages():
            if page.mistakes[0].cost > least + FURTHER:
                break
            found += self._compared(page.mistakes, page.terms, 2000 + page.start)
            least = min(least, best(found, self.wrong))
        return found

    def _of_pairs(self, found: Sequence[Candidate], unexplained: Sequence[str]) -> list[Candidate]:
        """Two mistakes at once."""
        known = [c.mistake for c in found if c.mistake is not None and not c.breaks]
        more = [*self._of_totals(known, unexplained)]
        names = self.catalogue.names
        if all(any(name in c.fits for c in more) for name in unexplained):
            return more
        truth = {
            name: claim.of_steps(claim.block(self.truth[claim.key]).sum(axis=0)[None])[0]
            for name, claim in self.claims.items()
        }
        single = [m for m in sorted(known, key=lambda m: m.cost) if isinstance(m, RuleMistake)]
        for some in pairs_to_try(
            self.catalogue, self.claims, truth, self.wrong, self.rtol, single
        ):
            more += self._compared(some, self.model.by_step(some, names), 100_000 + self.tried)
            if all(any(name in c.fits for c in more) for name in unexplained):
                break
        return more

    def _of_totals(
        self, known: Sequence[AnyMistake], unexplained: Sequence[str]
    ) -> Iterator[Candidate]:
        """A mistake in rules that explains other claims, and then one in the sum or in its place.
        """
        for mistake in sorted(known, key=lambda m: m.cost)[:_FEW]:
            names = self.catalogue.names
            tables = {n: t[0] for n, t in self.model.tables([mistake], names).items()}
            for name in unexplained:
                claim = self.claims[name]
                gates = self.gates.get(claim.key, {})
                later: list[Any] = [
                    (m.key, m.says, claim.block(m.tables[claim.key]))
                    for m in mistakes_in_totals(self.model, tables)
                ]
                if not claim.of_value:
                    parameters = {n: t for n, t in tables.items() if n in self.model.named}
                    later += [
                        (m.key, m.says, m.table)
                        for m in placement_mistakes(claim, parameters, gates) if m.wrong == 1
                    ]
                for place, (other, and_says, table) in enumerate(later):
                    yield from self._candidate(
                        other, and_says, 2, mistake.cost + 1, 50_000 + place, {name: table}, mistake
                    )

    def _compared(
        self, some: Sequence[AnyMistake], terms: Mapping[str, Array], start: int
    ) -> list[Candidate]:
        """Those of some mistakes that lead to a wrong claim."""
        self.tried += len(some)
        near = {
            name: self._near(name, terms[c.key], some) for name, c in self.claims.items()
        }
        picked = [k for k in range(len(some)) if any(near[name][k] for name in self.wrong)]
        tables = self.model.tables([some[k] for k in picked], self.catalogue.names)
        found = []
        for place, k in enumerate(picked):
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
                "", "", 1 + isinstance(mistake, Both), mistake.cost, start + k, fits, breaks,
                {name: own[name] for name in fits}, mistake,
            ))
        return found

    def _near(self, name: str, terms: Array, some: Sequence[AnyMistake]) -> Any:
        """Which of some derivations lead to a claim, as far as the sums over the losses tell."""
        claim = self.claims[name]
        said = claim.of_steps(claim.block(terms))
        claimed = claim.over_losses
        off = norm((said - claimed).reshape(len(said), -1), axis=1)
        size = np.maximum(norm(said.reshape(len(said), -1), axis=1), norm(claimed))
        if name in self.wrong:
            relative = np.where(np.isfinite(off), off, np.inf) / np.where(size > 0, size, 1)
            k = int(np.argmin(relative))
            if relative[k] < self._nearest.get(name, (np.inf,))[0]:
                self._nearest[name] = float(relative[k]), some[k]
        return off <= self.rtol * size

    # -- in words

    def _told(self, name: str, found: Sequence[Candidate]) -> Told:
        told = [
            self._mistake(name, c.tables[name], c.key, c.says, c.mistake)
            for c in chosen(name, found, self.wrong)
        ]
        nearest = None
        if not told and name in self._nearest:
            mistake = self._nearest[name][1]
            claim = self.claims[name]
            table = claim.block(self.model.tables([mistake], [claim.key])[claim.key][0])
            nearest = self._mistake(name, table, "", "", mistake)
        return Told(tuple(told), nearest, self.tried)

    def _mistake(
        self, name: str, table: Array, key: str, says: str, mistake: AnyMistake | None
    ) -> Mistake:
        gradient, error, size = distance(self.claims[name], table)
        terms, misfit = table.sum(axis=0)[: self.model.T], error / size if size else 0.0
        if mistake is None:
            return Mistake(key, says, misfit, gradient, terms)
        words = self._words(mistake)
        if key:
            words = f"{words[0]} and {key}", f"{words[1]}; and {says}", words[2]
        return Mistake(words[0], words[1], misfit, gradient, terms, words[2])

    def _words(self, mistake: AnyMistake) -> tuple[str, str, Wording]:
        if not isinstance(mistake, Both):
            one = wording(self.model.derivation, mistake)
            return one.key, one.says, one
        both = [wording(self.model.derivation, m) for m in (mistake.first, mistake.second)]
        return (
            " and ".join(w.key for w in both), "; and ".join(w.says for w in both),
            both[0]._replace(
                latex=r" \\ ".join(w.latex for w in both),
                uses=both[0].uses + both[1].uses,
            ),
        )

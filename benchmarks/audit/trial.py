"""One cell: its derivations with planted mistakes, and what the audit says of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from rnn.bptt import audit
from rnn.bptt.audits.candidates import Candidate, chosen
from rnn.bptt.audits.catalogue import Catalogue
from rnn.bptt.audits.claims import Claim, distance
from rnn.bptt.audits.explaining import Explainer
from rnn.bptt.audits.model import Model, named_parameters
from rnn.bptt.audits.placement_mistakes import placement_mistakes
from rnn.bptt.audits.rule_mistakes import Both
from rnn.bptt.audits.sum_mistakes import mistakes_in_totals, sum_mistakes

from .cells import CELLS, H
from .derivations import DERIVATIONS
from .planting import Planted

__all__ = ["Trial", "Verdict", "blamed"]

Array = np.ndarray[Any, Any]
T, B, O = 6, 4, 2  # noqa: E741  # steps, sequences, outputs
RTOL = 1e-6


class Verdict(NamedTuple):
    """Of one planted derivation: whether its mistake is among the explanations of every wrong
    gradient, and whether it is the first of each."""

    kinds: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    among: bool
    first: bool


class Data:
    """A cell with weights and inputs, and all that the audit makes of it."""

    def __init__(self, name: str, seed: int, steps: int = T, batch: int = B) -> None:
        rng = np.random.default_rng(seed)
        self.cell = CELLS[name](rng)
        self.V = mg.Parameter(rng.normal(size=(H, O)), name="V")
        self.xs = rng.normal(size=(steps, batch, self.cell.input_size))
        self.ys = rng.normal(size=(steps, batch, O))
        self.named = named_parameters(self.cell, self.V)
        self.model = Model(self.cell, self.xs, self.loss, self.named, None)
        self.names = list(self.named)
        self.truth = {n: t[0] for n, t in self.model.tables([None], self.names).items()}
        self._sums: dict[str, dict[str, Array]] | None = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can go wrong, computed once for all claims."""
        return Catalogue(self.model, self.names)

    def loss(self, output: Any, t: int) -> Any:
        return ((output @ self.V - self.ys[t - 1]) ** 2).sum()

    def by_hand(self, function: Any) -> dict[str, Array] | None:
        """The gradients of a derivation, None where it does not compute."""
        arrays = {name: p.numpy() for name, p in self.named.items()}
        try:
            with np.errstate(all="ignore"):
                found = function(self.xs, self.ys, **arrays)
            fits = all(np.shape(found[n]) == p.shape for n, p in self.named.items())
        except (ValueError, IndexError, TypeError, NameError, AttributeError):
            return None
        return {n: np.asarray(found[n]) for n in self.names} if fits else None

    def claims(self, gradients: Mapping[str, Array]) -> dict[str, Claim]:
        return {
            n: Claim(n, g, self.model, lambda weight, gate: slice(None))
            for n, g in gradients.items()
        }

    def with_candidate(self, c: Candidate, other: Data, claim: Claim) -> Array | None:
        """The gradient of a claim with what a candidate of the other data says."""
        if c.mistake is not None and c.key:
            return self._after(self._here(c.mistake, other), c.key, claim)
        if c.mistake is not None:
            mistake = self._here(c.mistake, other)
            terms = self.model.by_step([mistake], [claim.key])[claim.key]
            said: Array = claim.of_steps(terms)[0]
            return said
        if self._sums is None:
            self._sums = {m.key: m.tables for m in sum_mistakes(self.model, self.truth)}
        if c.key in self._sums:
            return claim.in_its_form(self._sums[c.key][claim.key])
        for m in placement_mistakes(claim, self.truth, {}):
            if m.key == c.key != "constant factor":
                return claim.in_its_form(m.table)
        return None

    def _here(self, mistake: Any, other: Data) -> Any:
        """The mistake of the other data, in this."""
        if isinstance(mistake, Both):
            return Both(self._here(mistake.first, other), self._here(mistake.second, other))
        every = other.catalogue.mistakes
        return self.catalogue.mistakes[next(k for k, m in enumerate(every) if m is mistake)]

    def _after(self, mistake: Any, key: str, claim: Claim) -> Array | None:
        """A mistake in rules, and then one in the sum or the place of terms."""
        tables = {n: t[0] for n, t in self.model.tables([mistake], self.names).items()}
        for m in mistakes_in_totals(self.model, tables):
            if m.key == key:
                return claim.in_its_form(m.tables[claim.key])
        for p in placement_mistakes(claim, tables, {}):
            if p.key == key:
                return claim.in_its_form(p.table)
        return None


class Trial:
    """A cell with two sets of weights and inputs: one that is audited, one that decides whether
    what was named is what was planted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.shown, self.hidden = Data(name, 1), Data(name, 2)
        assert len(self.shown.catalogue.mistakes) == len(self.hidden.catalogue.mistakes)
        self.right = self.shown.by_hand(DERIVATIONS[name])
        assert self.right is not None

    def verdicts(self, derivations: Iterator[Planted], pairs: bool) -> Iterator[Verdict]:
        """What the audit says of those derivations that compute and are wrong."""
        for planted in derivations:
            claimed, elsewhere = (
                data.by_hand(planted.function) for data in (self.shown, self.hidden)
            )
            if claimed is None or elsewhere is None or not self._is_wrong(claimed):
                continue
            among, first = self._named(claimed, elsewhere, pairs)
            yield Verdict(planted.kinds, planted.lines, among, first)

    def _is_wrong(self, claimed: Mapping[str, Array]) -> bool:
        """Whether it differs, by more than rounding, and in finite numbers."""
        assert self.right is not None
        finite = all(np.isfinite(g).all() for g in claimed.values())
        return finite and not all(
            np.allclose(g, self.right[n], rtol=1e-5, atol=1e-9) for n, g in claimed.items()
        )

    def _named(
        self, claimed: Mapping[str, Array], elsewhere: Mapping[str, Array], pairs: bool
    ) -> tuple[bool, bool]:
        data, hidden = self.shown, self.hidden
        claims, there = data.claims(claimed), hidden.claims(elsewhere)
        close = {n: distance(c, data.truth[c.key]) for n, c in claims.items()}
        wrong = [n for n, (_, error, size) in close.items() if error > RTOL * size]
        explainer = Explainer(
            data.catalogue, claims, data.truth, wrong, {n: e for n, (_, e, _) in close.items()},
            RTOL, {},
        )
        found = explainer.candidates(pairs)
        among, first = True, True
        for name in wrong:
            told = chosen(name, found, wrong)
            same = [self._is_same(c, hidden, there[name]) for c in told]
            among, first = among and any(same), first and any(same[:1])
        return among, first

    def _is_same(self, c: Candidate, hidden: Data, claim: Claim) -> bool:
        said = hidden.with_candidate(c, self.shown, claim)
        if said is None:
            return False
        off = float(np.linalg.norm(said - claim.claimed))
        return off <= RTOL * float(np.linalg.norm(claim.claimed))

    def seconds(self, derivations: Iterator[Planted], count: int) -> float:
        """The longest of some audits, as users call it."""
        longest = 0.0
        for planted in derivations:
            claimed = self.shown.by_hand(planted.function)
            if claimed is None or not self._is_wrong(claimed):
                continue
            started = time.perf_counter()
            audit(claimed, self.shown.cell, self.shown.xs, self.shown.loss, params=self.shown.V)
            longest = max(longest, time.perf_counter() - started)
            count -= 1
            if not count:
                break
        return longest


def blamed(count: int) -> int:
    """How many right derivations by hand are found wrong, of `count` with weights, inputs, numbers
    of steps and sequences drawn at random: in float64, and rounded to float32."""
    rng, wrong = np.random.default_rng(0), 0
    for k in range(count):
        name = list(CELLS)[k % len(CELLS)]
        data = Data(name, 1000 + k, int(rng.integers(1, 8)), int(rng.integers(1, 5)))
        right = data.by_hand(DERIVATIONS[name])
        assert right is not None
        for dtype in (np.float64, np.float32):
            claimed = {n: g.astype(dtype) for n, g in right.items()}
            found = audit(claimed, data.cell, data.xs, data.loss, params=data.V)
            wrong += not found.agrees
    return wrong

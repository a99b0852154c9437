"""What may explain a claim, and which of it is told, in what order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .model import AnyMistake

__all__ = ["FURTHER", "Candidate", "best", "chosen", "whole"]

Array = np.ndarray[Any, Any]

FURTHER = 1.5  # explanations that are further to seek than this beyond the first are not told


@dataclass(eq=False)
class Candidate:
    """What may have gone wrong. wrong: how many things. cost: how far it is to seek.

    fits: the claims that it leads to. breaks: whether it makes a right claim wrong.
    tables: G[t, s] of the claims that it leads to. mistake: in rules, if there is one; key and says
    tell what else there is, in sums or places.
    """

    key: str
    says: str
    wrong: int
    cost: float
    place: int
    fits: frozenset[str]
    breaks: bool
    tables: dict[str, Array]
    mistake: AnyMistake | None = None


def whole(c: Candidate, wrong: Sequence[str]) -> bool:
    """Whether it explains all that is wrong, and leaves right what is."""
    return not c.breaks and c.fits >= set(wrong)


def best(found: Iterable[Candidate], wrong: Sequence[str]) -> float:
    """The least cost of a single mistake that explains all."""
    costs = (c.cost for c in found if c.wrong == 1 and whole(c, wrong))
    return min(costs, default=np.inf)


def chosen(name: str, found: Iterable[Candidate], wrong: Sequence[str]) -> list[Candidate]:
    """Those that explain a claim and are told, the likeliest first.

    Few mistakes at once come before many, those that leave the right claims right before those that
    do not, those that explain more of the wrong claims before those that explain fewer, and the
    likely before the far-fetched. Of rules that come to the same one is told.
    """
    own = [c for c in found if name in c.fits]
    own.sort(key=lambda c: (
        c.wrong, c.breaks, len(wrong) - len(c.fits.intersection(wrong)), c.cost, c.place
    ))
    if any(c.wrong == 1 and whole(c, wrong) for c in own):
        own = [c for c in own if c.wrong > 1 or whole(c, wrong)]
    elif any(not c.breaks for c in own):
        own = [c for c in own if not c.breaks]
    told: list[Candidate] = []
    for c in own:
        if c.cost > own[0].cost + FURTHER and c.wrong == own[0].wrong:
            continue
        if c.mistake is None or c.key or not any(
            _same(c.tables[name], other.tables[name]) for other in told
        ):
            told.append(c)
    # What a constant factor is, another mistake may say better.
    return [c for c in told if c.key != "constant factor"] or told


def _same(a: Array, b: Array) -> bool:
    """Whether two derivations have the same terms."""
    scale = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
    return bool(np.all(np.abs(a - b) <= 1e-9 * scale))

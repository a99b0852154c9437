"""Ledgers are additive: that of a sum of losses is the sum of theirs, term by term."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..bptt.contributions.ledger import Entry, Ledger

__all__ = ["Part", "part_of", "summed"]


class Part(NamedTuple):
    """The steps and entries of a ledger, without its weights."""

    steps: tuple[int, ...]
    entries: dict[str, Entry]


def part_of(ledger: Ledger) -> Part:
    """What a rank sends of its ledger."""
    return Part(ledger.steps, dict(ledger._entries))


def summed(parts: Sequence[tuple[Part, float]], like: Ledger) -> Ledger:
    """Σ w (terms) / Σ w of several ledgers of the same weights, at all steps that any has.

    Raises ValueError for other weights, and where all w are 0.
    """
    total = sum(w for _, w in parts)
    if not total > 0:
        raise ValueError(f"Group.reduce_ledger(weight): the ranks weigh {[w for _, w in parts]}")
    if any(part.entries.keys() != set(like) for part, _ in parts):
        raise ValueError("Group.reduce_ledger: the ledgers are of different weights")
    steps = sorted({t for part, _ in parts for t in part.steps})
    entries = {name: _entry([(p, w / total) for p, w in parts], name, steps) for name in like}
    return Ledger(steps, entries, like._weights)


def _entry(parts: Sequence[tuple[Part, float]], name: str, steps: Sequence[int]) -> Entry:
    place = {t: k for k, t in enumerate(steps)}
    first = parts[0][0].entries[name]
    terms: Any = np.zeros((len(steps), *first.outside.shape), first.outside.dtype)
    outside: Any = np.zeros_like(first.outside)
    used: set[int] = set()
    uses: dict[str, None] = {}
    for part, share in parts:
        entry = part.entries[name]
        share = terms.dtype.type(share)
        if share:
            np.add.at(terms, [place[t] for t in part.steps], share * entry.terms)
            outside = outside + share * entry.outside
        used.update(entry.steps)
        uses |= dict.fromkeys(entry.outside_uses)
    return Entry(terms, tuple(sorted(used)), outside, tuple(uses))

"""Two mistakes in one derivation: which pairs are worth a try.

There are millions of pairs. What each mistake changes by itself is known; the sum of two changes is
not quite what both at once lead to, as one acts on the other, but mostly not far from it. So all
pairs are ranked by what these sums leave of the claim, and the first are computed.

A mistake that changes a claim that is right is in none of them, and of mistakes that come to the
same one is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .catalogue import Catalogue
from .claims import Claim
from .rule_mistakes import Both, RuleMistake

__all__ = ["pairs_to_try"]

Array = np.ndarray[Any, Any]

_MOST = 20_000  # pairs that are computed
_SINGLES = 3_000
_KNOWN = 4


def pairs_to_try(
    catalogue: Catalogue, claims: Mapping[str, Claim], truth: Mapping[str, Array],
    wrong: Sequence[str], rtol: float, known: Sequence[RuleMistake],
) -> Iterator[list[Both]]:
    """Pairs, some at a time, the likeliest first.

    truth: the true gradients in the form of the claims, summed over the losses. wrong: the names
    of the wrong claims. known: mistakes that explain some of these, tried with every other.
    """
    singles, changes, off = _changes(catalogue, claims, truth, wrong, rtol)
    singles, changes = singles[:_SINGLES], changes[:_SINGLES]
    if len(singles) < 2:
        return
    tried = [Both(a, b) for a in known[:_KNOWN] for b in singles]
    yield from _computable(tried, catalogue.at_once)
    # ‖off − a − b‖² = ‖off − a‖² + ‖b‖² − 2 (off − a)·b, of all pairs at once.
    rest = off - changes
    left = (rest**2).sum(axis=1)[:, None] + (changes**2).sum(axis=1) - 2 * rest @ changes.T
    left[np.tril_indices(len(singles))] = np.inf
    most = min(_MOST, left.size - 1)
    order = np.argpartition(left, most, axis=None)[:most]
    order = order[np.argsort(left.ravel()[order], kind="stable")]
    pairs = [
        Both(*(singles[i] for i in np.unravel_index(k, left.shape)))
        for k in order if np.isfinite(left.ravel()[k])
    ]
    yield from _computable(pairs, catalogue.at_once)


def _computable(pairs: Sequence[Both], step: int) -> Iterator[list[Both]]:
    """Those that change different uses, as in one use there is one expression, some at a time."""
    found = [p for p in pairs if p.first.uses.keys().isdisjoint(p.second.uses)]
    for start in range(0, len(found), step):
        yield found[start : start + step]


def _changes(
    catalogue: Catalogue, claims: Mapping[str, Claim], truth: Mapping[str, Array],
    wrong: Sequence[str], rtol: float,
) -> tuple[list[RuleMistake], Array, Array]:
    """The mistakes, what each changes in the wrong claims, and what is wrong with these; each claim
    in units of its own size."""
    found: dict[bytes, tuple[RuleMistake, Array]] = {}
    for page in catalogue.pages():
        parts, fine = [], np.full(len(page.mistakes), True)
        for name, claim in claims.items():
            said = claim.of_steps(claim.block(page.terms[claim.key]))
            change = (said - truth[name]).reshape(len(said), -1) / _size(truth[name])
            if name in wrong:
                parts.append(change)
            else:
                fine &= np.abs(change).max(axis=1, initial=0.0) <= rtol
        rows = np.concatenate(parts, axis=1)
        fine &= np.isfinite(rows).all(axis=1)
        fine &= np.abs(np.where(np.isfinite(rows), rows, 0)).max(axis=1, initial=0.0) > rtol
        for k in np.flatnonzero(fine):
            key = np.round(rows[k], 9) + 0.0
            found.setdefault(key.tobytes(), (page.mistakes[k], rows[k]))
    singles = [mistake for mistake, _ in found.values()]
    off = np.concatenate([
        ((claims[name].over_losses - truth[name]) / _size(truth[name])).ravel() for name in wrong
    ])
    width = len(off)
    changes = np.array([row for _, row in found.values()]).reshape(len(singles), width)
    return singles, changes, off


def _size(array: Array) -> float:
    return float(np.linalg.norm(array.ravel())) or 1.0

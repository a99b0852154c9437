"""Numbers at which derivatives go wrong: of every size, and at the thresholds of common branches.

Those inside the domain are taken, and more of them ever closer to its ends and its kinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.domain import Domain

__all__ = ["SPECIAL", "numbers"]

Array = np.ndarray[Any, Any]
LARGEST = float(np.finfo(np.float64).max)
# Zeros, thresholds of known functions, and where exponentials, squares and dtypes overflow.
SPECIAL = (
    0.0, -0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 6.0, 11.5, 12.0, 20.0, 37.0, 89.0, 104.0, 710.0, 746.0,
    1e3, 1e4, 65504.0, 1e30, 1e39, LARGEST**0.5, LARGEST / 1e3, 5e-324, 2.3e-308, 1e-39,
)


def numbers(domain: Domain, *, fine: bool, near: Sequence[float] = ()) -> Array:
    """Sorted float64 numbers of the domain, kinks included, ends not; -0.0 comes before 0.0.

    fine: with a spacing of 1/16 between -10 and 10, else of 1/2. near: further places that the
    numbers approach.
    """
    step = 1 / 16 if fine else 1 / 2
    even = np.arange(0, 10, step)
    decades = 10.0 ** np.concatenate([
        np.arange(-320, -20, 6 if fine else 20), np.arange(-20, 20, 1 if fine else 2),
        np.arange(20, 308, 4 if fine else 16),
    ])
    sizes = np.concatenate([even, even + 0.3 * step, np.arange(10, 40), SPECIAL, decades])
    found = [sizes, -sizes]
    closer = 10.0 ** -np.arange(1, 16, 1 if fine else 3)
    for place in (domain.low, domain.high, *domain.kinks, *near):
        if np.isfinite(place):
            scale = abs(place) or 1.0
            found += [np.array([place]), place + scale * closer, place - scale * closer]
    x = np.unique(np.concatenate(found))
    x = x[(x > domain.low) & (x < domain.high)]
    x[x == 0] = 0.0
    return np.insert(x, np.searchsorted(x, 0.0), -0.0) if 0.0 in x else x

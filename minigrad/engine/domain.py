"""The part of the real line on which an op is smooth: where its tests draw operands."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

__all__ = ["DISTINCT", "NONZERO", "POSITIVE", "REAL", "Domain"]


class Domain(NamedTuple):
    """Where an argument may lie, and the points at which the op is not smooth.

    Arguments lie between ``low`` and ``high``, which may be infinite and are not included.
    ``kinks`` are the points in between where the op or its slope jumps or is infinite.
    ``distinct`` asks for entries that differ pairwise (max, sort: ties are kinks).

    Most tests draw from the ``usual`` part of it; one goes to its ends, so what is declared here
    is a promise for every number from the smallest to the largest of the dtype.

    >>> Domain(low=0.0).usual, Domain(kinks=(0.0, 6.0)).usual
    ((0.2, 4.0), (-3.0, 9.0))
    """

    low: float = -inf
    high: float = inf
    kinks: tuple[float, ...] = ()
    distinct: bool = False

    @property
    def usual(self) -> tuple[float, float]:
        """A bounded part, of moderate numbers, with room on both sides of every kink."""
        if self.low > -inf and self.high < inf:
            margin = (self.high - self.low) / 20
            return self.low + margin, self.high - margin
        if self.low > -inf:
            return self.low + 0.2, max(self.low + 4.0, *(k + 3.0 for k in self.kinks), -inf)
        if self.high < inf:
            return min(self.high - 4.0, *(k - 3.0 for k in self.kinks), inf), self.high - 0.2
        return min(-3.0, *(k - 3.0 for k in self.kinks), inf), max(
            3.0, *(k + 3.0 for k in self.kinks), -inf
        )


REAL = Domain()
POSITIVE = Domain(low=0.0)
NONZERO = Domain(kinks=(0.0,))
DISTINCT = Domain(distinct=True)

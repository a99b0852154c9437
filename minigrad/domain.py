"""The part of the real line on which an op is smooth: where its tests draw operands."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DISTINCT", "NONZERO", "POSITIVE", "REAL", "Domain"]


class Domain(NamedTuple):
    """Where an argument may lie, and the points at which the op is not smooth.

    ``distinct`` asks for entries that differ pairwise (max, sort: ties are kinks).
    """

    low: float = -3.0
    high: float = 3.0
    kinks: tuple[float, ...] = ()
    distinct: bool = False


REAL = Domain()
POSITIVE = Domain(0.2, 4.0)
NONZERO = Domain(kinks=(0.0,))
DISTINCT = Domain(distinct=True)

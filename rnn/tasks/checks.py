"""What the arguments of all tasks must be."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..cells.base import size

__all__ = ["Array", "batch_size", "between", "generator"]

Array = np.ndarray[Any, Any]


def generator(rng: Any, owner: str) -> np.random.Generator:
    """`rng`, which must be a Generator: a seed would give the same batch at every call."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{owner}.draw(batch, rng={rng!r}): wanted a NumPy Generator, which goes on from call "
            f"to call; make one before the loop: rng = np.random.default_rng(seed)"
        )
    return rng


def batch_size(batch: Any, owner: str) -> int:
    """`batch` as a positive int."""
    return size(batch, "batch", f"{owner}.draw")


def between(limits: Any, name: str, owner: str, low: int) -> tuple[int, int]:
    """`limits` as a pair of integers (first, last), low ≤ first ≤ last; both may occur."""
    wanted = f"{owner}({name}={limits!r}): wanted two integers (first, last), {low} ≤ first ≤ last"
    if not isinstance(limits, tuple | list) or len(limits) != 2:
        raise TypeError(wanted)
    first, last = (size(limit, name, owner) for limit in limits)
    if not low <= first <= last:
        raise ValueError(wanted)
    return first, last

"""Which columns of a long graph are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..reading.boxes import Unrolled

__all__ = ["columns_kept", "first_and_last"]


def first_and_last(columns: int, most: int | None) -> list[int]:
    """`most` columns in all, from both ends; all where that is None."""
    kept = list(range(columns))
    return kept if most is None or most >= columns else (
        kept[: (most + 1) // 2] + kept[columns - most // 2 :]
    )


def columns_kept(unrolled: Unrolled, steps: Any, most: int | None) -> list[int]:
    """The columns that are drawn.

    steps: time steps, as in ``[1, 2, 10, 50]``; or a slice of all columns, as ``slice(0, 5)``.
    """
    if steps is None:
        return first_and_last(unrolled.columns, most)
    if most is not None:
        raise ValueError("draw(..., steps=..., max_steps=...): both say what is drawn; give one")
    if isinstance(steps, slice):
        kept = list(range(unrolled.columns)[steps])
    else:
        times = {box.column: box.t for box in unrolled.steps if box.t is not None}
        wanted = list(steps) if isinstance(steps, Iterable) else [steps]
        known = set(times.values())
        for t in wanted:
            if t not in known:
                raise ValueError(
                    f"draw(..., steps=...): there is no step {t!r}; the steps are "
                    f"{min(known)} to {max(known)}"
                )
        kept = sorted(c for c in range(unrolled.columns) if times.get(c) in set(wanted))
    if not kept:
        raise ValueError(
            f"draw(..., steps={steps!r}): none of the {unrolled.columns} columns is left"
        )
    return sorted(set(kept))

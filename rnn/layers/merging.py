"""What becomes of the outputs of two directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor

from ..cells import Cell

__all__ = ["MERGES", "merged_width"]

MERGES: dict[str | None, Callable[[Tensor, Tensor], Any]] = {
    "concat": lambda forward, reverse: np.concatenate([forward, reverse], axis=-1),
    "sum": lambda forward, reverse: forward + reverse,
    "mul": lambda forward, reverse: forward * reverse,
    "ave": lambda forward, reverse: (forward + reverse) * 0.5,
    None: lambda forward, reverse: (forward, reverse),
}
"""By Keras' names. None: they stay two."""


def merged_width(row: Sequence[Cell], merge: str | None) -> int:
    """The width of the outputs of a layer; of each of them where they stay two."""
    return sum(cell.output_size for cell in row) if merge == "concat" else row[0].output_size

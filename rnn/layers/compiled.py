"""A layer as compiled loops: ``how="scan"``, where nobody asks for single steps.

Outputs, states, gradients and the draws of dropout are those of the layer that unrolls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad import Tensor

from ..cells import Cell, State
from ..sequence.scanning import run_scanned
from .stack import MERGES

__all__ = ["run_compiled"]


def run_compiled(
    cells: Sequence[Sequence[Cell]], xs: Tensor, before: Sequence[State], mask: Any, *,
    reverse: bool, merge: str | None, between: Callable[[Tensor], Tensor],
) -> tuple[Any, list[State]]:
    """The outputs of the last layer (T, B, H), or two of them, and the last state of every cell.

    cells: by layer and direction. xs: (T, B, K), or tokens (T, B). before: the states of the cells.
    mask: booleans (T, B), or None. between: what happens to outputs on their way to the next layer.
    """
    lasts: list[State] = []
    outputs: Any = xs
    for number, row in enumerate(cells):
        outputs = between(outputs) if number else outputs
        here = [
            run_scanned(
                cell, outputs, before[len(lasts) + d], reverse=reverse or d == 1, mask=mask
            )
            for d, cell in enumerate(row)
        ]
        lasts += [last for _, last in here]
        outputs = here[0][0] if len(here) == 1 else MERGES[merge](here[0][0], here[1][0])
    return outputs, lasts

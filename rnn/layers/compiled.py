"""A layer as a few ops, where nobody asks for single steps: ``how="scan"`` and ``"checkpoint"``.

Outputs, states, gradients and the draws of dropout are those of the layer that unrolls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minigrad import Tensor

from ..cells import Cell, State
from ..sequence.lengths import Masks
from ..sequence.ways import over_all
from .stack import MERGES

__all__ = ["run_compiled"]


def run_compiled(
    cells: Sequence[Sequence[Cell]], xs: Tensor, before: Sequence[State], masks: Masks, how: str, *,
    reverse: bool, merge: str | None, label: Callable[[int, int], str],
    between: Callable[[Tensor], Tensor],
) -> tuple[Any, list[State]]:
    """The outputs of the last layer (T, B, H), or two of them, and the last state of every cell.

    cells: by layer and direction, and so their `label`. xs: (T, B, K), or tokens (T, B). before:
    the states of the cells. between: what happens to outputs on their way to the next layer.
    """
    lasts: list[State] = []
    outputs: Any = xs
    for number, row in enumerate(cells):
        outputs = between(outputs) if number else outputs
        here = [
            over_all(
                cell, outputs, before[len(lasts) + d], label(number, d), how,
                reverse=reverse or d == 1, mask=masks.mask, repeat=masks.repeat,
            )
            for d, cell in enumerate(row)
        ]
        lasts += [last for _, last in here]
        outputs = here[0][0] if len(here) == 1 else MERGES[merge](here[0][0], here[1][0])
    return outputs, lasts

"""A layer as a few ops, where nobody asks for single steps: ``how="scan"`` and ``"checkpoint"``.

Outputs, states, gradients and the draws of dropout are those of the layer that unrolls.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.opening import hollow, opens_as
from minigrad.functional import dropout as drop

from ..cells import Cell, State
from ..sequence.lengths import Masks
from ..sequence.loop import stack
from ..sequence.unrolling import each_step
from ..sequence.ways import idle_steps, over_all
from .stack import MERGES

__all__ = ["run_compiled"]


def run_compiled(
    cells: Sequence[Sequence[Cell]], xs: Tensor, before: Sequence[State], masks: Masks,
    how: str | None, start: int, *, reverse: bool, merge: str | None,
    label: Callable[[int, int], str], dropout: float, rng: np.random.Generator,
    workers: int | None = None,
) -> tuple[Any, list[State]]:
    """The outputs of the last layer (T, B, H), or two of them, and the last state of every cell.

    cells: by layer and direction, and so their `label`. xs: (T, B, K), or tokens (T, B). before:
    the states of the cells. dropout: of outputs on their way to the next layer. workers: as in
    ``minigrad.scan``.
    """
    lasts: list[State] = []
    outputs: Any = xs
    idle: list[Any] = []                                                 # by direction, (T,)
    for number, row in enumerate(cells):
        if number and dropout:
            outputs = _dropped(
                outputs, np.all(idle, axis=0), dropout, rng, label(number - 1, 0), start
            )
        here = [
            over_all(
                cell, outputs, before[len(lasts) + d], label(number, d), how, start,
                reverse=reverse or d == 1, mask=masks.mask, repeat=masks.repeat, workers=workers,
            )
            for d, cell in enumerate(row)
        ]
        lasts += [last for _, last in here]
        sides = [outputs for outputs, _ in here]
        idle = [idle_steps(*masks, reverse or d == 1, len(xs)) for d in range(len(row))]
        outputs = sides[0] if len(sides) == 1 else _merged(
            sides, idle, merge, label(number, 0), start
        )
    return outputs, lasts


def _rows(outputs: Tensor, idle: Any) -> list[Tensor]:
    """The outputs step by step, as single steps leave them: where they are `idle`, constants."""
    rows = zip(outputs.unbind(), idle, strict=True)
    return [row.detach() if constant else row for row, constant in rows]


def _dropped(
    outputs: Tensor, idle: Any, p: float, rng: np.random.Generator, label: str, start: int
) -> Tensor:
    drawn, like = copy.deepcopy(rng), hollow(outputs)

    def steps() -> Tensor:
        again = copy.deepcopy(drawn)
        return stack(each_step(
            lambda y: drop(y, p, rng=again), _rows(like, idle), name=f"{label}.dropout", start=start
        ))

    return opens_as(drop(outputs, p, rng=rng), steps)


def _merged(
    sides: Sequence[Tensor], idle: Sequence[Any], merge: str | None, label: str, start: int
) -> Any:
    merged = MERGES[merge](*sides)
    if merge is None:
        return merged
    like = sides if merge == "mul" else list(map(hollow, sides))
    return opens_as(merged, lambda: stack(each_step(
        MERGES[merge], *map(_rows, like, idle), name=f"{label}.{merge}", start=start
    )))

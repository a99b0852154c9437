"""A scan in √T windows, of which only the states between them are kept: how="checkpoint".

Each window is run a second time in the backward pass, so about 2 √T steps are in memory at a time
(Chen et al. 2016, see ``mg.checkpoint``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.opening import hollow, opens_as
from ..engine.tensor import Tensor
from ..transforms.checkpointing import checkpoint
from ..transforms.tree import flatten
from .replay import Labels

__all__ = ["in_windows"]

Window = Callable[[Any, Any], tuple[Any, Any]]


def in_windows(
    window: Callable[[Labels], Window], xs: Any, state: Any, reverse: bool, labels: Labels
) -> tuple[Any, Any]:
    """The outputs of all steps and the last state.

    window: for the labels of some steps what runs those, ``(xs, state) -> (outputs, state)``, the
    same however often.
    """
    T = len(labels.numbers)
    size = math.isqrt(T - 1) + 1
    leaves, rebuild = flatten(xs)
    pieces: list[list[Any]] = []
    starts = range(0, T, size)
    for start in reversed(starts) if reverse else starts:
        some = slice(start, start + size)
        run = window(labels._replace(numbers=labels.numbers[some]))
        output, state = checkpoint(run, rebuild([_rows(leaf, some) for leaf in leaves]), state)
        found, put = flatten(output)
        pieces.append(found)
    columns = zip(*(pieces[::-1] if reverse else pieces), strict=True)
    return put(list(map(_joined, columns))), state


def _rows(x: Tensor, some: slice) -> Tensor:
    """Some steps of a sequence, seen as a stack of them."""
    like = hollow(x)
    return opens_as(x[some], lambda: _stacked(like.unbind()[some]))


def _joined(pieces: Sequence[Tensor]) -> Tensor:
    """The steps of some pieces one after the other, seen as a stack of them."""
    whole: Any = np.concatenate(pieces)
    like = list(map(hollow, pieces))
    return opens_as(whole, lambda: _stacked([y for ys in like for y in ys.unbind()]))


def _stacked(rows: Sequence[Tensor]) -> Tensor:
    stacked: Any = np.stack(rows)
    return stacked  # type: ignore[no-any-return]  # a Tensor

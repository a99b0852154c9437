"""A scan in √T windows, of which only the states between them are kept: how="checkpoint".

Each window is run a second time in the backward pass, so about 2 √T steps are in memory at a time
(Chen et al. 2016, see ``mg.checkpoint``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..engine.opening import hollow, opens_as
from ..engine.tensor import Tensor
from ..transforms.checkpointing import checkpoint
from ..transforms.tree import flatten
from .generators import Repeatable, reachable
from .replay import Labels

__all__ = ["in_windows"]


def in_windows(
    step: Callable[[Any, Any], Any], state: Any, xs: Any, reverse: bool, labels: Labels,
    by_plan: Callable[..., tuple[Any, Any]],
    by_loop: Callable[[Any, Any], tuple[Any, Any]],
) -> tuple[Any, Any]:
    """The outputs of all steps and the last state.

    by_plan: runs some steps, ``by_plan(state, xs, labels=labels)``. by_loop: the same
    for steps that cannot be traced. Both draw again what they have drawn for the same steps.
    """
    T, generators = len(labels.numbers), reachable(step)
    size = math.isqrt(T - 1) + 1
    leaves, rebuild = flatten(xs)
    pieces: list[list[Any]] = []
    starts = range(0, T, size)
    for start in reversed(starts) if reverse else starts:
        some = slice(start, start + size)
        here = labels._replace(numbers=labels.numbers[some])
        run = Repeatable((partial(by_plan, labels=here), by_loop), generators)
        output, state = checkpoint(run, state, rebuild([_rows(leaf, some) for leaf in leaves]))
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
    return opens_as(whole, lambda: _stacked(y for ys in like for y in ys.unbind()))


def _stacked(rows: Iterable[Tensor]) -> Tensor:
    whole: Any = np.stack(list(rows))
    return whole  # type: ignore[no-any-return]  # a Tensor

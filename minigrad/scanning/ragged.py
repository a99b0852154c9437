"""Sequences of unequal length: behind its end a row keeps its state, and its outputs are 0.

The mask is one more input of the step, and two more ops in it; so it is traced, transposed and
planned as the step is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, as_tensor, detached
from ..transforms.tree import flatten, flatten_like

__all__ = ["masked", "within"]


def masked(
    step: Callable[[Any, Any], Any], xs: Any, lengths: Any, T: int, state: Any
) -> tuple[Callable[[Any, Any], Any], Any]:
    """A step, and inputs with a mask, that run each row of the batch up to its own end.

    lengths: (B,), from 0 to T. state: the first one, which tells B.
    """
    own = np.asarray(detached(lengths))
    sizes = {len(s) if s.ndim else None for s in flatten(state)[0]}
    if own.ndim != 1 or own.dtype.kind not in "iu" or sizes != {len(own)}:
        raise ValueError(
            f"scan(lengths=...): received shape {own.shape} and dtype {own.dtype}; wanted one "
            f"integer for each row of the batch, which is axis 0 of every part of the state "
            f"({', '.join(map(str, sizes))})"
        )
    if own.size and not (own.min() >= 0 and own.max() <= T):
        raise ValueError(
            f"scan(lengths=...): lengths from {own.min()} to {own.max()}; wanted 0 to T = {T}"
        )
    return within(step, xs, np.arange(T)[:, None] < own)                 # (T, B)


def within(
    step: Callable[[Any, Any], Any], xs: Any, here: Any
) -> tuple[Callable[[Any, Any], Any], Any]:
    """A step, and inputs, that run only where `here`, booleans (T, B): elsewhere a row keeps its
    state, and its outputs are 0."""

    def one(x: Any, state: Any) -> tuple[Any, Any]:
        (x, inside) = x
        output, new = step(x, state)
        flat = flatten_like(new, state, "scan: the state that step(x, state) returned")
        before, rebuild = flatten(state)
        kept = [_chosen(inside, after, old) for after, old in zip(flat, before, strict=True)]
        same = {id(after): chosen for after, chosen in zip(flat, kept, strict=True)}
        ys, put = flatten(output)
        shown = [
            _chosen(inside, same.get(id(y), y), np.zeros(np.shape(y), as_tensor(y).dtype))
            for y in ys
        ]
        return put(shown), rebuild(kept)

    return one, (xs, as_tensor(here))


def _chosen(inside: Tensor, new: Any, old: Any) -> Any:
    """The rows of `new` that are inside, else those of `old`; a number without rows is the new one.
    """
    if np.ndim(new) == 0:
        return new
    return np.where(inside.reshape(-1, *[1] * (np.ndim(new) - 1)), new, old)

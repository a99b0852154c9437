"""What derivative rules share: what a selection passed on, and the shapes of reductions.

Rules may divide by 0 and overflow: an infinite slope is a value. The sweep silences NumPy there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.selections import Chosen, chosen_part
from ..engine.tensor import detached
from ..engine.unbroadcast import wider

__all__ = [
    "AXES", "Axis", "count", "flat", "floating", "fold", "keepdims_shape", "one", "passed",
    "safe_mean", "safe_sum", "share", "shares", "side", "spread", "transposed", "winners",
]

Axis = int | tuple[int, ...] | None
AXES = {"axis": "axes", "keepdims": "bool"}  # what tests pass to a reduction


def passed(g: Any, chosen: Any) -> Chosen:
    """The cotangent of what a selection chose: `g` where `chosen`; nothing depends on the rest."""
    if np.shape(chosen) == g.shape:
        return Chosen(g, chosen, clean=False)
    values = chosen_part(g, chosen)
    if np.shape(chosen) != values.shape:
        chosen = np.broadcast_to(chosen, values.shape)
    return Chosen(values, chosen)


def flat(g: Any) -> Chosen:
    """The cotangent of an argument on which the result does not depend, as of a step."""
    return Chosen(np.zeros(g.shape, g.dtype), np.zeros(g.shape, bool))


def transposed(x: Any) -> Any:
    """Each matrix in the last two axes transposed."""
    return np.swapaxes(x, -1, -2)


_ONES = {np.dtype(t): np.ones((), t) for t in (np.float16, np.float32, np.float64, np.longdouble)}


def one(x: Any) -> Any:
    """1 in the dtype of `x`, as an array: NumPy takes longer over a number."""
    return _ONES.get(x.dtype, 1)


def floating(x: Any) -> Any:
    """`x` as an array of floats: integers become what NumPy's functions make of them."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x, np.float16))


def side(x: Any, y: Any = 0) -> Any:
    """The sign of x - y as a constant: the slope of |x - y|, 0 at the kink."""
    return np.sign(np.subtract(detached(x), detached(y)))


def keepdims_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape of a reduction with keepdims."""
    if axis is None:
        return (1,) * len(shape)
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple | list) else (axis,)) if shape}
    return tuple(1 if a in axes else n for a, n in enumerate(shape))


def spread(reduced: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduced array repeated along the axes that were reduced."""
    return np.broadcast_to(np.reshape(reduced, keepdims_shape(shape, axis)), shape)


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many entries each result of a reduction is made of."""
    return math.prod(n for n, m in zip(shape, keepdims_shape(shape, axis), strict=True) if m == 1)


def share(g: Any, number: Any) -> Any:
    """``g / number`` in the dtype of g, for a number of entries that g's dtype need not hold."""
    return (g / np.asarray(number, np.float64)).astype(g.dtype)


def safe_sum(x: Any, axis: Axis) -> Any:
    """Σ x along axis, keepdims, formed in a wider dtype; of float16 it stays float32, which holds
    it, and so does what is computed with it."""
    summed = np.sum(x, axis=axis, dtype=wider(x.dtype), keepdims=True)
    return summed.astype(x.dtype) if x.dtype == np.float32 else summed


def safe_mean(x: Any, axis: Axis) -> Any:
    """The mean along axis, keepdims, formed as ``safe_sum`` forms a sum."""
    mean = np.mean(x, axis=axis, dtype=wider(x.dtype), keepdims=True)
    return mean.astype(x.dtype) if x.dtype == np.float32 else mean


def shares(g: Any, out: Any, x: Any, axis: Axis) -> tuple[Any, Any]:
    """The cotangent of a maximum or minimum, divided by how many entries reach it; and which."""
    wanted = keepdims_shape(np.shape(x), axis)
    x, out = detached(x), np.reshape(detached(out), wanted)
    wins = x == out
    if np.isnan(out).any():
        wins |= np.isnan(x)
    return share(np.reshape(g, wanted), wins.sum(axis=axis, keepdims=True)), wins


def winners(g: Any, out: Any, x: Any, axis: Axis) -> Chosen:
    """The cotangent of a maximum or minimum, shared equally by the entries that reach it."""
    return passed(*shares(g, out, x, axis))


def fold(x: Any, axis: Axis) -> tuple[Any, Callable[[Any], Any]]:
    """`x` with the reduced axes last and made one, and the function that puts them back."""
    every = range(len(x.shape))
    axes = every if axis is None or not every else np.atleast_1d(axis) % len(every)
    order = [a for a in every if a not in axes] + [int(a) for a in axes]
    moved = np.transpose(x, order)
    lead = moved.shape[: len(every) - len(axes)]
    back = tuple(order.index(a) for a in every)
    flat = np.reshape(moved, (*lead, math.prod(moved.shape[len(lead) :])))
    return flat, lambda y: np.transpose(np.reshape(y, moved.shape), back)

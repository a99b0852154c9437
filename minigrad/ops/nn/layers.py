"""Ops of layers that deserve a record of their own, for accuracy or for speed."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from ...engine.lazy import Lazy
from ...engine.primitive import primitive
from ...engine.selections import chosen_part
from ..common import one_of
from ..linear.products import rows, sum_of_products
from ..rules import count, floating, passed, safe_mean, safe_sum, share, spread

__all__ = ["dropped", "kept_mean", "linear", "log_softmax", "softmax", "standardize"]


@primitive(
    "(n,k),(m,k),(m)->(n,m)", functional="linear(input, weight, bias)",
    vjps=(
        lambda g, weight: g @ weight,
        lambda g, input: np.swapaxes(rows(g), 0, 1) @ rows(input),
        lambda g: g,
    ),
    lazy={"weight": Lazy(lambda g, input: (rows(g), rows(input)), sum_of_products)},
    samples=lambda rng: (
        (rng.normal(size=(2, 4, 3)), rng.normal(size=(5, 3)),
         one_of(rng, None, rng.normal(size=5))), {},
    ),
)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weightᵀ + bias

    (..., K), (M, K), (M,) → (..., M). Raises ValueError for shapes that do not fit.

    >>> linear(np.ones((2, 3)), np.ones((4, 3)), np.zeros(4)).shape
    (2, 4)
    """
    input, weight = np.asarray(input), np.asarray(weight)
    if weight.ndim != 2 or input.ndim == 0 or input.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"input has shape {input.shape} and weight {weight.shape}; wanted (..., K) and (M, K)"
        )
    y = input @ weight.T
    if bias is None:
        return y
    if np.shape(bias) != (len(weight),):
        raise ValueError(f"bias has shape {np.shape(bias)}, wanted {(len(weight),)}")
    return y + bias


@primitive(
    "(),()->()", vjps=(lambda g, keep, scale: passed(g * scale, keep), None),
    samples=lambda rng: ((rng.normal(size=(2, 3)), rng.random((2, 3)) < 0.5), {"scale": 1.6}),
)
def dropped(x: Any, keep: Any, *, scale: float) -> Any:
    """scale x where keep, else 0, whatever x is there"""
    return chosen_part(floating(x), keep) * scale


_BLOCK = 128  # so many numbers are summed in their own dtype, and so many of such sums


def sum_along(x: Any, axis: int) -> Any:
    """``safe_sum`` of numbers from 0 to 1: where they are few to a row, a product with ones, which
    is ten times as fast."""
    few = axis in (-1, x.ndim - 1) and 0 < x.shape[-1] <= _BLOCK and x.dtype.char in "fd"
    return (x @ np.ones(x.shape[-1], x.dtype))[..., None] if few else safe_sum(x, axis)


def shifted(x: Any, axis: int) -> Any:
    """`x` minus its maximum along axis, in a new array of floats; a row of -∞ stays as it is."""
    x = floating(x)
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)  # of no entries too
    return np.subtract(x, np.where(np.isneginf(top), 0, top), out=np.empty_like(x))


def positive(total: Any) -> Any:
    """The sums of exponentials, and 1 for that of a row of -∞."""
    return np.where(total == 0, 1, total)


@primitive(
    "(n)->(n)", samples={"axis": "axis"}, methods=["softmax"],
    vjps=(lambda g, out, axis: out * (g - safe_sum(g * out, axis)),),
)
def softmax(x: Any, *, axis: int = -1) -> Any:
    """eˣ / Σ eˣ along axis; 0 for a row of -∞"""
    y = shifted(x, axis)
    np.exp(y, out=y)
    y /= positive(sum_along(y, axis))
    return y


@primitive(
    "(n)->(n)", samples={"axis": "axis"}, methods=["log_softmax"],
    vjps=(lambda g, out, axis: g - np.exp(out) * safe_sum(g, axis),),
)
def log_softmax(x: Any, *, axis: int = -1) -> Any:
    """x - ln Σ eˣ along axis; -∞ for a row of -∞"""
    y = shifted(x, axis)
    y -= np.log(positive(sum_along(np.exp(y), axis)))
    return y


@lru_cache(maxsize=256)
def _weights(n: int, dtype: Any) -> tuple[Any, Any]:
    """Powers of 2 near 1 / n, with which no sum of n numbers overflows, and what is missing."""
    scale = 2.0 ** -math.ceil(math.log2(n))
    return np.full(n, scale, dtype), np.asarray(1 / (n * scale), dtype)


def _means(x: Any) -> Any:
    """The means along the last axis, as products with a vector: far faster than ``np.mean``."""
    weights, rest = _weights(x.shape[-1], x.dtype)
    found = np.vecdot(x, weights)
    return found if rest == 1 else found * rest


def _mean_along(x: Any, axis: int | tuple[int, ...]) -> Any:
    if axis in (-1, (-1,)) and x.dtype.char in "fd":
        n = x.shape[-1]
        if 0 < n <= _BLOCK:
            return _means(x)[..., None]
        if 0 < n <= _BLOCK * (block := math.gcd(n, _BLOCK)):
            return _means(_means(x.reshape(*x.shape[:-1], -1, block)))[..., None]
    return safe_mean(x, axis)


@primitive(
    "(n)->(n)", samples={"axis": "axis"},
    vjps=(lambda g, x_shape, axis: spread(share(g, count(x_shape, axis)), x_shape, axis),),
)
def kept_mean(x: Any, *, axis: int | tuple[int, ...]) -> Any:
    """Σ x / n along axis, which stays, of length 1

    Of float16 it is a float32, which holds it.
    """
    return _mean_along(x, axis)


def _standardize_slope(g: Any, out: Any, x: Any, axis: tuple[int, ...], eps: float) -> Any:
    along = g - kept_mean(g, axis=axis) - out * kept_mean(g * out, axis=axis)
    centred = x - kept_mean(x, axis=axis)
    return along / np.sqrt(kept_mean(np.square(centred), axis=axis) + eps)


@primitive("(n)->(n)", samples={"axis": "axis"}, vjps=(_standardize_slope,))
def standardize(x: Any, *, axis: int | tuple[int, ...], eps: float = 1e-5) -> Any:
    """(x - mean) / √(variance + eps), both along axis"""
    x = floating(x)
    y = x - _mean_along(x, axis)
    y -= _mean_along(y, axis)  # what the first mean was rounded by
    size = _mean_along(np.square(y), axis)
    size += eps
    y /= np.sqrt(size, out=size)
    return y.astype(x.dtype, copy=False)

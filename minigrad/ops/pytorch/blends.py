"""Sums and products of several tensors in one call, as PyTorch has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import Tensor, detached
from ..common import composite
from ..elementwise.rounding import fraction

__all__ = [
    "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "baddbmm", "clamp_max",
    "clamp_min", "div", "frac", "lerp", "logit", "nan_to_num", "rsqrt", "sub", "xlogy",
]


@composite()
def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input + alpha · other

    >>> float(add(np.array(1.0), 3.0, alpha=2))
    7.0
    """
    return np.add(input, _times(alpha, other))


@composite()
def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input - alpha · other

    >>> float(sub(np.array(1.0), 3.0, alpha=2))
    -5.0
    """
    return np.subtract(input, _times(alpha, other))


def _times(factor: Any, x: Any) -> Any:
    """factor · x, without a node where the factor is 1."""
    return x if isinstance(factor, int | float) and factor == 1 else factor * x


@composite()
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input / other; rounded towards 0 with rounding_mode "trunc", down with "floor": slope 0.

    >>> div(np.array([-3.0, 3.0]), 2.0, rounding_mode="trunc")
    array([-1.,  1.])
    """
    if rounding_mode is None:
        return np.divide(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise ValueError(f"rounding_mode={rounding_mode!r}; wanted None, 'trunc' or 'floor'")
    if rounding_mode == "floor":
        return np.floor_divide(input, other)
    x, y = detached(input), detached(other)
    if np.result_type(x, y).kind not in "iub":
        return np.trunc(np.divide(input, other))
    down = np.floor_divide(input, other)  # of integers: one more where a quotient < 0 has a rest
    return down + ((np.less(x, 0) != np.less(y, 0)) & (np.remainder(x, y) != 0)).astype(down.dtype)


@composite()
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """input + weight · (end - input): on the way from `input` to `end`, weight 0 to 1 of it.

    >>> float(lerp(np.array(1.0), np.array(3.0), 0.25))
    1.5
    """
    return input + weight * np.subtract(end, input)


@composite()
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """input + value · tensor1 · tensor2

    >>> float(addcmul(np.array(1.0), 2.0, 3.0, value=10))
    61.0
    """
    return input + _times(value, tensor1 * tensor2)


@composite()
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """input + value · tensor1 / tensor2

    >>> float(addcdiv(np.array(1.0), 6.0, 3.0, value=10))
    21.0
    """
    return input + _times(value, tensor1 / tensor2)


# -- products of matrices and vectors


def _plus(input: Any, product: Any, beta: float, alpha: float) -> Any:
    """beta · input + alpha · product; with beta 0 it does not matter what `input` holds."""
    result = _times(alpha, product)
    if np.broadcast_shapes(np.shape(input), np.shape(product)) != np.shape(product):
        raise ValueError(
            f"input has shape {np.shape(input)}, which does not broadcast to that of the product, "
            f"{np.shape(product)}"
        )
    return result if isinstance(beta, int | float) and beta == 0 else _times(beta, input) + result


def _wanted(**axes: tuple[Any, int]) -> None:
    """Raise for an argument that has not as many axes as it should."""
    for name, (x, n) in axes.items():
        if np.ndim(x) != n:
            raise ValueError(f"{name} has shape {np.shape(x)}, wanted {n} axes")


@composite()
def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · mat1 @ mat2, for matrices.

    >>> addmm(np.ones(2), np.eye(2), np.eye(2), alpha=3)
    array([[4., 1.],
           [1., 4.]])
    """
    _wanted(mat1=(mat1, 2), mat2=(mat2, 2))
    return _plus(input, np.matmul(mat1, mat2), beta, alpha)


@composite()
def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · mat @ vec

    >>> addmv(np.ones(2), np.eye(2), np.array([1.0, 2.0]))
    array([2., 3.])
    """
    _wanted(mat=(mat, 2), vec=(vec, 1))
    return _plus(input, np.matmul(mat, vec), beta, alpha)


@composite()
def addr(input: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · vec1 vec2ᵀ

    >>> addr(np.zeros((1, 2)), np.array([2.0]), np.array([3.0, 4.0]))
    array([[6., 8.]])
    """
    _wanted(vec1=(vec1, 1), vec2=(vec2, 1))
    return _plus(input, np.outer(vec1, vec2), beta, alpha)


@composite()
def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · batch1 @ batch2, for stacks of matrices (B, n, k) and (B, k, m).

    >>> baddbmm(np.zeros((1, 1, 1)), np.full((1, 1, 2), 2.0), np.ones((1, 2, 1))).shape
    (1, 1, 1)
    """
    _wanted(batch1=(batch1, 3), batch2=(batch2, 3))
    return _plus(input, np.matmul(batch1, batch2), beta, alpha)


@composite()
def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta · input + alpha · Σ_b batch1[b] @ batch2[b]: (B, n, k) and (B, k, m) → (n, m).

    >>> addbmm(np.zeros((1, 1)), np.full((3, 1, 2), 2.0), np.ones((3, 2, 1)))
    array([[12.]])
    """
    _wanted(batch1=(batch1, 3), batch2=(batch2, 3))
    return _plus(input, np.matmul(batch1, batch2).sum(0), beta, alpha)


# -- of one entry


@composite()
def clamp_min(input: Any, min: Any) -> Any:
    """max(x, min); slope 1 on the bound

    >>> clamp_min(np.array([-1.0, 2.0]), 0.0)
    array([0., 2.])
    """
    return np.clip(input, min, None)


@composite()
def clamp_max(input: Any, max: Any) -> Any:
    """min(x, max); slope 1 on the bound

    >>> clamp_max(np.array([-1.0, 2.0]), 0.0)
    array([-1.,  0.])
    """
    return np.clip(input, None, max)


@composite()
def logit(input: Any, eps: float | None = None) -> Any:
    """ln(x / (1 - x)), the inverse of the sigmoid; eps: of x between eps and 1 - eps.

    >>> float(logit(np.array(0.75)) / np.log(3))
    1.0
    """
    x = input if eps is None else np.clip(input, eps, 1 - eps)
    return np.log(x) - np.log1p(-x)


@composite()
def rsqrt(input: Any) -> Any:
    """1 / √x

    >>> float(rsqrt(np.array(4.0)))
    0.5
    """
    return 1 / np.sqrt(input)


@composite()
def frac(input: Any) -> Any:
    """x - trunc(x), with the sign of x

    >>> frac(np.array([-1.5, 2.25]))
    array([-0.5 ,  0.25])
    """
    return fraction(input)


@composite()
def xlogy(input: Any, other: Any) -> Any:
    """x ln y, and 0 where x is 0, unless y is NaN

    >>> xlogy(np.array([0.0, 2.0]), np.array([0.0, 1.0]))
    array([0., 0.])
    """
    x, y = np.asarray(detached(input)), detached(other)
    if not isinstance(other, Tensor):
        other = np.asarray(y, np.result_type(x, y))
    return input * np.log(np.where((x == 0) & np.less_equal(y, 0), 1, other))


@composite()
def nan_to_num(
    input: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Any:
    """x with numbers in the place of NaN and ±∞ (None: the largest of the dtype); slope 0 there

    >>> nan_to_num(np.array([np.nan, 1.0]), 0.5)
    array([0.5, 1. ])
    """
    return np.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)

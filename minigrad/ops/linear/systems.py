"""More of ``np.linalg``: least squares, tensors as matrices, chains of products, conditions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.tensor import as_tensor, detached, wrap
from ..common import composite, without_gradient
from ..reduce.norms import norm
from ..shape.axes import cast, reshape
from .decompositions import svdvals
from .inverses import inv, pinv, solve
from .products import dot, matmul

__all__ = ["cond", "lstsq", "multi_dot", "tensorinv", "tensorsolve"]

without_gradient(np.linalg.matrix_rank)


# -- systems of equations


@composite(np.linalg.lstsq, metadata=["rcond"])
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """``(x, residuals, rank, s)``: the x with the least ‖b - a x‖, and of those the shortest.

    residuals: Σ (b - a x)² for each column of b, or empty where a has not full rank or is not tall.
    s: the singular values; those below ``rcond`` times the largest (default: max(M, N) times the
    precision) count as 0. Where the rank changes nearby there is no derivative; the one given is
    along matrices of the same rank.
    """
    a, b = as_tensor(a), as_tensor(b)
    plain = np.linalg.lstsq(a._data, b._data, detached(rcond))  # NumPy's errors, and the rank
    kind, rank = plain[0].dtype, plain[2]
    a, b = cast(a, kind), cast(b, kind)
    rows, columns = a.shape
    if rcond is None:
        rcond = np.finfo(kind).eps * max(rows, columns)
    x = matmul(pinv(a, max(detached(rcond), 0)), b)
    residuals: Any = wrap(plain[1], None)
    if rank == columns < rows:
        residuals = np.atleast_1d(np.sum((b - matmul(a, x)) ** 2, axis=0))
    return x, residuals, rank, svdvals(a)


@composite(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of `a` as a matrix whose rows are its first `ind` axes: for tensordot."""
    a = as_tensor(a)
    if ind <= 0:
        raise ValueError(f"ind is {ind}, wanted at least 1")
    size = math.prod(a.shape[ind:])
    inverse = inv(reshape(a, shape=(size, -1)))
    return reshape(inverse, shape=a.shape[ind:] + a.shape[:ind])


@composite(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Sequence[int] | None = None) -> Any:
    """The x with tensordot(a, x, x.ndim) = b; `axes` of `a` are moved to its end first."""
    a, b = as_tensor(a), as_tensor(b)
    if axes is not None:
        last = [axis % a.ndim for axis in axes]
        a = np.transpose(a, [k for k in range(a.ndim) if k not in last] + last)
    shape = a.shape[b.ndim :]
    size = math.prod(shape)
    if a.size != size**2:
        raise np.linalg.LinAlgError(
            f"a has shape {a.shape} and b {b.shape}; wanted prod(a.shape[:{b.ndim}]) == "
            f"prod(a.shape[{b.ndim}:])"
        )
    return reshape(solve(reshape(a, shape=(size, size)), np.ravel(b)), shape=shape)


# -- chains of products


@composite(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """The product of two or more matrices, in the order that takes the fewest multiplications.

    The first may be a row, and the last a column, given as vectors.
    """
    if out is not None:
        raise TypeError("out= cannot be recorded for a Tensor: leave it out")
    chain: list[Any] = [as_tensor(a) for a in arrays]
    if len(chain) < 2:
        raise ValueError(f"received {len(chain)} arrays, wanted at least two")
    first, last = chain[0].ndim == 1, chain[-1].ndim == 1
    chain[0], chain[-1] = np.atleast_2d(chain[0]), chain[-1][:, None] if last else chain[-1]
    if any(a.ndim != 2 for a in chain):
        raise np.linalg.LinAlgError(
            f"received shapes {[np.shape(a) for a in arrays]}, wanted matrices"
        )
    split = _order([a.shape[0] for a in chain] + [chain[-1].shape[1]])
    result = _product(chain, split, 0, len(chain) - 1)
    shape = ((-1,) if not first else ()) + ((result.shape[1],) if not last else ())
    return reshape(result, shape=shape) if first or last else result


def _order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where the product of the matrices i to j is split best: Cormen et al., section 15.2."""
    count = len(sizes) - 1
    cost, split = {(i, i): 0 for i in range(count)}, {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = {
                k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            }
            split[i, j] = min(costs, key=lambda k: costs[k])
            cost[i, j] = costs[split[i, j]]
    return split


def _product(chain: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return chain[i]
    k = split[i, j]
    return dot(_product(chain, split, i, k), _product(chain, split, k + 1, j))


# -- conditions


@composite(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition of a matrix, ‖x‖ ‖x⁻¹‖ in the norm p; by default the largest singular value
    over the smallest (and -2: the reverse). Infinite for singular matrices."""
    x = as_tensor(x)
    plain = np.linalg.cond(x._data, p)  # NumPy's errors, and where it is ∞
    if p is None or p in (2, -2):
        s = svdvals(x)
        with np.errstate(all="ignore"):
            result = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    elif np.isinf(plain).any():
        return wrap(plain, None)  # no inverse, and no derivative
    else:
        result = norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))
    holes = np.isnan(detached(result)) & ~np.isnan(x._data).any(axis=(-2, -1))
    return np.where(holes, np.inf, result) if holes.any() else result

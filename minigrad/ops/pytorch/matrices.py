"""Matrices as PyTorch has them: its names and its order of results for NumPy's linear algebra."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ..common import composite
from ..linear.triangular import factors, solve_triangular
from .words import either

__all__ = [
    "LU", "SVD", "TriangularSolve", "cholesky", "corrcoef", "cov", "cross", "histc", "logdet", "lu",
    "pinverse", "qr", "svd", "triangular_solve", "unique",
]


class SVD(NamedTuple):
    """input = U diag(S) Vᵀ."""

    U: Any
    S: Any
    V: Any


class LU(NamedTuple):
    """The factors of a matrix in one, and the pivots."""

    LU: Any
    pivots: Any


class TriangularSolve(NamedTuple):
    """The solution, and the matrix."""

    solution: Any
    cloned_coefficient: Any


@composite()
def logdet(input: Any) -> Any:
    """ln det; -∞ where the determinant is 0, NaN where it is negative.

    >>> float(logdet(np.diag([1.0, np.e])))
    1.0
    """
    sign, size = np.linalg.slogdet(input)
    return np.where(detached(sign) < 0, np.nan, size)


@composite()
def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse; singular values below rcond times the largest count as 0.

    >>> pinverse(np.diag([2.0, 0.0]))
    array([[0.5, 0. ],
           [0. , 0. ]])
    """
    return np.linalg.pinv(input, rcond)


@composite()
def svd(input: Any, some: bool = True, compute_uv: bool = True) -> SVD:
    """``(U, S, V)`` with input = U diag(S) Vᵀ: unlike NumPy's, V is not transposed.

    some: False for square U and V. Without compute_uv U and V are zeros.

    >>> svd(np.diag([1.0, 2.0])).S
    array([2., 1.])
    """
    if not compute_uv:
        rows, columns = np.shape(input)[-2:]
        values = np.linalg.svd(input, compute_uv=False)
        lead = np.shape(input)[:-2]
        zeros = (np.zeros((*lead, n, n), values.dtype) for n in (rows, columns))
        return SVD(as_tensor(next(zeros)), values, as_tensor(next(zeros)))
    u, s, vh = np.linalg.svd(input, full_matrices=not some)
    return SVD(u, s, np.swapaxes(vh, -1, -2))


@composite()
def qr(input: Any, some: bool = True) -> Any:
    """``(Q, R)`` with input = Q R; some: False for a square Q.

    >>> qr(np.eye(2)).Q.shape
    (2, 2)
    """
    return np.linalg.qr(input, "reduced" if some else "complete")


@composite()
def cholesky(input: Any, upper: bool = False) -> Any:
    """The lower triangular L with L Lᵀ = input, or with `upper` the upper triangular Lᵀ.

    >>> cholesky(np.array([[4.0]]))
    array([[2.]])
    """
    return np.linalg.cholesky(input, upper=True) if upper else np.linalg.cholesky(input)


@composite()
def lu(input: Any, pivot: bool = True, get_infos: bool = False) -> LU:
    """``(LU, pivots)``: L below the diagonal, where it is 1, and U in one matrix; row k was
    exchanged with row pivots[k], counted from 1. Their product is `input` with its rows exchanged.

    >>> lu(np.array([[1.0, 2.0], [4.0, 2.0]])).pivots
    array([2, 2], dtype=int32)
    """
    if get_infos:
        raise ValueError("get_infos=True is not supported; a singular matrix has a 0 on U's "
                         "diagonal")
    order, lower, upper = factors(input, pivot)
    m, n = np.shape(input)[-2:]
    k = min(m, n)
    if m > k:
        upper = np.concatenate([upper, np.zeros((*order.shape[:-1], m - k, n), upper.dtype)], -2)
    if n > k:
        rest = np.zeros((*order.shape[:-1], m, n - k), lower.dtype)
        lower = np.concatenate([lower, rest], -1)
    pivots = _pivots(order)[..., :k].astype(np.int32)
    wrapped = wrap(pivots, None) if isinstance(input, Tensor) else pivots
    return LU(np.tril(lower, -1) + upper, wrapped)


def _pivots(order: Any) -> Any:
    """The exchanges, one after the other and counted from 1, that bring rows into an order."""
    pivots = np.empty(order.shape, int)
    for place in np.ndindex(order.shape[:-1]):
        rows = list(range(order.shape[-1]))
        for k, row in enumerate(order[place]):
            where = rows.index(row)
            rows[k], rows[where] = rows[where], rows[k]
            pivots[(*place, k)] = where + 1
    return pivots


@composite()
def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolve:
    """``(X, A)`` with A X = b for a triangular A, or Aᵀ X = b with `transpose`; the entries of the
    other triangle are not read, nor a diagonal of ones with `unitriangular`.

    >>> triangular_solve(np.array([[2.0]]), np.array([[4.0]])).solution
    array([[0.5]])
    """
    if not transpose:
        return TriangularSolve(
            solve_triangular(A, b, upper=upper, unitriangular=unitriangular), A
        )
    turned = np.swapaxes(A, -1, -2)
    return TriangularSolve(
        solve_triangular(turned, b, upper=not upper, unitriangular=unitriangular), A
    )


@composite()
def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The entries that differ, in order; with dim, the slices that do. They have no derivative: see
    ``np.unique``. With return_inverse and return_counts a tuple: where each entry is among them,
    and how often.

    >>> unique(np.array([2.0, 1.0, 2.0]))
    array([1., 2.])
    """
    find: Any = np.unique
    return find(input, return_inverse=return_inverse, return_counts=return_counts, axis=dim)


@either
@composite()
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """input × other of vectors of 3 components along dim; None: along the first axis of length 3.

    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    if dim is None:
        shape = np.broadcast_shapes(np.shape(input), np.shape(other))
        if 3 not in shape:
            raise ValueError(f"no axis of {shape} has length 3")
        dim = shape.index(3)
        input, other = np.broadcast_to(input, shape), np.broadcast_to(other, shape)
    return np.cross(input, other, axis=dim)


@composite()
def cov(input: Any, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of the variables, which are the rows: (n, T) → (n, n), over T - correction.

    >>> float(cov(np.array([1.0, 3.0])))
    2.0
    """
    return np.cov(
        input, ddof=correction, fweights=fweights, aweights=aweights, dtype=_float(input)
    )


def _float(input: Any) -> Any:
    """The dtype of floats, which NumPy would make float64 at least."""
    dtype = np.asarray(detached(input)).dtype
    return dtype if dtype.kind == "f" else None


@composite()
def corrcoef(input: Any) -> Any:
    """The correlations of the variables, which are the rows, from -1 to 1.

    >>> corrcoef(np.array([[1.0, 2.0], [4.0, 2.0]])).round(6)
    array([[ 1., -1.],
           [-1.,  1.]])
    """
    return np.corrcoef(input, dtype=_float(input))


@composite()
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many entries lie in each of so many equal parts of min to max, both 0 for those of the
    entries; without gradient.

    >>> histc(np.array([0.0, 1.0, 1.5, 9.0]), 2, 0, 2)
    array([1., 2.])
    """
    x = np.asarray(detached(input))
    low, high = (x.min(), x.max()) if min == max == 0 and x.size else (min, max)
    if low == high:
        low, high = low - 1, high + 1
    counts = np.histogram(x, bins, (low, high))[0].astype(x.dtype)
    return counts if x is input else wrap(counts, None)

"""Triangular systems, triangular factors with pivots, and the exponential of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import as_tensor, detached
from ..common import composite, one_of
from ..rules import transposed as _t

__all__ = ["lu", "matrix_exp", "solve_triangular"]


@composite()
def solve_triangular(
    A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Any:
    """The X with A X = B, or X A = B where not `left`, for a triangular A (..., n, n).

    upper: whether A is upper or lower triangular; the other entries are not read, nor is the
    diagonal where A is `unitriangular`: it is 1. They get no gradient. Raises LinAlgError where the
    diagonal has a 0.

    >>> solve_triangular(np.array([[2.0, 9.0], [1.0, 1.0]]), np.array([[2.0], [3.0]]), upper=False)
    array([[1.],
           [2.]])
    """
    k = (1 if upper else -1) if unitriangular else 0
    matrix = (np.triu if upper else np.tril)(A, k)
    if unitriangular:
        matrix = matrix + np.eye(matrix.shape[-1], dtype=matrix.dtype)
    return np.linalg.solve(matrix, B) if left else _t(np.linalg.solve(_t(matrix), _t(B)))


# -- L U


def _pivots(x: Any) -> Any:
    """The order of the rows (..., m) in which each pivot is the largest of its column that is
    left."""
    x = np.array(x)
    order = np.broadcast_to(np.arange(x.shape[-2]), x.shape[:-1]).copy()
    for place in np.ndindex(x.shape[:-2]):
        a, rows = x[place], order[place]
        for k in range(min(a.shape)):
            best = k + int(np.argmax(np.abs(a[k:, k])))
            for moved in (a, rows):
                moved[[k, best]] = moved[[best, k]]
            if a[k, k] != 0:
                a[k + 1 :, k] /= a[k, k]
                a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return order


def _lu_rule(g: Any, out: Any) -> Any:
    (gl, gu), (lower, upper) = g, out
    inner = np.tril(_t(lower) @ gl, -1) + np.triu(gu @ _t(upper))
    return _t(np.linalg.solve(upper, _t(np.linalg.solve(_t(lower), inner))))


def _draw_dominant(rng: np.random.Generator) -> Any:
    x = rng.normal(size=one_of(rng, (3, 3), (2, 3, 3)))
    return x + 3 * np.eye(3)


@primitive(
    "(n,n)->(n,n),(n,n)", vjps=(_lu_rule,), multiple=True, name="lu",
    samples=lambda rng: ((_draw_dominant(rng),), {}),
)
def _lu(x: Any) -> Any:
    """l, u with x = l u, l lower triangular with ones on the diagonal, u upper triangular"""
    upper, n = np.array(x), x.shape[-1]
    lower = np.broadcast_to(np.eye(n, dtype=upper.dtype), upper.shape).copy()
    for k in range(n):
        pivot = upper[..., k, None, k, None]
        column = np.where(pivot != 0, upper[..., k + 1 :, k, None] / np.where(pivot, pivot, 1), 0)
        lower[..., k + 1 :, k] = column[..., 0]
        upper[..., k + 1 :, :] -= column * upper[..., None, k, :]
        upper[..., k + 1 :, k] = 0
    return lower, upper


@composite()
def lu(A: Any, *, pivot: bool = True) -> Any:
    """``(P, L, U)`` with A = P L U (..., m, n): P moves rows, L (..., m, k) is lower triangular
    with ones on its diagonal, U (..., k, n) upper triangular, k the smaller of m and n.

    pivot: False leaves the rows where they are. The first k columns of A must be independent for a
    gradient; P has none.

    >>> P, L, U = lu(np.array([[1.0, 2.0], [4.0, 2.0]]))
    >>> L, U
    (array([[1.  , 0.  ],
           [0.25, 1.  ]]), array([[4. , 2. ],
           [0. , 1.5]]))
    """
    if np.ndim(A) < 2:
        raise np.linalg.LinAlgError(f"A has shape {np.shape(A)}, wanted (..., m, n)")
    order, lower, upper = factors(A, pivot)
    moved = np.asarray(order[..., None, :] == np.arange(order.shape[-1])[:, None])
    moved = moved.astype(np.asarray(detached(lower)).dtype)
    return (moved if not hasattr(lower, "requires_grad") else as_tensor(moved)), lower, upper


def factors(A: Any, pivot: bool = True) -> tuple[Any, Any, Any]:
    """The order of the rows, L and U."""
    m, n = np.shape(A)[-2:]
    if np.asarray(detached(A)).dtype.kind != "f":
        raise TypeError(f"A has dtype {np.asarray(detached(A)).dtype}, wanted floats")
    order = np.broadcast_to(np.arange(m), np.shape(A)[:-1])
    if pivot:
        order = _pivots(detached(A))
        A = np.take_along_axis(A, order[..., None], axis=-2)
    k = min(m, n)
    lower, upper = _lu(A[..., :k, :k])
    if m > k:
        below = _t(np.linalg.solve(_t(upper), _t(A[..., k:, :])))
        lower = np.concatenate([lower, below], axis=-2)
    if n > k:
        upper = np.concatenate([upper, np.linalg.solve(lower, A[..., :, k:])], axis=-1)
    return order, lower, upper


# -- exp


_PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000,
    10559470521600, 670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)


def _squarings(x: Any) -> Any:
    """(..., 1, 1), how often each matrix is halved until its largest column sum is at most 4"""
    size = np.abs(x).sum(axis=-2, keepdims=True).max(axis=-1, keepdims=True, initial=0.0)
    return np.ceil(np.log2(np.clip(np.nan_to_num(size, posinf=0.0), 4.0, None) / 4))


def _exp_rule(g: Any, input: Any) -> Any:
    n, zeros = np.shape(input)[-1], np.zeros(np.shape(input), g.dtype)
    # linear in G: a large one must not make the block be halved more often than X needs it
    _, power = np.frexp(np.abs(detached(g)).max(axis=(-2, -1), keepdims=True, initial=0.0))
    unit = np.ldexp(np.ones_like(power, np.abs(detached(g)).dtype), power)
    rows = [np.concatenate(row, axis=-1) for row in ((_t(input), g / unit), (zeros, _t(input)))]
    return matrix_exp(np.concatenate(rows, axis=-2))[..., :n, n:] * unit


@primitive(
    "(n,n)->(n,n)", vjps=(_exp_rule,), methods=["matrix_exp"],
    samples=lambda rng: ((rng.normal(size=one_of(rng, (3, 3), (2, 3, 3))),), {}),
)
def matrix_exp(input: Any) -> Any:
    """Σ_k Xᵏ / k!, the exponential of each matrix (..., n, n)

    By the quotient of two polynomials of degree 13 of X / 2ˢ, squared s times; the derivative is a
    block of exp [[Xᵀ, G], [0, Xᵀ]]. (Higham, "The scaling and squaring method for the matrix
    exponential revisited", 2005.)

    >>> matrix_exp(np.array([[0.0, 1.0], [0.0, 0.0]]))
    array([[1., 1.],
           [0., 1.]])
    """
    x = np.asarray(input)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError(f"input has shape {x.shape}, wanted (..., n, n)")
    dtype = np.result_type(x.dtype, np.float16)
    x = x.astype(np.result_type(dtype, np.float64))  # squaring doubles an error each time
    squarings = _squarings(x)
    x = x / 2.0**squarings
    one, power = np.eye(x.shape[-1], dtype=x.dtype), x @ x
    even, odd, term = 0.0 * x, 0.0 * x, one / _PADE[0]
    for k in range(0, 14, 2):
        even = even + _PADE[k] * term
        odd = odd + _PADE[k + 1] * term
        term = term @ power
    odd = x @ odd
    out = np.linalg.solve(even - odd, even + odd)
    for done in range(int(squarings.max(initial=0))):
        out = np.where(done < squarings, out @ out, out)
    return out.astype(dtype)

"""Inverses, solutions, determinants and powers of square matrices, and the pseudo-inverse.

All work on stacks of matrices, as NumPy's. The decompositions are in `decompose`.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.tensor import as_tensor, detached, wrap
from ..common import composite, one_of
from ..rules import transposed as _t
from ..shape.rearranging import tril
from .products import matmul

__all__ = ["cofactor", "cofactor_along", "det", "inv", "matrix_power", "pinv", "slogdet", "solve"]


def draw_square(rng: np.random.Generator, n: int = 3) -> Any:
    """A matrix, or a stack of two, well away from singular ones, for tests."""
    x = rng.normal(size=one_of(rng, (n, n), (2, n, n))) + 2.5 * np.eye(n)
    u, s, vt = np.linalg.svd(x)
    return (u * np.maximum(s, 0.8)[..., None, :]) @ vt


# -- inverse and solution


@primitive(
    "(n,n)->(n,n)", numpy=[np.linalg.inv], vjps=(lambda g, out: -(_t(out) @ g @ _t(out)),),
    samples=lambda rng: ((draw_square(rng),), {}),
)
def inv(x: Any) -> Any:
    """x⁻¹"""
    return np.linalg.inv(x)


def _solve_right(g: Any, x: Any, y: Any) -> Any:
    """x⁻ᵀ g; a vector y is a column."""
    if np.ndim(y) == 1:
        return np.squeeze(np.linalg.solve(_t(x), np.expand_dims(g, -1)), -1)
    return np.linalg.solve(_t(x), g)


def _solve_left(g: Any, out: Any, x: Any, y: Any) -> Any:
    back = _solve_right(g, x, y)
    if np.ndim(y) == 1:
        return -(np.expand_dims(back, -1) * np.expand_dims(out, -2))
    return -(back @ _t(out))


@primitive(
    "(n,n),(n,k)->(n,k)", vjps=(_solve_left, _solve_right), name="solve",
    samples=lambda rng: (
        (draw_square(rng), rng.normal(size=one_of(rng, 3, (3, 2), (2, 3, 1)))), {}),
)
def _solve(x: Any, y: Any) -> Any:
    """x⁻¹ y"""
    return np.linalg.solve(x, y)


@composite(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, for a vector b (n) or a matrix, or stack of matrices, (..., n, k)."""
    return _solve(as_tensor(a), as_tensor(b))


# -- determinants


def _others(s: Any) -> Any:
    """For each entry of the last axis the product of the others, also where some are 0."""
    n = s.shape[-1]
    return np.prod(np.where(np.eye(n, dtype=bool), 1, s[..., None, :]), axis=-1)


def _without_two(s: Any) -> Any:
    """For each two entries i ≠ j the product of the others, as a matrix with a zero diagonal."""
    n = s.shape[-1]
    without = [_others(np.where(np.arange(n) == i, 1, s)) for i in range(n)]
    pairs = np.stack(without, axis=-2) if n else np.zeros((*s.shape, 0))
    return np.where(np.eye(n, dtype=bool), 0, pairs)


def _rotations(x: Any) -> tuple[Any, Any, Any]:
    """u, s, vᵀ with x = u s vᵀ and det(u) det(v) = 1; the last entry of s may be negative."""
    u, s, vt = np.linalg.svd(x)
    sign = np.round(np.linalg.det(u) * np.linalg.det(vt))
    if s.shape[-1]:
        s[..., -1] *= sign
        u[..., -1] *= sign[..., None]
    return u, s, vt


def _inverse(x: Any) -> Any:
    """x⁻¹ if it is accurate, else None."""
    try:
        inverse = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return None
    condition = np.abs(x).sum(axis=-1).max(initial=0) * np.abs(inverse).sum(axis=-1).max(initial=0)
    return inverse if condition < np.finfo(inverse.dtype).eps ** -0.25 else None


def _trace(x: Any) -> Any:
    return np.trace(x, axis1=-2, axis2=-1)[..., None, None]


def _third(g: Any, x: Any, y: Any) -> Any:
    """The third derivative of det along y and g, for invertible x; a = x⁻¹."""
    a = np.linalg.inv(x)
    ay, ag = a @ y, a @ g
    ayag, agay = ay @ ag, ag @ ay
    total = (
        (_trace(ay) * _trace(ag) - _trace(ayag)) * a
        - _trace(ay) * (ag @ a) - _trace(ag) * (ay @ a)
        + ayag @ a + agay @ a
    )
    return np.linalg.det(x)[..., None, None] * _t(total)


def _along(g: Any, x: Any) -> Any:
    return cofactor_along(x, g)  # second derivatives are symmetric


@primitive(
    "(n,n),(n,n)->(n,n)", vjps=(_third, _along),
    samples=lambda rng: ((x := draw_square(rng), rng.normal(size=x.shape)), {}),
)
def cofactor_along(x: Any, y: Any) -> Any:
    """d cofactor(x + t y) / dt at t = 0, for singular x too; its own derivative needs x⁻¹"""
    # In the basis of the singular vectors entry ii of the result is Σ_j p_ij y_jj and entry ij is
    # -p_ij y_ji, where p_ij is the product of all singular values but i and j.
    u, s, vt = _rotations(x)
    pairs = _without_two(s)
    inner = _t(u) @ y @ _t(vt)
    diagonal = np.diagonal(inner, axis1=-2, axis2=-1)
    main = (pairs @ diagonal[..., None]) * np.eye(s.shape[-1], dtype=inner.dtype)
    return u @ (main - pairs * _t(inner)) @ vt


@primitive("(n,n)->(n,n)", vjps=(_along,), samples=lambda rng: ((draw_square(rng),), {}))
def cofactor(x: Any) -> Any:
    """∂ det(x) / ∂x = det(x) x⁻ᵀ, which singular matrices have too, from their singular values"""
    if (inverse := _inverse(x)) is not None:
        return np.linalg.det(x)[..., None, None] * _t(inverse)
    u, s, vt = _rotations(x)
    return (u * _others(s)[..., None, :]) @ vt


@primitive(
    "(n,n)->()", numpy=[np.linalg.det], samples=lambda rng: ((draw_square(rng),), {}),
    vjps=(lambda g, x: g[..., None, None] * cofactor(x),),
)
def det(x: Any) -> Any:
    """the determinant; singular x have derivatives of order 1 and 2 too"""
    return np.linalg.det(x)


_SLOGDET: Any = type(np.linalg.slogdet(np.eye(1)))


@primitive(
    "(n,n)->(),()", name="slogdet", multiple=True,
    vjps=(lambda g, x: g[1][..., None, None] * _t(np.linalg.inv(x)),),
    samples=lambda rng: ((draw_square(rng),), {}),
)
def _slogdet(x: Any) -> Any:
    """the sign of the determinant (slope 0) and ln |det x|"""
    return tuple(np.linalg.slogdet(x))


@composite(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """``(sign, logabsdet)``: the sign of the determinant, whose derivative is 0, and ln |det a|.

    The gradient of ln |det a| is a⁻ᵀ, so backward raises LinAlgError where a is singular.
    """
    return _SLOGDET(*_slogdet(as_tensor(a)))


# -- powers and the pseudo-inverse


@composite(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """a @ a @ ... @ a, by repeated squaring; n negative: powers of the inverse.

    Raises LinAlgError for matrices that are not square, TypeError for n that is no integer.
    """
    a = as_tensor(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"wanted square matrices, received shape {a.shape}")
    n = operator.index(n)
    if n == 0:
        return wrap(np.linalg.matrix_power(a._data, 0), None)
    power, result, n = (inv(a) if n < 0 else a), None, abs(n)
    while n:
        if n & 1:
            result = power if result is None else matmul(result, power)
        n >>= 1
        if n:
            power = matmul(power, power)
    return result


def _pinv_rule(g: Any, out: Any, x: Any) -> Any:
    """Golub and Pereyra (1973): the derivative along matrices of the same rank."""
    gt, outt = _t(g), _t(out)
    rows = gt - (x @ out) @ gt  # (1 - x x⁺) gᵀ
    columns = gt - gt @ (out @ x)  # gᵀ (1 - x⁺ x)
    return rows @ (out @ outt) + (outt @ out) @ columns - outt @ g @ outt


@primitive(
    "(n,m)->(m,n)", vjps=(_pinv_rule,), name="pinv", domains=(DISTINCT,),
    samples=lambda rng: ((one_of(rng, draw_square(rng), draw_square(rng)[..., :2],
                                 draw_square(rng)[..., :2, :]),), {}),
)
def _pinv(x: Any, *, rcond: Any = None) -> Any:
    """the pseudo-inverse x⁺; the derivative along matrices of the same rank"""
    return np.linalg.pinv(x, **({} if rcond is None else {"rcond": rcond}))


@composite(np.linalg.pinv, metadata=["rcond", "rtol"])
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The pseudo-inverse; singular values below ``rcond`` times the largest count as 0.

    hermitian: `a` is symmetric, and read from its lower triangle; so its gradient lies in that.
    Where the rank changes nearby there is no derivative; the one given is along matrices of the
    same rank.
    """
    a = as_tensor(a)
    if hermitian:
        a = tril(a) + _t(tril(a, k=-1))
    return _pinv(a, rcond=detached(rtol if rcond is None else rcond))

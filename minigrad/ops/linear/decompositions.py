"""Cholesky, QR, eigenvalue and singular value decompositions.

A symmetric matrix is read from one triangle, as in NumPy, so its gradient lies in that triangle:
an entry below the diagonal stands for two of the matrix. Eigenvectors and singular vectors have a
sign that is LAPACK's choice, and more of that kind where values are equal: see `degenerate`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.selections import Chosen
from ...engine.tensor import as_tensor, detached
from ...errors import GradientError, NoDerivativeError
from ..common import composite, existing, one_of
from ..rules import transposed as _t
from ..shape.axes import swapaxes
from ..shape.joining import concatenate
from .degenerate import equal_pairs, shared, skew, within_groups

__all__ = ["cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]


def _half(x: Any) -> Any:
    """The lower triangle, its diagonal halved."""
    n = x.shape[-1]
    return x * (np.tri(n, dtype=x.dtype) - 0.5 * np.eye(n, dtype=x.dtype))


def _lower(s: Any) -> Any:
    """The gradient in terms of the lower triangle, from that in terms of all entries."""
    return _half(s + _t(s))


# -- Cholesky


def _cholesky_rule(g: Any, out: Any) -> Any:
    inner = np.linalg.solve(_t(out), _half(_t(out) @ g))  # l⁻ᵀ Φ(lᵀ g)
    return _lower(_t(np.linalg.solve(_t(out), _t(inner))))


def _draw_positive(rng: np.random.Generator) -> Any:
    x = rng.normal(size=one_of(rng, (3, 3), (2, 3, 3)))
    return x @ _t(x) + np.eye(3)


@primitive(
    "(n,n)->(n,n)", vjps=(_cholesky_rule,), name="cholesky",
    samples=lambda rng: ((_draw_positive(rng),), {}),
)
def _cholesky(x: Any) -> Any:
    """the lower triangular l with l lᵀ = x, from the lower triangle of x"""
    return np.linalg.cholesky(x)


@composite(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower triangular l with l lᵀ = a; upper: its transpose.

    Only one triangle of `a` is read (the lower one; the upper one if `upper`), and the gradient
    lies in it. Raises LinAlgError where `a` is not positive definite.
    """
    if upper:
        return swapaxes(_cholesky(swapaxes(a, axis1=-1, axis2=-2)), axis1=-1, axis2=-2)
    return _cholesky(as_tensor(a))


# -- eigenvalues of symmetric matrices


def _by_part(g: Any) -> tuple[Any, list[bool]]:
    """The cotangents of all results, and which of these are used at all; one that is used can have
    a cotangent of 0, as the vectors in V log(w) Vᵀ of the identity."""
    if isinstance(g, Chosen):
        return g.values, [bool(chosen.any()) for chosen in g.chosen]
    return g, [True] * len(g)


def _inverse_gaps(values: Any, same: Any) -> Any:
    """1 / (v_j - v_i), and 0 where the two are equal."""
    gaps = values[..., None, :] - values[..., :, None]
    return np.where(same, 0, 1 / np.where(same, 1, gaps))


def _eigh_rule(g: Any, out: Any, uplo: str) -> Any:
    ((gw, gv), used), (w, v) = _by_part(g), out
    same, one = equal_pairs(w), np.eye(w.shape[-1], dtype=v.dtype)
    if used[1]:
        known = within_groups((gw, gv), out, 0, lambda g: _t(v) @ g[1], same, "eigh")
        inner = gw[..., None] * one + known + _inverse_gaps(w, same) * skew(_t(v) @ gv)
    else:
        inner = shared(gw, out, 0, same)[..., None] * one
    lower = _lower(v @ inner @ _t(v))
    return lower if uplo == "L" else _t(lower)


def _draw_symmetric(rng: np.random.Generator) -> Any:
    """Matrices with eigenvalues near -2, 0.5 and 3."""
    q = np.linalg.qr(rng.normal(size=one_of(rng, (3, 3), (2, 3, 3))))[0]
    return q * (np.array([-2.0, 0.5, 3.0]) + rng.uniform(-0.3, 0.3, 3)) @ _t(q)


_EIGH: Any = type(np.linalg.eigh(np.eye(1)))


@primitive(
    "(n,n)->(n),(n,n)", vjps=(_eigh_rule,), multiple=True, name="eigh",
    any_cotangent=True,  # the rule asks which of the vectors are used
    samples=lambda rng: ((_draw_symmetric(rng),), {"uplo": one_of(rng, "L", "U")}),
)
def _eigh(x: Any, *, uplo: Any = "L") -> Any:
    """eigenvalues w and vectors v, x v = v w, of a symmetric x, from its lower (upper) triangle"""
    return tuple(np.linalg.eigh(x, uplo))


@composite(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """``(eigenvalues, eigenvectors)`` of symmetric matrices, ascending; vectors in columns.

    Only the triangle UPLO of `a` is read, and the gradient lies in it. Where eigenvalues are equal
    they share alike, and what no choice of their vectors changes, such as ``(v * f(w)) @ v.T``, has
    a gradient of first order; backward raises GradientError where the result depends on the choice.
    """
    if str(UPLO).upper() not in ("L", "U"):
        raise ValueError(f"UPLO={UPLO!r}, wanted 'L' or 'U'")
    return _EIGH(*_eigh(as_tensor(a), uplo=UPLO.upper()))


@composite(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices; see eigh. Equal ones have a derivative here."""
    return eigh(a, UPLO)[0]


# -- singular values


def _kinks(g: Any, s: Any) -> Any:
    """The cotangents of singular values, 0 where these are 0: there they are kinks, as |x| is."""
    plain = np.asarray(detached(s))
    rounding = plain.shape[-1] * np.finfo(plain.dtype).eps
    return np.where(plain <= rounding * plain.max(axis=-1, keepdims=True, initial=0), 0, g)


def _svd_rule(g: Any, out: Any, full: bool) -> Any:
    (g, used), (u, s, vt) = _by_part(g), out
    gu, gs, gvt = g
    k = s.shape[-1]
    for name, part in (("u", gu[..., :, k:]), ("vh", gvt[..., k:, :])):
        if np.any(detached(part)):
            raise GradientError(
                f"svd: the columns of {name} beyond the {k} singular values are not unique, and "
                f"have no derivative; pass full_matrices=False"
            )
    gu, u, gv, v = gu[..., :k], u[..., :k], _t(gvt[..., :k, :]), _t(vt[..., :k, :])
    same, one = equal_pairs(s), np.eye(k, dtype=u.dtype)
    if not (used[0] or used[2]):
        return u @ (shared(_kinks(gs, s), out, 1, same)[..., None] * one) @ _t(v)
    left, right = _t(u) @ gu, _t(v) @ gv

    def both(g: Any) -> Any:
        return _t(u) @ g[0][..., :k] + _t(g[2][..., :k, :] @ v)

    known = within_groups(g, out, 1, both, same, "svd")
    inner = gs[..., None] * one + known
    inner = inner + _inverse_gaps(s, same) * skew(left + right)  # as u and v turn alike
    inner = inner + skew(left - right) / (s[..., None, :] + s[..., :, None] + one)  # and apart
    result = u @ inner @ _t(v)
    if u.shape[-2] > k:
        result = result + (gu - u @ (_t(u) @ gu)) / s[..., None, :] @ _t(v)
    if v.shape[-2] > k:
        result = result + u / s[..., None, :] @ _t(gv - v @ (_t(v) @ gv))
    return result


def _draw_rectangular(rng: np.random.Generator) -> Any:
    """Matrices with singular values near 3, 1.8 and 0.7."""
    u, v = (np.linalg.qr(rng.normal(size=(n, 3)))[0] for n in one_of(rng, (3, 3), (4, 3), (3, 4)))
    return u * (np.array([3.0, 1.8, 0.7]) + rng.uniform(-0.2, 0.2, 3)) @ v.T


_SVD: Any = type(np.linalg.svd(np.eye(1)))


@primitive(
    "(n,m)->(n,k),(k),(k,m)", vjps=(lambda g, out, full: _svd_rule(g, out, full),), multiple=True,
    any_cotangent=True,  # as above
    name="svd", samples=lambda rng: ((_draw_rectangular(rng),), {"full": False}),
)
def _svd(x: Any, *, full: bool = False) -> Any:
    """u, s, vᵀ with x = u s vᵀ, the columns of u and v orthonormal, s descending"""
    return tuple(np.linalg.svd(x, full_matrices=full))


@composite(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """``(u, s, vh)`` with a = u s vh, or s alone without `compute_uv`.

    hermitian: `a` is symmetric, and read from its lower triangle, as by eigh. Where singular values
    are equal see eigh; their slope is 0 where they are 0. Backward raises GradientError where it
    comes to columns of a full u or vh that are not unique.
    """
    if hermitian:
        return _hermitian(a, compute_uv)
    if not compute_uv:
        return _svd(as_tensor(a), full=False)[1]
    return _SVD(*_svd(as_tensor(a), full=bool(full_matrices)))


def _hermitian(a: Any, vectors: bool) -> Any:
    """The svd of a symmetric matrix: |w|, the vectors, and these again with the signs of w."""
    w, v = eigh(a)
    order = np.argsort(np.abs(detached(w)), axis=-1)[..., ::-1]
    w = np.take_along_axis(w, order, -1)
    if not vectors:
        return np.abs(w)
    v = np.take_along_axis(v, order[..., None, :], -1)
    return _SVD(v, np.abs(w), _t(v * np.sign(detached(w))[..., None, :]))


@composite(*existing("linalg.svdvals"))
def svdvals(x: Any, /) -> Any:
    """The singular values, descending."""
    return svd(x, compute_uv=False)


# -- QR


def _qr_rule(g: Any, out: Any) -> Any:
    (gq, gr), (q, r) = g, out
    m = r @ _t(gr) - _t(gq) @ q
    symmetric = _half(m) + _t(_half(m))  # the lower triangle, mirrored
    return _t(np.linalg.solve(r, _t(gq + q @ symmetric)))


_QR: Any = type(np.linalg.qr(np.eye(1)))


@primitive(
    "(n,m)->(n,m),(m,m)", vjps=(_qr_rule,), multiple=True, name="qr",
    samples=lambda rng: ((_draw_rectangular(rng)[:, :3],), {}),
)
def _qr(x: Any) -> Any:
    """q, r with x = q r, the columns of q orthonormal, r upper triangular"""
    return tuple(np.linalg.qr(x))


@composite(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """``(q, r)`` with a = q r for mode "reduced" (or "complete", where a is not tall), r for "r".

    The first columns of `a`, as many as it has rows, must be independent. Raises NoDerivativeError
    for the other modes: the columns that "complete" adds are not unique.
    """
    a = as_tensor(a)
    if mode not in ("reduced", "complete", "r", "raw"):
        raise ValueError(f"mode={mode!r}, wanted 'reduced', 'complete' or 'r'")
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"wanted at least two axes, received {a.ndim}")
    rows, columns = a.shape[-2:]
    if mode == "raw" or (mode == "complete" and rows > columns):
        raise NoDerivativeError(
            f"np.linalg.qr(..., mode={mode!r}) of shape {a.shape} has no derivative; use 'reduced'"
        )
    q, r = _qr(a[..., :rows] if columns > rows else a)
    if columns > rows:
        r = concatenate([r, _t(q) @ a[..., rows:]], axis=-1)
    return r if mode == "r" else _QR(q, r)

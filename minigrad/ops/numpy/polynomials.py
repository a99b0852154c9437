"""Polynomials as arrays of coefficients, the highest power first: NumPy's ``poly...`` functions."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np

from ...engine.tensor import as_tensor, detached, wrap
from ..common import composite, refuse
from ..linear.correlation import convolve
from ..linear.inverses import pinv
from ..shape.axes import cast

__all__ = [
    "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval",
    "vander",
]


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """p₀ xⁿ⁻¹ + ... + pₙ₋₁, by Horner's rule."""
    p, x = as_tensor(p), as_tensor(x)
    if p.ndim == 0:
        raise TypeError("p has no axes, wanted one of coefficients")
    total = np.zeros_like(x._data)
    for coefficient in p:
        total = total * x + coefficient
    return as_tensor(total)


def _vector(p: Any, name: str) -> Any:
    p = np.atleast_1d(as_tensor(p))
    if p.ndim != 1:
        raise ValueError(f"{name} has shape {p.shape}, wanted one axis of coefficients")
    return p


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Both with zeros in front, as long as the longer one."""
    a1, a2 = _vector(a1, "a1"), _vector(a2, "a2")
    n = max(a1.size, a2.size)
    first, second = (
        np.concatenate([np.zeros(n - a.size, a.dtype), a]) if a.size < n else a for a in (a1, a2)
    )
    return first, second


@composite(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials."""
    return np.add(*_aligned(a1, a2))


@composite(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials."""
    return np.subtract(*_aligned(a1, a2))


def _trimmed(p: Any) -> Any:
    """Without leading coefficients that are 0, as NumPy makes of a polynomial."""
    p = _vector(p, "a polynomial")
    used = np.flatnonzero(detached(p))
    return p[used[0] :] if used.size else np.zeros(1, p.dtype)


@composite(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials; leading coefficients that are 0 are dropped first."""
    return convolve(_trimmed(a1), _trimmed(a2))


@composite(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Quotient and remainder of two polynomials."""
    u, v = _vector(u, "u") + 0.0, _vector(v, "v") + 0.0
    w = u[0] + v[0]
    u, v = cast(u, w.dtype), cast(v, w.dtype)
    remainder, quotient = list(u), []
    for k in range(u.size - v.size + 1):
        d = remainder[k] * (1.0 / v[0])
        quotient.append(d)
        for j, coefficient in enumerate(v):
            remainder[k + j] = remainder[k + j] - d * coefficient
    q = np.stack(quotient) if quotient else np.zeros(1, w.dtype)
    rest = as_tensor(np.stack(remainder))
    while rest.size > 1 and np.allclose(detached(rest[0]), 0, rtol=1e-14):
        rest = rest[1:]
    return as_tensor(q), rest


@composite(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The m-th derivative of a polynomial."""
    m = operator.index(m)
    if m < 0:
        raise ValueError(f"m is {m}, wanted at least 0: an integral is np.polyint")
    p = _vector(p, "p")
    for _ in range(m):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@composite(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The m-th integral of a polynomial, with the integration constants k (one, or m of them)."""
    m = operator.index(m)
    if m < 0:
        raise ValueError(f"m is {m}, wanted at least 0: a derivative is np.polyder")
    constants = np.zeros(m) if k is None else _vector(k, "k")
    if constants.size == 1 and m > 1:
        constants = constants * np.ones(m)
    if constants.size < m:
        raise ValueError(f"k holds {constants.size} constants, wanted 1 or {m}")
    p = _vector(p, "p")
    for order in range(m):
        last = constants[order : order + 1]
        p = np.concatenate([np.true_divide(p, np.arange(p.size, 0, -1)), last])
    return p


@composite(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of Π (x - rᵢ), for roots r, or the characteristic polynomial of a matrix."""
    given = as_tensor(np.atleast_1d(as_tensor(seq_of_zeros)))
    if not given.requires_grad or given.size == 0:
        return wrap(np.asarray(np.poly(given._data)), None)  # NumPy's errors too
    given = cast(given, np.mintypecode(given.dtype.char))
    if given.ndim == 2:
        return _characteristic(given)
    result = as_tensor(np.ones(1, given.dtype))
    for root in given:
        result = convolve(result, np.stack([np.ones((), given.dtype), -root]))
    return result


def _characteristic(a: Any) -> Any:
    """det(x - a) by Faddeev and LeVerrier: sums of traces, which need no eigenvalues."""
    if a.shape[0] != a.shape[1]:
        raise ValueError(f"a matrix of shape {a.shape}, wanted a square one, or a vector of roots")
    one = np.eye(a.shape[0], dtype=a.dtype)
    coefficients = [as_tensor(np.ones((), a.dtype))]
    m = np.zeros_like(one)
    for k in range(1, a.shape[0] + 1):
        m = np.matmul(a, m) + coefficients[-1] * one
        coefficients.append(-np.trace(np.matmul(a, m)) / k)
    return np.stack(coefficients)


@composite(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of each entry of x in a row: xᴺ⁻¹, ..., x, 1, or 1, x, ... if `increasing`."""
    x = as_tensor(x)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, wanted one axis")
    n = x.size if N is None else operator.index(N)
    kind = np.promote_types(x.dtype, int)
    columns = [as_tensor(np.ones(x.shape, kind))] if n > 0 else []
    for _ in range(n - 1):
        columns.append(columns[-1] * cast(x, kind))
    if not columns:
        return as_tensor(np.zeros((x.size, 0), kind))
    return np.stack(columns if increasing else columns[::-1], axis=1)


@composite(np.polyfit, metadata=["rcond"])
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None,
    cov: bool | str = False,
) -> Any:
    """The coefficients of the polynomial of degree `deg` that fits (x, y) best: least squares.

    y may have a second axis, of data sets; w are weights of the residuals. The gradient reaches x,
    y and w. Raises NoDerivativeError for full= and cov=, whose results are diagnostics.
    """
    refuse("np.polyfit", "its results are for a look, not for a gradient", full=full, cov=cov)
    deg = operator.index(deg)
    x, y = (cast(a, np.result_type(as_tensor(a).dtype, float)) for a in (x, y))
    if deg < 0:
        raise ValueError(f"deg is {deg}, wanted at least 0")
    if x.ndim != 1 or x.size == 0:
        raise TypeError(f"x has shape {x.shape}, wanted one axis, and entries")
    if y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise TypeError(f"y has shape {y.shape}, wanted {x.shape} or a second axis")
    left, right = vander(x, deg + 1), y
    if w is not None:
        w = cast(w, np.result_type(as_tensor(w).dtype, float))
        if w.shape != x.shape:
            raise TypeError(f"w has shape {w.shape}, wanted {x.shape}")
        left = left * np.expand_dims(w, 1)
        right = right * (np.expand_dims(w, 1) if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(detached(left * left), axis=0))  # as NumPy: better conditioned
    left, rcond = left / scale, x.size * np.finfo(x.dtype).eps if rcond is None else rcond
    if np.linalg.matrix_rank(detached(left), rtol=detached(rcond)) < deg + 1:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=3)
    fit = np.matmul(pinv(left, rcond), right)
    return np.transpose(np.transpose(fit) / scale)

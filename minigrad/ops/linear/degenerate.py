"""Equal eigenvalues or singular values: the gradient of what does not depend on their vectors.

Within a group of equal values any rotation of the vectors would do as well, and LAPACK chooses one.
Of the values alone, those of a group share alike, as the entries that reach a maximum do. What uses
the vectors has a gradient if no rotation changes it, such as V f(w) Vᵀ. Then it is a limit: in the
matrix V (w + ε d) Vᵀ, with entries of d that differ, the values are apart and the vectors the same,
so that the block of a group is, for ε → 0,

    T_ij = skew(VᵀS)_ij / (d_j - d_i),   S = ∂⟨g_w, d⟩/∂V = ∂g_V/∂w · d,   and T_ii = g_w,i.

The cotangents g_w and g_V alone do not tell it: at A = 1 those of Σ A² + Σ w and of Σ A³ agree.
So the pass has to be recorded. And what no rotation of a group may change is looked at: the result
itself, to second order in exp(tK) with a K of no particular kind, and ⟨g_w, d⟩, which turns as the
diagonal of T does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...engine.arguments import apply
from ...engine.differentiation import RecordingNeeded, recorded
from ...engine.op import Op
from ...engine.sweep import sweep
from ...engine.tensor import Tensor, as_tensor, detached
from ...errors import GradientError
from ..rules import transposed as _t

__all__ = ["equal_pairs", "shared", "skew", "within_groups"]


def equal_pairs(values: Any) -> Any:
    """Which of the values (..., n) are equal up to rounding: (..., n, n), true on the diagonal."""
    values = np.asarray(detached(values))
    n = values.shape[-1]
    size = np.abs(values).max(axis=-1, initial=0.0)[..., None, None]
    gaps = np.abs(values[..., None, :] - values[..., :, None])
    return (gaps <= 4 * n * np.finfo(values.dtype).eps * size) | np.eye(n, dtype=bool)


def shared(g: Any, out: Sequence[Any], values: int, same: Any) -> Any:
    """The cotangents of the values (..., n), number `values` of the results `out`: in each group of
    equal ones, their mean.

    Where those of a group are equal, as of a smooth symmetric function, they are left as they are,
    and have a derivative themselves. Else the values have a kink, and there is no second one.
    """
    number = same.sum(axis=-1)
    if not (number > 1).any():
        return g
    mean = np.squeeze((same / number[..., None]).astype(g.dtype) @ np.expand_dims(g, -1), -1)
    mean = np.where(number > 1, mean, g)
    if not isinstance(g, Tensor):
        return mean
    w = out[values]
    size = _size(g) + _size(w) * _size(_by_results(np.sum(g * _apart(same, w.dtype)), out)[values])
    if _size(g - mean) <= np.sqrt(np.finfo(w.dtype).eps) * size:
        return g
    return apply(_FIRST_ORDER, (mean, w), {})


def _apart(same: Any, dtype: Any) -> Any:
    """Numbers (..., n) that differ; any others would do."""
    return np.random.default_rng(0).uniform(1, 2, same.shape[:-1]).astype(dtype)


def skew(m: Any) -> Any:
    """The antisymmetric part."""
    return (m - _t(m)) / 2


def within_groups(
    given: Sequence[Any], out: Sequence[Any], values: int, turning: Callable[[Any], Any],
    same: Any, op: str,
) -> Any:
    """T (..., n, n), without its diagonal and zero outside the groups.

    given: the cotangents of the results `out`, of which the one numbered `values` are the values
    (..., n). turning: makes of such cotangents the matrix whose antisymmetric part is the slope as
    the vectors turn: Vᵀ g_V. Raises RecordingNeeded unless they are recorded, GradientError for a
    result that turns with the vectors.
    """
    g, w = given[values], out[values]
    inside = same & ~np.eye(same.shape[-1], dtype=bool)
    if not inside.any():
        return np.zeros(same.shape, w.dtype)
    if not isinstance(w, Tensor):
        raise RecordingNeeded(f"{_said(op)}; backward() and the transforms can tell it")
    d, one = _apart(same, w.dtype), np.eye(same.shape[-1], dtype=w.dtype)
    k = skew(np.random.default_rng(1).normal(size=same.shape))
    k = np.where(inside, k, 0).astype(w.dtype)
    m = turning(given)
    by_results = _by_results(np.sum(g * d), out)
    along = turning(by_results)
    gaps = np.where(inside, d[..., None, :] - d[..., :, None], 1)
    found = np.where(inside, skew(along) / gaps, 0)

    block, far = detached(found) + detached(g)[..., None] * one, _size(w)
    size = _size(block) + far * _size(by_results[values])  # of the terms that are rounded below
    twice = turning(_by_results(np.sum(m * k), out))
    again = turning(_by_results(np.sum(along * k), out))
    bracket = block @ k - k @ block
    bracket = bracket @ k - k @ bracket  # the second derivative of exp(-tK) T exp(tK)
    off = (
        (np.where(inside, skew(detached(m)), 0), far * size + _size(m)),
        (np.where(inside, skew(detached(twice)), 0), far * size + _size(m) + _size(twice)),
        (np.sum(detached(again) * k - bracket * one * d[..., None]), size + _size(again)),
    )
    tolerance = same.shape[-1] ** 2 * np.sqrt(np.finfo(w.dtype).eps)
    if any(_size(change) > tolerance * scale for change, scale in off):
        raise GradientError(
            f"{_said(op)}, and the result depends on which ones LAPACK chose: there is no "
            f"derivative; use the values only, or what no choice of the vectors changes"
        )
    return apply(_FIRST_ORDER, (found, w), {})


def _size(x: Any) -> Any:
    return np.abs(np.asarray(detached(x))).max(initial=0.0)


def _by_results(scalar: Any, out: Sequence[Any]) -> list[Any]:
    """∂scalar/∂result for each result of a decomposition, recorded."""
    whole = out[0]._node.parents[0]
    scalar = as_tensor(scalar)
    found: dict[Any, Any] = {}
    if scalar._node is not None:
        seed = as_tensor(np.ones((), scalar.dtype))
        found, _ = sweep([(scalar._node, seed)], wanted={whole}, stop_at={whole}, unpack=recorded,
                         lazily=False)
    g = found.get(whole, [np.zeros(o.shape, o.dtype) for o in out])
    return list(getattr(g, "values", g))


def _said(op: str) -> str:
    what = "eigenvalues" if op == "eigh" else "singular values"
    return f"{op}: two {what} are equal, and the gradient comes through their vectors"


def _no_second(g: Any) -> Any:
    raise GradientError(
        "a second derivative where eigenvalues or singular values are equal, through their vectors "
        "or a kink of the values; use a smooth function of the values only, or one of the matrix "
        "that needs no decomposition"
    )


# A gradient that is known only where the values are equal; how it changes away from there is not.
_FIRST_ORDER = Op(
    lambda x, values: x, name="first order", arguments=("x", "values"), params={},
    signature="(m),(n)->(m)", formula="x, known where the values are equal",
    rules=(lambda g: g, _no_second),
)

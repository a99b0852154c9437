"""Norms of vectors and matrices. Their slope at 0 is 0."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ...engine.domain import Domain
from ...engine.primitive import primitive
from ...engine.tensor import as_tensor, detached
from ...engine.unbroadcast import total, wider
from ..common import composite
from ..elementwise.arithmetic import singular
from ..rules import Axis, keepdims_shape, passed, shares, side

__all__ = ["matrix_norm", "norm", "vector_norm"]


def _slope(g: Any, out: Any, x: Any, axis: Axis, ord: float) -> Any:
    """For 2: x / ‖x‖. For p: sign(x) (|x| / ‖x‖)ᵖ⁻¹. For ±∞: sign(x) where |x| is ‖x‖."""
    if ord == 0:
        return np.zeros_like(x)
    if np.isinf(ord):
        share, wins = shares(g, out, np.abs(x), axis)
        return passed(share * side(x), wins)
    g, out = (np.reshape(a, keepdims_shape(x.shape, axis)) for a in (g, out))
    if ord == 1:
        return g * side(x)
    origin = np.broadcast_to(detached(out) == 0, x.shape)
    if ord == 2:
        return g * singular(x / out, at=origin)
    slope = np.power(singular(np.abs(x) / out, at=origin), ord - 1)
    return g * (side(x) * (slope if ord > 1 else singular(slope, at=detached(x) == 0)))


@primitive(
    "(n)->()", domains=(Domain(kinks=(0.0,), distinct=True),), vjps=(_slope,),
    samples={"axis": "axes", "keepdims": "bool", "ord": (1, 2, 3, 0.5, np.inf, -np.inf)},
)
def vector_norm(x: Any, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Any:
    """(Σ |x|ᵖ)^(1/p) along axis, p = ord; max |x| for ∞, min |x| for -∞; slope 0 at 0"""
    axes: Any = axis  # NumPy's stubs do not know None
    x = np.asarray(x)
    wide = x.astype(wider(x.dtype), copy=False)  # float16 cannot hold the square of 256
    norm = np.linalg.vector_norm(wide, axis=axes, keepdims=keepdims, ord=ord)
    return norm if wide is x else norm.astype(x.dtype)


@composite(np.linalg.vector_norm)
def _numpy_vector_norm(
    x: Any, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2
) -> Any:
    return vector_norm(x, axis=axis, keepdims=keepdims, ord=ord)


def _of_matrices(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    x = as_tensor(x)
    if x.dtype.kind != "f":
        x = x.astype(float)
    first, second = normalize_axis_tuple(axes, x.ndim)  # also refuses one axis twice
    axes = (first, second)
    if ord in (None, "fro", "f"):
        return vector_norm(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        summed, other = axes if abs(ord) == 1 else axes[::-1]
        sums = total(np.abs(x), axis=summed, keepdims=True)
        extreme = np.max if ord > 0 else np.min
        if sums.shape[other] == 0 and ord > 0:
            result = np.sum(sums, axis=other, keepdims=True)  # the largest of none is 0
        else:
            result = extreme(sums, axis=other, keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)
        reduce: dict[Any, Any] = {2: np.max if values.size else np.sum, -2: np.min, "nuc": np.sum}
        result = np.reshape(reduce[ord](values, axis=-1), keepdims_shape(x.shape, axes))
    else:
        raise ValueError(f"ord={ord!r} is no norm of a matrix; wanted 'fro', 'nuc', ±1, ±2 or ±inf")
    return result if keepdims else np.squeeze(result, axis=axes)


@composite(np.linalg.norm, methods=["norm"])
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The norm of x, or of the vectors or matrices along axis.

    ord: by default 2 for a vector, and the root of the sum of squares for anything else. Vectors
        have any number and ±inf; matrices "fro", "nuc" (the sum of the singular values), ±2 (the
        largest and smallest), ±1 and ±inf (of the sums of columns and of rows).
    """
    if axis is None:
        if ord is None:
            return vector_norm(x, axis=None, keepdims=keepdims)
        if np.ndim(x) not in (1, 2):
            raise ValueError(f"ord={ord!r} of {np.ndim(x)} axes needs one axis or two: pass axis=")
        axis = tuple(range(np.ndim(x)))
    if isinstance(axis, list):
        raise TypeError(f"axis={axis} is a list; wanted None, an integer or a tuple of integers")
    axes = axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        if isinstance(ord, str):
            raise ValueError(f"ord={ord!r} is a norm of matrices, and there is one axis")
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError(f"axis={axis} has {len(axes)} axes; a norm takes one, two or None")
    return _of_matrices(x, ord, axes, keepdims)


@composite(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norms of the matrices on the last two axes; see `norm`."""
    return _of_matrices(x, ord, (-2, -1), keepdims)

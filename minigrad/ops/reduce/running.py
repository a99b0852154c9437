"""Running maxima and minima along an axis: ``np.maximum.accumulate`` and ``np.minimum.accumulate``.

Each result is one of the entries, and its cotangent goes there: of equal ones, to the last so far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..index.indexing import placed

__all__ = ["cummax", "cummin", "latest"]


def latest(out: Any, x: Any, axis: int) -> Any:
    """For every running extreme the place along axis of the last entry so far that reaches it.

    NaN is reached by NaN, and stays.
    """
    out, x = np.asarray(detached(out)), np.asarray(detached(x))
    axis = normalize_axis_index(axis, x.ndim)
    places = np.arange(x.shape[axis]).reshape(-1, *[1] * (x.ndim - axis - 1))
    return np.maximum.accumulate(np.where((x == out) | np.isnan(x), places, 0), axis=axis)


def _give_back(g: Any, out: Any, x: Any, axis: int) -> Any:
    index: list[Any] = list(np.ix_(*map(np.arange, x.shape)))
    index[axis] = latest(out, x, axis)
    return placed(g, tuple(index), x.shape)


def _running(function: np.ufunc, name: str, formula: str) -> Any:
    @primitive(
        "(n)->(n)", name=name, formula=formula, samples={"axis": "axis"}, domains=(DISTINCT,),
        vjps=(_give_back,),
    )
    def call(x: Any, *, axis: int = 0, dtype: Any = None) -> Any:
        return function.accumulate(x, axis=axis, dtype=dtype)

    call.__doc__ = formula
    return call


cummax = _running(np.maximum, "cummax", "the largest of x₁ ... xₖ for each k along axis")
cummin = _running(np.minimum, "cummin", "the smallest of x₁ ... xₖ for each k along axis")

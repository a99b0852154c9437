"""Entries in order: sorted with a gradient; positions, searches and counts without one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.selections import Chosen
from ...engine.tensor import as_tensor, detached
from ..common import composite, existing, refuse, without_gradient
from ..shape.axes import ravel
from .gathering import take_along_axis

__all__ = ["partition", "sort"]


def _unsort(g: Any, x: Any, axis: int) -> Any:
    # Equal entries keep their order, so that the derivative is the same on every machine.
    order = np.argsort(detached(x), axis=axis, kind="stable")
    places = np.argsort(order, axis=axis)
    if isinstance(g, Chosen):
        return g.moved(lambda a: np.take_along_axis(a, places, axis))
    return np.take_along_axis(g, places, axis)


@primitive(
    "(n)->(n)", name="sort", domains=(DISTINCT,), vjps=(_unsort,), samples={"axis": "axis"},
    any_cotangent=True,  # its rule moves entries alone
)
def _sort(x: Any, *, axis: int = -1) -> Any:
    """the entries along axis in ascending order"""
    return np.sort(x, axis=axis)


@composite(np.sort)
def sort(
    a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, *, stable: Any = None
) -> Any:
    """The entries along axis (None: of the flattened array) in ascending order, NaN last.

    The gradient goes back to where the entries came from; of equal entries the first comes first.
    `kind` and `stable` name algorithms, which give the same values.
    """
    refuse("np.sort", "a tensor has no fields", order=order)
    np.sort(np.zeros(0), kind=kind, stable=stable)  # says so if there is no such algorithm
    return _sort(ravel(a) if axis is None else a, axis=-1 if axis is None else axis)


@composite(np.partition)
def partition(
    a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """The entries along axis, with the one of rank `kth` in its sorted place, smaller ones before
    it and larger ones after it, each of the two in no particular order."""
    refuse("np.partition", "a tensor has no fields", order=order)
    a = as_tensor(a)
    a, axis = (ravel(a), -1) if axis is None else (a, axis)
    return take_along_axis(a, np.argpartition(a._data, detached(kth), axis, kind), axis)


without_gradient(
    np.argsort, np.argpartition, np.lexsort, np.searchsorted, np.ix_, np.unravel_index,
    np.ravel_multi_index, np.einsum_path, methods=["argsort", "argpartition", "searchsorted"],
)
without_gradient(
    *existing("unique", "unique_all", "unique_counts", "unique_inverse", "unique_values"),
    np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d,
    unless="it merges equal entries, and has no derivative there; np.sort has one",
)

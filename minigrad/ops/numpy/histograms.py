"""Histograms: of numbers without a gradient, with weights that have one."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ...errors import NoDerivativeError
from ..common import composite

__all__ = ["histogram"]


@composite(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    """``(heights, edges)``: how many entries of `a` lie in each bin, or the sum of their weights.

    The heights have a gradient for `weights`. Where an entry lies is a step, so that `a` has none:
    a tensor that requires grad is refused there. Other arguments as in NumPy.
    """
    for name, value in (("a", a), ("bins", bins)):
        if isinstance(value, Tensor) and value.requires_grad:
            raise NoDerivativeError(
                f"np.histogram({name}=...): a Tensor that requires grad would get none, as which "
                f"bin an entry lies in is a step; pass {name}.detach(), or give it as weights="
            )
    plain, edges = detached(a), detached(bins)
    heights, edges = np.histogram(plain, edges, range, density, detached(weights))
    if not (isinstance(weights, Tensor) and weights.requires_grad):
        return wrap(heights, None), wrap(edges, None)
    x, w = np.ravel(plain), np.ravel(as_tensor(weights))
    place = np.searchsorted(edges, x, "right") - 1
    place = np.where(x == edges[-1], len(edges) - 2, place)      # the last bin has both its edges
    inside = np.flatnonzero((place >= 0) & (place < len(edges) - 1))
    sums = np.bincount(place[inside], w[inside], len(edges) - 1).astype(heights.dtype)
    return (sums / np.diff(edges) / np.sum(sums) if density else sums), wrap(edges, None)

"""Sequences and images with more or fewer entries, between those that there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..ops.common import composite

__all__ = ["interpolate"]

_MODES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "linear": (1,), "bilinear": (2,),
          "trilinear": (3,)}


@composite()
def interpolate(
    input: Any, size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
) -> Any:
    """`input` (N, C, L), (N, C, H, W) or (N, C, D, H, W) with other lengths of the last axes.

    size: these lengths, or scale_factor: how many times as long, rounded down; one for all axes or
        one for each.
    mode: "nearest", "nearest-exact", or between the two nearest "linear" (of one axis), "bilinear"
        (of two) and "trilinear" (of three).
    align_corners: of the linear modes, whether the first and the last entries stay where they are;
        by default the edges of the first and the last do.
    recompute_scale_factor: take the ratio of the lengths in place of scale_factor.

    Raises ValueError for other modes, and unless one of size and scale_factor is given.

    >>> interpolate(np.array([[[1.0, 3.0]]]), 4, mode="linear")
    array([[[1. , 1.5, 2.5, 3. ]]])
    """
    axes = np.ndim(input) - 2
    if axes not in _MODES.get(mode, ()):
        raise ValueError(
            f"mode is {mode!r}, and input has shape {np.shape(input)}; wanted "
            f"{', '.join(f'{m!r} of {axes} axes' for m, axes in _MODES.items())} after (N, C)"
        )
    if align_corners is not None and mode.startswith("nearest"):
        raise ValueError(f"align_corners={align_corners} is for the linear modes, not {mode!r}")
    if (size is None) == (scale_factor is None):
        raise ValueError(f"size is {size}, scale_factor {scale_factor}; wanted one of the two")
    given = np.broadcast_to(np.asarray(scale_factor if size is None else size), axes).tolist()
    for axis, (n, value) in enumerate(zip(np.shape(input)[2:], given, strict=True), start=2):
        length = int(value) if size is not None else math.floor(n * value)
        if length < 1 or n < 1:
            raise ValueError(f"axis {axis} of {n} entries cannot have {length}")
        exact = size is None and not recompute_scale_factor
        ratio = 1 / value if exact else n / length
        input = _along(input, axis, length, ratio, mode, bool(align_corners))
    return input


def _along(x: Any, axis: int, length: int, ratio: float, mode: str, align: bool) -> Any:
    """`x` with `length` entries along an axis, `ratio` apart."""
    n, dtype = x.shape[axis], np.asarray(detached(x)).dtype
    places = np.arange(length, dtype=dtype if dtype.kind == "f" else float)
    if mode == "nearest":
        return np.take(x, np.minimum((places * ratio).astype(int), n - 1), axis)
    if mode == "nearest-exact":
        return np.take(x, np.minimum(((places + 0.5) * ratio).astype(int), n - 1), axis)
    if align:
        places = places * ((n - 1) / (length - 1) if length > 1 else 0)
    else:
        places = np.maximum((places + 0.5) * ratio - 0.5, 0)
    first = np.minimum(places.astype(int), n - 1)
    part = np.reshape(places - first.astype(places.dtype), (-1, *[1] * (x.ndim - axis - 1)))
    left, right = np.take(x, first, axis), np.take(x, np.minimum(first + 1, n - 1), axis)
    return left * (1 - part) + right * part

"""Padding, and the largest or mean entry of windows that move along the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.pytorch import ranking
from ..ops.pytorch.shapes import unfold

__all__ = ["avg_pool1d", "max_pool1d", "pad"]

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """`input` with entries before and after it along its last axes; negative widths cut off.

    pad: (before, after) of the last axis, then of the last but one, and so on.
    mode: "constant" (with `value`, default 0), "reflect", "replicate" or "circular".

    Raises ValueError for other modes and for an odd number of widths.

    >>> pad(np.array([1.0, 2.0, 3.0]), (1, -1), value=9.0)
    array([9., 1., 2.])
    """
    widths = [int(n) for n in pad]
    if mode not in _MODES:
        raise ValueError(f"pad: mode is {mode!r}, wanted one of {', '.join(map(repr, _MODES))}")
    if len(widths) % 2 or len(widths) > 2 * np.ndim(input):
        raise ValueError(
            f"pad: pad={tuple(widths)} of an input of shape {np.shape(input)}; wanted a pair for "
            f"each of the last axes"
        )
    pairs = [(0, 0)] * (np.ndim(input) - len(widths) // 2)
    pairs += list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    kept = tuple(
        slice(max(-before, 0), n - max(-after, 0))
        for (before, after), n in zip(pairs, np.shape(input), strict=True)
    )
    added = [(max(before, 0), max(after, 0)) for before, after in pairs]
    options: Any = {"constant_values": 0 if value is None else value} if mode == "constant" else {}
    modes: Any = _MODES[mode]
    return np.pad(input[kept], added, modes, **options)


def _one(value: Any) -> int:
    return int(value[0] if isinstance(value, tuple | list) else value)


def _windows(
    function: str, input: Any, size: Any, stride: Any, padding: Any, dilation: int, fill: float
) -> Any:
    """The windows as a new last axis."""
    size, padding = _one(size), _one(padding)
    step = size if stride is None else _one(stride)
    if np.ndim(input) not in (2, 3):
        raise ValueError(
            f"{function}: input has shape {np.shape(input)}, wanted (N, C, L) or (C, L)"
        )
    if not 0 <= padding <= size // 2 or size < 1 or step < 1 or dilation < 1:
        raise ValueError(
            f"{function}: kernel_size={size}, stride={step}, padding={padding}; wanted lengths of "
            f"at least 1, and a padding of at most half of kernel_size"
        )
    padded = pad(input, (padding, padding), value=fill) if padding else input
    return unfold(padded, -1, dilation * (size - 1) + 1, step)[..., ::dilation]


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1
) -> Any:
    """The largest entry of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L').

    stride: how far apart the windows are, by default kernel_size. padding: how many entries that
    are never the largest lie on both sides. L' as for conv1d. Of equal entries the first counts.

    >>> max_pool1d(np.array([[1.0, 3.0, 2.0, 5.0]]), 2)
    array([[3., 5.]])
    """
    windows = _windows(
        "max_pool1d", input, kernel_size, stride, padding, _one(dilation), -np.inf
    )
    return ranking.max(windows, -1).values


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L').

    stride, padding: as for max_pool1d, with zeros. count_include_pad: False divides by the number
    of entries that are no padding. ceil_mode is not supported.

    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 5.0]]), 2)
    array([[2. , 3.5]])
    """
    if ceil_mode:
        raise ValueError("avg_pool1d: ceil_mode=True is not supported; pad the input instead")
    windows = _windows("avg_pool1d", input, kernel_size, stride, padding, 1, 0.0)
    if count_include_pad or not _one(padding):
        return np.mean(windows, axis=-1)
    inside = np.ones((1, np.shape(input)[-1]))
    shares = _windows("avg_pool1d", inside, kernel_size, stride, padding, 1, 0.0).sum(-1)[0]
    return np.sum(windows, axis=-1) / shares.astype(windows.dtype)

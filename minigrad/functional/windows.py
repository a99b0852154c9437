"""Padding, and the largest or mean entry of windows that move along the last one or two axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.common import composite
from ..ops.pytorch import ranking
from ..ops.pytorch.shapes import unfold
from .convolutions import for_each

__all__ = ["avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d", "pad"]

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@composite()
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


def _windows(
    axes: int, fill: float, input: Any, size: Any, stride: Any, padding: Any, dilation: Any,
    ceil_mode: bool,
) -> Any:
    """The windows over the last axes, the entries of each in a new last axis."""
    size, padding = for_each(size, axes, "kernel_size"), for_each(padding, axes, "padding")
    step = size if stride is None or stride == [] else for_each(stride, axes, "stride")
    dilation = for_each(dilation, axes, "dilation")
    if np.ndim(input) not in (axes + 1, axes + 2):
        wanted = "L" if axes == 1 else "H, W"
        raise ValueError(f"input has shape {np.shape(input)}, wanted (N, C, {wanted}) or (C, "
                         f"{wanted})")
    if min(*size, *step, *dilation) < 1 or not all(
        0 <= p <= k // 2 for p, k in zip(padding, size, strict=True)
    ):
        raise ValueError(
            f"kernel_size={size}, stride={step}, padding={padding}; wanted lengths of at least 1, "
            f"and a padding of at most half of kernel_size"
        )
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    widths: list[int] = []
    for n, p, span, s in zip(np.shape(input)[-axes:], padding, spans, step, strict=True):
        more = -(n + 2 * p - span) % s if ceil_mode else 0  # so that a last window is whole
        if more and n + 2 * p - span + more >= n + p:  # it would begin behind the entries
            more = 0
        widths = [p, p + more, *widths]
    seen = pad(input, widths, value=fill) if any(widths) else input
    for span, s, d in zip(spans, step, dilation, strict=True):
        seen = unfold(seen, -axes, span, s)[..., ::d]
    return np.reshape(seen, (*np.shape(seen)[:-axes], math.prod(size)))


def _largest(axes: int, input: Any, *options: Any) -> Any:
    return ranking.max(_windows(axes, -np.inf, input, *options), -1).values


def _mean(
    axes: int, input: Any, size: Any, stride: Any, padding: Any, ceil_mode: bool,
    count_include_pad: bool, divisor: int | None = None,
) -> Any:
    windows = _windows(axes, 0.0, input, size, stride, padding, 1, ceil_mode)
    if divisor is not None:
        return np.sum(windows, axis=-1) / divisor
    if not ceil_mode and (count_include_pad or not np.any(padding)):
        return np.mean(windows, axis=-1)
    inside = np.ones((1, *np.shape(input)[-axes:]))
    if count_include_pad:
        widths = [p for p in for_each(padding, axes, "padding")[::-1] for _ in range(2)]
        inside, padding = pad(inside, widths, value=1.0), 0
    number = _windows(axes, 0.0, inside, size, stride, padding, 1, ceil_mode).sum(-1)[0]
    places = tuple(slice(n) for n in np.shape(windows)[-axes - 1 : -1])
    return np.sum(windows, axis=-1) / number[places].astype(windows.dtype)


@composite()
def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest entry of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L').

    stride: how far apart the windows are, by default kernel_size. padding: how many entries that
    are never the largest lie on both sides. L' as for conv1d; ceil_mode: rounded up, so that a last
    window may reach beyond the end. Of equal entries the first counts.

    >>> max_pool1d(np.array([[1.0, 3.0, 2.0, 5.0]]), 2)
    array([[3., 5.]])
    """
    return _largest(1, input, kernel_size, stride, padding, dilation, ceil_mode)


@composite()
def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:
    """The largest entry of each window of an image: (N, C, H, W) or (C, H, W) → (..., H', W').

    Arguments as for max_pool1d: one number for both axes, or a pair.

    >>> max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return _largest(2, input, kernel_size, stride, padding, dilation, ceil_mode)


@composite()
def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of kernel_size entries: (N, C, L) or (C, L) → (..., L').

    stride, padding, ceil_mode: as for max_pool1d, with zeros. count_include_pad: False divides by
    the number of entries that are no padding.

    >>> avg_pool1d(np.array([[1.0, 3.0, 2.0, 5.0]]), 2)
    array([[2. , 3.5]])
    """
    return _mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad)


@composite()
def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:
    """The mean of each window of an image: (N, C, H, W) or (C, H, W) → (..., H', W').

    Arguments as for avg_pool1d, one number for both axes or a pair. divisor_override: what to
    divide the sums by instead.

    >>> avg_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 2.5,  4.5],
            [10.5, 12.5]]])
    """
    return _mean(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )

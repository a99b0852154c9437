"""Kernels moved over a sequence or an image, with PyTorch's names and arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.common import composite
from ..ops.nn.convolution import Geometry, conv

__all__ = ["conv1d", "conv2d"]


def for_each(value: Any, axes: int, name: str) -> tuple[int, ...]:
    """A number for each axis, from one for all or a sequence of them."""
    several = tuple(value) if isinstance(value, tuple | list) else (value,)
    if len(several) not in (1, axes) or not all(isinstance(v, int | np.integer) for v in several):
        raise ValueError(f"{name} is {value!r}, wanted an integer or {axes} of them")
    return several * axes if len(several) == 1 else several


def _moved(
    axes: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Any:
    if np.ndim(input) == axes + 1:
        one = _moved(
            axes, np.expand_dims(input, 0), weight, bias, stride, padding, dilation, groups
        )
        return np.squeeze(one, 0)
    stride, dilation = (
        for_each(v, axes, name) for v, name in ((stride, "stride"), (dilation, "dilation"))
    )
    if padding == "same":
        if set(stride) != {1}:
            raise ValueError(f"padding='same' needs stride=1, and stride is {stride}")
        sizes = np.shape(weight)[2:]
        totals = [d * (k - 1) for d, k in zip(dilation, sizes, strict=True)]
        around = tuple((total // 2, total - total // 2) for total in totals)
    elif isinstance(padding, str) and padding != "valid":
        raise ValueError(f"padding is {padding!r}, wanted a number, 'valid' or 'same'")
    else:
        widths = for_each(0 if isinstance(padding, str) else padding, axes, "padding")
        around = tuple((p, p) for p in widths)
    y = conv(input, weight, geometry=Geometry(stride, around, dilation, groups))
    if bias is None:
        return y
    if np.shape(bias) != np.shape(weight)[:1]:
        raise ValueError(f"bias has shape {np.shape(bias)}, wanted {np.shape(weight)[:1]}")
    return y + np.reshape(bias, (-1, *[1] * axes))


@composite()
def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
) -> Any:
    """Kernels `weight` moved over `input` without flipping: (N, C, L) or (C, L) → (N, O, L').

    weight: (O, C / groups, K); bias: (O,).
    stride, dilation: steps between outputs and between a kernel's entries, so that
        L' = ⌊(L + 2 padding - dilation (K - 1) - 1) / stride⌋ + 1.
    padding: zeros on both sides, "valid" for none, or "same" for L' = L (with stride 1).

    Raises ValueError for shapes that do not fit.

    >>> conv1d(np.array([[1.0, 2.0, 4.0, 8.0]]), np.array([[[1.0, -1.0]]]))    # C = O = 1, K = 2
    array([[-1., -2., -4.]])
    """
    return _moved(1, input, weight, bias, stride, padding, dilation, groups)


@composite()
def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: int | Sequence[int] = 1,
    padding: int | str | Sequence[int] = 0, dilation: int | Sequence[int] = 1, groups: int = 1,
) -> Any:
    """Kernels moved over images: (N, C, H, W) or (C, H, W) → (N, O, H', W').

    weight: (O, C / groups, K, J); bias: (O,). stride, padding, dilation: one number for both axes,
    or a pair; lengths, words and errors as for conv1d.

    >>> conv2d(np.arange(9.0).reshape(1, 3, 3), np.ones((1, 1, 2, 2)))
    array([[[ 8., 12.],
            [20., 24.]]])
    """
    return _moved(2, input, weight, bias, stride, padding, dilation, groups)

"""Activations that are put together from pieces: each entry takes the piece that it lies in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..ops.common import composite

__all__ = ["hardshrink", "hardswish", "prelu", "softshrink", "tanhshrink", "threshold"]


@composite()
def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x where |x| > lambd, else 0.

    >>> hardshrink(np.array([-2.0, 0.3, 1.0]))
    array([-2.,  0.,  1.])
    """
    return np.where(np.abs(detached(input)) > lambd, input, 0)


@composite()
def softshrink(input: Any, lambd: Any = 0.5) -> Any:
    """x moved towards 0 by lambd, and 0 where |x| ≤ lambd. Raises ValueError for lambd < 0.

    >>> softshrink(np.array([-2.0, 0.3, 1.0]))
    array([-1.5,  0. ,  0.5])
    """
    if lambd < 0:
        raise ValueError(f"softshrink: lambd is {lambd}, wanted a number ≥ 0")
    x = detached(input)
    return np.where(np.abs(x) > lambd, input - lambd * np.sign(x), 0)


@composite()
def tanhshrink(input: Any) -> Any:
    """x - tanh(x)

    >>> tanhshrink(np.array([0.0, 100.0]))
    array([ 0., 99.])
    """
    return input - np.tanh(input)


@composite()
def threshold(input: Any, threshold: float, value: Any) -> Any:
    """x where it is above the threshold, else `value`.

    >>> threshold(np.array([0.5, 3.0]), 1.0, -7.0)
    array([-7.,  3.])
    """
    return np.where(np.greater(detached(input), threshold), input, value)


@composite()
def hardswish(input: Any) -> Any:
    """x · (x + 3) / 6 between -3 and 3, 0 below and x above. (Howard et al., "MobileNetV3", 2019.)

    >>> hardswish(np.array([-4.0, 0.0, 1.5, 4.0]))
    array([0.   , 0.   , 1.125, 4.   ])
    """
    x = detached(input)
    middle = np.where(np.abs(x) < 3, input, 0)  # so that what is not chosen cannot overflow
    return np.where(np.less_equal(x, -3), 0, np.where(x < 3, middle * (middle + 3) / 6, input))


@composite()
def prelu(input: Any, weight: Any) -> Any:
    """x where x > 0, else weight · x: a leaky_relu whose slope is learned.

    weight: one number (1), or one for each channel (C), which is axis 1 of an input (N, C, ...).

    Raises ValueError for other shapes. (He et al., "Delving deep into rectifiers", 2015.)

    >>> prelu(np.array([[-1.0, -1.0, 2.0]]), np.array([0.1, 0.2, 0.3]))
    array([[-0.1, -0.2,  2. ]])
    """
    n, shape = np.size(weight), np.shape(input)
    if np.ndim(weight) > 1 or (n != 1 and shape[min(len(shape), 2) - 1 :][:1] != (n,)):
        raise ValueError(
            f"prelu: weight has shape {np.shape(weight)}; wanted (1,), or (C,) for the channels of "
            f"an input of shape {shape}"
        )
    if n != 1:
        weight = np.reshape(weight, (-1, *[1] * max(len(shape) - 2, 0)))
    elif np.ndim(input) == 0:
        weight = np.reshape(weight, ())
    return np.where(np.greater(detached(input), 0), input, weight * input)

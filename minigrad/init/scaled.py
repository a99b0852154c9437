"""Draws scaled by the number of inputs and outputs, so that a signal keeps its variance."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from ..checks import Rng, Shape, as_number, as_shape
from .plain import normal, uniform

__all__ = [
    "calculate_gain", "glorot_normal", "glorot_uniform", "kaiming_normal", "kaiming_uniform",
    "xavier_normal", "xavier_uniform",
]

Array = np.ndarray[Any, Any]

Mode = Literal["fan_in", "fan_out"]


def calculate_gain(nonlinearity: str, slope: float = 0.01) -> float:
    """The gain that makes up for how much a nonlinearity shrinks a signal; PyTorch's table.

    linear, sigmoid: 1 · tanh: 5/3 · relu: √2 · leaky_relu: √(2/(1 + slope²)) · selu: 3/4.
    Raises ValueError for any other name.

    >>> calculate_gain("tanh"), calculate_gain("relu")
    (1.6667, 1.4142)
    """
    gains = {
        "linear": 1.0,
        "identity": 1.0,
        "sigmoid": 1.0,
        "tanh": 5.0 / 3.0,
        "relu": math.sqrt(2.0),
        "leaky_relu": math.sqrt(2.0 / (1.0 + slope**2)),
        "selu": 0.75,
    }
    if nonlinearity not in gains:
        raise ValueError(
            f"calculate_gain(nonlinearity): received {nonlinearity!r}, wanted one of "
            f"{', '.join(gains)}"
        )
    return gains[nonlinearity]


def xavier_uniform(
    shape: Shape,
    *,
    gain: float = 1.0,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """U[−a, a] with a = gain √(6/(fan_in + fan_out)).

    fan_in, fan_out: by default the rows and columns of a matrix; required for any other shape.
    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks" (2010), equation 16.

    >>> W = xavier_uniform((2, 4), rng=np.random.default_rng(0))     # a = √(6/6)
    >>> W.shape, bool(abs(W).max() <= 1.0)
    ((2, 4), True)
    """
    std = _xavier_std(shape, gain, fan_in, fan_out, "xavier_uniform")
    return _uniform_with(std, shape, rng, dtype)


def xavier_normal(
    shape: Shape,
    *,
    gain: float = 1.0,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """N(0, σ²) with σ = gain √(2/(fan_in + fan_out)); the rest is as in `xavier_uniform`.

    >>> W = xavier_normal((100, 100), rng=np.random.default_rng(0))  # σ = √(2/200)
    >>> round(float(W.std()), 2)
    0.1
    """
    std = _xavier_std(shape, gain, fan_in, fan_out, "xavier_normal")
    return normal(shape, std=std, rng=rng, dtype=dtype)


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal


def _fans(
    shape: tuple[int, ...], fan_in: int | None, fan_out: int | None, who: str
) -> tuple[int, int]:
    """How many inputs an output sums, and how many outputs an input reaches."""
    if fan_in is None or fan_out is None:
        if len(shape) != 2:
            raise ValueError(
                f"{who}: received shape {shape}; a matrix is (fan_in, fan_out), and for any other "
                f"shape fan_in= and fan_out= must be given"
            )
        fan_in = shape[0] if fan_in is None else fan_in
        fan_out = shape[1] if fan_out is None else fan_out
    return as_shape((fan_in, fan_out), f"{who}(fan_in, fan_out)")  # type: ignore[return-value]  # two


def _xavier_std(shape: Any, gain: float, fan_in: Any, fan_out: Any, who: str) -> float:
    inputs, outputs = _fans(as_shape(shape, who), fan_in, fan_out, who)
    return as_number(gain, "gain", who, low=0.0) * math.sqrt(2.0 / max(inputs + outputs, 1))


def kaiming_uniform(
    shape: Shape,
    *,
    mode: Mode = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """U[−a, a] with a = gain √(3/fan), the gain being that of `nonlinearity`.

    mode: "fan_in" keeps the variance of the signal on its way forward, "fan_out" backward.
    nonlinearity, slope: as for `calculate_gain`; ValueError for other words, and negative fans.
    fan_in, fan_out: by default the rows and columns of a matrix; required for any other shape.
    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), equations 10 and 14.

    >>> W = kaiming_uniform((6, 4), rng=np.random.default_rng(0))    # a = √2 √(3/6)
    >>> W.shape, bool(abs(W).max() <= 1.0)
    ((6, 4), True)
    """
    std = _kaiming_std(shape, mode, nonlinearity, slope, fan_in, fan_out, "kaiming_uniform")
    return _uniform_with(std, shape, rng, dtype)


def kaiming_normal(
    shape: Shape,
    *,
    mode: Mode = "fan_in",
    nonlinearity: str = "relu",
    slope: float = 0.01,
    fan_in: int | None = None,
    fan_out: int | None = None,
    rng: Rng = None,
    dtype: Any = np.float32,
) -> Array:
    """N(0, σ²) with σ = gain/√fan; the rest is as in `kaiming_uniform`.

    >>> W = kaiming_normal((200, 50), rng=np.random.default_rng(0))  # σ = √2/√200
    >>> round(float(W.std()), 2)
    0.1
    """
    std = _kaiming_std(shape, mode, nonlinearity, slope, fan_in, fan_out, "kaiming_normal")
    return normal(shape, std=std, rng=rng, dtype=dtype)


def _kaiming_std(
    shape: Any, mode: str, nonlinearity: str, slope: float, fan_in: Any, fan_out: Any, who: str
) -> float:
    inputs, outputs = _fans(as_shape(shape, who), fan_in, fan_out, who)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{who}(mode): received {mode!r}, wanted 'fan_in' or 'fan_out'")
    fan = inputs if mode == "fan_in" else outputs
    return calculate_gain(nonlinearity, slope) / math.sqrt(max(fan, 1))


def _uniform_with(std: float, shape: Shape, rng: Rng, dtype: Any) -> Array:
    """U[−a, a] with that standard deviation: a = √3 std."""
    bound = math.sqrt(3.0) * std
    return uniform(shape, low=-bound, high=bound, rng=rng, dtype=dtype)

"""Activations. Those with nothing to explain are the records themselves."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..ops import activation, nn, reduce
from ..ops.activation import (
    celu,
    elu,
    hardsigmoid,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
)

__all__ = [
    "celu", "elu", "gelu", "glu", "hardsigmoid", "hardtanh", "leaky_relu", "log_softmax",
    "logsigmoid", "logsumexp", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
    "softmin", "softplus", "softsign",
]

F = TypeVar("F", bound=Callable[..., Any])


def axis_is_dim(function: F) -> F:
    """Let `function`, which takes PyTorch's ``dim``, be called with NumPy's ``axis``."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        if "axis" in keywords:
            keywords["dim"] = keywords.pop("axis")
        return function(*args, **keywords)

    return call  # type: ignore[return-value]  # the same signature, by wraps


@axis_is_dim
def softmax(input: Any, dim: int = -1) -> Any:
    """eˣ / Σ eˣ along `dim`: positive, of sum 1. A row of -∞ gives zeros.

    >>> softmax(np.array([0.0, np.log(3)]))
    array([0.25, 0.75])
    """
    return nn.softmax(input, axis=dim)


@axis_is_dim
def softmin(input: Any, dim: int = -1) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along `dim`."""
    return nn.softmax(-input, axis=dim)


@axis_is_dim
def log_softmax(input: Any, dim: int = -1) -> Any:
    """x - ln Σ eˣ along `dim`, without overflow. A row of -∞ stays as it is.

    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return nn.log_softmax(input, axis=dim)


@axis_is_dim
def logsumexp(input: Any, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Any:
    """ln Σ eˣ along `dim` (default: over all), without overflow. -∞ where every x is."""
    return reduce.logsumexp(input, axis=dim, keepdims=keepdim)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    approximate: "none", or "tanh" for ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate is {approximate!r}, wanted 'none' or 'tanh'")
    return activation.gelu(input) if approximate == "none" else activation.gelu_tanh(input)


@axis_is_dim
def glu(input: Any, dim: int = -1) -> Any:
    """a · sigmoid(b), where a and b are the halves of `input` along `dim`.

    >>> glu(np.array([4.0, 0.0]))
    array([2.])
    """
    if np.ndim(input) == 0 or np.shape(input)[dim] % 2:
        raise ValueError(
            f"glu: input has shape {np.shape(input)}; wanted an even length along dim={dim}"
        )
    a, b = np.split(input, 2, axis=dim)
    return a * sigmoid(b)

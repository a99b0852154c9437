"""Activations that take more words than the ops behind them; the others are `generated`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, detached
from ..ops.common import composite
from ..ops.elementwise import activations, trigonometry
from ..ops.nn import layers
from ..ops.pytorch.words import either

__all__ = ["gelu", "glu", "log_softmax", "softmax", "softmin", "softplus", "tanh"]


@composite()
def softplus(input: Any, beta: Any = 1.0, threshold: float | None = None) -> Any:
    """ln(1 + e^(beta · x)) / beta, without overflow.

    beta: a number, or a Tensor, which can be learned.
    threshold: x itself where beta · x is above it, as PyTorch has it from 20 on. By default there
        is none: the formula is exact at any x.

    >>> softplus(np.array([0.0, 1000.0]))
    array([6.93147181e-01, 1.00000000e+03])
    """
    smooth = activations.softplus(input, beta=beta)
    if threshold is None:
        return smooth
    return np.where(np.multiply(detached(input), beta) > threshold, input, smooth)


@composite()
def tanh(input: Any) -> Any:
    """tanh(x) = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), between -1 and 1; the same as ``np.tanh``.

    >>> tanh(np.array([-1000.0, 0.0, np.log(2.0)]))
    array([-1. ,  0. ,  0.6])
    """
    return trigonometry.tanh(input)


def _cast(input: Any, dtype: Any) -> Any:
    """`input` in another dtype; None: as it is."""
    if dtype is None:
        return input
    return input.astype(dtype) if isinstance(input, Tensor) else np.asarray(input, dtype)


@either
@composite()
def softmax(input: Any, dim: int = -1, dtype: Any = None) -> Any:
    """eˣ / Σ eˣ along `dim`: positive, of sum 1. A row of -∞ gives zeros.

    dtype: of the result; `input` is converted first.

    >>> softmax(np.array([0.0, np.log(3)]))
    array([0.25, 0.75])
    """
    return layers.softmax(_cast(input, dtype), axis=dim)


@either
@composite()
def softmin(input: Any, dim: int = -1, dtype: Any = None) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along `dim`: ``softmax(-input)``, the largest where x is smallest.

    >>> softmin(np.array([0.0, np.log(3.0)]))
    array([0.75, 0.25])
    """
    return layers.softmax(np.negative(_cast(input, dtype)), axis=dim)


@either
@composite()
def log_softmax(input: Any, dim: int = -1, dtype: Any = None) -> Any:
    """x - ln Σ eˣ along `dim`, without overflow. A row of -∞ stays as it is.

    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return layers.log_softmax(_cast(input, dtype), axis=dim)


@composite()
def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    approximate: "none", or "tanh" for ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

    Raises ValueError for another word.

    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu: approximate is {approximate!r}, wanted 'none' or 'tanh'")
    return activations.gelu(input) if approximate == "none" else activations.gelu_tanh(input)


@either
@composite()
def glu(input: Any, dim: int = -1) -> Any:
    """a · sigmoid(b), where a and b are the halves of `input` along `dim`.

    Raises ValueError for an axis of odd length.

    >>> glu(np.array([4.0, 0.0]))
    array([2.])
    """
    if np.ndim(input) == 0 or np.shape(input)[dim] % 2:
        raise ValueError(
            f"glu: input has shape {np.shape(input)}; wanted an even length along dim={dim}"
        )
    a, b = np.split(input, 2, axis=dim)
    return a * activations.sigmoid(b)

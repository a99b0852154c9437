"""Activations, with PyTorch's names of arguments. A record stands behind each; see minigrad.ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from ..engine.keywords import settled
from ..engine.tensor import Tensor, detached
from ..ops.common import composite
from ..ops.elementwise import activations, trigonometry
from ..ops.nn import layers
from ..ops.pytorch.words import either
from ..ops.reduce import reductions

__all__ = [
    "celu", "elu", "gelu", "glu", "hardsigmoid", "hardtanh", "leaky_relu", "log_softmax",
    "logsigmoid", "logsumexp", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
    "softmin", "softplus", "softsign", "tanh",
]

F = TypeVar("F", bound=Callable[..., Any])


def of_record(op: Any) -> Callable[[F], F]:
    """Let the testing kit find the record behind a function: ``check_op(functional.relu)``."""

    def mark(function: F) -> F:
        function.op = op.op  # type: ignore[attr-defined]  # as on functions made by primitive
        return function

    return mark


@of_record(activations.relu)
def relu(input: Any) -> Any:
    """max(x, 0). The slope at 0 is 0.

    >>> x = Tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> relu(x).sum().backward(); x.grad
    Tensor([0., 0., 1.])
    """
    return activations.relu(input)


@of_record(activations.relu6)
def relu6(input: Any) -> Any:
    """min(max(x, 0), 6). The slope at 0 and at 6 is 0.

    >>> relu6(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """
    return activations.relu6(input)


@of_record(activations.leaky_relu)
def leaky_relu(input: Any, negative_slope: Any = 0.01) -> Any:
    """x for x > 0, else negative_slope · x.

    negative_slope: a number, or a Tensor that broadcasts to `input`, with a gradient of its own:
        the slopes of a PReLU (He et al., 2015) are learned.

    >>> leaky_relu(np.array([-100.0, 2.0]))
    array([-1.,  2.])
    """
    return activations.leaky_relu(input, negative_slope=negative_slope)


@of_record(activations.elu)
def elu(input: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha (eˣ - 1). (Clevert, Unterthiner, Hochreiter, 2016.)

    alpha: a number, or a Tensor, which can be learned.

    >>> elu(np.array([-1000.0, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    return activations.elu(input, alpha=alpha)


@of_record(activations.celu)
def celu(input: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha (e^(x / alpha) - 1), of slope 1 at 0 for any alpha. (Barron, 2017.)

    alpha: a number above 0, or a Tensor, which can be learned.

    >>> celu(np.array([-1000.0, 0.0, 2.0]), alpha=3.0)
    array([-3.,  0.,  2.])
    """
    return activations.celu(input, alpha=alpha)


@of_record(activations.selu)
def selu(input: Any) -> Any:
    """1.0507 · elu(x, 1.6733). (Klambauer et al., "Self-normalizing neural networks", 2017.)

    >>> selu(np.array([-1000.0, 0.0, 1.0]))
    array([-1.7581,  0.    ,  1.0507])
    """
    return activations.selu(input)


@of_record(activations.silu)
def silu(input: Any) -> Any:
    """x · sigmoid(x). Also called swish; it is not monotonic.

    >>> silu(np.array([-20.0, -1.2785, 0.0, 20.0])).round(4)
    array([-0.    , -0.2785,  0.    , 20.    ])
    """
    return activations.silu(input)


@of_record(activations.mish)
def mish(input: Any) -> Any:
    """x · tanh(softplus(x)). (Misra, 2019.) Like silu it dips below 0, and is not monotonic.

    >>> mish(np.array([-20.0, -1.1925, 0.0, 20.0])).round(4)
    array([-0.    , -0.3088,  0.    , 20.    ])
    """
    return activations.mish(input)


@of_record(activations.softsign)
def softsign(input: Any) -> Any:
    """x / (1 + |x|): between -1 and 1, as tanh, but approaching them far more slowly.

    >>> softsign(np.array([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """
    return activations.softsign(input)


@of_record(activations.softplus)
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
    threshold = settled("softplus", "threshold", threshold)
    return np.where(np.multiply(detached(input), beta) > threshold, input, smooth)


@of_record(activations.sigmoid)
def sigmoid(input: Any) -> Any:
    """1 / (1 + e⁻ˣ), between 0 and 1, without overflow at any x.

    >>> sigmoid(np.array([-1000.0, 0.0, np.log(3.0)]))
    array([0.  , 0.5 , 0.75])
    """
    return activations.sigmoid(input)


@of_record(activations.logsigmoid)
def logsigmoid(input: Any) -> Any:
    """ln sigmoid(x), without overflow, and without a logarithm of 0.

    >>> logsigmoid(np.array([-1000.0, 0.0])).round(4)
    array([-1.000e+03, -6.931e-01])
    """
    return activations.logsigmoid(input)


@of_record(trigonometry.tanh)
def tanh(input: Any) -> Any:
    """tanh(x) = (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), between -1 and 1; the same as ``np.tanh``.

    >>> tanh(np.array([-1000.0, 0.0, np.log(2.0)]))
    array([-1. ,  0. ,  0.6])
    """
    return trigonometry.tanh(input)


@of_record(activations.hardtanh)
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x between min_val and max_val. The slope on the bounds is 0.

    >>> hardtanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    return activations.hardtanh(input, min_val=min_val, max_val=max_val)


@of_record(activations.hardsigmoid)
def hardsigmoid(input: Any) -> Any:
    """x / 6 + ½ between 0 and 1. The slope at ±3 is 0. (Keras had x / 5 + ½ before its version 3.)

    >>> hardsigmoid(np.array([-3.0, 0.0, 1.5, 9.0]))
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    return activations.hardsigmoid(input)


def _cast(input: Any, dtype: Any) -> Any:
    """`input` in another dtype; None: as it is."""
    if dtype is None:
        return input
    return input.astype(dtype) if isinstance(input, Tensor) else np.asarray(input, dtype)


@either
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
def log_softmax(input: Any, dim: int = -1, dtype: Any = None) -> Any:
    """x - ln Σ eˣ along `dim`, without overflow. A row of -∞ stays as it is.

    >>> log_softmax(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """
    return layers.log_softmax(_cast(input, dtype), axis=dim)


@either
def logsumexp(input: Any, dim: int | tuple[int, ...] | None = None, keepdim: bool = False) -> Any:
    """ln Σ eˣ along `dim` (default: over all), without overflow. -∞ where every x is.

    >>> logsumexp(np.array([[900.0, 900.0], [1000.0, 1000.0]]), dim=1)   # ln 2 more
    array([ 900.6931, 1000.6931])
    """
    return reductions.logsumexp(input, axis=dim, keepdims=keepdim)


def gelu(input: Any, approximate: str = "none") -> Any:
    """x Φ(x), Φ the normal distribution function (Hendrycks and Gimpel, 2016).

    approximate: "none", or "tanh" for ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))).

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

    >>> glu(np.array([4.0, 0.0]))
    array([2.])
    """
    if np.ndim(input) == 0 or np.shape(input)[dim] % 2:
        raise ValueError(
            f"glu: input has shape {np.shape(input)}; wanted an even length along dim={dim}"
        )
    a, b = np.split(input, 2, axis=dim)
    return a * sigmoid(b)

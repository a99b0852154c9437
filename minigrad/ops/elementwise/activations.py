"""Activations, entry by entry: accurate in both tails, with their limits at ±∞."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.domain import NONZERO, REAL, Domain
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..rules import floating, one, passed
from .special import erfc

__all__ = [
    "celu", "elu", "gelu", "hardsigmoid", "hardtanh", "leaky_relu", "logsigmoid", "mish", "relu",
    "relu6", "selu", "sigmoid", "sigmoid_into", "silu", "softplus", "softsign",
]

_SCALES = Domain(0.3, 3.5)  # where beta · x and x / alpha stay floats for every float x

# -- made of straight lines


@primitive(
    domains=(NONZERO,), vjps=(lambda g, out: passed(g, detached(out) > 0),), methods=["relu"],
    functional="relu(input)",
)
def relu(x: Any) -> Any:
    """max(x, 0); slope 0 at 0

    >>> import minigrad as mg
    >>> x = mg.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    >>> relu(x).sum().backward(); x.grad
    Tensor([0., 0., 1.])
    """
    return np.maximum(x, 0)


@primitive(
    domains=(Domain(kinks=(0.0, 6.0)),),
    vjps=(lambda g, out: passed(g, (detached(out) > 0) & (detached(out) < 6)),),
    functional="relu6(input)",
)
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6); slope 0 at 0 and 6

    >>> relu6(np.array([-1.0, 3.0, 9.0]))
    array([0., 3., 6.])
    """
    return np.clip(x, 0, 6)


@primitive(
    "(),()->()", domains=(NONZERO, REAL),
    vjps=(
        lambda g, x, negative_slope: np.where(detached(x) > 0, g, g * negative_slope),
        lambda g, x: passed(g * x, ~np.greater(detached(x), 0)),
    ),
    functional="leaky_relu(input, negative_slope)",
)
def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """x for x > 0, else negative_slope · x; slope negative_slope at 0

    negative_slope: a number, or a Tensor that broadcasts to x, with a gradient of its own: the
        slopes of a PReLU (He et al., 2015) are learned.

    >>> leaky_relu(np.array([-100.0, 2.0]))
    array([-1.,  2.])
    """
    return np.where(np.greater(x, 0), x, np.multiply(x, negative_slope))


@primitive(
    domains=(Domain(kinks=(-1.0, 1.0)),),
    vjps=(
        lambda g, x, min_val, max_val: passed(g, (detached(x) > min_val) & (detached(x) < max_val)),
    ),
    functional="hardtanh(input, min_val, max_val)",
)
def hardtanh(x: Any, *, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x between min_val and max_val; slope 0 on the bounds

    >>> hardtanh(np.array([-3.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    if not min_val <= max_val:
        raise ValueError(f"min_val is {min_val} and max_val {max_val}; wanted min_val ≤ max_val")
    return np.clip(x, min_val, max_val)


@primitive(
    domains=(Domain(kinks=(-3.0, 3.0)),),
    vjps=(lambda g, x: passed(g / 6, np.abs(detached(x)) < 3),),
    functional="hardsigmoid(input)",
)
def hardsigmoid(x: Any) -> Any:
    """x / 6 + ½ between 0 and 1; slope 0 at ±3

    (Keras had x / 5 + ½ before its version 3.)

    >>> hardsigmoid(np.array([-3.0, 0.0, 1.5, 9.0]))
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    return np.clip(np.true_divide(x, 6) + 0.5, 0, 1)


# -- exponential below 0


def _negative(x: Any) -> Any:
    """What of x is below 0: the other branch, which is not taken, must not overflow."""
    return np.minimum(x, 0)


@primitive(
    "(),()->()", domains=(NONZERO, REAL),
    vjps=(
        lambda g, x, alpha: np.where(detached(x) > 0, g, g * (alpha * np.exp(_negative(x)))),
        lambda g, x: passed(g * np.expm1(_negative(x)), ~np.greater(detached(x), 0)),
    ),
    functional="elu(input, alpha)",
)
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha (eˣ - 1)

    (Clevert, Unterthiner, Hochreiter, 2016.)

    alpha: a number, or a Tensor, which can be learned.

    >>> elu(np.array([-1000.0, 0.0, 2.0]))
    array([-1.,  0.,  2.])
    """
    return np.where(np.greater(x, 0), x, alpha * np.expm1(_negative(x)))


def _celu_by_alpha(g: Any, x: Any, alpha: Any) -> Any:
    z = _slow(_negative(x) / alpha)
    return passed(g * (np.expm1(z) - z * np.exp(z)), ~np.greater(detached(x), 0))


@primitive(
    "(),()->()", domains=(NONZERO, _SCALES),
    vjps=(
        lambda g, x, alpha: np.where(detached(x) > 0, g, g * np.exp(_negative(x) / alpha)),
        _celu_by_alpha,
    ),
    functional="celu(input, alpha)",
)
def celu(x: Any, alpha: Any = 1.0) -> Any:
    """x for x > 0, else alpha (e^(x / alpha) - 1)

    Its slope at 0 is 1 for any alpha. (Barron, 2017.)

    alpha: a number above 0, or a Tensor, which can be learned.

    >>> celu(np.array([-1000.0, 0.0, 2.0]), alpha=3.0)
    array([-3.,  0.,  2.])
    """
    return np.where(np.greater(x, 0), x, alpha * np.expm1(np.divide(_negative(x), alpha)))


# Of the fixed point at mean 0, variance 1 (Klambauer et al., "Self-normalizing neural networks",
# 2017, eq. 14).
_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805


@primitive(
    domains=(NONZERO,), functional="selu(input)",
    vjps=(
        lambda g, out, x: np.where(
            detached(x) > 0, g * _SCALE, g * (_negative(out) + _SCALE * _ALPHA)
        ),
    ),
)
def selu(x: Any) -> Any:
    """1.0507 · elu(x) with alpha = 1.6733

    (Klambauer et al., "Self-normalizing neural networks", 2017.)

    >>> selu(np.array([-1000.0, 0.0, 1.0]))
    array([-1.7581,  0.    ,  1.0507])
    """
    return _SCALE * np.where(np.greater(x, 0), x, _ALPHA * np.expm1(_negative(x)))


# -- the sigmoid and what is made of it


def _by_sigmoid(g: Any, out: Any) -> Any:
    slope = one(out) - out
    slope *= out
    slope *= g
    return slope


@np.errstate(over="ignore")  # where e⁻ˣ is ∞ its reciprocal is 0, the right limit
def sigmoid_into(x: Any, out: Any) -> Any:
    """Write sigmoid(x), of an array of floats, into `out`."""
    # 1 / (1 + e⁻ˣ) keeps its digits in both tails. A minimum that bounds x takes as long as exp.
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, one(out), out=out)
    return np.divide(one(out), out, out=out)


@primitive(vjps=(_by_sigmoid,), methods=["sigmoid"], functional="sigmoid(input)")
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ)

    Between 0 and 1, without overflow at any x.

    >>> sigmoid(np.array([-1000.0, 0.0, np.log(3.0)]))
    array([0.  , 0.5 , 0.75])
    """
    x = floating(x)
    return sigmoid_into(x, np.empty_like(x))


def _tail(x: Any) -> Any:
    """What ln(1 + eˣ) is more than max(x, 0)."""
    return np.log1p(np.exp(-np.abs(x)))


@primitive(vjps=(lambda g, x: g * sigmoid(-x),), functional="logsigmoid(input)")
def logsigmoid(x: Any) -> Any:
    """ln sigmoid(x), without overflow

    And without a logarithm of 0.

    >>> logsigmoid(np.array([-1000.0, 0.0])).round(4)
    array([-1.000e+03, -6.931e-01])
    """
    x = floating(x)
    return np.minimum(x, 0) - _tail(x)


def _softplus_by_beta(g: Any, x: Any, beta: Any) -> Any:
    """(u sigmoid(u) - ln(1 + eᵘ)) / beta² of u = beta · x, which is 0 beyond ±1000."""
    u = _slow(beta * x)
    return g * ((u * sigmoid(u) - softplus(u)) / (beta * beta))


@primitive(
    "(),()->()", domains=(REAL, _SCALES),
    vjps=(lambda g, x, beta: g * sigmoid(beta * x), _softplus_by_beta),
)
def softplus(x: Any, beta: Any = 1.0) -> Any:
    """ln(1 + e^(beta · x)) / beta, without overflow"""
    x = floating(x) * beta
    return (np.maximum(x, 0) + _tail(x)) / beta


def _slow(x: Any) -> Any:
    """x where sigmoid(x) changes: beyond ±1000 it does not, and ∞ · 0 would be NaN."""
    return np.clip(x, -1000, 1000)


def _silu_slope(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1 + _slow(x) * (1 - s))


@primitive(vjps=(lambda g, x: g * _silu_slope(x),), functional="silu(input)")
def silu(x: Any) -> Any:
    """x · sigmoid(x)

    Also called swish; it is not monotonic.

    >>> silu(np.array([-20.0, -1.2785, 0.0, 20.0])).round(4)
    array([-0.    , -0.2785,  0.    , 20.    ])
    """
    return np.maximum(x, -1000) * sigmoid(x)


def _mish_slope(x: Any) -> Any:
    t = np.tanh(softplus(x))
    return t + _slow(x) * sigmoid(x) * ((1 - t) * (1 + t))


@primitive(vjps=(lambda g, x: g * _mish_slope(x),), functional="mish(input)")
def mish(x: Any) -> Any:
    """x · tanh(softplus(x))

    Like silu it dips below 0, and is not monotonic. (Misra, 2019.)

    >>> mish(np.array([-20.0, -1.1925, 0.0, 20.0])).round(4)
    array([-0.    , -0.3088,  0.    , 20.    ])
    """
    return np.maximum(x, -1000) * np.tanh(softplus(x))


@primitive(
    domains=(NONZERO,), vjps=(lambda g, x: g / np.square(1 + np.abs(x)),),
    functional="softsign(input)",
)
def softsign(x: Any) -> Any:
    """x / (1 + |x|)

    Between -1 and 1, as tanh, but approaching them far more slowly.

    >>> softsign(np.array([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """
    return np.divide(x, 1 + np.abs(x))


# -- GELU: x times the normal distribution's probability of less than x


def _phi(x: Any) -> Any:
    return 0.5 * erfc(x * -math.sqrt(0.5))


def _gelu_slope(x: Any) -> Any:
    x = np.clip(x, -40, 40)  # the tails are 0 and 1
    return _phi(x) + x * (np.exp(-0.5 * np.square(x)) / math.sqrt(2 * math.pi))


@primitive(vjps=(lambda g, x: g * _gelu_slope(x),))
def gelu(x: Any) -> Any:
    """x Φ(x), Φ the normal distribution function"""
    x = np.maximum(x, -40)
    return x * _phi(x)


def _tanh_of_cubic(x: Any) -> Any:
    return np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))


def _gelu_tanh_slope(x: Any) -> Any:
    x = np.clip(x, -40, 40)
    t = _tanh_of_cubic(x)
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * np.square(x))
    return 0.5 * (1 + t) + 0.5 * x * ((1 - t) * (1 + t)) * inner


@primitive(vjps=(lambda g, x: g * _gelu_tanh_slope(x),))
def gelu_tanh(x: Any) -> Any:
    """½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), an approximation of gelu"""
    x = np.maximum(x, -40)
    return 0.5 * x * (1 + _tanh_of_cubic(np.minimum(x, 40)))

"""Losses that compare entry by entry: one node each, safe in the tails, with shapes checked.

Every loss takes ``reduction``: "mean" (the default), "sum", or "none" for one value an entry.
Shapes must be equal: (4, 1) against (4,) would broadcast to (4, 4) and train on nonsense.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.domain import DISTINCT, POSITIVE, REAL, Domain
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ...engine.unbroadcast import wider
from ..common import one_of
from ..elementwise.activations import sigmoid, softplus
from ..rules import passed, share, side

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "huber_loss", "kl_div", "l1_loss",
    "mse_loss",
]


def check_reduction(reduction: str) -> None:
    """Raise unless `reduction` is one of the three words."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction is {reduction!r}, wanted 'mean', 'sum' or 'none'")


def reduced(values: Any, reduction: str) -> Any:
    """`values` as they are, their sum or their mean."""
    check_reduction(reduction)
    if reduction == "none":
        return values
    if reduction == "sum":
        return np.sum(values)
    if np.size(values) == 0:
        raise ValueError("the mean of no entries is not defined; use reduction='sum'")
    return np.mean(values)


def average(values: Any, number: Any) -> Any:
    """Σ values / number in their dtype; the sum need not fit into it."""
    return (np.sum(values, dtype=wider(values.dtype)) / number).astype(values.dtype)


def shared(g: Any, like: Any, reduction: str) -> Any:
    """The cotangent of each entry, where `g` is the cotangent of what `reduced` returned."""
    return share(g, max(np.size(like), 1)) if reduction == "mean" else g


def pair(input: Any, target: Any) -> tuple[Any, Any]:
    """Prediction and target as arrays of one shape."""
    input, target = np.asarray(input), np.asarray(target)
    if input.shape != target.shape:
        raise ValueError(
            f"input has shape {input.shape} and target {target.shape}; they must be equal, because "
            f"broadcasting one against the other compares entries that do not belong together: "
            f"reshape one of them"
        )
    return input, target


def _fitting(weight: Any, name: str, shape: tuple[int, ...]) -> Any:
    """A weight that broadcasts to the shape of the entries, 1 if there is none."""
    have = np.shape(_or_one(weight))
    beside = zip(reversed(have), reversed(shape), strict=False)
    if len(have) > len(shape) or any(n not in (1, m) for n, m in beside):
        raise ValueError(f"{name} has shape {have}, which does not broadcast to {shape}")
    return _or_one(weight)


def _or_one(weight: Any) -> Any:
    return 1 if weight is None else weight


def draw_pair(rng: np.random.Generator, **keywords: Any) -> Any:
    """A call for tests: entries differ by 0.1 to 0.8, or by 1.2 to 2."""
    input = rng.normal(size=(2, 3))
    apart = rng.uniform(0.1, 0.8, (2, 3)) + one_of(rng, 0, 1.2)
    target = input + apart * rng.choice([-1.0, 1.0], (2, 3))
    return (input, target), {"reduction": one_of(rng, "mean", "sum", "none"), **keywords}


# -- of the difference d = input - target


def _by_difference(slope: Any) -> tuple[Any, Any]:
    """The rules of a loss of d, whose slope is `slope(input, target)`."""
    return (
        lambda g, input, target, reduction: shared(g, input, reduction) * slope(input, target),
        lambda g, input, target, reduction: shared(g, input, reduction) * slope(target, input),
    )


@primitive(
    "(n),(n)->()", samples=draw_pair, vjps=_by_difference(lambda x, y: 2 * (x - y)),
    functional="mse_loss(input, target, reduction)",
)
def mse_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """d²; d = input - target

    input, target: of one shape, else ValueError. reduction: "mean", "sum" or "none".

    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    input, target = pair(input, target)
    return reduced(np.square(np.subtract(input, target)), reduction)


@primitive(
    "(n),(n)->()", samples=draw_pair, domains=(DISTINCT, DISTINCT), vjps=_by_difference(side),
    functional="l1_loss(input, target, reduction)",
)
def l1_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """|d|, slope 0 at 0; d = input - target

    input, target: of one shape, else ValueError. reduction: "mean", "sum" or "none".

    >>> float(l1_loss(np.array([1.0, 2.0]), np.array([1.0, 5.0])))
    1.5
    """
    input, target = pair(input, target)
    return reduced(np.abs(np.subtract(input, target)), reduction)


def _huber_slope(x: Any, y: Any, delta: Any) -> Any:
    return np.clip(x - y, -delta, delta)


def _huber_by_delta(g: Any, input: Any, target: Any, delta: Any, reduction: str) -> Any:
    beyond = np.abs(input - target) - delta
    return passed(shared(g, input, reduction) * beyond, detached(beyond) > 0)


def _draw_huber(rng: np.random.Generator) -> Any:
    (input, target), keywords = draw_pair(rng)
    return (input, target, one_of(rng, 1.0, rng.uniform(0.9, 1.1, 3))), keywords


@primitive(
    "(n),(n),()->()", samples=_draw_huber, domains=(REAL, REAL, POSITIVE),
    functional="huber_loss(input, target, reduction, delta)",
    vjps=(
        lambda g, input, target, reduction, delta: (
            shared(g, input, reduction) * _huber_slope(input, target, delta)
        ),
        lambda g, input, target, reduction, delta: (
            shared(g, input, reduction) * _huber_slope(target, input, delta)
        ),
        _huber_by_delta,
    ),
)
def huber_loss(input: Any, target: Any, delta: Any = 1.0, *, reduction: str = "mean") -> Any:
    """½ d² for |d| ≤ delta, else delta (|d| - ½ delta); d = input - target

    input, target: of one shape, else ValueError. reduction: "mean", "sum" or "none".
    delta: a number, or a Tensor, which can be learned. Raises ValueError unless it is above 0.
    (Huber, "Robust estimation of a location parameter", 1964.)

    >>> huber_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none")   # ½ 0.5², 3 - ½
    array([0.125, 2.5  ])
    """
    if not np.all(np.asarray(delta) > 0):
        raise ValueError(f"delta is {delta}, wanted a number above 0")
    input, target = pair(input, target)
    apart = np.abs(np.subtract(input, target))
    near = np.minimum(apart, delta)
    return reduced(near * (apart - 0.5 * near), reduction)


# -- of probabilities


def _log(p: Any) -> Any:
    """ln p, and -100 for what is below e⁻¹⁰⁰."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), -100)


def _spread(p: Any) -> Any:
    """p (1 - p), and at least 1e-12 where it is a divisor."""
    return np.maximum(p * (1 - p), max(1e-12, float(np.finfo(p.dtype).tiny)))


@primitive(
    "(n),(n),(n)->()", domains=(Domain(0.0, 1.0), REAL, REAL),
    functional="binary_cross_entropy(input, target, weight, reduction)",
    vjps=(
        lambda g, input, target, weight, reduction: (
            shared(g, input, reduction) * _or_one(weight) * ((input - target) / _spread(input))
        ),
        lambda g, input, weight, reduction: (
            shared(g, input, reduction) * _or_one(weight) * (_log(1 - input) - _log(input))
        ),
        None,
    ),
    samples=lambda rng: (
        (rng.uniform(0.1, 0.9, (2, 3)), rng.random((2, 3)),
         one_of(rng, None, rng.uniform(1, 2, 3))),
        {"reduction": one_of(rng, "mean", "sum", "none")},
    ),
)
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """-t ln p - (1 - t) ln(1 - p), the logarithms at least -100; p = input, t = target

    For probabilities p and targets t of one shape. Where p is exactly 0 or 1 the logarithm counts
    as -100, as in PyTorch, so that the loss stays finite. weight: a constant that broadcasts to
    the entries.

    Raises ValueError for an input outside 0 to 1. Prefer the form with logits: it loses no digits.

    >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none")
    array([  0.6931, 100.    ])
    """
    p, t = pair(input, target)
    outside = ~((p >= 0) & (p <= 1))
    if outside.any():
        raise ValueError(
            f"input holds {p[outside][0]}; wanted probabilities from 0 to 1 (for logits there is "
            f"binary_cross_entropy_with_logits)"
        )
    values = -t * _log(p) - (1 - t) * _log(1 - p)
    return reduced(values * _fitting(weight, "weight", p.shape), reduction)


def _logit_slope(x: Any, t: Any, pos_weight: Any) -> Any:
    return (1 - t) * sigmoid(x) - _or_one(pos_weight) * t * sigmoid(-x)


@primitive(
    "(n),(n),(n),(n)->()",
    vjps=(
        lambda g, input, target, weight, pos_weight, reduction: (
            shared(g, input, reduction) * _or_one(weight) * _logit_slope(input, target, pos_weight)
        ),
        lambda g, input, weight, pos_weight, reduction: (
            shared(g, input, reduction) * _or_one(weight)
            * ((_or_one(pos_weight) - 1) * softplus(-input) - input)
        ),
        None, None,
    ),
    samples=lambda rng: (
        (rng.normal(size=(2, 3)), rng.random((2, 3)), one_of(rng, None, rng.uniform(1, 2, (2, 1))),
         one_of(rng, None, rng.uniform(1, 2, 3))),
        {"reduction": one_of(rng, "mean", "sum", "none")},
    ),
    functional="binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weight)",
)
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, *,
    reduction: str = "mean",
) -> Any:
    """-t ln sigmoid(x) - (1 - t) ln sigmoid(-x), without overflow; x = input, t = target

    target: t, from 0 to 1, in the shape of the logits.
    weight: of each entry; pos_weight: of what is positive, a factor of the first term. Both are
        constants that broadcast.

    >>> x = np.array([-1e4, 1e4])
    >>> binary_cross_entropy_with_logits(x, np.array([0.0, 0.0]), reduction="none")
    array([    0., 10000.])
    """
    x, t = pair(input, target)
    up = t * _fitting(pos_weight, "pos_weight", x.shape)
    tail = np.log1p(np.exp(-np.abs(x)))
    values = np.maximum(x, 0) * (1 - t) + np.maximum(-x, 0) * up + (1 - t + up) * tail
    return reduced(values * _fitting(weight, "weight", x.shape), reduction)


def _share_of_divergence(g: Any, like: Any, reduction: str) -> Any:
    return share(g, max(len(like), 1)) if reduction == "batchmean" else shared(g, like, reduction)


@primitive(
    "(n),(n)->()", functional="kl_div(input, target, reduction, log_target)",
    vjps=(
        lambda g, input, target, reduction, log_target: _divergence_by_input(
            _share_of_divergence(g, input, reduction), target, log_target
        ),
        lambda g, input, target, reduction, log_target: _divergence_by_target(
            _share_of_divergence(g, input, reduction), input, target, log_target
        ),
    ),
    samples=lambda rng: (
        (rng.normal(size=(2, 3)), rng.uniform(0.2, 1, (2, 3))),
        {"reduction": one_of(rng, "mean", "sum", "none", "batchmean"),
         "log_target": one_of(rng, True, False)},
    ),
)
def kl_div(
    input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False
) -> Any:
    """t (ln t - input), 0 at t = 0; t = target, or e^target with log_target

    For log-probabilities `input` and probabilities t of one shape.

    reduction: also "batchmean", the sum over the number of rows: the divergence itself.
    log_target: `target` holds ln t.

    >>> float(kl_div(np.log([0.5, 0.5]), np.array([1.0, 0.0]), reduction="sum"))
    0.6931
    """
    x, t = pair(input, target)
    check_reduction("mean" if reduction == "batchmean" else reduction)
    if log_target:
        values = np.exp(t) * (t - x)
    else:
        values = np.where(t == 0, 0, t * (np.log(np.where(t == 0, 1, t)) - x))
    if reduction != "batchmean":
        return reduced(values, reduction)
    if values.ndim == 0 or len(values) == 0:
        raise ValueError(f"reduction='batchmean' needs a batch, and input has shape {x.shape}")
    return average(values, len(values))


def _divergence_by_input(g: Any, target: Any, log_target: bool) -> Any:
    p = np.exp(target) if log_target else target
    return passed(g * -p, detached(p) != 0)


def _divergence_by_target(g: Any, input: Any, target: Any, log_target: bool) -> Any:
    if log_target:
        return g * (np.exp(target) * (target - input + 1))
    return g * (np.log(target) + 1 - input)

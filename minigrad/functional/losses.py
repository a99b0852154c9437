"""Losses that are made of ops: of margins and of distributions. All take ``reduction``: "mean",
"sum" or "none". Those that are one op are `generated`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..ops.common import composite
from ..ops.elementwise.activations import logsigmoid, softplus
from ..ops.nn.losses import huber_loss, l1_loss, reduced
from .layers import cosine_similarity
from .norms import pairwise_distance

__all__ = [
    "cosine_embedding_loss", "gaussian_nll_loss", "hinge_embedding_loss", "margin_ranking_loss",
    "multi_margin_loss", "multilabel_soft_margin_loss", "poisson_nll_loss", "smooth_l1_loss",
    "soft_margin_loss", "triplet_margin_loss",
]


def _positive(x: Any) -> Any:
    return np.clip(x, 0, None)


def _fits(function: str, target: Any, shape: tuple[int, ...], **others: Any) -> None:
    for name, value in {"target": target, **others}.items():
        if np.shape(value) != shape:
            raise ValueError(f"{function}: {name} has shape {np.shape(value)}, wanted {shape}")


@composite()
def hinge_embedding_loss(
    input: Any, target: Any, margin: Any = 1.0, reduction: str = "mean"
) -> Any:
    """x where the target is 1, max(0, margin - x) where it is -1, for distances x.

    >>> hinge_embedding_loss(np.array([0.5, 0.2]), np.array([1, -1]), reduction="none")
    array([0.5, 0.8])
    """
    _fits("hinge_embedding_loss", target, np.shape(input))
    near = np.equal(detached(target), 1)
    return reduced(np.where(near, input, _positive(margin - input)), reduction)


@composite()
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: str = "mean"
) -> Any:
    """max(0, -t (x1 - x2) + margin): x1 shall be larger where the target t is 1, smaller for -1.

    >>> float(margin_ranking_loss(np.array([1.0]), np.array([3.0]), np.array([1])))
    2.0
    """
    _fits("margin_ranking_loss", target, np.shape(input1), input2=input2)
    return reduced(_positive(margin - target * (input1 - input2)), reduction)


@composite()
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: Any = 0.0, reduction: str = "mean"
) -> Any:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    Vectors lie along the last axis: (N, D), (N, D), (N) or (D), (D), ().

    >>> x = np.array([[1.0, 0.0], [1.0, 0.0]])
    >>> cosine_embedding_loss(x, x, np.array([1, -1]), reduction="none")
    array([0., 1.])
    """
    _fits("cosine_embedding_loss", target, np.shape(input1)[:-1])
    cosine = cosine_similarity(input1, input2, dim=-1)
    near = np.equal(detached(target), 1)
    return reduced(np.where(near, 1 - cosine, _positive(cosine - margin)), reduction)


@composite()
def triplet_margin_loss(
    anchor: Any, positive: Any, negative: Any, margin: Any = 1.0, p: float = 2.0,
    eps: Any = 1e-6, swap: bool = False, reduction: str = "mean",
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d the p-norm of the difference.

    swap: take d(positive, negative) where that is smaller than d(anchor, negative).

    >>> x = np.zeros((1, 2))
    >>> float(triplet_margin_loss(x, x, x + 1.0).round(4))       # 0 - √2 + 1 is below 0
    0.0
    """
    near = pairwise_distance(anchor, positive, p, eps)
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(_positive(near - far + margin), reduction)


@composite()
def soft_margin_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """ln(1 + e^(-t x)) for targets t of 1 and -1, without overflow.

    >>> soft_margin_loss(np.array([1e3, -1e3]), np.array([1, 1]), "none")
    array([   0., 1000.])
    """
    _fits("soft_margin_loss", target, np.shape(input))
    return reduced(softplus(-(target * input)), reduction)


@composite()
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: Any = 1.0, weight: Any = None,
    reduction: str = "mean",
) -> Any:
    """Σ_{j ≠ y} max(0, margin - x_y + x_j)ᵖ / C for scores (N, C) or (C,) and classes y.

    weight: of each class (C,).

    Raises IndexError for a class that is none of 0 to C - 1.

    >>> float(multi_margin_loss(np.array([[0.0, 0.5]]), np.array([1])))
    0.25
    """
    y = np.asarray(detached(target))
    _fits("multi_margin_loss", y, np.shape(input)[:-1])
    classes = np.shape(input)[-1]
    if y.dtype.kind not in "iu" or (y.size and not (y.min() >= 0 and y.max() < classes)):
        raise IndexError(f"multi_margin_loss: target must hold classes from 0 to {classes - 1}")
    right = np.take_along_axis(input, y[..., None], -1)
    short = np.where(y[..., None] == np.arange(classes), 0, _positive(margin - right + input))
    short = short if p == 1 else short**p
    short = short if weight is None else short * np.asarray(detached(weight))[y][..., None]
    return reduced(np.mean(short, axis=-1), reduction)


@composite()
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-(t ln sigmoid(x) + (1 - t) ln sigmoid(-x)), its mean over the classes, which are last.

    weight: of each class (C,).

    >>> float(multilabel_soft_margin_loss(np.zeros((1, 3)), np.ones((1, 3))).round(4))
    0.6931
    """
    _fits("multilabel_soft_margin_loss", target, np.shape(input))
    each = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    each = each if weight is None else each * weight
    return reduced(np.mean(each, axis=-1), reduction)


@composite()
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """e^x - t x, for the logarithm x of a rate and a count t; or x - t ln(x + eps) for a rate x.

    full: add Stirling's approximation of ln t! where t > 1.

    >>> float(poisson_nll_loss(np.array([0.0]), np.array([3.0])))
    1.0
    """
    _fits("poisson_nll_loss", target, np.shape(input))
    loss = np.exp(input) - target * input if log_input else input - target * np.log(input + eps)
    if full:
        t = np.where(np.greater(detached(target), 1), target, 1)
        stirling = t * np.log(t) - t + 0.5 * np.log(2 * math.pi * t)
        loss = loss + np.where(np.greater(detached(target), 1), stirling, 0)
    return reduced(loss, reduction)


@composite()
def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: Any = 1e-6,
    reduction: str = "mean",
) -> Any:
    """½ (ln v + (x - t)² / v), v = max(var, eps); of a bound the gradient passes as if it were not.

    var: in input's shape, without its last axis, or with length 1 there. full: add ½ ln 2π.
    Raises ValueError for negative entries of `var`.

    >>> float(gaussian_nll_loss(np.array([1.0]), np.array([3.0]), np.array([2.0])).round(4))
    1.3466
    """
    _fits("gaussian_nll_loss", target, np.shape(input))
    if np.shape(var) == np.shape(input)[:-1] != np.shape(input):
        var = np.expand_dims(var, -1)
    plain = np.asarray(detached(var))
    if (plain < 0).any():
        raise ValueError(f"gaussian_nll_loss: var holds {plain.min()}, wanted numbers ≥ 0")
    v = var + (np.maximum(plain, eps) - plain).astype(plain.dtype)
    loss = 0.5 * (np.log(v) + np.square(input - target) / v)
    return reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@composite()
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: Any = 1.0) -> Any:
    """``huber_loss(input, target, delta=beta) / beta``, which is l1_loss at beta = 0.

    >>> float(smooth_l1_loss(np.array([2.0]), np.array([0.0]), beta=0.5))
    1.75
    """
    if np.all(np.asarray(detached(beta)) == 0):
        return l1_loss(input, target, reduction=reduction)
    if np.ndim(beta):
        each = huber_loss(input, target, reduction="none", delta=beta)
        return reduced(each / beta, reduction)
    return huber_loss(input, target, reduction=reduction, delta=beta) / beta

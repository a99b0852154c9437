"""Losses. Each is one node, safe in its tails, and takes ``reduction``: "mean", "sum" or "none".

Shapes must fit exactly: a prediction of shape (4, 1) and a target of shape (4,) are an error,
because broadcasting would compare each with each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, detached
from ..ops.common import composite
from ..ops.nn import classification, losses

__all__ = [
    "bce", "bce_with_logits", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "cross_entropy", "huber", "huber_loss", "kl_div", "l1", "l1_loss", "mse", "mse_loss", "nll",
    "nll_loss", "smooth_l1", "smooth_l1_loss",
]


def _constant(function: str, **weights: Any) -> None:
    """Raise for weights that require grad: they would get none."""
    for name, weight in weights.items():
        if isinstance(weight, Tensor) and weight.requires_grad:
            raise TypeError(
                f"{function}({name}=...): weights are constants of a loss, and this one requires "
                f"grad; pass {name}.detach()"
            )


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """(input - target)²; both of one shape.

    >>> float(mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    2.0
    """
    return losses.mse_loss(input, target, reduction=reduction)


def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """|input - target|; both of one shape, else ValueError. The slope is 0 where they are equal.

    >>> float(l1_loss(np.array([1.0, 2.0]), np.array([1.0, 5.0])))
    1.5
    """
    return losses.l1_loss(input, target, reduction=reduction)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """½ d² for |d| ≤ delta, else delta (|d| - ½ delta), with d = input - target of one shape.

    delta: a number, or a Tensor, which can be learned. Raises ValueError unless it is above 0.
    (Huber, "Robust estimation of a location parameter", 1964.)

    >>> huber_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none")   # ½ 0.5², 3 - ½
    array([0.125, 2.5  ])
    """
    return losses.huber_loss(input, target, reduction=reduction, delta=delta)


@composite()
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: Any = 1.0) -> Any:
    """``huber_loss(input, target, delta=beta) / beta``, which is l1_loss at beta = 0.

    >>> float(smooth_l1_loss(np.array([2.0]), np.array([0.0]), beta=0.5))
    1.75
    """
    if np.all(np.asarray(detached(beta)) == 0):
        return losses.l1_loss(input, target, reduction=reduction)
    if np.ndim(beta):
        each = losses.huber_loss(input, target, reduction="none", delta=beta)
        return losses.reduced(each / beta, reduction)
    return losses.huber_loss(input, target, reduction=reduction, delta=beta) / beta


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """-ln softmax(input)[target]: from logits, in one node, safe at any size of the logits.

    input: logits (C,), (N, C) or (N, C, d1, ...): the class axis is 1 where there are several, as
        in PyTorch and whatever the sizes. Logits (T, B, V) with tokens (T, B) fit that by accident
        where B = V, and are then read with the batch as classes: ``rnn.losses.cross_entropy`` has
        the classes last, and so has this with ``input.reshape(-1, V)``, ``target.reshape(-1)``.
    target: class indices in the shape of input without the class axis, or probabilities in
        input's shape.
    weight: a weight for each class (C,); a constant.
    ignore_index: targets of this value count neither in the loss nor in its mean.
    reduction: "mean" (over the weights of the targets), "sum" or "none".
    label_smoothing: how much of the target is spread evenly over the classes, from 0 to 1.

    Raises IndexError for a class that does not exist, ValueError for shapes that do not fit and
    for a mean over nothing, TypeError for targets that are neither integers nor probabilities.

    >>> round(float(cross_entropy(np.zeros((2, 4)), np.array([1, 3]))), 4)
    1.3863
    """
    _constant("cross_entropy", weight=weight)
    return classification.cross_entropy(
        input, target, weight, ignore_index=ignore_index, reduction=reduction,
        label_smoothing=label_smoothing,
    )


def nll_loss(
    input: Any, target: Any, weight: Any = None, ignore_index: int = -100, reduction: str = "mean"
) -> Any:
    """-input[target] for log-probabilities `input`; arguments and errors as in cross_entropy,
    but for targets, which are class indices.

    >>> float(nll_loss(np.log([[0.25, 0.75]]), np.array([0])))
    1.3863
    """
    _constant("nll_loss", weight=weight)
    return classification.nll_loss(
        input, target, weight, ignore_index=ignore_index, reduction=reduction
    )


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Any:
    """-t ln p - (1 - t) ln(1 - p) for probabilities p = `input` and targets t, of one shape.

    Where p is exactly 0 or 1 the logarithm counts as -100, as in PyTorch, so that the loss stays
    finite. weight: a constant that broadcasts to the entries.

    Raises ValueError for an input outside 0 to 1. Prefer the form with logits: it loses no digits.

    >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none")
    array([  0.6931, 100.    ])
    """
    _constant("binary_cross_entropy", weight=weight)
    return losses.binary_cross_entropy(input, target, weight, reduction=reduction)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """-w t ln sigmoid(x) - (1 - t) ln sigmoid(-x) for logits x = `input`, safe at any size.

    target: t, from 0 to 1, in input's shape.
    weight: of each entry; pos_weight: w, of what is positive. Constants that broadcast.

    >>> binary_cross_entropy_with_logits(np.array([-1e4, 1e4]), np.array([0.0, 0.0]), None, "none")
    array([    0., 10000.])
    """
    _constant("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    return losses.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight, reduction=reduction
    )


def kl_div(
    input: Any, target: Any, reduction: str = "mean", log_target: bool = False
) -> Any:
    """t (ln t - input), for log-probabilities `input` and probabilities t of one shape; 0 at t = 0.

    reduction: also "batchmean", the sum over the number of rows: the divergence itself.
    log_target: `target` holds ln t.

    >>> float(kl_div(np.log([0.5, 0.5]), np.array([1.0, 0.0]), reduction="sum"))
    0.6931
    """
    return losses.kl_div(input, target, reduction=reduction, log_target=log_target)


# Shorter names for the same.
mse, l1, smooth_l1, huber = mse_loss, l1_loss, smooth_l1_loss, huber_loss
nll, bce, bce_with_logits = nll_loss, binary_cross_entropy, binary_cross_entropy_with_logits

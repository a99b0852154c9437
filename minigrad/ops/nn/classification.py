"""Losses over classes. The class axis is 1, as in (N, C) and (N, C, d1, ...), or 0 in (C,).

Each is -Σ_c q_c ln p_c for a target distribution q: one-hot for class indices, mixed with the
uniform distribution by label smoothing, scaled by class weights, zero where the target is ignored.
The gradient with respect to the logits is then (Σ_c q_c) p - q.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..common import one_of
from ..rules import floating, passed, safe_sum, share
from .layers import log_softmax, positive, shifted, softmax, sum_along
from .losses import average, check_reduction, reduced

__all__ = ["cross_entropy", "nll_loss"]


def _class_axis(input: Any) -> int:
    return 1 if np.ndim(input) > 1 else 0


def _is_index(target: Any) -> bool:
    """Whether targets are class indices, rather than one probability for each class."""
    return target.dtype.kind not in "fc"


def check_call(
    input: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float, reduction: str
) -> None:
    """Raise unless the arguments of a loss over classes fit each other."""
    check_reduction(reduction)
    if input.ndim == 0:
        raise ValueError("input has no axes; wanted (C,), (N, C) or (N, C, d1, ...)")
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is {label_smoothing}, wanted a number from 0 to 1")
    axis = _class_axis(input)
    classes = input.shape[axis]
    if weight is not None and np.shape(weight) != (classes,):
        raise ValueError(
            f"weight has shape {np.shape(weight)}, wanted one weight for each class: ({classes},)"
        )
    if target.dtype.kind == "b":
        raise TypeError("target has dtype bool; wanted integer class indices or probabilities")
    indices = input.shape[:axis] + input.shape[axis + 1 :]
    if target.shape != (indices if _is_index(target) else input.shape):
        raise ValueError(
            f"input has shape {input.shape} and target {target.shape} of dtype {target.dtype}; "
            f"with {classes} classes on axis {axis}, wanted integer class indices of shape "
            f"{indices} or probabilities of shape {input.shape}{_classes_last(input, target)}"
        )
    if not _is_index(target) and target.ndim > 2 and _sums(target, -1) and not _sums(target, axis):
        raise ValueError(
            f"target holds distributions along the last axis, and the classes are on axis {axis}"
            f"{_classes_last(input, target)}"
        )
    if _is_index(target) and target.size:
        inside = (target >= 0) & (target < classes)
        wrong = ~(inside | (target == ignore_index))
        if wrong.any():
            raise IndexError(
                f"target holds class {target[wrong][0]}, wanted 0 to {classes - 1} "
                f"(or ignore_index={ignore_index})"
            )


def _sums(target: Any, axis: int) -> bool:
    """Whether the entries along an axis sum to 1."""
    return bool(np.allclose(target.sum(axis=axis), 1, atol=1e-2))


def _classes_last(input: Any, target: Any) -> str:
    """What to do with the classes on the last axis, where that is how they seem to be meant."""
    if input.ndim < 3 or target.shape not in (input.shape, input.shape[:-1]):
        return ""
    rows = "target.reshape(-1)" if _is_index(target) else f"target.reshape(-1, {input.shape[-1]})"
    return (
        f"; for logits (T, B, V) use rnn.losses.cross_entropy, or input.reshape(-1, "
        f"{input.shape[-1]}) and {rows}"
    )


def _weights(target: Any, weight: Any, ignore_index: int, dtype: Any) -> tuple[Any, Any]:
    """For class indices: the indices with 0 for the ignored, and the weight of each."""
    ignored = target == ignore_index
    safe = np.where(ignored, 0, target)
    if weight is None:
        return safe, (~ignored).astype(dtype)
    return safe, np.where(ignored, 0, np.asarray(weight, dtype)[safe])


def _per_class(weight: Any, input: Any) -> Any:
    """The class weights, broadcastable against `input`."""
    if weight is None:
        return 1
    after = len(input.shape) - _class_axis(input) - 1
    return np.reshape(np.asarray(weight, input.dtype), (-1, *[1] * after))


def _distribution(
    input: Any, target: Any, weight: Any, ignore_index: int, label_smoothing: float
) -> Any:
    """q, in the shape and dtype of `input`."""
    axis = _class_axis(input)
    even = label_smoothing / input.shape[axis]
    if not _is_index(target):
        q = (1 - label_smoothing) * target + even if label_smoothing else target
        return q * _per_class(weight, input)
    safe, weights = _weights(target, weight, ignore_index, input.dtype)
    q = np.zeros(input.shape, input.dtype)
    one = np.expand_dims((1 - label_smoothing) * weights, axis)
    np.put_along_axis(q, np.expand_dims(safe, axis), one, axis)
    if label_smoothing:
        counts = np.expand_dims(target != ignore_index, axis)
        q += np.where(counts, even * _per_class(weight, input), 0)
    return q


def _total(target: Any, weights: Any, axis: int) -> Any:
    """What the mean divides by: the weights of the indices, or the number of distributions."""
    if weights is None:
        total = target.size // max(target.shape[axis], 1)
    else:
        total = weights.sum(dtype=np.float64)
    if total == 0:
        raise ValueError(
            "reduction='mean' has no target to average over: there are none, or all are ignored "
            "or of weight 0; use reduction='sum'"
        )
    return total


def _reduced(values: Any, target: Any, weights: Any, axis: int, reduction: str) -> Any:
    if reduction != "mean":
        return reduced(values, reduction)
    return average(values, _total(target, weights, axis))


def _scale(
    g: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str
) -> Any:
    """The cotangent of each distribution's loss, broadcastable against `input`."""
    axis, target = _class_axis(input), detached(target)
    if reduction != "mean":
        return np.expand_dims(g, axis) if reduction == "none" else g
    weights = None
    if _is_index(target):
        weights = _weights(target, weight, ignore_index, input.dtype)[1]
    return share(g, _total(target, weights, axis))


def _counted(input: Any, weights: Any) -> Any:
    """The logits, and 0 for those that have weight 0, which may be NaN."""
    idle = weights == 0
    return np.where(idle, 0, input) if idle.any() else input


def _given(q: Any, axis: int) -> Any:
    """Which distributions give a class a probability. Those of any sign may sum to 0."""
    return (detached(q) != 0).any(axis=axis, keepdims=True)


def _by_logits(
    g: Any, input: Any, target: Any, weight: Any,
    ignore_index: int, reduction: str, label_smoothing: float,
) -> Any:
    axis = _class_axis(input)
    scale = _scale(g, input, target, weight, ignore_index, reduction)
    if isinstance(input, np.ndarray) and label_smoothing == 0 and _is_index(target):
        # As below, in place and without q, which is 0 but at the target.
        safe, weights = (
            np.expand_dims(a, axis) for a in _weights(target, weight, ignore_index, input.dtype)
        )
        p, scale = softmax(_counted(input, weights), axis=axis), weights * scale
        p *= scale
        np.put_along_axis(p, safe, np.take_along_axis(p, safe, axis) - scale, axis)
        counts = weights != 0
        return p if counts.all() else passed(p, counts)
    q = _distribution(input, target, weight, ignore_index, label_smoothing)
    counts = _given(q, axis)
    p = softmax(_counted(input, counts), axis=axis)
    return passed((p * safe_sum(q, axis) - q) * scale, counts)


def _by_target(
    g: Any, input: Any, target: Any, weight: Any,
    ignore_index: int, reduction: str, label_smoothing: float,
) -> Any:
    """The gradient with respect to target probabilities."""
    scale = _scale(g, input, target, weight, ignore_index, reduction)
    slope = (label_smoothing - 1) * log_softmax(input, axis=_class_axis(input))
    return scale * (slope * _per_class(weight, input))


def _by_log_probabilities(
    g: Any, input: Any, target: Any, weight: Any, ignore_index: int, reduction: str
) -> Any:
    q = _distribution(input, target, weight, ignore_index, 0)
    return passed(_scale(g, input, target, weight, ignore_index, reduction) * -q, q != 0)


def _draw(rng: np.random.Generator, **keywords: Any) -> Any:
    """A call for tests: class indices of which one is ignored, with weights or without."""
    input, target = rng.normal(size=(4, 3, 2)), rng.integers(0, 3, (4, 2))
    target[0, 0] = -100
    keywords["reduction"] = one_of(rng, "mean", "sum", "none")
    return (input, target, one_of(rng, None, rng.uniform(0.5, 2, 3))), keywords


def _draw_any(rng: np.random.Generator) -> Any:
    """Also probabilities, and label smoothing."""
    (input, target, weight), keywords = _draw(rng, label_smoothing=one_of(rng, 0.0, 0.2))
    return (input, one_of(rng, target, rng.random(input.shape)), weight), keywords


@primitive(
    "(n,c),(n),(c)->()", vjps=(_by_logits, _by_target, None), samples=_draw_any,
    functional="cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)",
)
def cross_entropy(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> Any:
    """-Σ_c q_c ln softmax(input)_c

    From logits, in one node, safe at any size of the logits.

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
    input, target, axis = floating(input), np.asarray(target), _class_axis(input)
    check_call(input, target, weight, ignore_index, label_smoothing, reduction)
    weights = None
    if _is_index(target):
        safe, weights = _weights(target, weight, ignore_index, input.dtype)
    if weights is not None and label_smoothing == 0:
        y = shifted(_counted(input, np.expand_dims(weights, axis)), axis)
        picked = np.take_along_axis(y, np.expand_dims(safe, axis), axis).squeeze(axis)
        np.exp(y, out=y)
        total = positive(sum_along(y, axis).squeeze(axis))
        values = (np.log(total) - picked) * weights
    else:
        q = _distribution(input, target, weight, ignore_index, label_smoothing)
        log_p = log_softmax(_counted(input, _given(q, axis)), axis=axis)
        # A class of probability 0 in the target costs nothing, not 0·∞.
        values = -safe_sum(q * np.where(q == 0, 0, log_p), axis).squeeze(axis)
    values = values.astype(input.dtype, copy=False)
    return _reduced(values, target, weights, axis, reduction)


@primitive(
    "(n,c),(n),(c)->()", samples=_draw,
    vjps=(
        _by_log_probabilities, None, None,
    ),
    functional="nll_loss(input, target, weight, ignore_index, reduction)",
)
def nll_loss(
    input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """-input[target]; input holds log-probabilities

    Arguments and errors as in cross_entropy, but for targets, which are class indices.

    >>> float(nll_loss(np.log([[0.25, 0.75]]), np.array([0])))
    1.3863
    """
    input, target, axis = floating(input), np.asarray(target), _class_axis(input)
    if not _is_index(target):
        raise TypeError(f"target has dtype {target.dtype}, wanted integer class indices")
    check_call(input, target, weight, ignore_index, 0.0, reduction)
    safe, weights = _weights(target, weight, ignore_index, input.dtype)
    input = _counted(input, np.expand_dims(weights, axis))
    picked = np.take_along_axis(input, np.expand_dims(safe, axis), axis).squeeze(axis)
    return _reduced(-picked * weights, target, weights, axis, reduction)

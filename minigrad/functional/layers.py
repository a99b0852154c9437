"""What layers are made of: look-ups, normalisation, dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..checks import Rng, as_generator
from ..engine.tensor import Tensor, detached, wrap
from ..engine.unbroadcast import wider
from ..ops.common import composite
from ..ops.index import indexing
from ..ops.nn import layers
from ..ops.pytorch.words import either
from ..ops.reduce import norms
from ..state import atomically

__all__ = [
    "batch_norm", "cosine_similarity", "dropout", "embedding", "layer_norm",
    "normalize", "one_hot",
]


@composite()
def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Rows of `weight` (V, D) for integers `input` (...): (..., D). Rows that repeat add up in the
    gradient.

    padding_idx: a row that gets no gradient; counted from the end if negative.

    Raises IndexError for an index outside 0 to V - 1, TypeError for other dtypes.

    >>> embedding(np.array([2, 0, 2]), np.array([[0.0, 1.0], [10.0, 11.0], [20.0, 21.0]]))
    array([[20., 21.],
           [ 0.,  1.],
           [20., 21.]])
    """
    rows = indexing.embedding(input, weight)
    if padding_idx is None:
        return rows
    if not -len(weight) <= padding_idx < len(weight):
        raise IndexError(
            f"embedding: padding_idx is {padding_idx}, and weight has {len(weight)} rows"
        )
    padding = np.asarray(detached(input)) == padding_idx % len(weight)
    return np.where(padding[..., None], detached(rows), rows)


@composite()
def one_hot(tensor: Any, num_classes: int = -1, dtype: Any = np.int64) -> Any:
    """Integers (...) as rows (..., C) that are 1 at the integer and 0 elsewhere.

    num_classes: C; by default one more than the largest integer.

    Raises TypeError for other dtypes, IndexError for integers outside 0 to C - 1.

    >>> one_hot(np.array([2, 0]))
    array([[0, 0, 1],
           [1, 0, 0]])
    """
    classes = np.asarray(detached(tensor))
    if classes.dtype.kind not in "iu":
        raise TypeError(f"one_hot: tensor has dtype {classes.dtype}; wanted integers")
    if num_classes < 0:
        if classes.size == 0:
            raise ValueError("one_hot: tensor is empty; pass num_classes")
        num_classes = int(classes.max()) + 1
    outside = (classes < 0) | (classes >= num_classes)
    if outside.any():
        raise IndexError(
            f"one_hot: tensor holds {classes[outside][0]}, wanted 0 to {num_classes - 1}"
        )
    rows = (classes[..., None] == np.arange(num_classes)).astype(dtype)
    return wrap(rows, None) if isinstance(tensor, Tensor) else rows


@composite()
def dropout(
    input: Any, p: float = 0.5, training: bool = True, rng: Rng = None
) -> Any:
    """Each entry 0 with probability p, else divided by 1 - p, so that the mean stays the same.

    p: at least 0 and below 1. training: False gives `input` back.
    rng: a Generator, or a seed. With None the zeros cannot be repeated.

    Raises ValueError for p outside [0, 1). (Srivastava et al., "Dropout", 2014.)

    >>> dropout(np.ones(4), p=0.5, rng=3)
    array([0., 0., 2., 2.])
    """
    if not 0 <= p < 1:
        raise ValueError(f"dropout: p is {p}, wanted a probability from 0 up to, not with, 1")
    if not training or p == 0:
        return input
    keep = as_generator(rng, "dropout").random(np.shape(input)) >= p
    return layers.dropped(input, keep, scale=1 / (1 - p))


# -- normalisation


@composite()
def layer_norm(
    input: Any,
    normalized_shape: int | Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / √(variance + eps) · weight + bias, over the last axes of `input`.

    normalized_shape: the lengths of those axes; weight and bias have this shape.

    Raises ValueError if it is not how input's shape ends. (Ba, Kiros, Hinton, "Layer
    normalization", 2016.)

    >>> layer_norm(np.array([[1.0, 3.0], [0.0, 200.0]]), 2).round(3)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or np.shape(input)[-len(shape) :] != shape:
        raise ValueError(
            f"layer_norm: input has shape {np.shape(input)}, which does not end in "
            f"normalized_shape={shape}"
        )
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and np.shape(value) != shape:
            raise ValueError(f"layer_norm: {name} has shape {np.shape(value)}, wanted {shape}")
    y = layers.standardize(input, axis=tuple(range(-len(shape), 0)), eps=eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


@composite()
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / √(variance + eps) · weight + bias for each channel of `input` (N, C, ...).

    training: take mean and variance from the batch, and move running_mean and running_var (C,)
        towards them by the fraction `momentum` (the variance as of a sample, over n - 1). These
        are then Tensors, which get new values; or None. Otherwise normalise with the two.

    Raises ValueError for shapes that do not fit and for a batch of one entry a channel, TypeError
    for running statistics that are missing or that cannot be updated. (Ioffe, Szegedy, "Batch
    normalization", 2015.)

    >>> mean, variance = Tensor([0.0]), Tensor([1.0])
    >>> batch_norm(np.array([[3.0], [5.0]]), mean, variance, training=True).round(3).ravel()
    array([-1.,  1.])
    >>> mean, variance                                   # a tenth of the way to 4 and 2
    (Tensor([0.4]), Tensor([1.1]))
    """
    shape = np.shape(input)
    if len(shape) < 2:
        raise ValueError(f"batch_norm: input has shape {shape}, wanted (N, C, ...)")
    running = {"running_mean": running_mean, "running_var": running_var}
    for name, value in {**running, "weight": weight, "bias": bias}.items():
        if value is not None and np.shape(value) != shape[1:2]:
            raise ValueError(f"batch_norm: {name} has shape {np.shape(value)}, wanted {shape[1:2]}")
    each = (1, -1, *[1] * (len(shape) - 2))  # a channel's number against (N, C, ...)
    axis = (0, *range(2, len(shape)))
    if training:
        n = np.size(input) // max(shape[1], 1)
        if n < 2:
            raise ValueError(f"batch_norm: input has shape {shape}: one entry has no variance")
        for name, value in running.items():
            if value is not None and (not isinstance(value, Tensor) or value.requires_grad):
                raise TypeError(
                    f"batch_norm: {name} is to be updated, so it must be a Tensor that does not "
                    f"require grad, or None"
                )
        y = layers.standardize(input, axis=axis, eps=eps)
        x = np.asarray(detached(input))
        x = x.astype(wider(x.dtype))  # in which a mean over many rows keeps its digits
        moved = [
            (value, (1 - momentum) * value._data + momentum * now)
            for value, now in ((running_mean, x.mean(axis)), (running_var, x.var(axis, ddof=1)))
            if value is not None
        ]

        def assign() -> None:
            for value, now in moved:
                value.data = now

        atomically(assign)  # both or neither, whenever Ctrl-C comes
    else:
        if running_mean is None or running_var is None:
            raise TypeError("batch_norm: without training, running_mean and running_var are needed")
        scale = 1 / np.sqrt(running_var + eps)
        y = (input - np.reshape(running_mean, each)) * np.reshape(scale, each)
    y = y if weight is None else y * np.reshape(weight, each)
    return y if bias is None else y + np.reshape(bias, each)


@either
@composite()
def normalize(
    input: Any, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: Any = 1e-12
) -> Any:
    """x / max(‖x‖ₚ, eps), the vectors lying along `dim`; of several axes all entries are one.

    >>> normalize(np.array([[3.0, 4.0]]))
    array([[0.6, 0.8]])
    """
    return input / np.maximum(norms.vector_norm(input, ord=p, axis=dim, keepdims=True), eps)


@either
@composite()
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: Any = 1e-8) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)), the vectors lying along `dim`: -1 to 1.

    x1 and x2 broadcast first, along `dim` too, which counts the axes of what comes of it.

    >>> float(cosine_similarity(np.array([1.0, 0.0]), np.array([1.0, 1.0]), dim=0).round(4))
    0.7071
    """
    x1, x2 = np.broadcast_arrays(x1, x2)
    first, second = (np.maximum(np.linalg.norm(x, axis=dim), eps) for x in (x1, x2))
    product = x1 * x2
    cosine = np.sum(product, axis=dim, dtype=wider(product.dtype)) / first / second
    return cosine.astype(product.dtype)

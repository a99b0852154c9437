"""Normalisation over groups of channels and by mean square, and distances of vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..ops.common import composite
from ..ops.nn import layers
from ..ops.pytorch.measures import norm
from ..ops.rules import safe_mean

__all__ = ["group_norm", "instance_norm", "pairwise_distance", "rms_norm"]


def _scaled(function: str, y: Any, weight: Any, bias: Any) -> Any:
    """weight · y + bias, one of each for every channel."""
    channels = np.shape(y)[1]
    each = (channels, *[1] * (np.ndim(y) - 2))
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and np.shape(value) != (channels,):
            raise ValueError(f"{function}: {name} has shape {np.shape(value)}, not {(channels,)}")
    y = y if weight is None else y * np.reshape(weight, each)
    return y if bias is None else y + np.reshape(bias, each)


@composite()
def group_norm(
    input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """(x - mean) / √(variance + eps) over each example's groups of channels: (N, C, ...).

    num_groups: into how many groups of neighbours the C channels fall.
    weight, bias: one for each channel (C,).

    Raises ValueError unless C is a multiple of num_groups, and for other shapes of weight and bias.
    (Wu and He, "Group normalization", 2018.)

    >>> group_norm(np.array([[1.0, 3.0, 0.0, 200.0]]), 2).round(3)
    array([[-1.,  1., -1.,  1.]])
    """
    shape = np.shape(input)
    if len(shape) < 2 or num_groups < 1 or shape[1] % num_groups:
        raise ValueError(
            f"group_norm: input has shape {shape}; wanted (N, C, ...) with C a multiple of "
            f"num_groups={num_groups}"
        )
    per_group = math.prod(shape[1:]) // num_groups
    groups = np.reshape(input, (shape[0], num_groups, per_group))
    y = np.reshape(layers.standardize(groups, axis=-1, eps=eps), shape)
    return _scaled("group_norm", y, weight, bias)


@composite()
def instance_norm(
    input: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None,
    bias: Any = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Any:
    """(x - mean) / √(variance + eps) of each channel of each example: (N, C, L, ...).

    running_mean, running_var: (C,), used in place of the input's own unless use_input_stats; they
        are not updated (momentum has no effect).
    weight, bias: one for each channel (C,).

    Raises ValueError for shapes that do not fit, TypeError for statistics that are wanted and
    missing.

    >>> instance_norm(np.array([[[1.0, 3.0], [0.0, 200.0]]])).round(3)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    shape = np.shape(input)
    if len(shape) < 3:
        raise ValueError(f"instance_norm: input has shape {shape}; wanted (N, C, L, ...)")
    if use_input_stats:
        y = layers.standardize(input, axis=tuple(range(2, len(shape))), eps=eps)
    else:
        if running_mean is None or running_var is None:
            raise TypeError("instance_norm: without use_input_stats both running_* are needed")
        each = (-1, *[1] * (len(shape) - 2))
        scale = 1 / np.sqrt(np.reshape(running_var, each) + eps)
        y = (input - np.reshape(running_mean, each)) * scale
    return _scaled("instance_norm", y, weight, bias)


@composite()
def rms_norm(
    input: Any, normalized_shape: int | Sequence[int], weight: Any = None, eps: Any = None
) -> Any:
    """x / √(mean x² + eps) · weight over the last axes, whose lengths are normalized_shape.

    eps: by default that of the dtype. Raises ValueError for shapes that do not fit. (Zhang and
    Sennrich, "Root mean square layer normalization", 2019.)

    >>> rms_norm(np.array([3.0, 4.0]), 2).round(4)
    array([0.8485, 1.1314])
    """
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or np.shape(input)[-len(shape) :] != shape:
        raise ValueError(
            f"rms_norm: input has shape {np.shape(input)}, which does not end in "
            f"normalized_shape={shape}"
        )
    if weight is not None and np.shape(weight) != shape:
        raise ValueError(f"rms_norm: weight has shape {np.shape(weight)}, wanted {shape}")
    if eps is None:
        eps = float(np.finfo(np.asarray(detached(input)).dtype).eps)
    axes = tuple(range(-len(shape), 0))
    size = np.sqrt(safe_mean(np.square(input), axes) + eps)
    y = input / size.astype(np.result_type(detached(input), np.float16))
    return y if weight is None else y * weight


@composite()
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: Any = 1e-6, keepdim: bool = False
) -> Any:
    """‖x1 - x2 + eps‖ₚ along the last axis; the two broadcast.

    >>> pairwise_distance(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])).round(4)
    array([5.])
    """
    return norm(x1 - x2 + eps, p, -1, keepdim)

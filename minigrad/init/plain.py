"""Constants, and draws that depend on nothing but their arguments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import Rng, Shape, as_float_dtype, as_generator, as_matrix_shape, as_number, as_shape

__all__ = ["constant", "identity", "normal", "ones", "recurrent_uniform", "uniform", "zeros"]

Array = np.ndarray[Any, Any]


def constant(shape: Shape, *, value: float, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """`value` everywhere. An `rng` is accepted, so that all of these are called alike.

    Raises ValueError for a shape or value that is none, TypeError unless `dtype` is of floats.

    >>> constant((2,), value=-2.5)
    array([-2.5, -2.5], dtype=float32)
    """
    value = as_number(value, "value", "constant")
    return np.full(as_shape(shape, "constant"), value, as_float_dtype(dtype, "constant"))


def zeros(shape: Shape, *, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """0 everywhere; `rng` and errors as for `constant`.

    >>> zeros((2, 3)).shape, zeros(3).dtype
    ((2, 3), dtype('float32'))
    """
    return np.zeros(as_shape(shape, "zeros"), as_float_dtype(dtype, "zeros"))


def ones(shape: Shape, *, rng: Rng = None, dtype: Any = np.float32) -> Array:
    """1 everywhere; `rng` and errors as for `constant`.

    >>> ones((2,), dtype=np.float64)
    array([1., 1.])
    """
    return np.ones(as_shape(shape, "ones"), as_float_dtype(dtype, "ones"))


def identity(
    shape: Shape, *, scale: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """`scale` on the diagonal, 0 elsewhere: a recurrence that starts by keeping its state.

    shape: that of a matrix, square or not; any other is a ValueError.
    Source: Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified
    linear units" (2015), where scale is 1, and 0.01 for shorter memories.

    >>> identity((2, 3), scale=0.5)
    array([[0.5, 0. , 0. ],
           [0. , 0.5, 0. ]], dtype=float32)
    """
    rows, columns = as_matrix_shape(shape, "identity")
    scale = as_number(scale, "scale", "identity")
    return np.multiply(scale, np.eye(rows, columns)).astype(as_float_dtype(dtype, "identity"))


def uniform(
    shape: Shape, *, low: float = 0.0, high: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """Each entry from the uniform distribution U[low, high].

    rng: a Generator, a seed, or None: then the draw differs from run to run.
    Raises ValueError for bounds that are not finite or in the wrong order, TypeError for another
    kind of rng.

    >>> draw = uniform((1000,), low=-0.1, high=0.1, rng=np.random.default_rng(0))
    >>> bool(abs(draw).max() <= 0.1), bool(abs(draw.mean()) < 0.01)
    (True, True)
    """
    low, high = as_number(low, "low", "uniform"), as_number(high, "high", "uniform")
    if low > high:
        raise ValueError(f"uniform: received low={low}, high={high}, wanted low ≤ high")
    draw = as_generator(rng, "uniform").uniform(low, high, as_shape(shape, "uniform"))
    return draw.astype(as_float_dtype(dtype, "uniform"))


def normal(
    shape: Shape, *, mean: float = 0.0, std: float = 1.0, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """Each entry from the normal distribution N(mean, std²), std ≥ 0; `rng` as for `uniform`.

    >>> draw = normal((10_000,), mean=1.0, std=2.0, rng=np.random.default_rng(0))
    >>> round(float(draw.mean()), 1), round(float(draw.std()), 1)
    (1.0, 2.0)
    """
    mean, std = as_number(mean, "mean", "normal"), as_number(std, "std", "normal", low=0.0)
    draw = as_generator(rng, "normal").normal(mean, std, as_shape(shape, "normal"))
    return draw.astype(as_float_dtype(dtype, "normal"))


def recurrent_uniform(
    shape: Shape, *, hidden_size: int, rng: Rng = None, dtype: Any = np.float32
) -> Array:
    """U[−1/√H, 1/√H], H = `hidden_size`: PyTorch's for weights and biases of recurrent layers.

    >>> W_xh = recurrent_uniform((5, 12), hidden_size=4, rng=np.random.default_rng(0))
    >>> W_xh.shape, bool(abs(W_xh).max() <= 0.5)
    ((5, 12), True)
    """
    bound = 1.0 / math.sqrt(as_number(hidden_size, "hidden_size", "recurrent_uniform", low=1.0))
    sizes = as_shape(shape, "recurrent_uniform")
    return uniform(sizes, low=-bound, high=bound, rng=rng, dtype=dtype)

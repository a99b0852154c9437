"""Arrays that are made from numbers, some of which may be Tensors: spaced, full, nested.

``np.linspace`` and its like see a Tensor among their ends. What sees none, such as ``np.full``, is
told by ``like=``: ``np.full(3, w, like=w)`` is a Tensor on the graph of w.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ..common import composite, refuse
from ..elementwise.complex_parts import linspace
from .axes import cast

__all__ = ["array", "full", "geomspace", "logspace"]


@composite(np.logspace)
def logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Any:
    """baseˢ for `num` exponents s evenly spaced from start to stop."""
    if np.ndim(base):
        ndim = np.broadcast(*[detached(a) for a in (start, stop, base)]).ndim
        start, stop, base = (
            np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a)) for a in (start, stop, base)
        )
        base = np.expand_dims(base, axis)
    exponents = linspace(start, stop, num, endpoint=endpoint, axis=axis)
    return cast(np.power(base, exponents), dtype)


@composite(np.geomspace)
def geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers from start to stop, each the one before times the same factor."""
    kind = np.result_type(*[getattr(end, "dtype", end) for end in (start, stop)], np.float64)
    start, stop = np.broadcast_arrays(cast(start, kind), cast(stop, kind))
    if not (detached(start).all() and detached(stop).all()):
        raise ValueError("an end is 0, from which no factor leads elsewhere")
    if (detached(start) * detached(stop) < 0).any():
        raise ValueError("the ends have different signs: the numbers between would be complex")
    shares = np.linspace(np.zeros((), kind), np.ones((), kind), num, endpoint=endpoint)
    shares = np.reshape(shares, (-1, *[1] * start.ndim))
    return cast(np.moveaxis(start * (stop / start) ** shares, 0, axis), dtype)


# -- with like=


@composite(np.full)
def full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None
) -> Any:
    """An array full of a value, whose gradient is the sum over the copies; by like=."""
    refuse("np.full", device=device)
    return np.broadcast_to(cast(fill_value, dtype), plain_shape(shape))


def plain_shape(shape: Any) -> Any:
    """A shape as integers."""
    return tuple(detached(n) for n in shape) if isinstance(shape, tuple | list) else detached(shape)


@composite(np.array, np.asarray, np.asanyarray)
def array(object: Any, dtype: Any = None, *, ndmin: int = 0, **options: Any) -> Any:
    """Nested lists of numbers and Tensors as one Tensor; by like=."""
    refuse("np.array", subok=options.pop("subok", None))
    result = cast(_nested(object), dtype)
    return np.reshape(result, (1,) * (ndmin - result.ndim) + result.shape)


def _nested(value: Any) -> Any:
    if isinstance(value, list | tuple) and any(isinstance(v, list | tuple | Tensor) for v in value):
        return np.stack([as_tensor(_nested(v)) for v in value])
    return as_tensor(value)


def _constant(function: Any) -> None:
    def call(*args: Any, **options: Any) -> Any:
        given = {k: detached(v) for k, v in options.items()}
        return wrap(np.asarray(function(*[plain_shape(a) for a in args], **given)), None)

    call.__name__, call.__doc__ = function.__name__, f"np.{function.__name__} as a Tensor; by like="
    composite(function)(call)


for _function in (np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.tri):
    _constant(_function)

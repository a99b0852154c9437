"""Functions of complex numbers that real ones pass through, so that code for both runs."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import as_tensor, wrap
from ..common import composite, refuse

__all__ = ["angle", "conjugate", "imag", "linspace", "real", "real_if_close"]


@primitive(vjps=(lambda g: g,), numpy=[np.conjugate])
def conjugate(x: Any) -> Any:
    """x, of real numbers"""
    return np.conjugate(x)


@composite(np.real)
def real(val: Any) -> Any:
    """x, of real numbers."""
    val = as_tensor(val)
    return val if val.dtype.kind != "c" else wrap(np.real(val._data), None)


@composite(np.imag)
def imag(val: Any) -> Any:
    """0, for real numbers."""
    return wrap(np.imag(as_tensor(val)._data), None)


@composite(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """x, of real numbers."""
    a = as_tensor(a)
    return a if a.dtype.kind != "c" else wrap(np.real_if_close(a._data, tol), None)


@composite(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """0 for positive numbers, π for negative ones; slope 0."""
    return wrap(np.asarray(np.angle(as_tensor(z)._data, deg)), None)


def _cast(x: Any, dtype: Any) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)


@composite(np.linspace)
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:
    """`num` values evenly spaced from start to stop, the last one included if `endpoint`.

    retstep: give (values, step).
    """
    refuse("np.linspace", device=device)
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"num is {num}, wanted at least 0")
    kind = np.result_type(*[getattr(end, "dtype", end) for end in (start, stop)], 1.0)
    start, stop = np.broadcast_arrays(*[_cast(as_tensor(end), kind) for end in (start, stop)])
    share = np.arange(num) / max(num - 1 if endpoint else num, 1)
    share = share.reshape(-1, *[1] * start.ndim).astype(kind)
    line = np.moveaxis(start * (1 - share) + stop * share, 0, axis)
    if dtype is not None:
        line = (np.floor(line) if np.dtype(dtype).kind in "iu" else line).astype(dtype)
    if not retstep:
        return line
    steps = num - 1 if endpoint else num
    return line, (stop - start) / steps if steps > 0 else np.full_like(start, np.nan)

"""What initialisers ask of the shapes, numbers, dtypes and generators that they are given.

`who` is the function that was called, for the messages.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import describe

__all__ = ["as_dtype", "as_generator", "as_matrix", "as_number", "as_sizes", "fans"]

Array = np.ndarray[Any, Any]
Rng = np.random.Generator | None
Shape = Sequence[int] | int


def as_sizes(shape: Shape, who: str) -> tuple[int, ...]:
    """`shape` as a tuple of integers of at least 0; else ValueError."""
    try:
        sizes = tuple(map(operator.index, shape if isinstance(shape, Sequence) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if any(size < 0 for size in sizes):
        raise ValueError(f"{who}: received shape {shape!r}, wanted integers of at least 0")
    return sizes


def as_matrix(shape: Shape, who: str) -> tuple[int, int]:
    """The rows and columns of a matrix; ValueError for any other shape."""
    sizes = as_sizes(shape, who)
    if len(sizes) != 2:
        raise ValueError(f"{who}: received shape {sizes}, wanted a matrix (rows, columns)")
    return sizes


def fans(
    shape: tuple[int, ...], fan_in: int | None, fan_out: int | None, who: str
) -> tuple[int, int]:
    """How many inputs an output sums, and how many outputs an input reaches."""
    if fan_in is None or fan_out is None:
        if len(shape) != 2:
            raise ValueError(
                f"{who}: received shape {shape}; a matrix is (fan_in, fan_out), and for any other "
                f"shape fan_in= and fan_out= must be given"
            )
        fan_in = shape[0] if fan_in is None else fan_in
        fan_out = shape[1] if fan_out is None else fan_out
    return as_sizes((fan_in, fan_out), f"{who}(fan_in, fan_out)")  # type: ignore[return-value]  # two


def as_number(value: Any, what: str, low: float = -math.inf) -> float:
    """`value` as a finite float of at least `low`; else ValueError that calls it `what`."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, str) or not math.isfinite(number) or number < low:
        bound = "" if low == -math.inf else f" of at least {low:g}"
        raise ValueError(f"{what}: received {describe(value)}, wanted a finite number{bound}")
    return number


def as_generator(rng: Rng, who: str) -> np.random.Generator:
    """`rng`, or a fresh generator for None; else TypeError."""
    if rng is None:
        return np.random.default_rng()
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{who}: received rng={describe(rng)}, wanted a NumPy Generator; "
            f"pass np.random.default_rng(seed)"
        )
    return rng


def as_dtype(dtype: Any, who: str) -> np.dtype[Any]:
    """`dtype` as a float dtype; else TypeError."""
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(f"{who}: received dtype {wanted}, wanted a float dtype")
    return wanted

"""What public functions ask of plain arguments: numbers, sizes, words, shapes, dtypes, randomness.

Each takes a value and returns it in one form, or raises an error that names the function, the
argument, what was received and what is wanted: a TypeError for another kind of thing, a ValueError
for one out of range. `owner` is the function or class that was called, `name` the argument.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import describe

__all__ = [
    "Rng", "Shape", "as_flag", "as_float_dtype", "as_generator", "as_matrix_shape", "as_number",
    "as_probability", "as_shape", "as_size", "as_word",
]

if TYPE_CHECKING:  # naming it at import would load numpy.random
    Rng = np.random.Generator | int | None
else:
    Rng = Any
Shape = Sequence[int] | int


def as_generator(rng: Any, owner: str) -> np.random.Generator:
    """`rng` as a Generator: itself, one that a seed ≥ 0 starts, or for None a fresh one.

    NumPy's SeedSequence and BitGenerator are seeds as well.

    Raises TypeError for anything else, ValueError for a negative seed.

    >>> int(as_generator(3, "draw").integers(100))
    81
    >>> as_generator(np.random.default_rng(3), "draw")
    Generator(PCG64) at ...
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None or isinstance(rng, np.random.SeedSequence | np.random.BitGenerator):
        return np.random.default_rng(rng)
    wanted = "wanted a NumPy Generator, a seed ≥ 0 or None"
    if isinstance(rng, bool | np.bool) or not isinstance(rng, numbers.Integral):
        raise TypeError(
            f"{owner}: received rng={describe(rng)}, {wanted}; make a Generator with "
            f"np.random.default_rng(seed)"
        )
    if rng < 0:
        raise ValueError(f"{owner}: received rng={rng}, {wanted}")
    return np.random.default_rng(int(rng))


def as_number(
    value: Any,
    name: str,
    owner: str,
    low: float = -math.inf,
    below: float = math.inf,
    open_low: bool = False,
) -> float:
    """`value` as a finite float in [low, below), or (low, below).

    Raises TypeError for what is no number, ValueError for one that is not finite or out of
    range.

    >>> as_number(np.float32(0.5), "momentum", "SGD", 0.0, 1.0)
    0.5
    """
    if below < math.inf:
        wanted = f"a number in {'(' if open_low else '['}{low:g}, {below:g})"
    elif low > -math.inf:
        wanted = f"a finite number {'above' if open_low else 'of at least'} {low:g}"
    else:
        wanted = "a finite number"
    plain = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(plain, bool | np.bool) or not isinstance(plain, numbers.Real):
        raise TypeError(f"{owner}({name}): received {describe(value)}, wanted {wanted}")
    number = float(plain)
    inside = low < number if open_low else low <= number
    if not (inside and number < below and math.isfinite(number)):
        raise ValueError(f"{owner}({name}): received {plain!r}, wanted {wanted}")
    return number


def as_probability(value: Any, name: str, owner: str) -> float:
    """`value` as a probability from 0 to below 1."""
    wanted = f"{owner}({name}={value!r}): wanted a probability from 0 to below 1"
    if isinstance(value, bool | np.bool) or not isinstance(value, numbers.Real):
        raise TypeError(wanted)
    if not 0 <= float(value) < 1:
        raise ValueError(wanted)
    return float(value)


def as_size(value: Any, name: str, owner: str) -> int:
    """`value` as an int of at least 1."""
    if isinstance(value, bool | np.bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{owner}({name}={value!r}): wanted a positive integer")
    number = operator.index(value)
    if number < 1:
        raise ValueError(f"{owner}({name}={number}): wanted a positive integer")
    return number


def as_flag(value: Any, name: str, owner: str) -> bool:
    """`value` as a bool, which it has to be: 1 and "no" are neither."""
    if not isinstance(value, bool | np.bool):
        raise TypeError(f"{owner}({name}={value!r}): wanted True or False")
    return bool(value)


def as_word(value: Any, name: str, owner: str, words: Sequence[str]) -> str:
    """`value`, which has to be one of some words.

    Raises ValueError, with the words, for any other.

    >>> as_word("mean", "reduction", "mse_loss", ("mean", "sum", "none"))
    'mean'
    """
    if not isinstance(value, str) or value not in words:
        *first, last = map(repr, words)
        raise ValueError(f"{owner}({name}={value!r}): wanted {', '.join(first)} or {last}")
    return value


def as_shape(shape: Any, owner: str) -> tuple[int, ...]:
    """`shape` as a tuple of integers of at least 0; else ValueError."""
    try:
        sizes = tuple(map(operator.index, shape if isinstance(shape, Sequence) else (shape,)))
    except TypeError:
        sizes = (-1,)
    if any(size < 0 for size in sizes):
        raise ValueError(f"{owner}: received shape {shape!r}, wanted integers of at least 0")
    return sizes


def as_matrix_shape(shape: Any, owner: str) -> tuple[int, int]:
    """The rows and columns of a matrix; ValueError for any other shape."""
    sizes = as_shape(shape, owner)
    if len(sizes) != 2:
        raise ValueError(f"{owner}: received shape {sizes}, wanted a matrix (rows, columns)")
    return sizes


def as_float_dtype(dtype: Any, owner: str) -> np.dtype[Any]:
    """`dtype` as a float dtype; else TypeError."""
    wanted: np.dtype[Any] = np.dtype(dtype)
    if wanted.kind != "f":
        raise TypeError(f"{owner}(dtype={dtype!r}): wanted a float dtype, such as np.float32")
    return wanted

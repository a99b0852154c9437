"""What the converters have in common: taking arrays from a user's dictionary, and refusing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from minigrad.errors import describe

__all__ = [
    "Array", "common_dtype", "listed", "mapping", "numbers", "turned", "wanted_matrix",
    "wanted_shape",
]

Array = np.ndarray[Any, Any]


def numbers(value: Any, what: str) -> Array:
    """A fresh array with the values of an array or tensor, whoever made it; of bfloat16, which
    NumPy lacks, as float32.

    what: how the value is named in the error, such as "from_torch: 'weight_ih_l0'".
    Raises TypeError for what holds no floating-point numbers.
    """
    if hasattr(value, "detach"):  # a tensor that requires grad, PyTorch's or ours
        value = value.detach()
    try:
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":
            value = value.float()
        if hasattr(value, "numpy") and not isinstance(value, np.ndarray):
            value = value.numpy()  # fails for tensors on a GPU
        array = np.array(value)
        if array.dtype.name == "bfloat16":  # of JAX, by the package ml_dtypes
            array = array.astype(np.float32)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} is {describe(value)}, which is no array: {error}") from error
    if array.dtype.kind != "f":
        raise TypeError(
            f"{what} has dtype {array.dtype}; wanted floating-point numbers, such as float32"
        )
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def mapping(value: Any, owner: str, example: str) -> dict[str, Any]:
    """A dictionary with names as keys; anything else is a TypeError that shows an example."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{owner}: received {type(value).__name__}; wanted {example}")
    return {str(key): item for key, item in value.items()}


def turned(matrix: Array) -> Array:
    """The transpose, in memory of its own, row by row."""
    return np.array(matrix.T, order="C")


def wanted_matrix(array: Array, what: str) -> None:
    """Raise if an array is no matrix, or one without entries."""
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"{what} has shape {array.shape}; wanted a matrix")


def wanted_shape(array: Array, wanted: tuple[int, ...], what: str, formula: str) -> None:
    """Raise if an array has not the shape `wanted`, which `formula` explains."""
    if array.shape != wanted:
        raise ValueError(f"{what} has shape {array.shape}; wanted {formula} = {wanted}")


def common_dtype(arrays: Mapping[str, Array], owner: str) -> None:
    """Raise unless all arrays have one dtype: converting some would not be exact."""
    kinds: dict[str, str] = {}
    for key, array in arrays.items():
        kinds.setdefault(str(array.dtype), key)
    if len(kinds) > 1:
        found = ", ".join(f"{key!r} is {dtype}" for dtype, key in kinds.items())
        raise ValueError(f"{owner}: {found}; wanted one dtype, so convert them with .astype")


def listed(words: Iterable[Any]) -> str:
    """Words for a message: 'a', 'b' and 'c'."""
    *head, last = [repr(word) for word in words] or ["nothing"]
    return f"{', '.join(head)} and {last}" if head else last

"""What the results of measurements share: they are arrays with names, and have norms."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ArrayResult", "cut", "norm"]

Array = np.ndarray[Any, Any]


class ArrayResult:
    """Base class of results that stand for one array, `values`: ``np.asarray(result)``,
    ``result[k]``, ``len(result)`` and ``result.shape`` are those of the array."""

    values: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of `values`."""
        return tuple(self.values.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __getitem__(self, index: Any) -> Any:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)


def norm(array: Any, axis: int | tuple[int, ...] | None = None) -> Any:
    """√Σ x² over `axis` (default: all), without overflow or underflow of the squares."""
    values = np.abs(np.asarray(array)).astype(np.float64)
    top = np.max(values, axis=axis, keepdims=True, initial=0.0)
    scale = np.where((top > 0) & np.isfinite(top), top, 1.0)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        total = np.sqrt(np.sum(np.square(values / scale), axis=axis))
        return total * np.squeeze(scale, axis=axis)


def cut(text: str, width: int) -> str:
    """A text that is too long keeps its end, where names differ.

    >>> cut("encoder.layers.0", 9)
    '…layers.0'
    """
    return text if len(text) <= width else "…" + text[1 - width :]

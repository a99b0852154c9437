"""What the measurements of BPTT that are one array have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ArrayResult"]

Array = np.ndarray[Any, Any]


class ArrayResult:
    """An array with a name for what it says: ``np.asarray(result)``, ``result[k]``, ``len``, shape.

    values: the array.
    """

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

"""Writes to a tensor: each puts a new array in the place of the old one, which a graph may need.

What cannot be written to is the result of an op: its graph would no longer describe it.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from .arraylike import ArrayLike, detached
from .context import is_grad_enabled
from .errors import MutationError, describe
from .tape import Leaf, next_key
from .values import Array, Values, frozen

__all__ = ["Writable"]


class Writable(ArrayLike):
    """The part of Tensor that gives its values out, read-only, and replaces them."""

    __slots__ = ()

    @property
    def data(self) -> Any:
        """The values, read-only. Assigning an array of the same shape replaces them."""
        return frozen(np.asarray(self._data)).view(Values)

    @data.setter
    def data(self, value: Array) -> None:
        value = value._data if isinstance(value, ArrayLike) else np.asarray(value)
        if value.shape != self.shape or not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise ValueError(
                f"{self._label()}.data = value: received {describe(value)}, wanted shape "
                f"{self.shape} and dtype {self.dtype}; to change them make a new tensor"
            )
        if self._node is not None and not isinstance(self._node, Leaf):
            raise MutationError(
                f"{self._label()}.data = value: it is the result of op {self._node}, and the graph "
                f"would no longer describe it; write to .detach() of it, or to a leaf"
            )
        self._replace(np.array(value, dtype=self.dtype))

    def _replace(self, array: Any) -> None:
        """``.data = array`` of a leaf without check or copy: for a fresh array that fits."""
        self._data = frozen(array)
        if isinstance(self._node, Leaf):
            self._node.written = next_key()

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as a read-only array that shares memory; the graph stays behind."""
        return np.asarray(self.data).view(np.ndarray)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self._node is not None and (not self.is_leaf or is_grad_enabled()):
            raise MutationError(
                f"{self._label()}[...] = value: it is on the tape, and a write would make its "
                f"graph wrong; build the result with np.where, np.concatenate or "
                f"minigrad.functional.index_put, or write to a leaf under no_grad()"
            )
        changed = np.array(self._data)
        index = tuple(map(detached, index)) if isinstance(index, tuple) else detached(index)
        changed[index] = detached(value)
        self.data = changed

    def _inplace(self, result: Any) -> Self:
        """What ``self += other`` and its like mean: a new value, or a write to a leaf."""
        if not isinstance(self._node, Leaf):
            return result  # type: ignore[no-any-return]  # of an operator on Tensors
        if is_grad_enabled():
            raise MutationError(
                f"an in-place operator on the leaf {self._label()}, which requires grad: its graph "
                f"would be of the old value; write x = x + y, or update it under no_grad()"
            )
        self.data = result
        return self

"""Writes to a tensor: each puts a new array in the place of the old one, which a graph may need.

So a write is an op as any other: out[i] = v makes out the tensor that has v at i, with the graph of
both, and whatever used the old value keeps it. Leaves that require grad are written to under
no_grad() only: they are where gradients end. Writes by index are in ``minigrad.ops.index.writes``.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ..errors import MutationError, describe
from .arraylike import ArrayLike
from .foreign import operand
from .modes import is_grad_enabled
from .node import Leaf, next_key
from .values import Array, Values, frozen
from .views import part_of, refuse_view, source_of

__all__ = ["Writable"]


class Writable(ArrayLike):
    """The part of Tensor that gives its values out, read-only, and replaces them."""

    __slots__ = ()

    _node: Any

    @property
    def data(self) -> Any:
        """The values, read-only. Assigning an array of the same shape replaces them.

        A Tensor that is assigned to one without a graph brings its own; a leaf takes its values.
        """
        return frozen(np.asarray(self._data)).view(Values)

    @data.setter
    def data(self, value: Array) -> None:
        given = value
        value = value._data if isinstance(value, ArrayLike) else np.asarray(operand(value))
        if value.shape != self.shape or not np.can_cast(value.dtype, self.dtype, "same_kind"):
            raise ValueError(
                f"{self._label()}.data = value: received {describe(value)}, wanted shape "
                f"{self.shape} and dtype {self.dtype}; to change them make a new tensor"
            )
        if self._node is not None and not isinstance(self._node, Leaf):
            raise MutationError(
                f"{self._label()}.data = value: it is the result of op {self._node}, and the graph "
                f"would no longer describe it; write t[...] = value, which is recorded, or to "
                f".detach() of it, or to a leaf"
            )
        if self._node is None and is_grad_enabled() and getattr(given, "_node", None) is not None:
            self._become(given.astype(self.dtype))
        else:
            self._replace(np.array(value, dtype=self.dtype))

    def _replace(self, array: Any) -> None:
        """``.data = array`` without check or copy, for a fresh array that fits; no graph stays."""
        frozen(array)
        leaf, key = isinstance(self._node, Leaf), next_key()

        def change() -> None:
            self._data, self._source = array, None
            if leaf:
                self._node.written = key
            else:
                self._node = None

        _to_the_end(change)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The values as a read-only array that shares memory; the graph stays behind."""
        return np.asarray(self.data).view(np.ndarray)

    def _check_write(self, what: str) -> None:
        """Raise MutationError if a write to this tensor could not be carried out as meant."""
        if self._node is None:
            pass
        elif isinstance(self._node, Leaf):
            if is_grad_enabled():
                raise MutationError(
                    f"{what}: {self._label()} is a leaf that requires grad, and its gradient is "
                    f"that of the value it has; update it under no_grad(), or build a new value: "
                    f"x = x + y, np.where, np.concatenate or minigrad.functional.index_put"
                )
        elif not is_grad_enabled():
            raise MutationError(
                f"{what} under no_grad(): {self._label()} is the result of op {self._node}, and "
                f"the graph would no longer describe it; leave no_grad(), so that the write is "
                f"recorded, or write to .detach().clone() of it"
            )
        refuse_view(self, what)

    def _become(self, result: Any) -> None:
        """Take the value and the graph of `result`; what has used the old value keeps that."""
        before, node, others = self._node, result._node, None
        if node is not None and before is not None and before.extra and "retain" in before.extra:
            others = tuple([r for r in before.extra["retain"] if r() is not self])
            node.put(retain=(weakref.ref(self),))
        if node is not None and (name := getattr(self, "_name", None)):
            node.put(name=name)

        def change() -> None:
            self._data, self._node, self._source = result._data, node, None
            if others is not None:
                before.put(retain=others)

        _to_the_end(change)

    def _inplace(self, result: Any) -> Self:
        """``self += other`` and its like, which have made `result`: a write of all entries."""
        if source_of(self) is not None and isinstance(self._data, np.generic):
            return result  # type: ignore[no-any-return]  # to NumPy it is a number
        if (part := part_of(self)) is not None:
            x, index = part
            x[index] = result
            return x[index]  # type: ignore[no-any-return]  # a Tensor
        self._check_write("an in-place operator")
        if isinstance(self._node, Leaf):
            self._replace(np.array(result._data))
        else:
            self._become(result)
        return self


def _to_the_end(change: Callable[[], None]) -> None:
    """Make a change that has several parts, all of them also where Ctrl-C comes in between."""
    try:
        change()
    except BaseException:
        change()
        raise

"""Arrays on their way into a tensor and out of it: copied in, read-only out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Never

import numpy as np

from ..errors import MutationError
from .foreign import operand, refuse_masked, require_numbers
from .variable import Variable, wrap

__all__ = ["Array", "Values", "as_array", "as_tensor", "frozen", "handle"]

Array = Any  # whatever NumPy takes: an array, a scalar, nested lists


def as_array(data: Array, dtype: Any = None) -> np.ndarray[Any, Any]:
    """A fresh native array with the values of `data`, or an error that says why there is none."""
    refuse_masked(data)
    array = np.array(data, dtype=dtype)
    require_numbers(array, data)
    # NumPy's own dtype object, in native byte order: the tape compares dtypes by identity first.
    native = np.dtype(array.dtype.type)
    return array.view(native) if array.dtype == native else array.astype(native)


def as_tensor(value: Any) -> Any:
    """`value` itself if it is a Tensor, else a Tensor with its values."""
    return value if isinstance(value, Variable) else wrap(as_array(operand(value)), None)


def handle(value: Any) -> Any:
    """A Tensor of its own with the value, and the graph if there is one: a write to it is seen by
    nobody else who has `value`."""
    return wrap(value._data, value._node) if isinstance(value, Variable) else as_tensor(value)


def frozen(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array`, made read-only down to the memory it is a view of, so that no view can undo it."""
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner.setflags(write=False)
        owner = owner.base
    return array


class Values(np.ndarray[Any, Any]):
    """What ``.data`` returns: read-only, and ``t.data -= step`` assigns a new array to ``t``."""

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array

    def __setitem__(self, index: Any, value: Any) -> Never:
        raise MutationError(
            "the array behind a tensor cannot be written to, because a graph may have saved it; "
            "write t[index] = value under no_grad(), or assign a whole array: t.data = array"
        )

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))


def _out_of_place(name: str) -> Callable[[Any, Any], Any]:
    function = getattr(np.ndarray, name)
    return lambda self, other: function(self.view(np.ndarray), other)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(Values, f"__i{_name}__", _out_of_place(f"__{_name}__"))

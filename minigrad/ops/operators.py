"""Python's operators with a Tensor on the right (``1 - x``) and in place (``x -= 1``), and the
outer forms of NumPy's functions of two arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.dispatch import HANDLERS
from ..engine.tensor import Tensor
from .elementwise import (  # they fill HANDLERS
    arithmetic,
    comparison,  # noqa: F401
    exponential,  # noqa: F401
    rounding,
    selection,  # noqa: F401
    trigonometry,  # noqa: F401
)
from .linear import products

__all__: list[str] = []


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: function(other, self)


def _in_place(name: str) -> Callable[..., Any]:
    """``x += y``: a new value of x's shape and dtype, or a write to a leaf under no_grad()."""
    operator = getattr(Tensor, f"__{name}__")

    def call(self: Tensor, other: Any) -> Tensor:
        result = operator(self, other)
        if result.shape != self.shape or not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise (ValueError if result.shape != self.shape else TypeError)(
                f"the result of an in-place operator ({name}) on a tensor of shape {self.shape} "
                f"and dtype {self.dtype} has shape {result.shape} and dtype {result.dtype}, which "
                f"does not fit in its place; write x = x + y, say"
            )
        return self._inplace(result if result.dtype == self.dtype else result.astype(self.dtype))

    return call


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": rounding.floor_divide,
    "mod": rounding.mod,
    "pow": arithmetic.power,
    "matmul": products.matmul,
    "and": HANDLERS[np.bitwise_and],
    "or": HANDLERS[np.bitwise_or],
    "xor": HANDLERS[np.bitwise_xor],
    "lshift": HANDLERS[np.left_shift],
    "rshift": HANDLERS[np.right_shift],
}
for _name, _function in _FUNCTIONS.items():
    setattr(Tensor, f"__r{_name}__", _reflected(_function))
    setattr(Tensor, f"__i{_name}__", _in_place(_name))
setattr(Tensor, "__rdivmod__", _reflected(rounding.divmod))  # noqa: B010  # a typed stub


def _outer(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.add.outer(x, y)``: every entry of x with every entry of y."""
    return lambda x, y: function(np.reshape(x, (*np.shape(x), *[1] * np.ndim(y))), y)


for _function, _handler in list(HANDLERS.items()):
    if isinstance(_function, np.ufunc) and _function.nin == 2 and _function.signature is None:
        HANDLERS[_function, "outer"] = _outer(_handler)

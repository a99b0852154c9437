"""Python's operators with a Tensor on the right (``1 - x``) and in place (``x -= 1``), and what an
attribute that there is not (``x.backwards``) raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.declared import declare
from ..engine.tensor import Tensor
from ..suggest import unknown_attribute
from .elementwise import arithmetic, rounding
from .elementwise.comparison import BITWISE
from .linear import products

__all__: list[str] = []


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: function(other, self)


def _in_place(name: str) -> Callable[..., Any]:
    """``x += y``: a new value of x's shape and dtype, or a write to a leaf under no_grad()."""
    operator = f"__{name}__"

    def call(self: Tensor, other: Any) -> Tensor:
        result = getattr(type(self), operator)(self, other)
        if result.shape != self.shape or not np.can_cast(result.dtype, self.dtype, "same_kind"):
            raise (ValueError if result.shape != self.shape else TypeError)(
                f"the result of an in-place operator ({name}) on a tensor of shape {self.shape} "
                f"and dtype {self.dtype} has shape {result.shape} and dtype {result.dtype}, which "
                f"does not fit in its place; write x = x + y, say"
            )
        return self._inplace(result if result.dtype == self.dtype else result.astype(self.dtype))

    return call


def _missing(self: Tensor, name: str) -> Any:
    raise unknown_attribute(type(self), name)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "truediv": arithmetic.divide,
    "floordiv": rounding.floor_divide,
    "mod": rounding.mod,
    "pow": arithmetic.power,
    "matmul": products.matmul,
    "and": BITWISE[np.bitwise_and],
    "or": BITWISE[np.bitwise_or],
    "xor": BITWISE[np.bitwise_xor],
    "lshift": BITWISE[np.left_shift],
    "rshift": BITWISE[np.right_shift],
}
declare(methods={
    **{f"__r{name}__": _reflected(function) for name, function in _FUNCTIONS.items()},
    **{f"__i{name}__": _in_place(name) for name in _FUNCTIONS},
    "__rdivmod__": _reflected(rounding.divmod),
    "__getattr__": _missing,
})

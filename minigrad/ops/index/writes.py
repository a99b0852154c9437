"""Writes to a Tensor: x[index] = value, and PyTorch's methods that end in an underscore.

A write is recorded as index_put, out of place; the Tensor then takes its value and its graph. What
is overwritten contributes nothing to the gradient any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.failures import explain
from ...engine.foreign import operand
from ...engine.modes import is_grad_enabled
from ...engine.tensor import Tensor, detached, wrap
from ...engine.views import part_of
from ...errors import GraphLossError
from .gathering import index_put
from .indexing import is_basic, plain_index

__all__: list[str] = []


def _write(self: Tensor, index: Any, value: Any, what: str) -> None:
    self._check_write(what)
    written = _on_graph(value)
    if is_grad_enabled() and written and self.dtype.kind in "biu":
        raise GraphLossError(
            f"{what}: {self._label()} has dtype {self.dtype}, which has no gradient, and the value "
            f"requires grad; write to a float tensor, or write value.detach()"
        )
    if is_grad_enabled() and (written or self._node is not None):
        self._become(index_put(self, index, _in_dtype(value, self.dtype)))
        return
    changed = np.array(self._data)
    index, value = plain_index(index), detached(value)
    try:
        changed[index] = operand(value)
    except (ValueError, TypeError, IndexError) as error:
        names = ("x", "index", "value")
        explain(error, what, names, (self._data, index, value), {})
    self._replace(changed)


def _on_graph(value: Any) -> bool:
    return isinstance(value, Tensor) and value._node is not None


def _in_dtype(value: Any, dtype: Any) -> Any:
    """A constant as NumPy would write it; a value on the graph as it is."""
    return value if _on_graph(value) else np.asarray(operand(detached(value))).astype(dtype)


def _setitem(self: Tensor, index: Any, value: Any) -> None:
    """``x[index] = value`` with every index of NumPy; value broadcasts and takes x's dtype."""
    if is_basic(index) and (part := part_of(value)) and part[0] is self and part[1] == index:
        return  # the second half of x[index] += y, which has written there already
    _write(self, index, value, "x[index] = value")


declare(methods={"__setitem__": _setitem})


_GIVEN = {"zero": "0", "fill": "value", "copy": "source"}  # what is written, if not a result of x


def _in_place(name: str, value: Callable[..., Any]) -> Callable[..., Tensor]:
    def call(self: Tensor, *args: Any, **keywords: Any) -> Tensor:
        self._check_write(f".{name}()")
        before = wrap(self._data, self._node)  # a handle of its own, which is no view of x
        _write(self, ..., value(before, *args, **keywords), f".{name}()")
        return self

    call.__name__ = name
    plain = name.removesuffix("_")
    result = _GIVEN.get(plain) or f"x.{plain}(), with the same arguments"
    call.__doc__ = (
        f"x[...] = {result}; returns x, as PyTorch does.\n"
        f"Recorded as any write is; of a leaf that requires grad, under no_grad()."
    )
    return call


def _fill(self: Tensor, value: Any) -> Any:
    if np.ndim(value):
        raise ValueError(f"fill_: value has shape {np.shape(value)}, wanted a single number")
    return value


_VALUES: dict[str, Callable[..., Any]] = {
    "zero": lambda self: 0,
    "fill": _fill,
    "copy": lambda self, source: source,
    **{
        name: lambda self, *args, name=name, **keywords: getattr(self, name)(*args, **keywords)
        for name in (
            "abs", "add", "addcdiv", "addcmul", "ceil", "clamp", "clip", "cos", "cumprod", "cumsum",
            "div", "erf", "exp", "expm1", "floor", "index_add", "index_copy", "index_fill",
            "index_put", "lerp", "log", "log1p", "masked_fill", "masked_scatter", "mul", "neg",
            "pow", "reciprocal", "relu", "round", "rsqrt", "scatter", "scatter_add", "sigmoid",
            "sign", "sin", "sinh", "sqrt", "square", "sub", "tan", "tanh", "tril", "triu", "trunc",
        )
    },
}
declare(methods={f"{name}_": _in_place(f"{name}_", value) for name, value in _VALUES.items()},
        whose="PyTorch")


def _detach(self: Tensor) -> Tensor:
    """Leave the graph in place: x becomes a leaf that does not require grad; returns x."""
    self._node = None
    return self


declare(methods={"detach_": _detach}, whose="PyTorch")

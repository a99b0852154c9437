"""What has no gradient: comparisons, logic, bits, and questions about an array.

Their results are Tensors that do not require grad, or plain values where NumPy gives such.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.foreign import is_foreign, operand
from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ...errors import NoDerivativeError
from ..common import composite, refuse, without_gradient
from ..index.indexing import index_add

__all__ = ["BITWISE", "bincount", "full_like"]

COMPARISONS = without_gradient(
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin,
    np.isnan, np.isinf, np.isfinite, np.isneginf, np.isposinf, np.signbit,
    np.isreal, np.isrealobj, np.iscomplex, np.iscomplexobj,
)
BITWISE = without_gradient(
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.bitwise_and, np.bitwise_or,
    np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.gcd, np.lcm,
)
without_gradient(
    np.all, np.any, np.count_nonzero, np.nonzero, np.flatnonzero, np.argwhere, np.argmax,
    np.argmin, np.nanargmax, np.nanargmin, np.digitize,
    methods=("all", "any", "argmax", "argmin", "nonzero"),
)
without_gradient(
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like,
    np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.result_type, np.can_cast, np.min_scalar_type, np.common_type, np.may_share_memory,
    np.shares_memory, np.array2string, np.array_repr, np.array_str,
)


@composite(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, **options: Any) -> Any:
    """An array like a, full of a value; the gradient of the value is the sum over its copies."""
    if isinstance(fill_value, Tensor) and fill_value.requires_grad:
        refuse("full_like", "use np.broadcast_to(fill_value, a.shape)", dtype=dtype, **options)
        return np.broadcast_to(fill_value, np.shape(a))
    return wrap(np.full_like(detached(a), detached(fill_value), dtype=dtype, **options), None)


@composite(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of 0, 1, 2, ... occurs in x, or the sum of the weights where it does, in
    float64."""
    x, minlength = np.asarray(detached(x)), detached(minlength)
    counts = np.bincount(x, minlength=minlength)  # checks x
    if weights is None or not x.size:
        return wrap(counts, None)
    weights = as_tensor(weights)
    if weights.shape != x.shape:
        raise ValueError(f"x has shape {x.shape}, weights {weights.shape}; they must be equal")
    return index_add(weights.astype(np.float64), index=x, shape=counts.shape)


def _writes(function: Any) -> None:
    def call(*args: Any, **keywords: Any) -> Any:
        raise NoDerivativeError(
            f"np.{function.__name__} writes into an array, which keeps no graph, and a tensor is "
            f"never written to: build the result with np.where, np.concatenate or "
            f"np.broadcast_to, or assign x.data = array"
        )

    declare({function: call})


for _function in (np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal):
    _writes(_function)

declare(methods={
    "__lt__": COMPARISONS[np.less], "__le__": COMPARISONS[np.less_equal],
    "__gt__": COMPARISONS[np.greater], "__ge__": COMPARISONS[np.greater_equal],
    "__and__": BITWISE[np.bitwise_and], "__or__": BITWISE[np.bitwise_or],
    "__xor__": BITWISE[np.bitwise_xor], "__lshift__": BITWISE[np.left_shift],
    "__rshift__": BITWISE[np.right_shift], "__invert__": BITWISE[np.invert],
})


def _equality(compare: Any) -> Any:
    """== and != of arrays: unlike np.equal they have an answer for what is no number."""

    def call(self: Tensor, other: Any) -> Any:
        other = detached(other)
        if is_foreign(other) and (other := operand(other)) is NotImplemented:
            return NotImplemented
        return wrap(np.asarray(compare(np.asarray(self._data), other))[()], None)

    return call


declare(methods={"__eq__": _equality(operator.eq), "__ne__": _equality(operator.ne)})

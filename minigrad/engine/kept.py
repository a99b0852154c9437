"""What follows from a weight alone is computed once, not at every step: Uᵀ, W + b, a better layout.

An array in a tensor is never written to, so what was made of it stays right while it lives.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .values import Array, is_frozen

__all__ = ["kept", "kept_product", "kept_transpose"]

_KEPT: dict[Any, tuple[Any, list[weakref.ref[Any]]]] = {}


def kept(make: Callable[..., Any], *arrays: Any, saved: bool = False) -> Any:
    """``make(*arrays)``, made once and kept as long as the arrays live; or None: do without.

    It is made at the first call, if nothing can write to the arrays, as to those of a leaf. With
    `saved`, for arrays that a rule was given, which nobody writes to, at the second: they may be
    used only once.
    """
    key = (make, *map(id, arrays))
    value, seen = _KEPT.get(key, (None, ()))
    # An id may belong to another array by now, if an interrupt kept the entry from being dropped.
    known = bool(seen) and all(ref() is a for ref, a in zip(seen, arrays, strict=True))
    if not known or value is None:
        if not saved and not all(map(is_frozen, arrays)):
            return None
        value = make(*arrays) if known or not saved else None
        _KEPT[key] = value, [weakref.ref(a, lambda _: _KEPT.pop(key, None)) for a in arrays]
    return value


def kept_transpose(W: Array) -> Any:
    """Wᵀ of an array that a rule was given: from its second use on contiguous."""
    turned = kept(_turned, W, saved=True) if W.size >= _SMALLEST else None
    return W.T if turned is None else turned


def _turned(W: Array) -> Array:
    return np.array(W.T, order="C")  # a copy always: a view would keep W alive


# BLAS packs its operands, which does not pay where one has few rows. OpenBLAS leaves it out up to
# so many multiplications, and then wants the rows of W to begin where cache lines do: a product
# takes 50 to 80% of the time. With Wᵀ laid out anew it takes two thirds, whatever its size.
_UNPACKED = 1_000_000
_FEW_ROWS, _SMALLEST, _LARGEST, _LINE = 64, 4096, 2 << 20, 64  # rows, numbers, bytes, bytes


def kept_product(x: Array, W: Array, turned: bool = False) -> Any:
    """x W, or with `turned` x Wᵀ, for a matrix W that is used at many steps.

    With few rows it is made in blocks of columns, from a copy of W that is laid out for that.
    """
    if not (isinstance(x, np.ndarray) and isinstance(W, np.ndarray)):
        return x @ np.transpose(W) if turned else x @ W
    layout = _layout(x.shape, x.dtype, W.shape, W.dtype, turned)
    weight = None if layout is None else kept(layout, W)                 # (blocks, K, N / blocks)
    if weight is None:
        return x @ (kept_transpose(W) if turned else W)
    blocks, _, columns = weight.shape
    out = np.empty((len(x), blocks, columns), x.dtype)
    np.matmul(x, weight, out=out.swapaxes(0, 1))
    return out.reshape(len(x), blocks * columns)


@lru_cache
def _layout(
    x: tuple[int, ...], x_dtype: Any, W: tuple[int, ...], W_dtype: Any, turned: bool
) -> Callable[[Array], Array] | None:
    """How to lay out a weight for products of these shapes; None: it does not pay."""
    if len(x) != 2 or len(W) != 2 or x_dtype != W_dtype or W_dtype.char not in "fd":
        return None
    rows, K, N = x[0], *(W[::-1] if turned else W)
    if rows > _FEW_ROWS or not _SMALLEST <= K * N <= _LARGEST // W_dtype.itemsize:
        return None
    widths = (N // n for n in range(1, N // 32 + 1) if N % n == 0)
    columns = next((w for w in widths if rows * K * w <= _UNPACKED and w % 16 == 0), 0)
    return _maker(columns, turned) if columns else None


@lru_cache
def _maker(columns: int, turned: bool) -> Callable[[Array], Array]:
    def make(W: Array) -> Array:
        """The blocks of so many columns of W or Wᵀ, in memory that begins with a cache line."""
        W = W.T if turned else W
        memory = np.empty(W.nbytes + _LINE, np.uint8)
        start = -memory.__array_interface__["data"][0] % _LINE
        copy = memory[start : start + W.nbytes].view(W.dtype).reshape(W.shape)
        copy[...] = W
        return copy.reshape(len(W), -1, columns).swapaxes(0, 1)

    return make

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
    value, seen = _KEPT.get(key, (None, None))
    if value is None:
        if not saved and not all(map(is_frozen, arrays)):
            return None
        if seen or not saved:
            value = make(*arrays)
        _KEPT[key] = value, [weakref.ref(a, lambda _: _KEPT.pop(key, None)) for a in arrays]
    return value


def kept_transpose(W: Array) -> Any:
    """Wᵀ of an array that a rule was given: from its second use on contiguous."""
    turned = kept(_turned, W, saved=True) if W.size >= _SMALLEST else None
    return W.T if turned is None else turned


def _turned(W: Array) -> Array:
    return np.ascontiguousarray(W.T)


# BLAS packs its operands, which does not pay where one has few rows. OpenBLAS leaves it out up to
# so many multiplications, and then wants the rows of W to begin where cache lines do: a product
# takes 50 to 80% of the time. With Wᵀ laid out anew it takes two thirds, whatever its size.
_UNPACKED = 1_000_000
_FEW_ROWS, _SMALLEST, _LARGEST, _LINE = 64, 4096, 2 << 20, 64  # rows, numbers, bytes, bytes


def kept_product(x: Array, W: Array, turned: bool = False) -> Any:
    """x W, or with `turned` x Wᵀ, for a matrix W that is used at many steps.

    With few rows it is made in blocks of columns, from a copy of W that is laid out for that.
    """
    if not (_is_matrix(x) and _is_matrix(W) and x.dtype == W.dtype and W.size >= _SMALLEST):
        return x @ (np.transpose(W) if turned else W)
    K, N = W.shape[::-1] if turned else W.shape
    blocks = _blocks(len(x), K, N) if W.nbytes <= _LARGEST else 0
    weight = kept(_layout(blocks, turned), W) if blocks else None        # (blocks, K, N / blocks)
    if weight is None:
        return x @ (kept_transpose(W) if turned else W)
    if blocks == 1:
        return x @ weight[0]
    out = np.empty((len(x), N), x.dtype)
    np.matmul(x, weight, out=_cut(out, blocks))
    return out


def _is_matrix(a: Array) -> bool:
    return isinstance(a, np.ndarray) and a.ndim == 2 and a.dtype.char in "fd"


@lru_cache
def _blocks(rows: int, K: int, N: int) -> int:
    """Into how many blocks of columns a product (rows, K), (K, N) is cut; 0: it does not pay."""
    widths = (N // n for n in range(1, N // 32 + 1) if N % n == 0 and rows <= _FEW_ROWS)
    return next((N // w for w in widths if rows * K * w <= _UNPACKED and w % 16 == 0), 0)


@lru_cache
def _layout(blocks: int, turned: bool) -> Callable[[Array], Array]:
    def make(W: Array) -> Array:
        """W or Wᵀ from the begin of a cache line on, cut into blocks of columns."""
        W = W.T if turned else W
        memory = np.empty(W.nbytes + _LINE, np.uint8)
        start = -memory.__array_interface__["data"][0] % _LINE
        copy = memory[start : start + W.nbytes].view(W.dtype).reshape(W.shape)
        copy[...] = W
        return _cut(copy, blocks)

    return make


def _cut(a: Array, blocks: int) -> Array:
    """(rows, columns) as (blocks, rows, columns / blocks), without a copy."""
    return a.reshape(len(a), blocks, -1).swapaxes(0, 1)

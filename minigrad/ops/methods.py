"""Methods under PyTorch's names, where NumPy has a function, another name, or none.

Where both have a method of one name, it is NumPy's: ``x.size`` is a number, ``x.repeat`` repeats
entries, ``x.transpose(1, 0)`` takes a permutation, ``x.max(axis)`` and ``x.sort`` differ too. Those
that mean the same in both take PyTorch's ``dim=`` and ``keepdim=`` as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from ..protocol import HANDLERS
from ..tensor import Tensor
from . import arithmetic, join, masked, missing, nn, norm, pick, real, scan  # noqa: F401  # have methods

__all__: list[str] = []


def _converting(dtype: Any) -> Callable[[Tensor], Any]:
    def call(self: Tensor) -> Any:
        return self.astype(dtype)

    call.__doc__ = f"x converted to {np.dtype(dtype)}"
    return call


# -- the same under another name

for _name, _function in {
    "neg": np.negative, "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
    "matmul": np.matmul, "mm": np.matmul, "bmm": np.matmul, "mv": np.matmul, "outer": np.outer,
    "tril": np.tril, "triu": np.triu, "swapdims": np.swapaxes, "movedim": np.moveaxis,
    "tile": np.tile, "conj": np.conjugate, "conjugate": np.conjugate,
    "isnan": np.isnan, "isfinite": np.isfinite,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal,
}.items():
    setattr(Tensor, _name, HANDLERS[_function])

for _name, _dtype in {
    "double": np.float64, "float": np.float32, "half": np.float16, "long": np.int64,
    "int": np.int32, "bool": np.bool_,
}.items():
    setattr(Tensor, _name, _converting(_dtype))

for _name in ("gather", "index_select", "masked_fill", "scatter_add", "index_put"):
    setattr(Tensor, _name, getattr(pick, _name))


def _view(self: Tensor, *shape: Any) -> Any:
    """``x.view(2, 3)``: x.reshape(2, 3)."""
    return self.reshape(*shape)


def _view_as(self: Tensor, other: Any) -> Any:
    """``x.reshape(other.shape)``"""
    return self.reshape(np.shape(other))


def _expand(self: Tensor, *shape: Any) -> Any:
    """x repeated to a shape that it broadcasts to; -1 keeps a length."""
    wanted = shape[0] if len(shape) == 1 and not np.isscalar(shape[0]) else shape
    new = len(wanted) - self.ndim
    full = [
        self.shape[k - new] if n == -1 and k >= new else n for k, n in enumerate(wanted)
    ]
    return np.broadcast_to(self, tuple(full))


def _expand_as(self: Tensor, other: Any) -> Any:
    """x repeated to the shape of `other`."""
    return np.broadcast_to(self, np.shape(other))


def _t(self: Tensor) -> Any:
    """The transpose of a matrix; a vector as it is."""
    if self.ndim > 2:
        raise ValueError(f"t() of a tensor of shape {self.shape}: wanted at most two axes; use .mT")
    return self.transpose()


def _chunk(self: Tensor, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """So many parts along an axis, all but the last one of equal length."""
    if chunks < 1:
        raise ValueError(f"chunk: received chunks={chunks}, wanted at least 1")
    return _split(self, max(-(-self.shape[dim] // chunks), 1), dim)


def _split(self: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of so many entries along an axis (the last one may be shorter), or of these lengths."""
    n, size = self.shape[dim], split_size_or_sections
    if np.ndim(size):
        if sum(size) != n:
            raise ValueError(f"split: the lengths {list(size)} do not add up to {n}")
        places = list(accumulate(size))[:-1]
    elif size < 1:
        raise ValueError(f"split: received a length of {size}, wanted at least 1")
    else:
        places = list(range(size, n, size))
    return tuple(join.split(self, places, dim))


def _to(self: Tensor, dtype: Any) -> Any:
    """x converted to a dtype; there are no devices."""
    return self.astype(dtype)


def _rsqrt(self: Tensor) -> Any:
    """1 / √x"""
    return 1 / np.sqrt(self)


def _numel(self: Tensor) -> int:
    """How many entries there are: x.size."""
    return self.size


def _dim(self: Tensor) -> int:
    """How many axes there are: x.ndim."""
    return self.ndim


def _contiguous(self: Tensor) -> Tensor:
    """x itself; where its entries lie does not matter here."""
    return self


def _nbytes(self: Tensor) -> int:
    """The bytes of all entries."""
    return int(self._data.nbytes)


def _itemsize(self: Tensor) -> int:
    """The bytes of one entry."""
    return int(self._data.itemsize)


for _name, _method in {
    "view": _view, "view_as": _view_as, "reshape_as": _view_as, "expand": _expand,
    "expand_as": _expand_as, "t": _t, "chunk": _chunk, "split": _split, "to": _to,
    "rsqrt": _rsqrt, "numel": _numel, "dim": _dim, "contiguous": _contiguous,
    "nbytes": property(_nbytes), "itemsize": property(_itemsize),
    "real": property(HANDLERS[np.real]),
    "imag": property(HANDLERS[np.imag]),
}.items():
    setattr(Tensor, _name, _method)

# -- the same, called in other words

_WORDS = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "shifts": "shift", "p": "ord"}


def _in_words_of_both(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any, **keywords: Any) -> Any:
        if keywords and not keywords.keys().isdisjoint(_WORDS):
            keywords = {_WORDS.get(k, k): v for k, v in keywords.items()}
        return method(*args, **keywords)

    return call


for _name in (
    "sum", "mean", "prod", "amax", "amin", "all", "any", "argmax", "argmin", "cumsum", "cumprod",
    "softmax", "log_softmax", "logsumexp", "squeeze", "unsqueeze", "unbind", "flip", "roll", "norm",
    "gather", "index_select", "scatter_add",
):
    setattr(Tensor, _name, _in_words_of_both(getattr(Tensor, _name)))

"""Other dtypes, new tensors like one, and questions about one, as PyTorch has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.tensor import Tensor, detached

__all__: list[str] = []

Method = Callable[..., Any]


def _to(self: Tensor, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> Any:
    """x converted to a dtype, or to that of another tensor. The one device there is, is "cpu"."""
    for value in args:
        if isinstance(value, Tensor):
            dtype = value.dtype
        elif isinstance(value, str) and value.partition(":")[0] in _DEVICES:
            device = value
        elif not isinstance(value, bool):  # those are non_blocking and copy: nothing to do here
            dtype = value
    if device is not None and str(device) != "cpu":
        raise ValueError(f"x.to({str(device)!r}): NumPy computes on the CPU, and there is no other")
    return self if dtype is None else self.astype(dtype)


_DEVICES = {"cpu", "cuda", "mps", "xpu", "meta"}


def _cuda(self: Tensor, device: Any = None) -> Any:
    """Raises ValueError: NumPy computes on the CPU."""
    raise ValueError("x.cuda(): NumPy computes on the CPU, and there is no other device")


def _type(self: Tensor, dtype: Any = None) -> Any:
    """x converted to a dtype; without one, the name of its dtype."""
    return str(self.dtype) if dtype is None else self.astype(dtype)


def _type_as(self: Tensor, other: Any) -> Any:
    """x converted to the dtype of `other`."""
    return self.astype(other.dtype)


def _device(self: Tensor) -> str:
    """Where it lies: "cpu"."""
    return "cpu"


def _nbytes(self: Tensor) -> int:
    """The bytes of all entries."""
    return int(self._data.nbytes)


def _itemsize(self: Tensor) -> int:
    """The bytes of one entry."""
    return int(self._data.itemsize)


def _converting(dtype: Any) -> Method:
    def call(self: Tensor) -> Any:
        return self.astype(dtype)

    call.__doc__ = f"x converted to {np.dtype(dtype)}"
    return call


def _new(make: Callable[..., Any]) -> Method:
    def call(self: Tensor, *size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
        size = tuple(size[0]) if len(size) == 1 and np.ndim(size[0]) else size
        return Tensor(make(size, dtype or self.dtype), requires_grad)

    call.__name__ = f"new_{make.__name__}"
    call.__doc__ = f"np.{make.__name__}(size), by default in the dtype of x"
    return call


def _new_full(
    self: Tensor, size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """np.full(size, fill_value), by default in the dtype of x"""
    return Tensor(np.full(size, detached(fill_value), dtype or self.dtype), requires_grad)


def _new_tensor(
    self: Tensor, data: Any, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of data, by default in the dtype of x"""
    return Tensor(np.array(detached(data), dtype or self.dtype), requires_grad)


def _stride(self: Tensor, dim: int | None = None) -> Any:
    """How many entries lie between neighbours along each axis in memory, or along dim."""
    steps = tuple(step // self.dtype.itemsize for step in self.numpy().strides)
    return steps if dim is None else steps[dim]


def _question(doc: str, answer: Callable[[Tensor], Any]) -> Method:
    def call(self: Tensor) -> Any:
        return answer(self)

    call.__doc__ = doc
    return call


declare(whose="PyTorch", methods={
    "to": _to, "cuda": _cuda, "type": _type, "type_as": _type_as, "new_tensor": _new_tensor,
    "new_full": _new_full, "new_zeros": _new(np.zeros), "new_ones": _new(np.ones),
    "new_empty": _new(np.zeros), "stride": _stride,
    "device": property(_device), "nbytes": property(_nbytes), "itemsize": property(_itemsize),
    **{name: _converting(dtype) for name, dtype in {
        "double": np.float64, "float": np.float32, "half": np.float16, "long": np.int64,
        "int": np.int32, "short": np.int16, "char": np.int8, "byte": np.uint8, "bool": np.bool_,
    }.items()},
    **{name: _question(*answer) for name, answer in {
        "numel": ("How many entries there are: x.size.", lambda x: x.size),
        "nelement": ("How many entries there are: x.size.", lambda x: x.size),
        "dim": ("How many axes there are: x.ndim.", lambda x: x.ndim),
        "ndimension": ("How many axes there are: x.ndim.", lambda x: x.ndim),
        "element_size": ("The bytes of one entry: x.itemsize.", lambda x: x.itemsize),
        "is_floating_point": ("Whether its dtype is a float.", lambda x: x.dtype.kind == "f"),
        "is_complex": ("Whether its dtype is complex.", lambda x: x.dtype.kind == "c"),
        "is_contiguous": ("True: where entries lie does not matter here.", lambda x: True),
        "contiguous": ("x; where its entries lie does not matter here.", lambda x: x),
        "cpu": ("x; the CPU is the only device.", lambda x: x),
    }.items()},
})

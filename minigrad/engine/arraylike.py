"""What a tensor has in common with an array: shape, conversions, iteration, printing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Never, Self

import numpy as np

from ..errors import GraphLossError, GraphLossWarning
from .context import local
from .node import Leaf
from .outputs import OUTPUT
from .variable import Variable

__all__ = ["ArrayLike"]


class ArrayLike(Variable):
    """The part of Tensor that only looks at its values. No gradient flows through a conversion:
    one that loses it without having been asked to says so."""

    __slots__ = ()

    __pandas_priority__ = 5000  # more than a DataFrame's: its operators leave it to ours

    @property
    def _mask(self) -> Any:
        """What numpy.ma asks of any object, having taken the values from ``_data``."""
        if self._node is not None and local.state.record:
            raise GraphLossError(
                f"a function or an operator of numpy.ma: {self._label()} requires grad, and a "
                f"masked array would lose its graph; use np.where with the mask, or .detach()"
            )
        return np.ma.nomask

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._data.shape  # type: ignore[no-any-return]  # an array's

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the entries."""
        return self._data.dtype  # type: ignore[no-any-return]  # an array's

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return self._data.ndim  # type: ignore[no-any-return]  # an array's

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self._data.size  # type: ignore[no-any-return]  # an array's

    def item(self) -> Any:
        """The value of a tensor with one element, as a Python number."""
        self._leave(".item()", quiet=True)
        return self._data.item()

    def tolist(self) -> Any:
        """The values as nested lists."""
        self._leave(".tolist()", quiet=True)
        return self._data.tolist()

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of a tensor without axes")
        return self.shape[0]

    def __iter__(self) -> Iterator[Self]:
        len(self)  # a tensor without axes says so at once
        return iter(self.unbind())

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(np.asarray(self._data) == getattr(value, "_data", value)))

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self) -> float:
        self._leave("float(t), which math's functions, np.float64(t) and array[i] = t call too")
        return float(self._data)

    def __complex__(self) -> complex:
        self._leave("complex(t), which cmath's functions call too")
        return complex(self._data)

    def __int__(self) -> int:
        self._leave("int(t)")
        return int(self._data)

    def __index__(self) -> int:
        return int(np.asarray(self._data).__index__())

    def _leave(self, what: str, quiet: bool = False) -> None:
        """Say that a number leaves the graph: an error while a transform differentiates, else a
        warning, unless it is `quiet` because the user has asked for just that."""
        state = local.state
        if self._node is None or not state.record or (quiet and not state.nested):
            return
        text = (
            f"{what}: {self._label()} requires grad, and no gradient flows back through a plain "
            f"number. To keep it, use NumPy's function (np.log(t) for math.log(t)) and write to a "
            f"Tensor, or np.stack a list, instead of an array; if no gradient is wanted, write "
            f"t.detach()" + ("" if state.nested else " or t.item()")
        )
        if state.nested:
            raise GraphLossError(text)
        warnings.warn(text, GraphLossWarning, stacklevel=3)

    def __format__(self, spec: str) -> str:
        if spec and self.size != 1:
            raise TypeError(
                f"format {spec!r} of a tensor of shape {self.shape}: a format is for one number; "
                f"write f'{{t}}', or np.array2string(t.numpy(), ...)"
            )
        if not spec:
            return str(self)
        self._leave(f"format {spec!r}", quiet=True)
        return format(self._data.item(), spec)

    __hash__ = object.__hash__

    def __reduce__(self) -> Never:
        raise TypeError(
            "tensors are not pickled, because unpickling runs code; use minigrad.save and "
            "minigrad.load (safetensors), or t.numpy()"
        )

    def __repr__(self) -> str:
        body = np.array2string(np.asarray(self._data), separator=", ", prefix="Tensor(")
        notes = [body]
        if self.dtype not in (np.float64, np.int64, np.bool_):
            notes.append(f"dtype={self.dtype}")
        if self.name:
            notes.append(f"name={self.name!r}")
        if isinstance(self._node, Leaf):
            notes.append("requires_grad=True")
        elif self._node is not None:
            source = self._node if self._node.pullback is not OUTPUT else self._node.parents[0]
            notes.append(f"op={source.op.name}")  # type: ignore[union-attr]  # no leaf
            if self._node.scope is not None:
                notes.append(f"scope={self._node.scope}")
        return f"Tensor({', '.join(notes)})"

    if TYPE_CHECKING:  # of Tensor
        name: str | None
        _label: Callable[..., str]

        def unbind(self, axis: int = 0, *, dim: int = ...) -> tuple[Self, ...]: ...

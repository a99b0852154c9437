"""Tensor: a NumPy array that remembers how it was computed.

A tensor is a value: its array is never written to, so what a graph has saved cannot change.
Writes, which put new arrays in the place of old ones, are in ``mutation``, its gradient in
``gradient``.
Operators and methods are attached by the records in ``minigrad.ops``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..errors import GraphLossError
from . import values, variable
from .dispatch import call_function, call_ufunc
from .gradient import WithGradient
from .node import Leaf, Node
from .values import as_array, frozen
from .variable import Variable, detached
from .views import mark_view

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from .methods import Entries, Methods  # what minigrad.ops attaches, with its types
else:
    Methods = object

__all__ = ["Parameter", "Tensor", "as_tensor", "detached", "handle", "tensor", "wrap"]

_new = object.__new__


class Tensor(WithGradient, Methods):  # type: ignore[misc]  # Methods says why
    """An array that records what is done to it.

    data: numbers, nested lists or an array; copied, keeping its dtype.
    requires_grad: whether gradients with respect to it are wanted; needs a float dtype.
    name: a label for pictures, the ledger and messages.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4.])
    """

    __slots__ = ()

    if TYPE_CHECKING:
        grad: Tensor | None  # a property of `WithGradient`

    def __init__(
        self, data: ArrayLike, requires_grad: bool = False, name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if isinstance(data, Tensor):
            if data.requires_grad:
                raise TypeError(
                    "Tensor(data): data is a Tensor that requires grad, and a copy would lose its "
                    "graph; use it as it is, or pass data.detach()"
                )
            data = data._data
        self._data = frozen(as_array(data, dtype))
        self._node = None
        self._name = name
        if requires_grad:
            self.requires_grad = True

    @property
    def name(self) -> str | None:
        """The label given at construction or later; shown in pictures and messages."""
        named = self._node.name if self._node is not None else None
        return named or getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name
        if self._node is not None:
            self._node.put(name=name)

    def _label(self) -> str:
        return repr(self.name) if self.name else f"tensor of shape {self.shape}"

    def detach(self) -> Tensor:
        """The same values without a graph."""
        twin = wrap(self._data, None)
        mark_view(twin, self)
        return twin

    # -- as a NumPy array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, kwargs, wrap)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        module = func.__module__.replace("lib.scimath", "emath")  # as users know it
        name = f"{module}.{func.__name__}".replace("numpy", "np", 1)
        return call_function(func, name, args, kwargs, wrap)

    def __array__(  # type: ignore[override]  # see Methods
        self, dtype: Any = None, copy: bool | None = None
    ) -> Entries:
        if self._node is not None:
            raise GraphLossError(
                f"{self._label()} requires grad, and an array would lose its graph; use np.stack "
                f"on a list, a NumPy function that minigrad knows, np.asarray(other) of an operand "
                f"from another library, or .detach() or .numpy()"
            )
        array = self.numpy()
        return array if dtype is None and not copy else np.array(array, dtype=dtype, copy=copy)

    def __copy__(self) -> Self:
        """A second handle on the same value; of a leaf that requires grad, a leaf of its own."""
        return self._twin(lambda value: value)

    def __deepcopy__(self, memo: dict[int, Any] | None) -> Self:
        """A copy with its own values and attributes; of a leaf also requires_grad and .grad.

        Raises TypeError for the result of an op, whose graph cannot be copied.
        """
        if not self.is_leaf:
            raise TypeError(
                f"copy.deepcopy of {self._label()}, the result of op {self._node}: a copy would "
                f"lose its graph; copy .detach() of it, or use it as it is"
            )
        return self._twin(lambda value: copy.deepcopy(value, memo), memo)

    def _twin(self, copied: Callable[[Any], Any], memo: dict[int, Any] | None = None) -> Self:
        """A tensor of this type, whatever its __init__ takes, with attributes that are `copied`."""
        twin = _new(type(self))
        if memo is not None:
            memo[id(self)] = twin  # an attribute may lead back here
        state: Any = object.__getstate__(self)
        attributes, slots = state  # of those that are set
        leaf = isinstance(self._node, Leaf)
        twin._data = frozen(np.array(self._data)) if self.is_leaf else self._data
        twin._node = None if leaf else self._node
        for name, value in {**slots, **(attributes or {})}.items():
            if name not in ("_data", "_grad", "_node", "_source"):
                object.__setattr__(twin, name, copied(value))
        if leaf:
            twin.requires_grad = True
            if (grad := self.grad) is not None:
                twin.grad = wrap(grad._data, None)
        return twin


class Parameter(Tensor):
    """A leaf that requires grad by default and that a Module counts among its own.

    >>> Parameter([1.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(
        self, data: ArrayLike, requires_grad: bool = True, name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(data, requires_grad, name, dtype)


def tensor(
    data: ArrayLike, requires_grad: bool = False, name: str | None = None, dtype: Any = None
) -> Tensor:
    """``Tensor(data, ...)``.

    >>> tensor([1, 2], dtype=float)
    Tensor([1., 2.])
    """
    return Tensor(data, requires_grad, name, dtype)


Variable._kind = Tensor  # what ops make

# The engine's own, with the type that they have from here on.
wrap: Callable[[Any, Node | None], Tensor] = variable.wrap
as_tensor: Callable[[Any], Tensor] = values.as_tensor
handle: Callable[[Any], Tensor] = values.handle

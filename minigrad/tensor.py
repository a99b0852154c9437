"""Tensor: a NumPy array that remembers how it was computed.

A tensor is a value: its array is never written to, so what a graph has saved cannot change.
Writes, which put new arrays in the place of old ones, are in ``minigrad.writable``.
Operators and methods are attached by the records in ``minigrad.ops``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .arraylike import detached
from .errors import GradientError, describe
from .protocol import call_ufunc, handler
from .tape import Leaf, Node
from .values import Array, as_array, frozen
from .writable import Writable

__all__ = ["Parameter", "Tensor", "as_tensor", "detached", "tensor", "wrap"]

_new = object.__new__


class Tensor(Writable):
    """An array that records what is done to it.

    data: numbers, nested lists or an array; copied, keeping its dtype.
    requires_grad: whether gradients with respect to it are wanted; needs a float dtype.
    name: a label for pictures, the ledger and messages.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    Tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "_data", "_name", "_node")

    _data: Any
    _node: Node | None

    def __init__(
        self, data: Array, requires_grad: bool = False, name: str | None = None, dtype: Any = None
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
        if name is not None:
            self._name: str | None = name
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

    # -- its gradient

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it. It can be set on leaves."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not self.is_leaf:
            raise GradientError(
                f"requires_grad of {self._label()} cannot be set: it is the result of op "
                f"{self._node}; use .detach() for a copy without a graph"
            )
        if not wanted:
            self._node = None
        elif self._node is None:
            if self.dtype.kind != "f":
                raise TypeError(
                    f"requires_grad=True needs a float dtype, and {self._label()} has dtype "
                    f"{self.dtype}; pass dtype=float, or use floats such as 1.0"
                )
            self._node = Leaf(self.shape, self.dtype, self.name)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad`` and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than by an op on the tape."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` has summed here; None before the first."""
        if isinstance(self._node, Leaf):
            return self._node.grad  # type: ignore[no-any-return]  # a Tensor or None
        kept = self._node.extra.get("grad") if self._node is not None and self._node.extra else None
        return as_tensor(kept) if kept is not None else None

    @grad.setter
    def grad(self, value: Any) -> None:
        if not isinstance(self._node, Leaf):
            raise GradientError(f"{self._label()} is no leaf that requires grad; it has no .grad")
        if value is not None:
            value = as_tensor(value)
            if value.shape != self.shape:
                raise ValueError(
                    f"{self._label()}.grad = value: received shape {value.shape}, wanted "
                    f"{self.shape}"
                )
        self._node.grad = value

    def zero_grad(self) -> None:
        """Forget the gradient: ``.grad`` becomes None."""
        if self._node is not None and self.is_leaf:
            self.grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of this intermediate result in ``.grad`` at the next backward."""
        if self._node is None:
            raise GradientError(f"{self._label()} does not require grad")
        if not self.is_leaf:
            self._node.put(retain=True)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> Callable[[], None]:
        """Call ``hook(gradient)`` once the gradient here is complete; a result replaces it.

        Returns a function that removes the hook.
        """
        if self._node is None:
            raise GradientError(f"register_hook: {self._label()} does not require grad")
        node = self._node

        def apply(g: Any) -> Any:
            result = hook(as_tensor(g))
            if result is None:
                return g
            if np.shape(result) != node.shape:
                raise GradientError(
                    f"a hook on {node} returned shape {np.shape(result)}, wanted {node.shape}"
                )
            if not np.can_cast(np.result_type(detached(result)), node.dtype, "same_kind"):
                raise GradientError(f"a hook on {node} returned {describe(result)}")
            return result if isinstance(g, Tensor) else np.asarray(detached(result), node.dtype)

        node.put(hooks=(*(node.extra or {}).get("hooks", ()), apply))

        def remove() -> None:
            hooks = (node.extra or {}).get("hooks", ())
            node.put(hooks=tuple(h for h in hooks if h is not apply))

        return remove

    def detach(self) -> Tensor:
        """The same values without a graph."""
        return wrap(self._data, None)

    # -- as a NumPy array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return handler(func, f"{func.__module__}.{func.__name__}")(*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        if self._node is not None:
            raise TypeError(
                f"{self._label()} requires grad, and an array would lose its graph; use np.stack "
                f"on a list, a NumPy function that minigrad knows, or .detach() or .numpy()"
            )
        array = self.numpy()
        return array if dtype is None and not copy else np.array(array, dtype=dtype, copy=copy)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """A copy with its own values; of a leaf also requires_grad and the gradient."""
        copy = type(self)(np.array(self._data), requires_grad=False, name=self.name)
        copy.requires_grad = isinstance(self._node, Leaf)
        if copy.requires_grad and self.grad is not None:
            copy.grad = self.grad.detach()
        return copy


class Parameter(Tensor):
    """A leaf that requires grad by default and that a Module counts among its own.

    >>> Parameter([1.0]).requires_grad
    True
    """

    __slots__ = ()

    def __init__(
        self, data: Array, requires_grad: bool = True, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(data, requires_grad, name, dtype)


def tensor(
    data: Array, requires_grad: bool = False, name: str | None = None, dtype: Any = None
) -> Tensor:
    """``Tensor(data, ...)``.

    >>> tensor([1, 2], dtype=float)
    Tensor([1., 2.])
    """
    return Tensor(data, requires_grad, name, dtype)


def wrap(data: Any, node: Node | None) -> Tensor:
    """A Tensor around an array that the engine owns; no copy."""
    out = _new(Tensor)
    out._data, out._node = data, node
    return out


def as_tensor(value: Any) -> Tensor:
    """`value` itself if it is a Tensor, else a Tensor with its values."""
    return value if isinstance(value, Tensor) else wrap(as_array(value), None)

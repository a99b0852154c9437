"""The gradient of a tensor: whether it is wanted, where it is kept, who sees it on the way.

A gradient is kept by its tensor, not on the tape: the tape knows the tensor by a weak reference. So
a gradient that has a graph of its own, which leads back to the leaf, closes no cycle.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ..errors import GradientError, GradientWarning, describe
from .backward import add_to_grads
from .differentiation import inputs_of, sweep_from
from .foreign import operand
from .mutation import Writable
from .node import Leaf, Node
from .values import Array, as_tensor, handle
from .variable import detached

__all__ = ["WithGradient"]

_SMALL = 1024  # numbers: so many a leaf keeps when its tensor is gone, for pictures


class WithGradient(Writable):
    """The part of Tensor that has to do with its gradient."""

    __slots__ = ()

    def backward(
        self,
        gradient: Array = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Sum ∂self/∂leaf, weighted by `gradient`, into the ``.grad`` of every leaf behind self.

        gradient: the cotangent, in self's shape; it can be left out where self has one element.
        retain_graph: keep what the rules saved, for another backward (default: create_graph).
        create_graph: record the backward pass too, so that gradients can be differentiated.
        inputs: the tensors whose ``.grad`` is wanted, results of ops too (default: all leaves).

        Raises GradientError when self does not require grad or `gradient` does not fit,
        GraphFreedError after an earlier backward without retain_graph, MutationError when a leaf
        was written to in between. After an error every ``.grad`` is as it was; after an interrupt
        (Ctrl-C) all of them are, or none.
        """
        targets = None if inputs is None else inputs_of(inputs, "backward")

        def write(found: dict[Node, Any]) -> None:
            if targets is None:
                add_to_grads((owner, g) for node, g in found.items() for owner in node.owners)
            else:
                add_to_grads((weakref.ref(t), found[t._node]) for t in targets if t._node in found)

        sweep_from([self], [gradient], targets, retain_graph, create_graph, write=write)

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
            self._node = self._grad = None
        elif self._node is None:
            if self.dtype.kind != "f":
                raise TypeError(
                    f"requires_grad=True needs a float dtype, and {self._label()} has dtype "
                    f"{self.dtype}; pass dtype=float, or use floats such as 1.0"
                )
            self._node = Leaf(self.shape, self.dtype, self.name)
            self._node.owner = weakref.ref(self)
            if self.size <= _SMALL:
                self._node.kept = self._data

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set ``requires_grad`` and return the tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than by an op on the tape."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the op that made it, with ``op``, ``parents`` and ``scope``; None for leaves.

        >>> import minigrad as mg
        >>> (mg.tensor(2.0, requires_grad=True) * 3).grad_fn
        <node multiply of shape ()>
        """
        return None if self.is_leaf else self._node

    @property
    def grad(self) -> Any:
        """The gradient that ``backward()`` has summed here; None before the first.

        Results of ops keep none unless ``retain_grad()`` was called; asked for it, they warn once.
        """
        kept = getattr(self, "_grad", None)
        node = self._node
        if kept is None and node is not None and not isinstance(node, Leaf):
            extra = node.extra or {}
            if not extra.keys() & {"retain", "asked"}:
                node.put(asked=True)
                warnings.warn(
                    f"{self._label()} is the result of op {node}, and keeps no .grad: call "
                    f"retain_grad() on it before backward() if you want it. If it was a leaf that "
                    f"w = w - lr * w.grad has replaced: use an optimizer of minigrad.optim, or "
                    f"`with no_grad(): w -= lr * w.grad`",
                    GradientWarning,
                    stacklevel=2,
                )
        return kept

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
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self.zero_grad()

    def zero_grad(self) -> None:
        """Forget the gradient: ``.grad`` becomes None."""
        self._grad = None

    def retain_grad(self) -> None:
        """Keep the gradient of this intermediate result in ``.grad`` at the next backward."""
        if self._node is None:
            raise GradientError(f"{self._label()} does not require grad")
        if not self.is_leaf:
            others = (self._node.extra or {}).get("retain", ())
            self._node.put(retain=(*[r for r in others if r() is not self], weakref.ref(self)))

    def register_hook(self, hook: Callable[[Any], Any]) -> Callable[[], None]:
        """Call ``hook(gradient)`` once the gradient here is complete; a result replaces it.

        Returns a function that removes the hook.
        """
        if self._node is None:
            raise GradientError(f"register_hook: {self._label()} does not require grad")
        node = self._node
        # A hook that held its node would close a cycle.
        shape, dtype, label = node.shape, node.dtype, str(node)

        def apply(g: Any) -> Any:
            given = handle(g)
            before = given._data
            result = hook(given)
            if result is None and given._data is not before:
                raise GradientError(
                    f"a hook on {label} has written to the gradient it was given and returned "
                    f"None; return the new gradient, as in `return g * mask`"
                )
            if result is None:
                return g
            if not isinstance(result, WithGradient):
                result = operand(result)
            if np.shape(result) != shape:
                raise GradientError(
                    f"a hook on {label} returned shape {np.shape(result)}, wanted {shape}"
                )
            if not np.can_cast(np.result_type(detached(result)), dtype, "same_kind"):
                raise GradientError(f"a hook on {label} returned {describe(result)}")
            return result if isinstance(g, WithGradient) else np.asarray(detached(result), dtype)

        node.put(hooks=(*(node.extra or {}).get("hooks", ()), apply))

        def remove() -> None:
            hooks = (node.extra or {}).get("hooks", ())
            node.put(hooks=tuple(h for h in hooks if h is not apply))

        return remove

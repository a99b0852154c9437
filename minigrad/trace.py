"""One call of a function that is being differentiated: its arguments, replaced by variables."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .backward import gradients
from .context import local
from .errors import describe
from .tensor import Tensor, as_tensor, detached, wrap
from .tree import flatten

__all__ = ["Argnums", "Trace", "scalar", "value_of"]

Argnums = int | Sequence[int]


class Trace:
    """Some arguments of one call, replaced by fresh variables to differentiate with respect to.

    `lift` tells whether results stay on the tape: inside another transform, or when an argument
    already requires grad. `tensors` tells whether they are handed back as Tensors.
    """

    def __init__(self, args: Sequence[Any], argnums: Argnums | None, what: str) -> None:
        self.nested = local.frame.nested
        self.single = argnums is not None and np.ndim(argnums) == 0
        chosen = _positions(argnums, len(args), what)
        flat = [flatten(args[n]) for n in chosen]
        given = [leaf for leaves, _ in flat for leaf in leaves]
        self.tensors = self.nested or any(isinstance(x, Tensor) for x in given)
        self.lift = self.nested or any(isinstance(x, Tensor) and x.requires_grad for x in given)
        self.variables = [_variable(x, what) for x in given]
        self._rebuild = [(len(leaves), rebuild) for leaves, rebuild in flat]
        self.args = list(args)
        for n, tree in zip(chosen, self.trees(self.variables), strict=True):
            self.args[n] = tree

    def trees(self, values: Sequence[Any]) -> list[Any]:
        """Flat values, one per variable, in the containers of the chosen arguments."""
        trees, at = [], 0
        for n, rebuild in self._rebuild:
            trees.append(rebuild(list(values[at : at + n])))
            at += n
        return trees

    def result(self, values: Sequence[Any]) -> Any:
        """One tree for a single argnum, a tuple of trees for several."""
        trees = self.trees([self.out(v) for v in values])
        return trees[0] if self.single else tuple(trees)

    def out(self, value: Any) -> Any:
        """A result as the caller wants it: a Tensor or an array."""
        if self.tensors:
            return value if isinstance(value, Tensor) else wrap(np.asarray(value), None)
        return np.array(detached(value))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record on this thread, and let transforms called inside know that they are nested."""
        before = local.frame
        local.frame = before.but(record=True, nested=True)
        try:
            yield
        finally:
            local.frame = before

    def pull(self, outputs: Sequence[Tensor], cotangents: Sequence[Any], lift: bool) -> list[Any]:
        """The gradient for every variable, zeros where the outputs do not depend on it."""
        live = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
        found = {}
        if live:
            ys, cs = zip(*live, strict=True)
            found = gradients(
                ys, cs, self.variables, retain_graph=True, create_graph=lift, walls=True
            )
        zeros = [v._node not in found for v in self.variables]
        return [
            np.zeros(v.shape, v.dtype) if zero else found[v._node]  # type: ignore[index]  # not zero
            for v, zero in zip(self.variables, zeros, strict=True)
        ]


def _positions(argnums: Argnums | None, count: int, what: str) -> list[int]:
    """The chosen arguments, counted from the front."""
    if argnums is None:
        return list(range(count))
    try:
        several: Any = [argnums] if np.ndim(argnums) == 0 else argnums
        wanted = [operator.index(n) for n in several]
    except TypeError:
        raise TypeError(
            f"{what}: argnums={argnums!r}, wanted the position of an argument, or several"
        ) from None
    for n in wanted:
        if not -count <= n < count:
            raise ValueError(
                f"{what}: argnums={argnums} asks for argument {n}, but the function was called "
                f"with {count} positional arguments"
            )
    chosen = [n % count for n in wanted]
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"{what}: argnums={argnums} asks for an argument twice")
    return chosen


def scalar(result: Any, what: str) -> Tensor:
    """The result of a function as a Tensor, or an error unless it is one float."""
    if result is None or isinstance(result, list | tuple | dict):
        raise TypeError(
            f"{what}: the function returned {type(result).__name__}, wanted one float; with "
            f"has_aux=True it returns (value, anything)"
        )
    y = as_tensor(result)
    if y.size != 1 or y.dtype.kind != "f":
        raise TypeError(
            f"{what}: the function returned {describe(y)}, wanted one float; reduce it, or use "
            f"jacobian or vjp"
        )
    return y


def value_of(result: Any, has_aux: bool, what: str) -> tuple[Any, Any]:
    """The value of a function, and what else it returned."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{what}: with has_aux=True the function returns a pair (value, anything), and it "
            f"returned {describe(result)}"
        )
    return result


def _variable(x: Any, what: str) -> Tensor:
    """A variable with the value of `x` and a node of its own, linked to x's graph if it has one."""
    if isinstance(x, Tensor) and x.requires_grad:
        return x.clone()  # type: ignore[no-any-return]  # a Tensor
    x = as_tensor(x)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{what}: cannot differentiate with respect to {describe(x)}; pass floats, such as 1.0"
        )
    return wrap(x._data, None).requires_grad_()

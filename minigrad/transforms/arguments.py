"""One call of a function that is being differentiated: its arguments, replaced by variables."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..engine.context import local
from ..engine.differentiation import sweep_from
from ..engine.node import next_key
from ..engine.tensor import Tensor, as_tensor, detached, handle, wrap
from ..errors import GraphLossError, describe
from .tree import flatten

__all__ = ["Argnums", "Arguments", "check_function", "scalar", "value_of"]

Argnums = int | Sequence[int]


class Arguments:
    """Some arguments of one call, replaced by fresh variables to differentiate with respect to.

    `recorded` tells whether results stay on the tape, `tensors` whether they are handed back as
    Tensors: inside another transform, given Tensors, or when the function uses Tensors of an
    older graph, as those of a model. Under no_grad() nothing stays on the tape.
    """

    def __init__(self, args: Sequence[Any], argnums: Argnums | None, what: str) -> None:
        self._records, nested = local.state.record, local.state.nested > 0
        self.single = argnums is not None and np.ndim(argnums) == 0
        chosen = _positions(argnums, len(args), what)
        flat = [flatten(args[n]) for n in chosen]
        given = [leaf for leaves, _ in flat for leaf in leaves]
        self.tensors = nested or any(isinstance(x, Tensor) for x in given)
        self.recorded = self._records and (nested or any(map(_on_graph, given)))
        self._start = next_key()  # keys count down: what is older has a larger one
        self.variables = [_variable(x, what, self.recorded) for x in given]
        self._rebuild = [(len(leaves), rebuild) for leaves, rebuild in flat]
        self.args = list(args)
        for n, tree in zip(chosen, self.trees(self.variables), strict=True):
            self.args[n] = tree

    def follow(self, *results: Any) -> None:
        """Stay on the tape, if some of `results` depend on more of it than on the variables.

        Without that, what f takes from a graph around it would be a constant to everybody else.
        """
        if self.recorded or not self._records:
            return
        seen = {v._node for v in self.variables}
        todo = [t._node for t in results if _on_graph(t) and t._node not in seen]
        while todo:
            node = todo.pop()
            if node.pullback is None and node.key > self._start and not _is_over(node):
                self.recorded = self.tensors = True
                return
            for parent in node.parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    todo.append(parent)

    def trees(self, values: Sequence[Any]) -> list[Any]:
        """Flat values, one per variable, in the containers of the chosen arguments."""
        trees, at = [], 0
        for n, rebuild in self._rebuild:
            trees.append(rebuild(list(values[at : at + n])))
            at += n
        return trees

    def result(self, values: Sequence[Any], as_they_are: bool = False) -> Any:
        """One tree for a single argnum, a tuple of trees for several."""
        trees = self.trees(list(values) if as_they_are else [self.out(v) for v in values])
        return trees[0] if self.single else tuple(trees)

    def out(self, value: Any) -> Any:
        """A result as the caller wants it: a Tensor or an array."""
        if self.tensors:
            return handle(value) if isinstance(value, Tensor) else wrap(np.asarray(value), None)
        return np.array(detached(value))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record on this thread, and let transforms called inside know that they are nested."""
        before = local.state
        local.state = before.but(record=True, nested=before.nested + 1)
        try:
            yield
        except ValueError as error:
            # array[i] = t: NumPy says that t is a sequence, and not why float(t) has failed.
            if isinstance(error.__cause__, GraphLossError):
                raise error.__cause__.with_traceback(error.__traceback__) from None
            raise
        finally:
            local.state = before

    def pull_back(
        self, outputs: Sequence[Tensor], cotangents: Sequence[Any], recorded: bool
    ) -> list[Any]:
        """The gradient for every variable, zeros where the outputs do not depend on it."""
        live = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if o.requires_grad]
        found = {}
        if live:
            ys, cs = zip(*live, strict=True)
            found = sweep_from(
                ys, cs, self.variables, retain_graph=True, create_graph=recorded,
                stop_at_targets=True,
            )
        zeros = [v._node not in found for v in self.variables]
        return [
            np.zeros(v.shape, v.dtype) if zero else found[v._node]
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


def check_function(f: Any, what: str) -> None:
    """Raise TypeError for something that cannot be called, such as a result in its place."""
    if isinstance(f, Tensor):
        raise TypeError(
            f"{what} takes a function, as in {what}(lambda x: (x * x).sum()), and received "
            f"{f._label()}; for the gradients of a Tensor that was computed already write "
            f"mg.gradients(y, [w]), or y.backward() and w.grad"
        )
    if not callable(f):
        raise TypeError(f"{what} takes a function, and received {describe(f)}")


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


def _on_graph(x: Any) -> bool:
    return isinstance(x, Tensor) and x._node is not None


def _variable(x: Any, what: str, recorded: bool) -> Tensor:
    """A variable with the value of `x` and its own node; if `recorded`, linked to x's graph."""
    if recorded and _on_graph(x):
        return x.clone()  # type: ignore[no-any-return]  # a Tensor
    x = as_tensor(x)
    if x.dtype.kind != "f":
        raise TypeError(
            f"{what}: cannot differentiate with respect to {describe(x)}; pass floats, such as 1.0"
        )
    variable = wrap(x._data, None).requires_grad_()
    variable._node.put(variable=True)
    return variable


def _is_over(leaf: Any) -> bool:
    """Whether it was the variable of a call that has ended, in what that call has written to."""
    return bool(leaf.extra and "variable" in leaf.extra) and leaf.owner() is None

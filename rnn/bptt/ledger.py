"""The gradient of a shared weight, taken apart by time step: ∂L/∂W = Σ_t G_t.

A weight that a recurrence uses T times gets T contributions to its gradient. Other frameworks
hand out their sum; the ledger keeps the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor, contributions
from minigrad.module import Module

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Ledger", "ledger"]

Array = np.ndarray[Any, Any]


class Ledger(Mapping[str, Array]):
    """The terms of the gradients of several weights: ``ledger["W_hh"][k]`` is G_t of steps[k].

    steps: the time steps, in order; the first axis of every array. A step that does not use a
        weight has zeros there.
    outside(name): what was contributed outside of any time step.
    """

    def __init__(self, steps: Sequence[int], terms: dict[str, Array], rest: dict[str, Array]):
        self.steps = tuple(steps)
        self._terms, self._rest = terms, rest

    def __getitem__(self, name: str) -> Array:
        return self._terms[self._known(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def _known(self, name: str) -> str:
        if name not in self._terms:
            raise KeyError(f"ledger[{name!r}]: its weights are {', '.join(self._terms)}")
        return name

    def outside(self, name: str) -> Array:
        """The sum of the uses that lie in no time step, such as one product with all outputs."""
        return self._rest[self._known(name)]

    def total(self, name: str) -> Array:
        """Σ_t G_t and what lies outside of the steps: the gradient."""
        total: Array = self[name].sum(axis=0) + self.outside(name)
        return total

    def norms(self, name: str) -> Array:
        """‖G_t‖ (Frobenius) at each step: (T,)."""
        terms = self[name]
        flat = terms.reshape(len(terms), terms[0].size if len(terms) else 0)
        # Scaled by the largest entry, so that squares of tiny terms do not vanish.
        top = np.abs(flat).max(axis=1, initial=0)
        scale = np.where((top > 0) & np.isfinite(top), top, 1)
        norms: Array = scale * np.sqrt(np.square(flat / scale[:, None]).sum(axis=1))
        return norms

    def plot(
        self, path: str | PathLike[str] | None = None, names: Sequence[str] | None = None
    ) -> Figure:
        """‖G_t‖ over t, one line for each weight; written to `path` (.png, .svg) if it is given.

        Needs matplotlib, which ``pip install minigrad[viz]`` brings.
        """
        from .plots import plot_ledger

        return plot_ledger(self, path, names)

    def __repr__(self) -> str:
        if not self._terms:
            return "Ledger of no weights"
        span = f"steps {self.steps[0]} to {self.steps[-1]}" if self.steps else "no steps"
        width = max(len("weight"), *map(len, self))
        lines = [f"Ledger, {span}", f"{'weight':<{width}}  {'‖Σ G_t‖':>10}  largest ‖G_t‖"]
        for name in self:
            norms = self.norms(name)
            largest = ""
            if len(norms):
                k = int(norms.argmax())
                largest = f"{norms[k]:.4g} at t={self.steps[k]}"
            total = float(np.linalg.norm(np.ravel(self.total(name))))
            lines.append(f"{name:<{width}}  {total:>10.4g}  {largest}".rstrip())
        return "\n".join(lines)


def ledger(loss: Tensor, params: Any, gradient: Any = None) -> Ledger:
    """The contribution of every time step to the gradients of `loss`.

    loss: a scalar whose graph is still there: call it before ``backward()``. The graph is kept.
    params: a Module, a mapping or sequence of Tensors, or one Tensor.
    gradient: the cotangent, where `loss` is not a scalar.

    A use belongs to the step of the scope that it was recorded in: ``unroll`` sets one for each
    step, and ``with minigrad.scope(name, t=t):`` does.
    Raises GradientError when `loss` requires no grad, GraphFreedError after ``backward()``.

    >>> from rnn import ElmanCell, unroll
    >>> cell = ElmanCell(1, 1, dtype=float, rng=0)
    >>> outputs, _ = unroll(cell, np.ones((3, 1, 1)))
    >>> terms = ledger((outputs ** 2).sum(), cell)
    >>> terms["W_hh"].shape, terms.steps
    ((3, 1, 1), (1, 2, 3))
    """
    named = named_tensors(params, "ledger")
    uses = dict(zip(named, contributions(loss, list(named.values()), gradient), strict=True))
    steps = sorted({use.t for found in uses.values() for use in found if use.t is not None})
    place = {t: k for k, t in enumerate(steps)}
    terms: dict[str, Array] = {}
    rest: dict[str, Array] = {}
    for name, tensor in named.items():
        terms[name] = np.zeros((len(steps), *tensor.shape), tensor.dtype)
        rest[name] = np.zeros(tensor.shape, tensor.dtype)
        for use in uses[name]:
            if use.t is None:
                rest[name] += use.value
            else:
                terms[name][place[use.t]] += use.value
    return Ledger(steps, terms, rest)


def named_tensors(params: Any, function: str) -> dict[str, Tensor]:
    """`params` as a dict, named as in their module or by their own names."""
    if isinstance(params, Module):
        trained = (pair for pair in params.named_parameters() if pair[1].requires_grad)
        named: dict[str, Tensor] = dict(trained)
    elif isinstance(params, Mapping):
        named = dict(params)
    else:
        given = [params] if isinstance(params, Tensor) else list(params)
        named = {}
        for k, tensor in enumerate(given):
            name = getattr(tensor, "name", None) or f"[{k}]"
            if name in named:
                raise ValueError(
                    f"{function}(params): two tensors are called {name!r}; pass a dict of names"
                )
            named[name] = tensor
    for name, tensor in named.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"{function}(params): {name!r} is {type(tensor).__name__}; wanted a Module, or a "
                f"mapping or sequence of Tensors"
            )
        if not tensor.requires_grad:
            raise ValueError(f"{function}(params): {name!r} does not require grad")
    return named

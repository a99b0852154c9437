"""The gradient of a shared weight, taken apart by time step: ∂L/∂W = Σ_t G_t.

A weight that a recurrence uses T times gets T contributions to its gradient. Other frameworks
hand out their sum; the ledger keeps the terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Parameter, Tensor, contributions
from minigrad.module import Module

from ...cells import Cell
from ..plots.contributions import plot_ledger
from ..result import norm

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Ledger", "gates_of", "ledger"]

Array = np.ndarray[Any, Any]


class Ledger(Mapping[str, Array]):
    """The terms of the gradients of several weights: ``ledger["W_hh"][k]`` is G_t of steps[k].

    steps: the time steps in order, along the first axis of every array. A step that does not use
        a weight has zeros there.
    gates: by weight the names of the gates that share it, for the cells of a Module. The columns of
        one gate are called "W_hh[f]", here and in every method.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True, name="w")
    >>> with mg.scope("rnn", t=1):
    ...     h = w * 2.0
    >>> with mg.scope("rnn", t=2):
    ...     h = w * h                            # 2 w²: each of the two uses gives 2 w
    >>> terms = ledger(h, w)
    >>> terms["w"], float(terms.total("w"))
    (array([6., 6.]), 12.0)
    """

    def __init__(
        self,
        steps: Sequence[int],
        terms: dict[str, Array],
        rest: dict[str, Array],
        blocks: Mapping[str, Mapping[str, slice]] | None = None,
    ) -> None:
        self.steps = tuple(steps)
        self._terms, self._rest, self._blocks = terms, rest, dict(blocks or {})

    @property
    def gates(self) -> dict[str, tuple[str, ...]]:
        """By weight the names of the gates that share it."""
        return {name: tuple(blocks) for name, blocks in self._blocks.items()}

    def __getitem__(self, name: str) -> Array:
        return self._block(self._terms, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def _block(self, arrays: dict[str, Array], name: str) -> Array:
        """The array of a weight, or the columns of one gate in it."""
        if name in arrays:
            return arrays[name]
        weight, _, gate = name.removesuffix("]").partition("[")
        if weight not in arrays:
            raise KeyError(f"ledger[{name!r}]: its weights are {', '.join(arrays)}")
        columns = self._blocks.get(weight, {}).get(gate)
        if columns is None:
            known = ", ".join(f"{weight}[{gate}]" for gate in self._blocks.get(weight, ()))
            raise KeyError(
                f"ledger[{name!r}]: "
                + (f"its gates are {known}" if known else f"no gates are known of {weight}; ask "
                   f"ledger(loss, module) about a cell or layer that declares its gates")
            )
        return arrays[weight][..., columns]

    def outside(self, name: str) -> Array:
        """The contribution of uses outside of any step, such as one product with all outputs."""
        return self._block(self._rest, name)

    def total(self, name: str) -> Array:
        """The gradient: Σ_t G_t + ``outside(name)``."""
        total: Array = self[name].sum(axis=0) + self.outside(name)
        return total

    def norms(self, name: str) -> Array:
        """‖G_t‖ (Frobenius) at each step: (T,)."""
        terms = self[name]
        norms: Array = norm(terms.reshape(len(terms), terms[0].size if len(terms) else 0), axis=1)
        return norms

    def plot(
        self, path: str | PathLike[str] | None = None, names: Sequence[str] | None = None
    ) -> Figure:
        """‖G_t‖ over t, one line for each weight; written to `path` (.png, .svg) if it is given.

        Needs matplotlib, which the extra ``viz`` brings.
        """
        chosen = list(self if names is None else names)
        norms = {name: self.norms(name) for name in chosen}
        totals = {name: float(norm(self.total(name))) for name in chosen}
        return plot_ledger(self.steps, norms, totals, path)

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
            total = float(norm(self.total(name)))
            lines.append(f"{name:<{width}}  {total:>10.4g}  {largest}".rstrip())
        return "\n".join(lines)


def ledger(loss: Tensor, params: Any, gradient: Any = None) -> Ledger:
    """The contribution of every time step to the gradients of `loss`.

    loss: a scalar whose graph is still there: call it before ``backward()``. The graph is kept.
    params: a Module, a mapping or sequence of Tensors, or one Tensor.
    gradient: the cotangent, where `loss` is not a scalar.

    A use belongs to the step of the scope that it was recorded in: ``unroll`` sets one for each
    step, and ``with minigrad.scope(name, t=t):`` does. A recurrence that was run with how="scan" or
    "checkpoint" is run again for it, as "unroll" runs it.
    Raises GradientError when `loss` requires no grad; GraphFreedError after ``backward()``.

    >>> from rnn import ElmanCell, unroll
    >>> cell = ElmanCell(1, 1, dtype=float, rng=0)
    >>> outputs, _ = unroll(cell, np.ones((3, 1, 1)))
    >>> terms = ledger((outputs ** 2).sum(), cell)
    >>> terms["W_hh"].shape, terms.steps
    ((3, 1, 1), (1, 2, 3))
    >>> from rnn import LSTMCell
    >>> lstm = LSTMCell(1, 2, rng=0)
    >>> terms = ledger(unroll(lstm, np.ones((3, 1, 1)))[0].sum(), lstm)
    >>> terms.gates["W_hh"], terms["W_hh[f]"].shape
    (('i', 'f', 'g', 'o'), (3, 2, 2))
    """
    if not isinstance(loss, Tensor):
        raise TypeError(f"ledger(loss): received {type(loss).__name__}; wanted a Tensor")
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
    return Ledger(steps, terms, rest, gates_of(params) if isinstance(params, Module) else None)


def gates_of(module: Module) -> dict[str, dict[str, slice]]:
    """By weight the columns of each gate, for the cells in a module."""
    found: dict[str, dict[str, slice]] = {}
    for path, cell in module.named_modules():
        if isinstance(cell, Cell) and len(cell.gates) > 1:
            width = len(cell.gates) * cell.hidden_size
            for name, parameter in vars(cell).items():
                if isinstance(parameter, Parameter) and parameter.shape[-1:] == (width,):
                    blocks = {gate: cell.gate(gate).columns for gate in cell.gates}
                    found[f"{path}.{name}" if path else name] = blocks
    return found


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

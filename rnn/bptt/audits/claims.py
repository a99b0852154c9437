"""A claimed gradient: which parameter it is of, and whether it is given whole or by time step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached

from ...cells import Cell
from ..result import norm
from .recurrence import OneStep

__all__ = ["Claim", "distance"]

Array = np.ndarray[Any, Any]
Tables = Mapping[str, Array]


class Claim:
    """A claimed gradient.

    key, gate, columns: the parameter that it is of, and the columns of one gate, if it is of one;
        of_state: it is ∂L/∂h_t instead. shape: of one term; whole: that of all gates.
    lead: the axes of time that the claim has: () for the sum, (T,) for G_t, (T, T) for G[t, s].
    """

    def __init__(
        self, name: str, value: Any, cell: Cell, named: Mapping[str, Tensor], taken: list[OneStep]
    ) -> None:
        self.T, self.columns, self.key, self.gate = len(taken), slice(None), name, ""
        base, bracket, gate = name.partition("[")
        self.of_state = False
        if name in named:
            self.shape = named[name].shape
        elif bracket and gate.endswith("]") and base in named:
            self.key, self.gate = base, gate[:-1]
            self.columns = cell.gate(self.gate).columns
            self.shape = np.empty(named[base].shape)[..., self.columns].shape
        elif tuple(cell.state_sizes) == (name,):
            self.key, self.shape, self.of_state = "", taken[0].after[0].shape, True
        else:
            state = [*cell.state_sizes] if len(cell.state_sizes) == 1 else []
            raise ValueError(
                f"audit(claimed): {name!r} is not known; the names are "
                f"{', '.join([*named, *state])}, and W_hh[gate] for one gate"
            )
        self.whole = named[self.key].shape if self.key else self.shape
        array = np.array(detached(value))
        if array.dtype.kind not in "biuf":
            raise TypeError(f"audit(claimed): {name!r} has dtype {array.dtype}; wanted numbers")
        leads = [(self.T,)] if self.of_state else [(), (self.T,), (self.T, self.T)]
        size = int(np.prod(self.shape))
        fits = [lead for lead in leads if array.shape == (*lead, *self.shape)] or [
            lead for lead in leads if size == 1 and array.size == np.prod(lead)
        ]
        if not fits:
            wanted = ", ".join(str((*lead, *self.shape)) for lead in leads)
            turned = array.ndim > 1 and np.swapaxes(array, -1, -2).shape[-2:] == self.shape
            hint = ". It may be the transpose: weights here are (K, H), x_t W" * turned
            raise ValueError(
                f"audit(claimed): {name!r} has shape {array.shape}; wanted one of {wanted}{hint}"
            )
        self.lead = fits[0]
        self.claimed = array.reshape(*self.lead, *self.shape).astype(np.result_type(array, 1.0))

    def table(self, tables: Tables) -> Array:
        """G[t, s] of this parameter, (T, T, *shape)."""
        n = int(np.prod(self.whole))
        table = tables[self.key][..., :n].reshape(self.T, self.T, *self.whole)
        found: Array = table[..., self.columns]
        return found

    def in_its_form(self, table: Array) -> Array:
        """A table G[t, s], summed over the axes of time that the claim does not have."""
        total: Array = table.sum(axis=tuple(range(2 - len(self.lead))))
        return total


def distance(claim: Claim, table: Array) -> tuple[Array, float, float]:
    """The gradient of `table` in the form of the claim, ‖claimed − it‖, and the larger norm."""
    other = claim.in_its_form(table)
    size = max(float(norm(claim.claimed)), float(norm(other)))
    return other, float(norm(claim.claimed - other)), size

"""What was claimed: of which gradient, and how far it is already summed over the steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.engine.tensor import detached

from ..result import norm
from .model import Model

__all__ = ["Claim", "distance"]

Array = np.ndarray[Any, Any]


class Claim:
    """A claimed gradient: of what it is, and how far it is summed over the steps.

    key: the parameter, or the value of each step, that it is of. gate, columns: the block of it.
    lead: the axes of steps that it has: none, that of the use, or those of loss and use.
    """

    def __init__(
        self, name: str, value: Any, model: Model, columns: Callable[[str, str], slice]
    ) -> None:
        self.T, self.columns, self.key, self.gate = model.T, slice(None), name, ""
        base, bracket, gate = name.partition("[")
        if name.startswith(("δ", "d_")) and name not in model.named:
            self.key = name.removeprefix("δ").removeprefix("d_")
        if bracket and gate.endswith("]") and base in model.named:
            self.key, self.gate = base, gate[:-1]
            self.columns = columns(base, self.gate)
        whole = model.shape_of(self.key)
        if whole is None:
            raise ValueError(
                f"audit(claimed): {name!r} is not known; the names are {', '.join(model.named)}, "
                f"of gates W_hh[gate], and of the values of each step {', '.join(model.values)}"
            )
        self.whole = whole
        self.of_value = self.key not in model.named
        self.shape = np.empty(whole)[..., self.columns].shape if self.gate else whole
        array = np.array(detached(value))
        if array.dtype.kind not in "biuf":
            raise TypeError(f"audit(claimed): {name!r} has dtype {array.dtype}; wanted numbers")
        leads = [(self.T,)] if self.of_value else [(), (self.T,), (self.T, self.T)]
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
        self.claimed = array.reshape((*self.lead, *self.shape)).astype(np.result_type(array, 1.0))

    def block(self, table: Array) -> Array:
        """Its columns of a table of the whole parameter."""
        return table[..., self.columns] if self.gate else table

    def in_its_form(self, table: Array) -> Array:
        """A table G[t, s], (T, T + 1, *shape), in the form of what was claimed."""
        if not self.lead:
            total: Array = table.sum(axis=(0, 1))
        elif len(self.lead) == 1:
            total = table[:, : self.T].sum(axis=0)
        else:
            total = table[:, : self.T]
        return total

    def of_steps(self, terms: Array) -> Array:
        """Terms by the step of the use, (R, T + 1, *shape), summed as far as the claim is."""
        total: Array = terms.sum(axis=1) if not self.lead else terms[:, : self.T]
        return total

    @property
    def over_losses(self) -> Array:
        """What was claimed, summed over the losses."""
        total: Array = self.claimed.sum(axis=0) if len(self.lead) == 2 else self.claimed
        return total


def distance(claim: Claim, table: Array) -> tuple[Array, float, float]:
    """What `table` says of a claim, its distance from there, and the larger of the two norms."""
    other = claim.in_its_form(table)
    size = max(float(norm(claim.claimed)), float(norm(other)))
    return other, float(norm(claim.claimed - other)), size



"""The gradient of a shared weight by two times, that of the loss and that of the use: G[t, s]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor, contributions
from minigrad.engine.opening import opened

from ..plots.contributions import plot_two_time
from ..result import ArrayResult, norm
from .ledger import named_tensors

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["TwoTime", "two_time"]

Array = np.ndarray[Any, Any]


class TwoTime(ArrayResult):
    """G[t, s] = what the loss of step t contributes through the use at step s.

    values: (T_loss, T_use, *shape of the weight); ``np.asarray(table)`` and ``table[k, j]`` too.
    loss_steps, use_steps: the steps along its first two axes.

    >>> table = TwoTime(np.tri(3)[..., None, None], [1, 2, 3], [1, 2, 3], "W_hh")
    >>> table.shape, table.norms().sum(axis=0)            # an early use is read by later losses
    ((3, 3, 1, 1), array([3., 2., 1.]))
    """

    def __init__(
        self, values: Array, loss_steps: Sequence[int], use_steps: Sequence[int], name: str
    ) -> None:
        self.values, self.name = values, name
        self.loss_steps, self.use_steps = tuple(loss_steps), tuple(use_steps)

    def norms(self) -> Array:
        """‖G[t, s]‖ (Frobenius): (T_loss, T_use)."""
        flat = self.values.reshape(*self.shape[:2], -1)
        norms: Array = norm(flat, axis=-1)
        return norms

    def plot(self, path: str | PathLike[str] | None = None) -> Figure:
        """A heat map of ‖G[t, s]‖; written to `path` (.png, .svg) if it is given.

        Needs matplotlib, which the extra ``viz`` brings.
        """
        return plot_two_time(self.norms(), self.loss_steps, self.use_steps, self.name, path)

    def __repr__(self) -> str:
        return (
            f"TwoTime({self.name}: losses at {len(self.loss_steps)} steps, uses at "
            f"{len(self.use_steps)})\n{np.array2string(self.norms(), precision=4)}"
        )


def two_time(losses: Sequence[Tensor], param: Tensor, start: int = 1) -> TwoTime:
    """For each loss ℓ_t and each step s, the contribution to ∂ℓ_t/∂param of its use at s.

    losses: scalars ℓ_start, ℓ_start+1, ...; their graphs are kept, so call it before backward().
    param: the shared weight. Uses outside of any time step are left out.
    start: the step of the first loss.

    By causality G[t, s] = 0 for s > t. The sums of the columns are the ledger of Σ_t ℓ_t, and the
    sum of all entries is its gradient. Takes one sweep for each loss.
    Raises TypeError for losses that are no sequence, ValueError for more than one weight, and what
    ``ledger`` raises.

    >>> from rnn import ElmanCell, steps
    >>> cell = ElmanCell(1, 1, dtype=float, rng=0)
    >>> losses = [(h ** 2).sum() for h, _ in steps(cell, np.ones((3, 1, 1)))]
    >>> table = two_time(losses, cell.W_hh)
    >>> table.shape, bool(np.any(np.triu(table.norms(), 1)))
    ((3, 3, 1, 1), False)
    """
    if (
        not isinstance(losses, Sequence)
        or not losses
        or not all(isinstance(loss, Tensor) for loss in losses)
    ):
        raise TypeError("two_time(losses): wanted a sequence of scalar Tensors, one for each step")
    named = named_tensors(param, "two_time")
    if len(named) != 1:
        raise ValueError(
            f"two_time(param): received {', '.join(named) or 'none'}; wanted one weight, such as "
            f"cell.W_hh"
        )
    ((name, weight),) = named.items()
    by_loss = [
        contributions(loss, [weight])[0] if loss.requires_grad else []
        for loss in opened(list(losses))
    ]
    used = {use.t for uses in by_loss for use in uses if use.t is not None}
    loss_steps = range(start, start + len(losses))
    use_steps = sorted(used)
    place = {t: k for k, t in enumerate(use_steps)}
    values = np.zeros((len(losses), len(use_steps), *weight.shape), weight.dtype)
    for row, uses in zip(values, by_loss, strict=True):
        for use in uses:
            if use.t is not None:
                row[place[use.t]] += use.value
    return TwoTime(values, loss_steps, use_steps, name)

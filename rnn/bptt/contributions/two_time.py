"""The gradient of a shared weight by two times, that of the loss and that of the use: G[t, s]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from minigrad import Tensor
from minigrad.console import printable
from minigrad.engine.opening import opened

from ..plots.contributions import TwoTimePanel, plot_two_time
from ..plots.figures import Canvas
from ..result import ArrayResult, norm
from .naming import Key, NamedWeights, weights_of
from .terms import NO_STEPS, Terms, summed, terms_of

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["TwoTime", "TwoTimes", "two_time"]

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
        norms: Array = norm(self.values, axis=tuple(range(2, self.values.ndim)))
        return norms

    def plot(
        self, path: str | PathLike[str] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """A heat map of ‖G[t, s]‖; written to `path` (.png, .svg) if it is given.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        return plot_two_time([_panel(self)], Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        if not self.use_steps:
            return f"TwoTime({self.name}: {NO_STEPS})"
        return (
            f"TwoTime({self.name}: losses at {len(self.loss_steps)} steps, uses at "
            f"{len(self.use_steps)})\n{np.array2string(self.norms(), precision=4)}"
        )


class TwoTimes(Mapping[str, TwoTime]):
    """The two-time tables of several weights: ``tables["W_hh"]`` is a TwoTime.

    The keys are names, and what may stand in their place in a ledger: the weight itself,
    ``tables[cell.W_hh]``, the unambiguous end of a name, and gates, ``tables["W_hh[f]"]``.

    >>> from rnn import LSTMCell, steps
    >>> cell = LSTMCell(1, 2, rng=0)
    >>> losses = [h.sum() for h, _ in steps(cell, np.ones((3, 1, 1)))]
    >>> tables = two_time(losses, cell)
    >>> list(tables), tables["W_hh[f]"].shape
    (['W_xh', 'W_hh', 'b_h'], (3, 3, 2, 2))
    """

    def __init__(self, tables: Mapping[str, TwoTime], weights: NamedWeights) -> None:
        self._tables, self._weights = dict(tables), weights

    def __getitem__(self, name: Key) -> TwoTime:
        weight, gate = self._weights.find(name, "two_time")
        table = self._tables[weight]
        if gate is None:
            return table
        values = table.values[..., self._weights.gates[weight][gate]]
        return TwoTime(values, table.loss_steps, table.use_steps, f"{weight}[{gate}]")

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)

    def plot(
        self, path: str | PathLike[str] | None = None, names: Sequence[Key] | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """A heat map of ‖G[t, s]‖ for each weight; written to `path` (.png, .svg) if it is given.

        names: some of the weights, or gates.
        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        chosen = [self[name] for name in (self if names is None else names)]
        return plot_two_time([_panel(table) for table in chosen], Canvas(path, size, style))

    @printable
    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values())) or "TwoTimes of no weights"


@overload
def two_time(losses: Sequence[Tensor], params: Tensor, start: int = 1) -> TwoTime: ...
@overload
def two_time(losses: Sequence[Tensor], params: Any, start: int = 1) -> TwoTimes: ...
def two_time(losses: Sequence[Tensor], params: Any, start: int = 1) -> TwoTime | TwoTimes:
    """For each loss ℓ_t and each step s, the contribution to ∂ℓ_t/∂W of its use of W at s.

    losses: scalars ℓ_start, ℓ_start+1, ...; their graphs are kept, so call it before backward().
    params: the shared weight, for one TwoTime; or a Module, a mapping or a sequence of weights and
        modules, as ``ledger`` takes them, for TwoTimes by name. Uses outside of any time step are
        left out.
    start: the step of the first loss.

    By causality G[t, s] = 0 for s > t. The sums of the columns are the ledger of Σ_t ℓ_t, and the
    sum of all entries is its gradient. Takes one sweep for each loss, and T² times the memory of
    the weights.
    Raises TypeError for losses that are no sequence, and what ``ledger`` raises.

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
    weights = weights_of(params, "two_time")
    tensors = list(weights.tensors.values())
    by_loss = [
        terms_of(loss, tensors, "two_time") if loss.requires_grad
        else [summed(w, []) for w in tensors]
        for loss in opened(list(losses))
    ]
    tables = {
        name: _table(name, [terms[k] for terms in by_loss], start)
        for k, name in enumerate(weights.tensors)
    }
    if isinstance(params, Tensor):
        return next(iter(tables.values()))
    return TwoTimes(tables, weights)


def _table(name: str, by_loss: Sequence[Terms], start: int) -> TwoTime:
    """The table of one weight from its terms in each loss."""
    use_steps = sorted({t for terms in by_loss for t in terms.steps})
    values = np.stack([terms.by_step(use_steps) for terms in by_loss])
    return TwoTime(values, range(start, start + len(by_loss)), use_steps, name)


def _panel(table: TwoTime) -> TwoTimePanel:
    return TwoTimePanel(table.norms(), table.loss_steps, table.use_steps, table.name)

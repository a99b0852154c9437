"""Norms by lag: how much of a gradient is left k steps back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad import Tensor
from minigrad.console import printable
from minigrad.engine.opening import opened

from ..graph import (
    as_states,
    label,
    leaves_of,
    pull_back,
    state_tensors,
    step_of,
    without_constants,
)
from ..plots.figures import Canvas
from ..plots.jacobians import plot_norms
from ..result import ArrayResult, norm
from .bound import Bound
from .jacobian import matrices, singular_values

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["Norms", "norms"]

Array = np.ndarray[Any, Any]


class Norms(ArrayResult):
    """‖∂L/∂h_{T-k}‖, or ‖∂h_T/∂h_{T-k}‖₂, by the lag k; the arrays begin with the oldest state.

    values: (T,). lags: T-1, ..., 1, 0; steps: the time steps of the states.
    singular_values: of the Jacobians, (T, B, H) or (T, H), None for a loss.
    of: what was differentiated, "L" or the state.

    >>> found = Norms(np.array([0.125, 0.25, 0.5, 1.0]), steps=[1, 2, 3, 4], of="L")
    >>> found.lags, found.rate                            # halved at each step back
    (array([3, 2, 1, 0]), 0.5)
    """

    def __init__(
        self, values: Array, steps: Sequence[int], of: str, singular_values: Array | None = None
    ) -> None:
        self.values, self.steps, self.of = values, tuple(steps), of
        self.singular_values = singular_values
        self.lags = np.arange(len(values))[::-1]

    @property
    def rate(self) -> float:
        """The factor per step, as a geometric mean: (‖at the oldest‖ / ‖at the newest‖)^(1/(T-1)).

        Below 1 the gradient vanishes on its way back, above 1 it explodes. NaN for one state.
        """
        first, last = float(self.values[-1]), float(self.values[0])
        if len(self.values) < 2 or not first > 0:
            return float("nan")
        # Dividing first could leave the range of floats.
        with np.errstate(divide="ignore"):
            return float(np.exp((np.log(last) - np.log(first)) / (len(self.values) - 1)))

    def plot(
        self, path: str | PathLike[str] | None = None, bound: Bound | None = None,
        *, size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The norms over the lag, on a logarithmic axis; written to `path` if it is given.

        bound: of the same network, drawn beside them from the norm at lag 0 on.
        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        limit = None if bound is None else (bound.at(self.lags) * self.values[-1], bound.rate)
        canvas = Canvas(path, size, style)
        return plot_norms(
            self.lags, self.values, self.rate, self.singular_values, self.of, limit, canvas
        )

    @printable
    def __repr__(self) -> str:
        return (
            f"Norms of ∂{self.of}/∂h over lags 0 to {len(self.values) - 1}: from "
            f"{self.values[-1]:.4g} to {self.values[0]:.4g}, × {self.rate:.4g} per step"
        )


def norms(output: Tensor | tuple[Tensor, ...], states: Any) -> Norms:
    """How the derivative of `output` by the states shrinks or grows with the lag.

    output: a scalar loss: then ‖∂L/∂h_t‖ (Frobenius, over batch and units) for every state. Or a
        state h_T (B, H): then ‖∂h_T/∂h_t‖₂, the largest over the batch, and all singular values.
    states: h_1, ..., h_T of a live graph, the oldest first, as ``rnn.steps`` gives them, or the
        stacked outputs (T, B, H) of ``rnn.unroll``. Tuples (h, c) are taken as one state [h, c],
        and so are nested ones, without their counters and the like.

    Takes one sweep for a loss and H + 1 for a Jacobian; with states of several parts T times that.
    Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen (1991); Bengio, Simard and Frasconi,
    Learning long-term dependencies with gradient descent is difficult (1994).

    >>> from rnn import ElmanCell, unroll
    >>> cell = ElmanCell(1, 2, nonlinearity="identity", dtype=float, rng=0)
    >>> cell.gate("h").W_hh = 0.5 * np.eye(2)
    >>> outputs, h = unroll(cell, np.ones((4, 1, 1)))
    >>> norms(h, outputs).values, norms(h.sum(), outputs).rate
    (array([0.125, 0.25 , 0.5  , 1.   ]), 0.5)
    """
    every = states if isinstance(states, Tensor) else list(map(leaves_of, states))
    output, states = opened(leaves_of(output), every)
    if isinstance(output, tuple) and not isinstance(states, Tensor):
        output, *states = without_constants([output, *states])
    below = as_states(states, "norms")
    upper = state_tensors(output, "norms", "output")
    numbers = [step_of(state) for state in below]
    known = [t for t in numbers if t is not None]
    steps = known if len(known) == len(below) else range(1, len(below) + 1)
    several = len(below[0]) > 1
    if len(upper) == 1 and upper[0].ndim == 0:
        ones = [np.ones((), upper[0].dtype)]
        if several:
            pulled = [pull_back(upper, ones, state, stop_at_targets=True) for state in below]
        else:
            pulled = [[g] for g in pull_back(upper, ones, [part for (part,) in below])]
        values = np.array([norm(np.concatenate([np.ravel(g) for g in gs])) for gs in pulled])
        return Norms(values, steps, "L")
    if several:
        found = [matrices(upper, [state], False, "norms")[0] for state in below]
    else:
        found = matrices(upper, below, False, "norms")
    spectra = np.stack([singular_values(matrix) for matrix in found])
    largest = spectra.reshape(len(spectra), -1).max(axis=1, initial=0.0)
    return Norms(largest, steps, label(upper, "T"), spectra)

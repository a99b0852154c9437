"""Pictures of a gradient's terms over time: of the ledger, of G[t, s], and of RTRL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .figures import (
    Canvas,
    faint,
    ground,
    line,
    linear_axis,
    log_axis,
    marker,
    ruled,
    spans_decades,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TwoTimePanel", "plot_ledger", "plot_rtrl", "plot_two_time"]

Array = np.ndarray[Any, Any]


def plot_ledger(
    steps: Sequence[int],
    norms: Mapping[str, Array],
    totals: Mapping[str, float],
    canvas: Canvas,
) -> Figure:
    """‖G_t‖ over t for each weight. On a logarithmic axis, zeros are hollow marks at the bottom.

    norms: (T,) by weight, at `steps`. totals: ‖Σ G_t‖ by weight, for the legend.
    """
    # Room for the names beside the axes; the legend is no taller than they are.
    longest = max(map(len, norms), default=0)
    width, height = 7.2 + 0.1 * max(0, longest - 8), max(3.8, 1.2 + 0.22 * len(norms))
    with canvas.figure(width, height) as figure:
        axes = figure.add_subplot()
        every = np.concatenate([np.zeros(0), *norms.values()])
        log = spans_decades(every)
        positive = every[(every > 0) & np.isfinite(every)]
        foot = 10 ** (np.floor(np.log10(positive.min())) - 0.5) if log else 0.0
        at = np.asarray(steps)
        for k, (name, values) in enumerate(norms.items()):
            axes.plot(
                at, np.where(values > 0, values, np.nan) if log else values, **line(k),
                marker=marker(len(at)),
                label=rf"{name}   $\|\Sigma\,G_t\|$ = {totals[name]:.3g}",
            )
            zeros = at[values == 0] if log else at[:0]
            if len(zeros):
                axes.plot(
                    zeros, np.full(len(zeros), foot), linestyle="none", marker="o", markersize=5,
                    markerfacecolor=ground(), markeredgecolor=line(k)["color"], clip_on=False,
                )
        if log:
            axes.set_yscale("log")
            axes.set_ylim(bottom=foot)
        elif every.size:
            axes.set_ylim(bottom=0)
        hollow = log and bool(np.any(every == 0))
        axes.set_xlabel("time step $t$" + "   (hollow: exactly 0)" * hollow)
        axes.set_ylabel(r"$\|G_t\|$")
        axes.set_title("The gradient of each weight, by the step that used it")
        whole_numbers(axes.xaxis)
        ruled(axes)
        if norms:
            axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


class TwoTimePanel(NamedTuple):
    """What is drawn of one weight: ‖G[t, s]‖, rows are steps of the loss, columns of the use.

    >>> TwoTimePanel(np.ones((2, 2)), [1, 2], [1, 2], "W_hh").name
    'W_hh'
    """

    norms: Array
    loss_steps: Sequence[int]
    use_steps: Sequence[int]
    name: str


def plot_two_time(panels: Sequence[TwoTimePanel], canvas: Canvas) -> Figure:
    """A heat map of ‖G[t, s]‖ for each weight, four in a row; 0 is grey."""
    across = min(len(panels), 4) or 1
    down = -(-len(panels) // across) or 1
    with canvas.figure(0.9 + 4.5 * across, 0.4 + 4.0 * down) as figure:
        every = np.ravel(figure.subplots(down, across, squeeze=False))
        for axes, panel in zip(every, panels, strict=False):
            _heat_map(figure, axes, panel)
        for axes in every[len(panels) :]:
            axes.set_axis_off()
        return figure


def _heat_map(figure: Any, axes: Any, panel: TwoTimePanel) -> None:
    from matplotlib.colors import LogNorm

    norms, rows, columns, name = panel
    axes.set_facecolor(faint(0.07))
    half = 0.5
    if norms.size:
        # Steps without any use leave a gap, so that every step stands at its number.
        grid = np.zeros((len(rows), columns[-1] - columns[0] + 1))
        grid[:, np.asarray(columns) - columns[0]] = norms
        shown = np.ma.masked_where(grid == 0, grid)
        mesh = axes.imshow(
            shown, norm=LogNorm() if spans_decades(norms) else None,
            origin="upper", interpolation="nearest", aspect="equal",
            extent=(columns[0] - half, columns[-1] + half, rows[-1] + half, rows[0] - half),
        )
        figure.colorbar(mesh, ax=axes, label=r"$\|G_{t,s}\|$", shrink=0.85)
    axes.set_xlabel("step $s$ of the use")
    axes.set_ylabel("step $t$ of the loss")
    axes.set_title(f"{name}: which loss, through which use")
    whole_numbers(axes.xaxis)
    whole_numbers(axes.yaxis)


def plot_rtrl(
    steps: Sequence[int],
    sensitivities: Mapping[str, Array],
    gradients: Mapping[str, Array],
    canvas: Canvas,
) -> Figure:
    """The sensitivities that RTRL carries forward, and the gradient of each step's loss.

    sensitivities: ‖∂s_t/∂θ‖, (T,) by parameter θ. gradients: ‖∂ℓ_t/∂θ‖ likewise.
    """
    with canvas.figure(8.4, max(3.5, 1.2 + 0.22 * len(gradients))) as figure:
        left, right = figure.subplots(1, 2)
        for axes, norms, title in (
            (left, sensitivities, r"Carried forward: $\|\partial s_t/\partial\theta\|$"),
            (right, gradients, r"Taken out: $\|d\ell_t/d\theta\|$"),
        ):
            for k, (name, values) in enumerate(norms.items()):
                axes.plot(
                    steps, np.where(values > 0, values, np.nan), marker=marker(len(steps)),
                    label=name, **line(k),
                )
            axes.set_title(title)
            axes.set_xlabel("time step $t$")
        log = spans_decades(np.concatenate([*sensitivities.values(), *gradients.values()]))
        for axes in (left, right):
            (log_axis if log else linear_axis)(axes)
            whole_numbers(axes.xaxis)
        right.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure

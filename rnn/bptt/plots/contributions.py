"""Pictures of a gradient's terms over time: of the ledger, of G[t, s], and of RTRL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import (
    INK,
    bare,
    finish,
    line,
    linear_axis,
    log_axis,
    marker,
    new_figure,
    ruled,
    spans_decades,
    whole_numbers,
)

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["plot_ledger", "plot_rtrl", "plot_two_time"]

Array = np.ndarray[Any, Any]


def plot_ledger(
    steps: Sequence[int],
    norms: Mapping[str, Array],
    totals: Mapping[str, float],
    path: str | PathLike[str] | None,
) -> Figure:
    """‖G_t‖ over t for each weight. On a logarithmic axis, zeros are hollow marks at the bottom.

    norms: (T,) by weight, at `steps`. totals: ‖Σ G_t‖ by weight, for the legend.
    """
    # Room for the names beside the axes; the legend is no taller than they are.
    longest = max(map(len, norms), default=0)
    figure = new_figure(7.2 + 0.1 * max(0, longest - 8), max(3.8, 1.2 + 0.22 * len(norms)))
    axes = figure.add_subplot()
    every = np.concatenate([np.zeros(0), *norms.values()])
    log = spans_decades(every)
    positive = every[(every > 0) & np.isfinite(every)]
    foot = 10 ** (np.floor(np.log10(positive.min())) - 0.5) if log else 0.0
    at = np.asarray(steps)
    for k, (name, values) in enumerate(norms.items()):
        axes.plot(
            at, np.where(values > 0, values, np.nan) if log else values, **line(k),
            marker=marker(len(at)), markersize=4, linewidth=1.6,
            label=rf"{name}   $\|\Sigma\,G_t\|$ = {totals[name]:.3g}",
        )
        zeros = at[values == 0] if log else at[:0]
        if len(zeros):
            axes.plot(
                zeros, np.full(len(zeros), foot), linestyle="none", marker="o", markersize=5,
                markerfacecolor="white", markeredgecolor=line(k)["color"], clip_on=False,
            )
    if log:
        axes.set_yscale("log")
        axes.set_ylim(bottom=foot)
    elif every.size:
        axes.set_ylim(bottom=0)
    hollow = log and bool(np.any(every == 0))
    axes.set_xlabel("time step $t$" + "   (hollow: exactly 0)" * hollow, color=INK)
    axes.set_ylabel(r"$\|G_t\|$", color=INK)
    axes.set_title("The gradient of each weight, by the step that used it", loc="left", color=INK)
    whole_numbers(axes.xaxis)
    ruled(axes)
    if norms:
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(figure, path)


def plot_two_time(
    norms: Array,
    loss_steps: Sequence[int],
    use_steps: Sequence[int],
    name: str,
    path: str | PathLike[str] | None,
) -> Figure:
    """A heat map of ‖G[t, s]‖: rows are steps of the loss, columns steps of the use; 0 is grey."""
    figure = new_figure(5.4, 4.4)
    from matplotlib.colors import LogNorm

    rows, columns = loss_steps, use_steps
    axes = figure.add_subplot()
    axes.set_facecolor("#f2f2f2")
    half = 0.5
    if norms.size:
        # Steps without any use leave a gap, so that every step stands at its number.
        grid = np.zeros((len(rows), columns[-1] - columns[0] + 1))
        grid[:, np.asarray(columns) - columns[0]] = norms
        shown = np.ma.masked_where(grid == 0, grid)
        mesh = axes.imshow(
            shown, cmap="viridis", norm=LogNorm() if spans_decades(norms) else None,
            origin="upper", interpolation="nearest", aspect="equal",
            extent=(columns[0] - half, columns[-1] + half, rows[-1] + half, rows[0] - half),
        )
        figure.colorbar(mesh, ax=axes, label=r"$\|G_{t,s}\|$", shrink=0.85)
    axes.set_xlabel("step $s$ of the use", color=INK)
    axes.set_ylabel("step $t$ of the loss", color=INK)
    axes.set_title(f"{name}: which loss, through which use", loc="left", color=INK)
    whole_numbers(axes.xaxis)
    whole_numbers(axes.yaxis)
    bare(axes)
    return finish(figure, path)


def plot_rtrl(
    steps: Sequence[int],
    sensitivities: Mapping[str, Array],
    gradients: Mapping[str, Array],
    path: str | PathLike[str] | None,
) -> Figure:
    """The sensitivities that RTRL carries forward, and the gradient of each step's loss.

    sensitivities: ‖∂s_t/∂θ‖, (T,) by parameter θ. gradients: ‖∂ℓ_t/∂θ‖ likewise.
    """
    figure = new_figure(8.4, max(3.5, 1.2 + 0.22 * len(gradients)))
    left, right = figure.subplots(1, 2)
    for axes, norms, title in (
        (left, sensitivities, r"Carried forward: $\|\partial s_t/\partial\theta\|$"),
        (right, gradients, r"Taken out: $\|d\ell_t/d\theta\|$"),
    ):
        for k, (name, values) in enumerate(norms.items()):
            axes.plot(
                steps, np.where(values > 0, values, np.nan), marker=marker(len(steps)),
                markersize=4, linewidth=1.6, label=name, **line(k),
            )
        axes.set_title(title, loc="left", color=INK, fontsize=10)
        axes.set_xlabel("time step $t$", color=INK)
    log = spans_decades(np.concatenate([*sensitivities.values(), *gradients.values()]))
    for axes in (left, right):
        (log_axis if log else linear_axis)(axes)
        whole_numbers(axes.xaxis)
    right.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(figure, path)

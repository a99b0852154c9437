"""Pictures of the LSTM's memory: the terms of its Jacobian, and the paths of its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .figures import COLOURS, INK, finish, new_figure
from .states import heat_map, log_axis, whole_numbers

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ..contributions.lstm_paths import LSTMPaths, LSTMTerms

__all__ = ["plot_paths", "plot_terms"]


def plot_terms(terms: LSTMTerms, path: str | PathLike[str] | None, row: int) -> Figure:
    """One heat map for each term and one for the sum, all in the same colours."""
    every = {**terms, "sum": terms.total}
    figure = new_figure(2.0 * len(every) + 1.0, 2.5)
    panels = figure.subplots(1, len(every))
    limit = max(float(np.max(np.abs(term[row]), initial=0.0)) for term in every.values()) or 1.0
    for axes, (name, term) in zip(panels, every.items(), strict=True):
        title = f"through {name}" if name in terms and name != "direct" else name
        image = heat_map(axes, term[row], limit, title)
        axes.set_xlabel(rf"$\|\cdot\|_2$ = {np.linalg.norm(term[row], 2):.3g}", color=INK)
    panels[0].set_ylabel(rf"$\partial {terms.of} / \partial {terms.by}$", color=INK)
    figure.colorbar(image, ax=panels, shrink=0.8, pad=0.01)
    return finish(figure, path)


def plot_paths(paths: LSTMPaths, path: str | PathLike[str] | None) -> Figure:
    """The norms of both paths and of their sum over t."""
    figure = new_figure(6.4, 3.8)
    axes = figure.add_subplot()
    labels = {"c": "along $c$, from $c_{t+1}$", "h": "through $h_t$", "total": "both"}
    colours = {"c": COLOURS[0], "h": COLOURS[1], "total": "#bbbbbb"}
    marker = "o" if len(paths.steps) <= 40 else None
    for name, values in reversed(paths.norms().items()):
        axes.plot(
            paths.steps, np.where(values > 0, values, np.nan), color=colours[name], marker=marker,
            markersize=4, linewidth=3.0 if name == "total" else 1.6, label=labels[name],
        )
    log_axis(axes)
    axes.set_xlabel("time step $t$", color=INK)
    axes.set_ylabel(r"$\|\partial L/\partial c_t\|$", color=INK)
    axes.set_title("The gradient of the memory, by the path it took", loc="left", color=INK)
    axes.legend(frameon=False)
    whole_numbers(axes.xaxis)
    return finish(figure, path)

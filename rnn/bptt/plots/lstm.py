"""Pictures of the LSTM's memory: the terms of its Jacobian, and the paths of its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import Canvas, colour, faint, heat_map, log_axis, marker, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_paths", "plot_terms"]

Array = np.ndarray[Any, Any]


def plot_terms(
    matrices: Mapping[str, Array], of: str, by: str, canvas: Canvas
) -> Figure:
    """A heat map for each term of ∂of/∂by, the sum among them, all in the same colours."""
    with canvas.figure(2.0 * len(matrices) + 1.0, 2.5) as figure:
        panels = figure.subplots(1, len(matrices))
        limit = max(float(np.max(np.abs(term), initial=0.0)) for term in matrices.values()) or 1.0
        for axes, (title, term) in zip(panels, matrices.items(), strict=True):
            image = heat_map(axes, term, limit, title)
            axes.set_xlabel(rf"$\|\cdot\|_2$ = {np.linalg.norm(term, 2):.3g}")
        panels[0].set_ylabel(rf"$\partial {of} / \partial {by}$")
        figure.colorbar(image, ax=panels, shrink=0.8, pad=0.01)
        return figure


def plot_paths(
    steps: Sequence[int],
    along_c: Array,
    through_h: Array,
    total: Array,
    canvas: Canvas,
) -> Figure:
    """The norms of both paths of ∂L/∂c_t and of their sum, (T,) each, over t."""
    with canvas.figure(6.4, 3.8) as figure:
        axes = figure.add_subplot()
        for values, label, hue, width in (
            (total, "both", faint(0.3), 3.0),
            (through_h, "through $h_t$", colour(1), 1.6),
            (along_c, "along $c$, from $c_{t+1}$", colour(0), 1.6),
        ):
            axes.plot(
                steps, np.where(values > 0, values, np.nan), color=hue,
                marker=marker(len(steps)), linewidth=width, label=label,
            )
        log_axis(axes)
        axes.set_xlabel("time step $t$")
        axes.set_ylabel(r"$\|\partial L/\partial c_t\|$")
        axes.set_title("The gradient of the memory, by the path it took")
        axes.legend()
        whole_numbers(axes.xaxis)
        return figure

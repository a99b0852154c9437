"""Pictures of gradients beside each other: truncated and full, forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import norm
from .figures import COLOURS, INK, bare, finish, line, new_figure, spans_decades
from .states import log_axis, whole_numbers

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ..real_time import RTRL
    from ..truncation.comparison import TruncationError

__all__ = ["bars", "plot_rtrl", "plot_truncation"]


def plot_truncation(error: TruncationError, path: str | PathLike[str] | None) -> Figure:
    """Relative error and angle: lines over several reaches, or a bar for each parameter."""
    names: list[str | None] = [*error.full, None]
    figure = new_figure(8.4, max(3.5, 0.8 + 0.24 * len(names)))
    left, right = figure.subplots(1, 2)
    if isinstance(error.reach, tuple):
        for axes, measure in ((left, error.relative), (right, error.angle)):
            for k, name in enumerate(names):
                values = np.asarray(measure(name))
                axes.plot(
                    error.reach, values, marker="o", markersize=4, zorder=3 if name is None else 2,
                    linewidth=2.2 if name is None else 1.2,
                    **({"color": "#000000"} if name is None else line(k)),
                    label="all" if name is None else name,
                )
            axes.set_xlabel("reach $k_2$ in steps", color=INK)
            axes.set_ylim(bottom=0)
            axes.grid(axis="y", color="#dddddd", linewidth=0.6)
            axes.set_axisbelow(True)
            bare(axes)
            whole_numbers(axes.xaxis)
        right.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    else:
        labels = [name or "all" for name in names]
        bars(left, labels, [error.relative(name) for name in names], "{:.2g}")
        bars(right, labels, [error.angle(name) for name in names], "{:.1f}°")
        right.set_yticklabels([])
    left.set_title(r"$\|g - g_{trunc}\| \; / \; \|g\|$", loc="left", color=INK, fontsize=10)
    right.set_title("Angle between them in degrees", loc="left", color=INK, fontsize=10)
    return finish(figure, path)


def bars(
    axes: Any,
    labels: list[str],
    values: list[float],
    form: str,
    colours: list[str] | None = None,
    least: float = 0.0,
) -> None:
    """Horizontal bars, the first on top, with their numbers; `least` fills the width at least."""
    drawn = np.nan_to_num(np.asarray(values, dtype=float), nan=0.0, posinf=0.0)
    places = np.arange(len(labels))[::-1]
    axes.barh(places, drawn, height=0.62, color=colours or COLOURS[0])
    axes.set_yticks(places, labels)
    for place, value, width in zip(places, values, drawn, strict=True):
        axes.annotate(
            form.format(value), (width, place), xytext=(4, 0), textcoords="offset points",
            va="center", color=INK, fontsize=9,
        )
    axes.set_xlim(0, (float(drawn.max(initial=least)) or 1.0) * 1.22)
    axes.set_ylim(-0.7, len(labels) - 0.3)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    bare(axes)
    axes.tick_params(left=False)


def plot_rtrl(rtrl: RTRL, path: str | PathLike[str] | None) -> Figure:
    """What is carried forward, and what each loss takes out of it."""
    figure = new_figure(8.4, max(3.5, 1.2 + 0.22 * len(rtrl)))
    left, right = figure.subplots(1, 2)
    marker = "o" if len(rtrl.steps) <= 40 else None
    for k, name in enumerate(rtrl):
        by_loss = rtrl.by_loss[name]
        taken = norm(by_loss.reshape(len(by_loss), -1), axis=1)
        for axes, values in ((left, rtrl.sensitivities[name]), (right, taken)):
            axes.plot(
                rtrl.steps, np.where(values > 0, values, np.nan), marker=marker, markersize=4,
                linewidth=1.6, label=name, **line(k),
            )
    every = np.concatenate([np.ravel(drawn.get_ydata()) for drawn in left.lines + right.lines])
    for axes, title in (
        (left, r"Carried forward: $\|\partial s_t/\partial\theta\|$"),
        (right, r"Taken out: $\|d\ell_t/d\theta\|$"),
    ):
        axes.set_title(title, loc="left", color=INK, fontsize=10)
        axes.set_xlabel("time step $t$", color=INK)
        if spans_decades(every):
            log_axis(axes)
        else:
            axes.set_ylim(bottom=0)
            axes.grid(axis="y", color="#dddddd", linewidth=0.6)
            bare(axes)
        whole_numbers(axes.xaxis)
    right.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(figure, path)

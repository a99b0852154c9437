"""The picture of a report: every weight a line, its gradient by step, its agreement, its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .figures import Canvas, bars, colour, faint, spans_decades, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PlottedRow", "plot_report"]

FAINTEST = 1e-6     # of the largest of a line: what is less has the darkest colour too

Array = np.ndarray[Any, Any]


class PlottedRow(NamedTuple):
    """A line of the picture: the arrays are (T,), at `steps`; `outside` is a part of `total`.

    >>> PlottedRow("W_hh", (1, 2), np.ones(2), np.ones(2), 2.0, 0.0).label
    'W_hh'
    """

    label: str
    steps: tuple[int, ...]
    norms: Array
    cosines: Array
    total: float
    outside: float


def plot_report(rows: Sequence[PlottedRow], canvas: Canvas) -> Figure:
    """Two heat maps over the steps, of ‖G_t‖ by the largest of its line and of the cosine with the
    sum, and bars of ‖G‖. Where a weight is not used, or a term is 0, the ground shows."""
    from matplotlib.colors import LogNorm, Normalize

    with canvas.figure(11.0, 1.3 + 0.26 * len(rows)) as figure:
        left, middle, right = figure.subplots(1, 3, width_ratios=[1, 1, 0.6])
        steps = [t for row in rows for t in row.steps]
        first, last = min(steps, default=1), max(steps, default=1)
        sizes, cosines = np.full((2, len(rows), last - first + 1), np.nan)
        for k, row in enumerate(rows):
            at = np.array(row.steps, dtype=int) - first
            top = float(np.max(row.norms, initial=0.0))
            sizes[k, at] = np.where(row.norms > 0, row.norms / (top or 1.0), np.nan)
            cosines[k, at] = row.cosines
        shades: Any = Normalize(0, 1)
        if spans_decades(sizes):
            shades = LogNorm(max(FAINTEST, float(np.nanmin(sizes))), 1, clip=True)
        for axes, values, cmap, scale, title in (
            (left, sizes, None, shades, r"$\|G_t\|$, by the largest of each"),
            (middle, cosines, "RdBu", Normalize(-1, 1), r"Cosine of $G_t$ with the sum"),
        ):
            axes.set_facecolor(faint(0.07))
            image = axes.imshow(
                values, cmap=cmap, norm=scale, aspect="auto", interpolation="nearest",
                extent=(first - 0.5, last + 0.5, len(rows) - 0.5, -0.5),
            )
            figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02)
            axes.set_title(title)
            axes.set_xlabel("step $t$ of the use")
            axes.set_yticks(range(len(rows)), [row.label for row in rows] if axes is left else [])
            axes.tick_params(left=False)
            whole_numbers(axes.xaxis)
            if first == last:
                axes.set_xticks([first])
        bars(right, [""] * len(rows), [row.total for row in rows], "{:.2g}")
        outside = np.nan_to_num([row.outside * row.total for row in rows])
        if outside.any():
            right.barh(
                np.arange(len(rows))[::-1], outside, height=0.62, color=colour(1),
                label="outside of the steps",
            )
            right.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0))
        right.set_ylim(-0.5, len(rows) - 0.5)
        right.set_title(r"$\|G\|$")
        return figure

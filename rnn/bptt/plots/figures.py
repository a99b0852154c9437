"""What the pictures share: figures without global state, colours, axes and a few kinds of marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = [
    "COLOURS", "GREY", "INK", "bare", "bars", "finish", "heat_map", "line", "linear_axis",
    "log_axis", "marker", "new_figure", "ruled", "spans_decades", "whole_numbers",
]

# Distinguishable also without red or green vision (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("-", "--", ":", "-.")
DECADES = 2.0  # values that span more than this get a logarithmic axis
INK = "#333333"
GREY = "#888888"


def new_figure(width: float, height: float) -> Any:
    """A figure that belongs to no window and no global state."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plotting needs matplotlib: pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained")


def finish(figure: Any, path: str | PathLike[str] | None) -> Figure:
    """Write the figure to `path`, if there is one, and return it."""
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    return figure  # type: ignore[no-any-return]  # made by new_figure


def line(k: int) -> dict[str, Any]:
    """The style of the k-th line. Black is reserved for totals; after the other colours they come
    again, dashed."""
    times, place = divmod(k, len(COLOURS) - 1)
    return {"color": COLOURS[place], "linestyle": DASHES[times % len(DASHES)]}


def marker(count: int) -> str | None:
    """Dots on a line of `count` values, while there are few enough to tell them apart."""
    return "o" if count <= 40 else None


def bare(axes: Any) -> None:
    """Without the top and the right side of the frame."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def ruled(axes: Any) -> None:
    """Faint horizontal lines behind the data, and no frame at the top and right."""
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    bare(axes)


def log_axis(axes: Any) -> None:
    """A logarithmic y axis with a faint grid."""
    axes.set_yscale("log")
    ruled(axes)


def linear_axis(axes: Any) -> None:
    """A y axis from 0 on, with a faint grid."""
    axes.set_ylim(bottom=0)
    ruled(axes)


def whole_numbers(axis: Any) -> None:
    """Ticks at whole numbers only: steps, lags and ranks."""
    axis.get_major_locator().set_params(integer=True)


def spans_decades(values: Any) -> bool:
    """Whether positive values spread so far that they need a logarithmic axis."""
    positive = values[(values > 0) & np.isfinite(values)]
    return bool(positive.size) and bool(np.log10(positive.max() / positive.min()) > DECADES)


def heat_map(axes: Any, matrix: Any, limit: float, title: str) -> Any:
    """A matrix in colours that are white at 0."""
    image = axes.imshow(
        matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest", aspect="equal"
    )
    axes.set_title(title, loc="left", color=INK, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#cccccc")
    return image


def bars(
    axes: Any,
    labels: Sequence[str],
    values: Sequence[float],
    form: str,
    colours: Sequence[str] | None = None,
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

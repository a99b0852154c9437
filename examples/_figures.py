"""What the examples' pictures share: the canvas that they are drawn on, its colours and axes."""

from __future__ import annotations

from pathlib import Path

__all__ = ["COLOURS", "INK", "bare", "finish", "line", "log_axis", "new_figure", "ruled"]

# Distinguishable also without red or green vision (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
INK = "#333333"


def new_figure(width, height):
    """A figure that belongs to no window and no global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def finish(figure, path):
    """Write the figure to `path`, if there is one, and return it."""
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=150)
    return figure


def line(k):
    """The look of the k-th line. Black is reserved for totals; after the other colours they come
    again, dashed."""
    times, place = divmod(k, len(COLOURS) - 1)
    return {"color": COLOURS[place], "linestyle": ("-", "--", ":", "-.")[times % 4]}


def bare(axes):
    """Without the top and the right side of the frame."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def ruled(axes):
    """Faint horizontal lines behind the data, and no frame at the top and right."""
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    bare(axes)


def log_axis(axes):
    """A logarithmic y axis with a faint grid."""
    axes.set_yscale("log")
    ruled(axes)

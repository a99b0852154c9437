"""A picture of what truncation costs: the truncated gradient beside the full one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .figures import Canvas, bars, ink, line, linear_axis, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_truncation"]


def plot_truncation(
    reaches: Sequence[int] | None,
    relative: Mapping[str, Any],
    angles: Mapping[str, Any],
    canvas: Canvas,
) -> Figure:
    """Relative error and angle by parameter, "all" among them.

    reaches: over which the values are drawn as lines, an array for each name; or None, where the
        values are numbers and drawn as bars.
    """
    with canvas.figure(8.4, max(3.5, 0.8 + 0.24 * len(relative))) as figure:
        left, right = figure.subplots(1, 2)
        if reaches is not None:
            for axes, values in ((left, relative), (right, angles)):
                for k, (name, errors) in enumerate(values.items()):
                    look = {"color": ink()} if name == "all" else line(k)
                    axes.plot(
                        reaches, errors, marker="o", zorder=3 if name == "all" else 2,
                        linewidth=2.2 if name == "all" else 1.2, **look, label=name,
                    )
                axes.set_xlabel("reach $k_2$ in steps")
                linear_axis(axes)
                whole_numbers(axes.xaxis)
            right.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        else:
            bars(left, list(relative), list(relative.values()), "{:.2g}")
            bars(right, list(angles), list(angles.values()), "{:.1f}°")
            right.set_yticklabels([])
        left.set_title(r"$\|g - g_{trunc}\| \; / \; \|g\|$")
        right.set_title("Angle between them in degrees")
        return figure

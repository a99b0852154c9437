"""A picture of an audit: which gradients are off, and at which steps."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..result import norm
from .figures import Canvas, bars, colour, ink, ruled, whole_numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TermsPanel", "plot_audit"]


Array = np.ndarray[Any, Any]


class TermsPanel(NamedTuple):
    """What is drawn of one wrong gradient.

    right, wrong: its terms by the step of the use, (T, *shape). label: the legend of the wrong
    ones. because: a few words on the mistake, for the title.

    >>> TermsPanel("W_hh", np.zeros((3, 1)), np.ones((3, 1)), "claimed", "not explained").name
    'W_hh'
    """

    name: str
    right: Array
    wrong: Array
    label: str
    because: str


def plot_audit(
    relative: Mapping[str, float],
    wrong: Sequence[str],
    panels: Sequence[TermsPanel],
    canvas: Canvas,
) -> Figure:
    """On the left the relative error of each gradient, the `wrong` ones in another colour; beside
    it a panel for each of `panels`."""
    with canvas.figure(3.4 + 3.1 * len(panels), max(3.6, 0.8 + 0.24 * len(relative))) as figure:
        first, *others = np.ravel(figure.subplots(1, 1 + len(panels)))
        colours = [colour(1) if name in wrong else colour(0) for name in relative]
        bars(first, list(relative), list(relative.values()), "{:.2g}", colours, least=1e-3)
        first.set_title("Relative error")
        for axes, panel in zip(others, panels, strict=True):
            _plot_terms(axes, panel)
        return figure


def _plot_terms(axes: Any, panel: TermsPanel) -> None:
    """The terms of one gradient beside the true ones: their values, or their norms."""
    right, wrong = panel.right, panel.wrong
    steps = np.arange(1, len(right) + 1)
    if right[0].size == 1:
        values, what = [a.reshape(len(a)) for a in (right, wrong)], "$G_t$"
    else:
        values, what = [_norms(a) for a in (right, wrong)], r"$\|G_t\|$"
    axes.plot(steps, values[0], color=colour(0), marker="o", markersize=6, label="true")
    axes.plot(
        steps, values[1], color=colour(1), marker="x", markersize=6, linewidth=1.2, linestyle="--",
        label=panel.label,
    )
    if right[0].size > 1:  # terms of equal norm may differ
        apart = _norms(wrong - right)
        axes.plot(steps, apart, color=ink(), linewidth=1.0, linestyle=":", label="apart by")
    axes.set_title(
        f"{panel.name}, {what}\n" + textwrap.fill(panel.because, 34),
    )
    axes.set_xlabel("step $t$ of the use")
    ruled(axes)
    axes.legend()
    axes.margins(x=0.1)
    whole_numbers(axes.xaxis)


def _norms(terms: Array) -> Any:
    """‖·‖ at each step."""
    return norm(terms.reshape(len(terms), -1), axis=1)

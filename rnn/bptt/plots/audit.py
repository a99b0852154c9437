"""A picture of an audit: which gradients are off, and at which steps."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph import norm
from .figures import COLOURS, INK, bare, finish, new_figure
from .gradients import bars
from .states import whole_numbers

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ..audits.audit import Audit, Finding

__all__ = ["plot_audit"]

RIGHT, WRONG = COLOURS[2], COLOURS[1]


def plot_audit(audit: Audit, path: str | PathLike[str] | None) -> Figure:
    """On the left the relative error of each gradient; then, for each wrong one, its terms."""
    detailed = [f for f in audit.values() if not f.agrees and _claimed_terms(f) is not None][:3]
    figure = new_figure(3.4 + 3.1 * len(detailed), max(3.6, 0.8 + 0.24 * len(audit)))
    first, *others = np.ravel(figure.subplots(1, 1 + len(detailed)))
    bars(
        first, list(audit), [finding.relative for finding in audit.values()], "{:.2g}",
        [RIGHT if finding.agrees else WRONG for finding in audit.values()], least=1e-3,
    )
    first.set_title("Relative error", loc="left", color=INK, fontsize=10)
    for axes, finding in zip(others, detailed, strict=True):
        _plot_terms(axes, finding)
    return finish(figure, path)


def _claimed_terms(finding: Finding) -> Any:
    """The wrong terms by the step of the use: as claimed, or as the explanation has them."""
    extra = finding.claimed.ndim - finding.terms.ndim
    if extra >= 0:
        return finding.claimed.sum(axis=0) if extra else finding.claimed
    return finding.explanations[0].terms if finding.explanations else None


def _plot_terms(axes: Any, finding: Finding) -> None:
    """The terms of one gradient beside the true ones: their values, or their norms."""
    wrong, right = _claimed_terms(finding), finding.terms
    steps = np.arange(1, len(right) + 1)
    if right[0].size == 1:
        values, what = [a.reshape(len(a)) for a in (right, wrong)], "$G_t$"
    else:
        values = [norm(a.reshape(len(a), -1), axis=1) for a in (right, wrong)]
        what = r"$\|G_t\|$"
    axes.plot(steps, values[0], color=RIGHT, marker="o", markersize=6, linewidth=1.6, label="true")
    label = "claimed" if finding.claimed.ndim >= right.ndim else "with this slip"
    axes.plot(
        steps, values[1], color=WRONG, marker="x", markersize=6, linewidth=1.2, linestyle="--",
        label=label,
    )
    if right[0].size > 1:  # equal norms do not say equal terms
        apart = norm((wrong - right).reshape(len(right), -1), axis=1)
        axes.plot(steps, apart, color=INK, linewidth=1.0, linestyle=":", label="apart by")
    because = finding.explanations[0].key if finding.explanations else "not explained"
    axes.set_title(
        f"{finding.name}, {what}\n" + textwrap.fill(because, 34), loc="left", color=INK,
        fontsize=10,
    )
    axes.set_xlabel("step $t$ of the use", color=INK)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(frameon=False, fontsize=9)
    axes.margins(x=0.1)
    bare(axes)
    whole_numbers(axes.xaxis)

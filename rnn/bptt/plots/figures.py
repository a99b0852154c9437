"""Pictures of the ledger. matplotlib is imported here, when somebody plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ..contributions.ledger import Ledger
    from ..contributions.two_time import TwoTime

__all__ = ["plot_ledger", "plot_two_time"]

# Distinguishable also without red or green vision (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES = ("-", "--", ":", "-.")
DECADES = 2.0  # from here on a linear axis would hide the small terms
INK = "#333333"


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
    """How the k-th line looks: after the last colour (black is for what stands apart) the first
    comes again, dashed."""
    times, place = divmod(k, len(COLOURS) - 1)
    return {"color": COLOURS[place], "linestyle": DASHES[times % len(DASHES)]}


def bare(axes: Any) -> None:
    """Take away what carries no information."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def spans_decades(values: Any) -> bool:
    """Whether positive values spread so far that they need a logarithmic axis."""
    positive = values[(values > 0) & np.isfinite(values)]
    return bool(positive.size) and bool(np.log10(positive.max() / positive.min()) > DECADES)


def plot_ledger(
    ledger: Ledger, path: str | PathLike[str] | None, names: Sequence[str] | None
) -> Figure:
    """‖G_t‖ over t for each weight. On a logarithmic axis zeros are hollow marks at its foot."""
    chosen = list(ledger if names is None else names)
    norms = {name: ledger.norms(name) for name in chosen}
    # Room for the names beside the axes, and no taller than these: the title stands above.
    longest = max(map(len, chosen), default=0)
    figure = new_figure(7.2 + 0.1 * max(0, longest - 8), max(3.8, 1.2 + 0.22 * len(chosen)))
    axes = figure.add_subplot()
    every = np.concatenate([np.zeros(0), *norms.values()])
    log = spans_decades(every)
    positive = every[(every > 0) & np.isfinite(every)]
    foot = 10 ** (np.floor(np.log10(positive.min())) - 0.5) if log else 0.0
    marker = "o" if len(ledger.steps) <= 40 else None
    steps = np.asarray(ledger.steps)
    for k, name in enumerate(chosen):
        values = norms[name]
        total = float(np.linalg.norm(np.ravel(ledger.total(name))))
        shown = np.where(values > 0, values, np.nan) if log else values
        axes.plot(
            steps, shown, **line(k), marker=marker, markersize=4, linewidth=1.6,
            label=rf"{name}   $\|\Sigma\,G_t\|$ = {total:.3g}",
        )
        zeros = steps[values == 0] if log else steps[:0]
        if len(zeros):
            axes.plot(
                zeros, np.full(len(zeros), foot), linestyle="none", marker="o", markersize=5,
                markerfacecolor="white", markeredgecolor=line(k)["color"], clip_on=False,
            )
    if log:
        axes.set_yscale("log")
        axes.set_ylim(bottom=foot)
        if np.any(every == 0):
            axes.set_xlabel("time step $t$   (hollow: exactly 0)", color=INK)
    elif every.size:
        axes.set_ylim(bottom=0)
    if not axes.get_xlabel():
        axes.set_xlabel("time step $t$", color=INK)
    axes.set_ylabel(r"$\|G_t\|$", color=INK)
    axes.set_title("The gradient of each weight, by the step that used it", loc="left", color=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    bare(axes)
    if chosen:
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(figure, path)


def plot_two_time(table: TwoTime, path: str | PathLike[str] | None) -> Figure:
    """A heat map of ‖G[t, s]‖: rows are steps of the loss, columns steps of the use; 0 is grey."""
    from matplotlib.colors import LogNorm

    norms, rows, columns = table.norms(), table.loss_steps, table.use_steps
    figure = new_figure(5.4, 4.4)
    axes = figure.add_subplot()
    log = spans_decades(norms)
    axes.set_facecolor("#f2f2f2")
    half = 0.5
    if norms.size:
        # Steps without any use leave a gap, so that every step stands at its number.
        grid = np.zeros((len(rows), columns[-1] - columns[0] + 1))
        grid[:, np.asarray(columns) - columns[0]] = norms
        shown = np.ma.masked_where(grid == 0, grid)
        mesh = axes.imshow(
            shown, cmap="viridis", norm=LogNorm() if log else None, origin="upper",
            extent=(columns[0] - half, columns[-1] + half, rows[-1] + half, rows[0] - half),
            interpolation="nearest", aspect="equal",
        )
        figure.colorbar(mesh, ax=axes, label=r"$\|G_{t,s}\|$", shrink=0.85)
    axes.set_xlabel("step $s$ of the use", color=INK)
    axes.set_ylabel("step $t$ of the loss", color=INK)
    axes.set_title(f"{table.name}: which loss, through which use", loc="left", color=INK)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_major_locator().set_params(integer=True)
    bare(axes)
    return finish(figure, path)

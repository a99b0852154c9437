"""Pictures of what happens to states: Jacobians, norms by lag, bounds and spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import COLOURS, INK, bare, finish, new_figure, spans_decades

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

    from ..jacobians.bound import Bound, Spectrum
    from ..jacobians.jacobian import Jacobian
    from ..jacobians.norms import Norms
    from ..jacobians.vanishing import Vanishing

__all__ = [
    "heat_map", "log_axis", "plot_bound", "plot_jacobian", "plot_norms", "plot_spectrum",
    "plot_vanishing",
]

GREY = "#888888"
LEAST = 1e-16  # beneath this share of the largest, a value is lost in every sum


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


def log_axis(axes: Any) -> None:
    """A logarithmic y axis with a faint grid."""
    axes.set_yscale("log")
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    bare(axes)


def whole_numbers(axis: Any) -> None:
    axis.get_major_locator().set_params(integer=True)


def plot_jacobian(
    jacobian: Jacobian, path: str | PathLike[str] | None, row: int
) -> Figure:
    """The matrix of one row of the batch on the left, the singular values of all on the right."""
    figure = new_figure(8.0, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
    matrix = jacobian.matrix if jacobian.matrix.ndim == 2 else (
        jacobian._square if jacobian.full else jacobian.matrix[row]
    )
    limit = float(np.max(np.abs(matrix), initial=0.0)) or 1.0
    rows = "" if jacobian.matrix.ndim == 2 or jacobian.full else f", sequence {row}"
    name = rf"$\partial {jacobian.of} / \partial {jacobian.by}$"
    image = heat_map(left, matrix, limit, name + rows)
    left.set_xlabel(f"unit of ${jacobian.by}$", color=INK)
    left.set_ylabel(f"unit of ${jacobian.of}$", color=INK)
    figure.colorbar(image, ax=left, shrink=0.85)

    values = jacobian.singular_values.reshape(-1, jacobian.singular_values.shape[-1])
    order = np.arange(1, values.shape[1] + 1)
    marker = "o" if values.shape[1] <= 40 else None
    for k, one in enumerate(values):
        chosen = len(values) > 1 and k == row
        right.plot(
            order, np.where(one > 0, one, np.nan), marker=marker, markersize=4,
            color=COLOURS[0] if len(values) == 1 or chosen else "#b5cfe3",
            zorder=3 if chosen else 2, linewidth=1.4,
        )
    right.axhline(1.0, color=GREY, linewidth=0.8, linestyle="--")
    right.set_xlabel("rank", color=INK)
    right.set_title(
        "Singular values" + (f" of {len(values)} sequences" if len(values) > 1 else ""),
        loc="left", color=INK, fontsize=10,
    )
    if spans_decades(values):
        log_axis(right)
    else:
        right.set_ylim(bottom=0)
        right.grid(axis="y", color="#dddddd", linewidth=0.6)
        bare(right)
    whole_numbers(right.xaxis)
    return finish(figure, path)


def plot_norms(norms: Norms, path: str | PathLike[str] | None, bound: Bound | None) -> Figure:
    """The norms over the lag; of Jacobians also how far down the singular values reach."""
    figure = new_figure(6.4, 3.8)
    axes = figure.add_subplot()
    lags, values = norms.lags, norms.values
    of_loss = norms.singular_values is None
    what = r"\|\partial L/\partial h_{T-k}\|" if of_loss else (
        rf"\|\partial {norms.of}/\partial h_{{T-k}}\|_2"
    )
    if norms.singular_values is not None:
        flat = norms.singular_values.reshape(len(values), -1)
        axes.fill_between(
            lags, np.maximum(flat.min(axis=1), LEAST * flat.max()), values, color=COLOURS[0],
            alpha=0.15, linewidth=0, label="all singular values",
        )
    marker = "o" if len(lags) <= 40 else None
    axes.plot(
        lags, np.where(values > 0, values, np.nan), color=COLOURS[0], marker=marker, markersize=4,
        linewidth=1.6, label=f"measured: × {norms.rate:.3g} per step",
    )
    shown = [values]
    if bound is not None:
        limit = bound.at(lags) * values[-1]
        axes.plot(
            lags, np.where((limit > 0) & np.isfinite(limit), limit, np.nan), color=COLOURS[1],
            linestyle="--", linewidth=1.4,
            label=rf"bound $(\gamma_W\gamma_h)^k$: × {bound.rate:.3g} per step",
        )
        shown.append(limit)
    if spans_decades(np.concatenate(shown)) or not of_loss:
        log_axis(axes)
    else:
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        bare(axes)
    axes.set_xlabel("lag $k$: steps back", color=INK)
    axes.set_ylabel(f"${what}$", color=INK)
    axes.set_title("What is left of the gradient, by lag", loc="left", color=INK)
    axes.legend(frameon=False)
    whole_numbers(axes.xaxis)
    return finish(figure, path)


def plot_bound(bound: Bound, path: str | PathLike[str] | None, lags: int) -> Figure:
    """The bound over the lag, and the spectral radius beside it."""
    figure = new_figure(6.4, 3.8)
    axes = figure.add_subplot()
    k = np.arange(lags + 1)
    for colour, style, rate, label in (
        (COLOURS[1], "--", bound.rate, rf"bound: $\gamma_W\gamma_h$ = {bound.rate:.3g}"),
        (
            GREY, ":", bound.radius * bound.gamma_h,
            rf"no bound: $\rho(W_{{hh}})\gamma_h$ = {bound.radius * bound.gamma_h:.3g}",
        ),
    ):
        curve = rate ** k.astype(float)
        axes.plot(
            k, np.where(curve > 0, curve, np.nan), color=colour, linestyle=style, linewidth=1.6,
            label=label,
        )
    log_axis(axes)
    axes.set_xlabel("lag $k = t - s$", color=INK)
    axes.set_ylabel(r"$\|\partial h_t/\partial h_s\|_2$ at most", color=INK)
    axes.set_title("What the weights alone allow", loc="left", color=INK)
    axes.legend(frameon=False)
    whole_numbers(axes.xaxis)
    return finish(figure, path)


def plot_spectrum(spectrum: Spectrum, path: str | PathLike[str] | None) -> Figure:
    """The eigenvalues of every gate in the complex plane, and the unit circle."""
    figure = new_figure(4.8, 4.4)
    axes = figure.add_subplot()
    around = np.exp(2j * np.pi * np.linspace(0, 1, 200))
    axes.plot(around.real, around.imag, color=GREY, linewidth=0.8, linestyle="--")
    for k, (gate, values) in enumerate(spectrum.items()):
        axes.scatter(
            values.real, values.imag, s=18, color=COLOURS[k % len(COLOURS)], linewidth=0,
            label=f"{gate}: largest {spectrum.radius(gate):.3g}", zorder=3,
        )
    reach = 1.1 * max([1.0, *(spectrum.radius(gate) for gate in spectrum)])
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.axhline(0, color="#dddddd", linewidth=0.6, zorder=0)
    axes.axvline(0, color="#dddddd", linewidth=0.6, zorder=0)
    axes.set_xlabel("real part", color=INK)
    axes.set_ylabel("imaginary part", color=INK)
    axes.set_title("Eigenvalues of $W_{hh}$ by gate", loc="left", color=INK)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    bare(axes)
    return finish(figure, path)


def plot_vanishing(vanishing: Vanishing, path: str | PathLike[str] | None) -> Figure:
    """A panel for each cell, with one and the same y axis."""
    figure = new_figure(3.5 * len(vanishing.cells) + 1.6, 3.9)
    panels = figure.subplots(1, len(vanishing.cells), sharey=True, squeeze=False)[0]
    values = {cell: vanishing.relative(cell) for cell in vanishing.cells}
    every = np.concatenate([rows.ravel() for rows in values.values()])
    every = every[(every > 0) & np.isfinite(every)]
    floor = max(1e-12, float(every.min(initial=1e-2)))
    top = min(1e12, max(1e2, 2 * float(every.max(initial=1.0))))
    for axes, (cell, rows) in zip(panels, values.items(), strict=True):
        lags = np.arange(rows.shape[1])
        for k, (scale, row) in enumerate(zip(vanishing.scales, rows, strict=True)):
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(
                lags, np.where(row > 0, row, np.nan), color=colour, linewidth=1.8,
                label=f"scale {scale:g}",
            )
            limit = vanishing.bounds[scale].at(lags)
            axes.plot(
                lags, np.where(np.isfinite(limit) & (limit > 0), limit, np.nan), color=colour,
                linewidth=1.0, linestyle="--", alpha=0.7,
            )
        log_axis(axes)
        axes.set_ylim(floor, top)
        axes.set_title(cell.upper(), loc="left", color=INK)
        axes.set_xlabel(f"lag $k$ of ${vanishing.states[cell]}_{{T-k}}$", color=INK)
    panels[0].set_ylabel(r"$\|\partial L/\partial$state$_{T-k}\|$, relative to $k=0$", color=INK)
    panels[-1].plot([], [], color=GREY, linewidth=1.0, linestyle="--", label="bound of the RNN")
    panels[-1].legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return finish(figure, path)

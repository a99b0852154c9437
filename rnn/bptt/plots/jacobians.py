"""Pictures of Jacobians of states: one of them, norms by lag, bounds and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figures import (
    Canvas,
    colour,
    faint,
    ground,
    heat_map,
    linear_axis,
    log_axis,
    marker,
    mixed,
    spans_decades,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_bound", "plot_jacobian", "plot_norms", "plot_spectrum", "plot_vanishing"]

LEAST = 1e-16  # a value below this share of the largest is lost when the two are added

Array = np.ndarray[Any, Any]


def plot_jacobian(
    matrix: Array,
    singular_values: Array,
    of: str,
    by: str,
    row: int | None,
    canvas: Canvas,
) -> Figure:
    """The matrix ∂of/∂by on the left, the singular values of the whole batch on the right.

    singular_values: (n,), or (B, n) with those of sequence `row`, whose matrix it is, in front.
    """
    with canvas.figure(8.0, 3.6) as figure:
        left, right = figure.subplots(1, 2, width_ratios=[1, 1.15])
        limit = float(np.max(np.abs(matrix), initial=0.0)) or 1.0
        name = rf"$\partial {of} / \partial {by}$"
        image = heat_map(left, matrix, limit, name if row is None else f"{name}, sequence {row}")
        left.set_xlabel(f"unit of ${by}$")
        left.set_ylabel(f"unit of ${of}$")
        figure.colorbar(image, ax=left, shrink=0.85)

        values = singular_values.reshape(-1, singular_values.shape[-1])
        order = np.arange(1, values.shape[1] + 1)
        for k, one in enumerate(values):
            chosen = len(values) > 1 and k == row
            right.plot(
                order, np.where(one > 0, one, np.nan), marker=marker(len(order)),
                color=colour(0) if len(values) == 1 or chosen else mixed(colour(0), ground(), 0.7),
                zorder=3 if chosen else 2, linewidth=1.4,
            )
        right.axhline(1.0, color=faint(0.6), linewidth=0.8, linestyle="--")
        right.set_xlabel("rank")
        right.set_title(
            "Singular values" + (f" of {len(values)} sequences" if len(values) > 1 else ""),
        )
        (log_axis if spans_decades(values) else linear_axis)(right)
        whole_numbers(right.xaxis)
        return figure


def plot_norms(
    lags: Array,
    norms: Array,
    rate: float,
    singular_values: Array | None,
    of: str,
    bound: tuple[Array, float] | None,
    canvas: Canvas,
) -> Figure:
    """The norms over the lag; of Jacobians also how far down the singular values reach.

    singular_values: (T, ...) of ∂of/∂h, None for those of a loss, which have none. rate: the
    factor per step. bound: at the same lags, and its factor per step.
    """
    with canvas.figure(6.4, 3.8) as figure:
        axes = figure.add_subplot()
        if singular_values is not None:
            flat = singular_values.reshape(len(norms), -1)
            axes.fill_between(
                lags, np.maximum(flat.min(axis=1), LEAST * flat.max()), norms, color=colour(0),
                alpha=0.15, linewidth=0, label="all singular values",
            )
        axes.plot(
            lags, np.where(norms > 0, norms, np.nan), color=colour(0), marker=marker(len(lags)),
            label=f"measured: × {rate:.3g} per step",
        )
        shown = [norms]
        if bound is not None:
            limit, bound_rate = bound
            axes.plot(
                lags, np.where((limit > 0) & np.isfinite(limit), limit, np.nan), color=colour(1),
                linestyle="--", linewidth=1.4,
                label=rf"bound $(\gamma_W\gamma_h)^k$: × {bound_rate:.3g} per step",
            )
            shown.append(limit)
        log = singular_values is not None or spans_decades(np.concatenate(shown))
        (log_axis if log else linear_axis)(axes)
        what = r"\|\partial L/\partial h_{T-k}\|" if singular_values is None else (
            rf"\|\partial {of}/\partial h_{{T-k}}\|_2"
        )
        axes.set_xlabel("lag $k$: steps back")
        axes.set_ylabel(f"${what}$")
        axes.set_title("What is left of the gradient, by lag")
        axes.legend()
        whole_numbers(axes.xaxis)
        return figure


def plot_bound(
    rate: float, by_radius: float, lags: int, canvas: Canvas
) -> Figure:
    """The bound γ_W γ_h = `rate` to the power of the lag, and ρ(W_hh) γ_h = `by_radius` beside."""
    with canvas.figure(6.4, 3.8) as figure:
        axes = figure.add_subplot()
        k = np.arange(lags + 1)
        for hue, style, factor, label in (
            (colour(1), "--", rate, rf"bound: $\gamma_W\gamma_h$ = {rate:.3g}"),
            (faint(0.6), ":", by_radius, rf"no bound: $\rho(W_{{hh}})\gamma_h$ = {by_radius:.3g}"),
        ):
            curve = factor ** k.astype(float)
            axes.plot(
                k, np.where(curve > 0, curve, np.nan), color=hue, linestyle=style,
                label=label,
            )
        log_axis(axes)
        axes.set_xlabel("lag $k = t - s$")
        axes.set_ylabel(r"$\|\partial h_t/\partial h_s\|_2$ at most")
        axes.set_title("What the weights alone allow")
        axes.legend()
        whole_numbers(axes.xaxis)
        return figure


def plot_spectrum(eigenvalues: Mapping[str, Array], canvas: Canvas) -> Figure:
    """The eigenvalues by gate in the complex plane, and the unit circle."""
    with canvas.figure(4.8, 4.4) as figure:
        axes = figure.add_subplot()
        around = np.exp(2j * np.pi * np.linspace(0, 1, 200))
        axes.plot(around.real, around.imag, color=faint(0.6), linewidth=0.8, linestyle="--")
        radius = {gate: float(np.abs(values).max()) for gate, values in eigenvalues.items()}
        for k, (gate, values) in enumerate(eigenvalues.items()):
            axes.scatter(
                values.real, values.imag, s=18, color=colour(k), linewidth=0,
                label=f"{gate}: largest {radius[gate]:.3g}", zorder=3,
            )
        reach = 1.1 * max([1.0, *radius.values()])
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axes.axhline(0, color=faint(), linewidth=0.6, zorder=0)
        axes.axvline(0, color=faint(), linewidth=0.6, zorder=0)
        axes.set_xlabel("real part")
        axes.set_ylabel("imaginary part")
        axes.set_title("Eigenvalues of $W_{hh}$ by gate")
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


def plot_vanishing(
    relative: Mapping[str, Array],
    bounds: Mapping[float, Array],
    states: Mapping[str, str],
    canvas: Canvas,
) -> Figure:
    """A panel for each cell, with one and the same y axis.

    relative: by cell what is left at lags 0, ..., T-1, a row for each scale: (scales, T). bounds:
    by scale the bound at the same lags. states: by cell the name of the state.
    """
    with canvas.figure(3.5 * len(relative) + 1.6, 3.9) as figure:
        panels = figure.subplots(1, len(relative), sharey=True, squeeze=False)[0]
        every = np.concatenate([rows.ravel() for rows in relative.values()])
        every = every[(every > 0) & np.isfinite(every)]
        floor = max(1e-12, float(every.min(initial=1e-2)))
        top = min(1e12, max(1e2, 2 * float(every.max(initial=1.0))))
        for axes, (cell, rows) in zip(panels, relative.items(), strict=True):
            lags: Sequence[int] = range(rows.shape[1])
            for k, ((scale, limit), row) in enumerate(zip(bounds.items(), rows, strict=True)):
                hue = colour(k)
                axes.plot(
                    lags, np.where(row > 0, row, np.nan), color=hue, linewidth=1.8,
                    label=f"scale {scale:g}",
                )
                axes.plot(
                    lags, np.where(np.isfinite(limit) & (limit > 0), limit, np.nan), color=hue,
                    linewidth=1.0, linestyle="--", alpha=0.7,
                )
            log_axis(axes)
            axes.set_ylim(floor, top)
            axes.set_title(cell.upper())
            axes.set_xlabel(f"lag $k$ of ${states[cell]}_{{T-k}}$")
        panels[0].set_ylabel(r"$\|\partial L/\partial$state$_{T-k}\|$, relative to $k=0$")
        panels[-1].plot(
            [], [], color=faint(0.6), linewidth=1.0, linestyle="--", label="bound of the RNN"
        )
        panels[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure

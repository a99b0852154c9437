"""What happened in training, step by step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bptt.plots.figures import Canvas, colour, faint, whole_numbers

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["History"]


class History:
    """``losses``, ``norms`` (of the gradient, before clipping) and ``rates`` (of learning, of the
    first group) of every step, and ``validations``: pairs (steps before it, value).

    >>> history = History()
    >>> history.add(loss=2.0, norm=0.5, rate=0.1)
    >>> history.validations += [(1, 1.9), (2, 1.5), (3, 1.6)]
    >>> history.best("min"), history.since_best("min"), len(history)
    ((2, 1.5), 1, 1)
    """

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.rates: list[float] = []
        self.validations: list[tuple[int, float]] = []

    def __len__(self) -> int:
        return len(self.losses)

    def add(self, loss: float, norm: float, rate: float) -> None:
        """One step more."""
        self.losses.append(loss)
        self.norms.append(norm)
        self.rates.append(rate)

    @property
    def validated(self) -> int | None:
        """After how many steps the last validation was; None before the first."""
        return self.validations[-1][0] if self.validations else None

    def best(self, mode: str = "min") -> tuple[int, float]:
        """The first of the best validations; (0, NaN) where there is none. NaN is never best."""
        real = [pair for pair in self.validations if not math.isnan(pair[1])]
        if not real:
            return 0, math.nan
        return (min if mode == "min" else max)(real, key=lambda pair: pair[1])

    def since_best(self, mode: str = "min") -> int:
        """How many validations there have been since the best one."""
        steps = self.best(mode)[0]
        return sum(step > steps for step, _ in self.validations)

    def plot(
        self, path: str | PathLike[str] | None = None, *,
        size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The loss of every step and its running mean, and the validations; written to `path` if
        given.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        losses = np.asarray(self.losses)
        window = max(1, min(50, len(losses) // 10))
        mean = np.convolve(losses, np.full(window, 1 / window), "valid") if len(losses) else losses
        with Canvas(path, size, style).figure(7.2, 3.8) as figure:
            axes = figure.add_subplot()
            axes.plot(np.arange(1, len(losses) + 1), losses, color=faint(0.35), linewidth=0.6,
                      label="loss of each step")
            axes.plot(np.arange(len(mean)) + (window + 1) / 2, mean, color=colour(0),
                      label=f"mean of {window}")
            if self.validations:
                steps, values = zip(*self.validations, strict=True)
                axes.plot(steps, values, color=colour(1), marker="o", markersize=3,
                          label="validation")
            axes.set_xlabel("step")
            axes.legend()
            whole_numbers(axes.xaxis)
            return figure

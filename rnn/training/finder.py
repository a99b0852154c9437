"""Which learning rate? Raise it step by step: where the loss falls, and where it explodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.checks import as_number, as_size
from minigrad.errors import GradientError
from minigrad.scanning.generators import restore, states

from ..bptt.plots.figures import Canvas, colour, faint
from .state import own_generators
from .trainer import Trainer

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure

__all__ = ["LearningRates", "find_learning_rate"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class LearningRates:
    """What ``find_learning_rate`` found.

    rates, losses: of each step, (N,). smoothed: the losses as a mean that forgets, corrected for
    its start: s_k = β s_{k-1} + (1 − β) ℓ_k, divided by 1 − βᵏ.

    >>> rates = np.geomspace(1e-3, 1.0, 7)
    >>> found = LearningRates(rates, rates, np.array([2.0, 1.9, 1.5, 1.0, 0.9, 1.2, 9.0]))
    >>> round(found.suggestion, 3)
    0.01
    """

    rates: Array
    losses: Array
    smoothed: Array

    @property
    def suggestion(self) -> float:
        """The rate at which the smoothed loss falls fastest over log(rate), before its minimum.

        Slopes are taken over a tenth of the steps, and not of the first sixth of them, up to ten,
        where a mean over few losses is mostly noise.
        """
        count = len(self.rates)
        width, first = max(1, count // 20), min(10, count // 6)
        middle = np.arange(first + width, max(int(np.argmin(self.smoothed)), first + width) + 1)
        middle = middle[middle < count - width]
        if not len(middle):
            return float(self.rates[min(first, count - 1)])
        falls = self.smoothed[middle - width] - self.smoothed[middle + width]
        return float(self.rates[middle[int(np.argmax(falls))]])

    def plot(
        self, path: str | PathLike[str] | None = None, *,
        size: tuple[float, float] | None = None, style: Any = None,
    ) -> Figure:
        """The loss over the learning rate, and the suggestion; written to `path` if given.

        size: (width, height) in inches. style: "light", "dark", or one of matplotlib's.
        Needs matplotlib, which the extra ``viz`` brings.
        """
        with Canvas(path, size, style).figure(6.4, 3.8) as figure:
            axes = figure.add_subplot()
            axes.plot(self.rates, self.losses, color=faint(0.35), linewidth=0.6, label="each step")
            axes.plot(self.rates, self.smoothed, color=colour(0), label="smoothed")
            axes.axvline(self.suggestion, color=colour(1), linestyle="--",
                         label=f"falls fastest at {self.suggestion:.2g}")
            axes.set_xscale("log")
            axes.set_xlabel("learning rate")
            axes.set_ylabel("loss")
            axes.legend()
            return figure


def find_learning_rate(
    trainer: Trainer, batches: Any, low: float = 1e-6, high: float = 1.0, steps: int = 100,
    *, smoothing: float = 0.9,
) -> LearningRates:
    """The losses of `steps` steps with learning rates from `low` to `high`, each a fixed multiple
    of the one before; it ends early where the smoothed loss is above four times its least.

    trainer: which is afterwards as it was: parameters, optimizer and generators in the model.
        Of several groups all have the same rate meanwhile. batches: as for ``Trainer.fit``.
    smoothing: β of the smoothed losses.

    Take the suggestion, or somewhat less: the rate at which the loss is lowest is too large.
    Raises TypeError or ValueError for arguments that do not fit.

    Source: Smith, "Cyclical learning rates for training neural networks" (2017), section 3.3.

    >>> import minigrad as mg
    >>> model = mg.Module()
    >>> model.w = mg.Parameter(np.array(5.0))
    >>> trainer = Trainer(model, lambda m, x: (m.w * x) ** 2, "sgd", lr=1e-3)
    >>> found = find_learning_rate(trainer, [1.0], low=1e-4, high=10.0, steps=50)
    >>> bool(0.01 < found.suggestion < 1), model.w.item(), trainer.steps
    (True, 5.0, 0)
    """
    who = "find_learning_rate"
    low = as_number(low, "low", who, 0.0, open_low=True)
    high = as_number(high, "high", who, low, open_low=True)
    beta = as_number(smoothing, "smoothing", who, 0.0, 1.0)
    last = max(as_size(steps, "steps", who) - 1, 1)
    means, smoothed = [0.0], []

    def watch(probe: Trainer) -> None:
        means.append(beta * means[-1] + (1 - beta) * probe.loss)
        smoothed.append(means[-1] / (1 - beta**probe.steps))
        if smoothed[-1] > 4 * min(smoothed):
            probe.stop("the loss explodes")

    generators = own_generators(trainer.model, trainer.rng)
    before = trainer.model.state_dict(), trainer.optimizer.state_dict(), states(generators)
    probe = Trainer(
        trainer.model, trainer._loss, trainer.optimizer, weight=trainer._weight,
        clip=None if trainer.clip == math.inf else trainer.clip, accumulate=trainer.accumulate,
        carry=trainer.carry, rng=trainer.rng, callbacks=[watch],
        schedule=lambda done: (high / low) ** (done * steps / last),
    )
    probe.base_lrs = [low] * len(probe.base_lrs)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            probe.fit(batches, steps=steps)
    except GradientError:
        if not smoothed:
            raise
    finally:
        trainer.model.load_state_dict(before[0])
        trainer.optimizer.load_state_dict(before[1])
        restore(generators, before[2])
    losses = np.array(probe.history.losses)
    keep = np.isfinite(losses) & np.isfinite(smoothed)
    return LearningRates(
        np.array(probe.history.rates)[keep], losses[keep], np.array(smoothed)[keep]
    )

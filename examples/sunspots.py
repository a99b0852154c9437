"""Sunspots and El Niño: two real series, forecast a cycle ahead, with intervals.

The number of spots on the sun by year since 1700 rises and falls in some 11 years; the temperature
of the sea off Peru by month since 1950 has its seasons, and every few years El Niño. Of each series
the first part is learned from, and the rest is the test: from every year or month in it the next
11 years, or 12 months, are forecast, with an interval that should hold nine of ten values. Four
ways, whose settings are those that do best on the last quarter of what is learned from:

    seasonal-naive           as it was a cycle ago (no setting)
    exponential smoothing    of a level and of what each phase of the cycle adds (two rates)
    autoregression           by horizon, a least-squares fit on the last values (how many)
    GRU                      autoregression, and a correction by a GRU (when to stop training)

The last two see by how much each month differs from its mean; the GRU also the season. It says a
mean and a variance; the other intervals are as wide as the errors on what is learned from ask for.

What to see: with some hundred values to learn from a network can add little to a linear forecast.
It is no better than autoregression, within a hundredth, and no worse; both are ahead of the others.

Run it with ``python -m examples.sunspots [FOLDER]``; takes some seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples import _forecasts as classical
from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import gaussian_nll_loss
from minigrad.module import Module
from rnn import GRU, Readout

ORDERS, UPDATES = (3, 6, 9, 12, 18, 24), (10, 40, 160)
RATES = (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9)
WINDOW, WARM = 48, 24       # steps of a window, and those before its forecasts count


class Corrected(Module):
    """What is seen (T, B, K) and a forecast (T, B, cycle) → a mean and a variance like it."""

    def __init__(self, width, cycle, hidden, rng):
        self.reader = GRU(width, hidden, how="scan", rng=rng)
        self.mean = Readout(hidden, cycle, rng=rng)
        self.log_variance = Readout(hidden, cycle, rng=rng)

    def forward(self, seen, told):
        outputs, _ = self.reader(seen)
        return told + 0.1 * self.mean(outputs), np.exp(self.log_variance(outputs))


def network(series, learned, setting, hidden=8, seed=0):
    order, updates = setting
    values, usual = classical.anomalies(series, learned)
    scale = values[:learned].std()
    told = (classical.regression(values, series.cycle, learned, order) / scale).astype(np.float32)
    season = 2 * np.pi * np.arange(len(values)) / series.cycle * series.calendar
    seen = np.c_[values / scale, np.sin(season), np.cos(season)].astype(np.float32)
    wanted = (classical.ahead(values, series.cycle) / scale).astype(np.float32)
    rng = np.random.default_rng(seed)
    model = Corrected(3, series.cycle, hidden, rng)

    def loss():
        last = learned - series.cycle - WINDOW
        at = rng.integers(max(ORDERS) - WARM, last + 1, size=32) + np.arange(WINDOW)[:, None]
        mean, variance = model(seen[at], told[at])
        return gaussian_nll_loss(mean[WARM:], wanted[at][WARM:], variance[WARM:])

    fit(model, loss, updates, lr=0.01)
    with no_grad():
        mean, variance = (m.numpy()[:, 0] for m in model(seen[:, None], told[:, None]))
    return mean * scale + classical.ahead(usual, series.cycle), np.sqrt(variance) * scale


def forecasts(series, updates=UPDATES, seeds=3):
    """By way, its setting and its forecasts, as many as there are seeds."""
    rates = classical.chosen(classical.smoothing, series, [(a, b) for a in RATES for b in RATES])
    order = classical.chosen(classical.autoregression, series, ORDERS)
    both = classical.chosen(network, series, [(order, u) for u in updates])
    learned = series.learned
    members = [network(series, learned, both, seed=seed) for seed in range(seeds)]
    return {
        "seasonal-naive": ("", [classical.seasonal_naive(series, learned, None)]),
        "exponential smoothing": (f"rates {rates}", [classical.smoothing(series, learned, rates)]),
        "autoregression": (f"order {order}", [classical.autoregression(series, learned, order)]),
        "GRU": (f"{both[1]} updates", members),
    }


def plot(panels, path):
    """Of each series: forecasts of the GRU with their intervals, and the errors by horizon."""
    figure = new_figure(12, 6)
    rows = figure.subplots(2, 2, width_ratios=[2.2, 1])
    for (left, right), (series, found, errors) in zip(rows, panels, strict=True):
        steps = np.arange(series.learned - series.cycle, len(series.values))
        left.plot(series.time(steps), series.values[steps], ".-", color="#999999", ms=3, lw=1)
        mean, deviation = found["GRU"][1][0]
        for at in range(series.learned - 1, len(series.values) - series.cycle, 2 * series.cycle):
            time = series.time(at + 1 + np.arange(series.cycle))
            wide = classical.WIDTH * deviation[at]
            left.plot(time, mean[at], color=COLOURS[3], lw=2)
            left.fill_between(time, mean[at] - wide, mean[at] + wide, color=COLOURS[3], alpha=0.2)
        left.set(ylabel=series.name)
        horizon = np.arange(1, series.cycle + 1)
        for colour, marker, (way, error) in zip(COLOURS, "os^D", errors.items(), strict=False):
            right.plot(horizon, error, marker, ls="-", ms=4, color=colour, label=way)
        right.set(xlabel="steps ahead", ylabel="root mean squared error", ylim=(0, None))
        bare(left)
        bare(right)
    right.legend(fontsize=8, frameon=False)
    finish(figure, path)


def main(folder="out", updates=UPDATES, seeds=3):
    panels = []
    for series in classical.data():
        found, errors = forecasts(series, updates, seeds), {}
        print(f"{series.name}, up to {series.cycle} steps ahead:"
              " error (root mean square, ± over seeds), values within the interval")
        for way, (setting, told) in found.items():
            end = len(series.values) - series.cycle
            results = [classical.scores(series, t, series.learned - 1, end) for t in told]
            errors[way] = np.sqrt(np.mean([error**2 for error, _ in results], axis=0))
            whole = [np.sqrt((error**2).mean()) for error, _ in results]
            print(f"    {way:<22} {np.mean(whole):6.2f} ± {np.std(whole):.2f}"
                  f"{np.mean([held for _, held in results]):>8.0%}   {setting}")
        whole = {way: np.sqrt((error**2).mean()) for way, error in errors.items()}
        gru = whole.pop("GRU")
        best = min(whole, key=whole.get)
        print(f"    the GRU's error is {gru / whole[best] - 1:+.1%} against the best, {best}")
        panels.append((series, found, errors))
    path = Path(folder) / "sunspots.png"
    try:
        plot(panels, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

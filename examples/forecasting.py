"""Forecasting: a chaotic series, up to 16 steps ahead.

The series is the one of Mackey and Glass, a model of the number of blood cells, whose growth
depends on what that number was 17 days ago,

    dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t),

solved in steps of a tenth of a day, looked at every third day, with noise of standard deviation
0.02 on what one sees. A GRU reads the series and says at every step what comes in the next 16. It
learns from 3,000 values and is tested on the 1,000 after them. Beside it three baselines:

    persistence        it stays as it is
    seasonal-naive     it comes again as it was one cycle of 48 days ago
    linear             for each horizon a least-squares fit on the last 32 values

No forecast can have a smaller error than the noise, 0.02.

Run it with ``python -m examples.forecasting [FOLDER]``; takes some seconds.

Mackey and Glass, Oscillation and chaos in physiological control systems, Science 197 (1977).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from minigrad import no_grad, optim
from minigrad.functional import mse_loss
from minigrad.module import Module
from rnn import GRU, Readout

EVERY, DELAY, STEPS_A_DAY = 3, 17, 10
NOISE, AHEAD, CYCLE = 0.02, 16, 16     # CYCLE, of 48 days: the lag of greatest likeness
LEARNED, TESTED = 3000, 1000
WINDOW, WARM = 64, 24                   # steps of a window, and those before its forecasts count
ORDER = 32                              # of the linear forecast


def series(seed=0):
    """What is seen of the series: (4000,), after the first 1,500 days."""
    delay, stride = DELAY * STEPS_A_DAY, EVERY * STEPS_A_DAY
    burn = 1500 * STEPS_A_DAY
    x = np.full(delay + burn + (LEARNED + TESTED) * stride, 1.2)
    for t in range(delay, len(x) - 1):
        late = x[t - delay]
        x[t + 1] = x[t] + (0.2 * late / (1 + late**10) - 0.1 * x[t]) / STEPS_A_DAY
    seen = x[delay + burn :: stride]
    return seen + NOISE * np.random.default_rng(seed).normal(size=len(seen))


def ahead(values):
    """The AHEAD values that follow each one: (len - AHEAD, AHEAD)."""
    return np.lib.stride_tricks.sliding_window_view(values[1:], AHEAD)


# -- baselines: from the whole series the forecasts at the steps `at`, (len(at), AHEAD)


def persistence(values, at):
    return np.repeat(values[at][:, None], AHEAD, axis=1)


def seasonal(values, at):
    """What was the last whole number of cycles before each of the steps to come."""
    horizon = np.arange(1, AHEAD + 1)
    back = CYCLE * -(-horizon // CYCLE)
    return values[at[:, None] + horizon - back]


def linear(values, at):
    known = np.lib.stride_tricks.sliding_window_view(values, ORDER)     # row k ends at k + 31
    design = np.concatenate([known, np.ones((len(known), 1))], axis=1)
    rows = design[: LEARNED - ORDER + 1 - AHEAD]
    wanted = ahead(values)[ORDER - 1 : ORDER - 1 + len(rows)]
    weights, *_ = np.linalg.lstsq(rows, wanted)
    return design[at - ORDER + 1] @ weights


# -- the network


class Forecaster(Module):
    """Values (T, B) → the changes expected in the next steps (T, B, AHEAD)."""

    def __init__(self, hidden, rng):
        self.reader = GRU(1, hidden, how="scan", rng=rng)
        self.head = Readout(hidden, AHEAD, rng=rng)

    def forward(self, values):
        outputs, _ = self.reader(values[:, :, None])                    # (T, B, H)
        return self.head(outputs) + values[:, :, None]


def train(values, updates=400, hidden=32, seed=0):
    rng = np.random.default_rng(seed)
    known = values[:LEARNED]
    centre, spread = known.mean(), known.std()
    scaled = ((values - centre) / spread).astype(np.float32)
    model = Forecaster(hidden, rng)
    optimizer = optim.Adam(model.parameters())
    following = ahead(scaled)
    for update in range(updates):
        optimizer.lr = 0.01 * (1 - update / updates)
        starts = rng.integers(LEARNED - WINDOW - AHEAD, size=32)
        at = starts + np.arange(WINDOW)[:, None]                        # (T, B)
        loss = mse_loss(model(scaled[at])[WARM:], following[at][WARM:])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()

    def forecast(values, at):
        scaled = ((values - centre) / spread).astype(np.float32)
        steps = at + np.arange(1 - WINDOW, 1)[:, None]
        with no_grad():
            return model(scaled[steps]).numpy()[-1] * spread + centre

    return forecast


def errors(values, forecast):
    """The root of the mean squared error by horizon (AHEAD,), over what is tested."""
    at = np.arange(LEARNED - 1, len(values) - AHEAD)
    return np.sqrt(((forecast(values, at) - ahead(values)[at]) ** 2).mean(axis=0))


def plot(values, ways, found, path):
    """The error by horizon, and two forecasts."""
    figure = new_figure(10, 4)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    horizon = np.arange(1, AHEAD + 1)
    for colour, marker, (way, error) in zip(COLOURS, "os^D", found.items(), strict=False):
        left.plot(horizon, error, marker, ls="-", ms=4, color=colour, label=way)
    left.axhline(NOISE, color="#333333", ls=":", label="the noise")
    left.set(xlabel="steps ahead", ylabel="root mean squared error", ylim=(0, None),
             xticks=(1, 4, 8, 12, 16))
    left.legend(fontsize=8, frameon=False)
    start = LEARNED + 100
    shown = np.arange(start - 40, start + 40)
    right.plot(shown - LEARNED, values[shown], ".-", color="#999999", ms=4, lw=1, label="seen")
    for at in (start - 1, start + 20):
        for colour, way in ((COLOURS[2], "linear"), (COLOURS[3], "GRU")):
            told = ways[way](values, np.array([at]))[0]
            right.plot(at + horizon - LEARNED, told, color=colour, lw=2,
                       label=way if at < start else None)
        right.axvline(at - LEARNED, color="#333333", ls=":", lw=1)
    right.set(xlabel="step after the values learned from", ylabel="x")
    right.legend(fontsize=8, frameon=False, loc="upper left", ncols=3)
    right.set_ylim(top=values[shown].max() + 0.25)
    for axes in (left, right):
        bare(axes)
    finish(figure, path)


def main(folder="out", updates=400):
    values = series()
    ways = {"persistence": persistence, "seasonal-naive": seasonal, "linear": linear}
    ways["GRU"] = train(values, updates)
    found = {way: errors(values, forecast) for way, forecast in ways.items()}
    horizons = (1, 4, 8, 16)
    print(f"root mean squared error on {TESTED - AHEAD + 1} later steps; the noise is {NOISE}")
    print(" " * 16 + "".join(f"{k:>4} ahead" for k in horizons))
    for way, error in found.items():
        print(f"{way:<16}" + "".join(f"{error[k - 1]:>10.4f}" for k in horizons))
    path = Path(folder) / "forecasting.png"
    try:
        plot(values, ways, found, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

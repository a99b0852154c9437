"""Anomaly detection: beats that are wrong in a trace of a heart.

The trace is made up: a pulse and the smaller wave after it, repeated with a period that wanders
between 20 and 28 steps and a height that wanders by a fifth, and noise. In the trace that is tested
one beat in ten is wrong, in one of four ways, of which none is higher than what is normal:

    early     the beat begins when 6 tenths of the one before are over
    missing   there is no pulse
    inverted  the wave after the pulse points down
    slurred   the pulse is three times as wide

A GRU has read a trace without faults, and says at each step which value it expects next, and how
uncertain it is: a mean and a variance. Its surprise, -ln p(value), is the score. Two baselines: how
many standard deviations the value is from the mean of all (a threshold on the z-score), and how far
it is from a linear prediction from the last 32 values.

Each score is averaged over 8 steps; an alarm is a score that on a second trace without faults is
exceeded in one step of a thousand. What counts is how many of the faults raise an alarm.

What to see: an early beat is as high and as wide as any other, and only what knows how long a beat
takes is surprised. The hardest is the pulse that does not come, because at no single step is that
strange; with other seeds fewer of these are found, or none, and 75% to 100% of all faults.

Run it with ``python -m examples.anomaly [FOLDER]``; takes some seconds.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from minigrad import no_grad, optim
from minigrad.module import Module
from rnn import GRU, Readout

FAULTS = ("early", "missing", "inverted", "slurred")
NOISE = 0.04
ORDER = 32                  # of the linear prediction
SMOOTHING = 8               # steps that a score is averaged over
FALSE = 1 / 1000            # false alarms by step


class Trace(NamedTuple):
    """values (T,), and for each wrong beat its kind and its first and last step."""

    values: np.ndarray
    faults: list[tuple[str, int, int]]


def trace(rng, beats, faulty=False):
    """A trace of so many beats; with `faulty` every tenth is wrong, the kinds taking turns."""
    values, faults, period, height = [], [], 24.0, 1.0
    for beat in range(beats):
        period = float(np.clip(period + rng.normal(0, 0.7), 20, 28))
        height = float(np.clip(height + rng.normal(0, 0.05), 0.8, 1.2))
        kind = FAULTS[beat // 10 % 4] if faulty and beat % 10 == 5 else None
        early = faulty and FAULTS[beat // 10 % 4] == "early" and beat % 10 == 4
        steps = round(period * (0.6 if early else 1))
        angle = 2 * np.pi * np.arange(steps) / period
        width = 4.5 if kind == "slurred" else 40
        pulse = 0 if kind == "missing" else np.exp(width * (np.cos(angle - 1.2) - 1))
        wave = 0.35 * np.exp(8 * (np.cos(angle - 3.4) - 1))
        start = len(values)
        values += (height * (pulse + (-wave if kind == "inverted" else wave))).tolist()
        if kind:
            faults.append((kind, start, len(values) - 1))
    values = np.array(values)
    return Trace(values + NOISE * rng.normal(size=len(values)), faults)


# -- scores: one for each value, high where it is strange


def z_score(learned, values):
    return np.abs(values - learned.mean()) / learned.std()


def linear_score(learned, values):
    """How far each value is from its linear prediction; 0 where there are too few before it."""

    def design(x):
        known = np.lib.stride_tricks.sliding_window_view(x[:-1], ORDER)
        return np.concatenate([known, np.ones((len(known), 1))], axis=1)

    weights, *_ = np.linalg.lstsq(design(learned), learned[ORDER:])
    return np.concatenate([np.zeros(ORDER), np.abs(values[ORDER:] - design(values) @ weights)])


class Expectation(Module):
    """Values (T, B) → the mean and the logarithm of the variance of the next ones, each (T, B)."""

    def __init__(self, hidden, rng):
        self.reader = GRU(1, hidden, how="scan", rng=rng)
        self.head = Readout(hidden, 2, rng=rng)

    def forward(self, values):
        outputs, _ = self.reader(values[:, :, None])                    # (T, B, H)
        expected = self.head(outputs)
        return expected[:, :, 0], expected[:, :, 1]


def surprise(expected, values):
    """-ln p(value) of a normal distribution, but for a constant."""
    mean, log_variance = expected
    return 0.5 * ((values - mean) ** 2 * np.exp(-log_variance) + log_variance)


def train(learned, updates=400, hidden=24, window=60, seed=0):
    """A score by a network that has read the values of a trace without faults."""
    rng = np.random.default_rng(seed)
    values = learned.astype(np.float32)
    model = Expectation(hidden, rng)
    optimizer = optim.Adam(model.parameters())
    for update in range(updates):
        optimizer.lr = 0.02 * (1 - update / updates)
        starts = rng.integers(len(values) - window, size=16)
        chosen = values[starts + np.arange(window)[:, None]]            # (T, B)
        loss = surprise(model(chosen[:-1]), chosen[1:])[24:].mean()     # after a beat to get going
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()

    def score(learned, values):
        asked = values.astype(np.float32)[:, None]
        with no_grad():
            found = surprise(model(asked[:-1]), asked[1:])
        return np.concatenate([[0.0], np.asarray(found.numpy())[:, 0]])

    return score


# -- alarms


def smoothed(score):
    """The mean of the last SMOOTHING scores."""
    return np.convolve(score, np.ones(SMOOTHING) / SMOOTHING)[: len(score)]


def threshold(score, learned, clean):
    """What the score of a trace without faults exceeds in one step of a thousand."""
    return np.quantile(smoothed(score(learned, clean))[2 * ORDER :], 1 - FALSE)


def found(score, learned, clean, tested):
    """By kind, the fraction of the faults in which there is an alarm; and the false alarms, by
    step, in what is tested: outside of the faults and of the beat after each."""
    alarm = smoothed(score(learned, tested.values)) > threshold(score, learned, clean)
    kinds = {kind: [] for kind in FAULTS}
    normal = np.arange(len(alarm)) >= 2 * ORDER
    for kind, first, last in tested.faults:
        kinds[kind].append(alarm[first : last + SMOOTHING].any())
        normal[first : last + 28] = False
    return {kind: np.mean(hits) for kind, hits in kinds.items()}, alarm[normal].mean()


def data():
    """Traces without faults to learn from and to set the threshold by, and one with faults."""
    learned = trace(np.random.default_rng(0), 200).values
    clean = trace(np.random.default_rng(1), 400).values
    return learned, clean, trace(np.random.default_rng(2), 400, faulty=True)


def plot(traces, scores, path):
    """A fault of each kind, the trace above and the scores with their thresholds below."""
    learned, clean, tested = traces
    figure = new_figure(12, 7)
    panels = figure.subplots(1 + len(scores), len(FAULTS), sharex="col", sharey="row")
    lines = {"the trace": (tested.values, None)} | {
        name: (smoothed(score(learned, tested.values)), threshold(score, learned, clean))
        for name, score in scores.items()
    }
    shown = tested.faults[len(FAULTS) : 2 * len(FAULTS)]
    for row, colour, (name, (values, level)) in zip(
        panels, ("#333333", *COLOURS), lines.items(), strict=False
    ):
        row[0].set_ylabel(name)
        if level is not None:
            usual = np.median(values)
            row[0].set_ylim(values.min() - 0.2 * (level - usual), level + 1.5 * (level - usual))
        for panel, (_, first, last) in zip(row, shown, strict=True):
            steps = np.arange(first - 60, last + 40)
            panel.plot(steps, values[steps], color=colour, lw=1.5)
            panel.axvspan(first, last, color="#e69f00", alpha=0.25, lw=0)
            if level is not None:
                panel.axhline(level, color="#333333", ls=":", lw=1)
            bare(panel)
    for panel, (kind, *_) in zip(panels[0], shown, strict=True):
        panel.set_title(kind)
    for panel in panels[-1]:
        panel.set_xlabel("step")
    finish(figure, path)


def main(folder="out", updates=400):
    traces = learned, clean, tested = data()
    scores = {
        "z-score": z_score, "linear": linear_score, "GRU": train(learned, updates),
    }
    print(f"faults that raise an alarm, of {len(tested.faults)}, at {FALSE} false alarms a step")
    print(" " * 10 + "".join(f"{kind:>10}" for kind in FAULTS) + "       all     false alarms")
    for name, score in scores.items():
        kinds, false = found(score, learned, clean, tested)
        row = "".join(f"{share:>10.0%}" for share in (*kinds.values(), np.mean([*kinds.values()])))
        print(f"{name:<10}{row}{false:>17.4f}")
    path = Path(folder) / "anomaly.png"
    try:
        plot(traces, scores, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

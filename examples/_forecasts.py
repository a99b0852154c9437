"""Classical forecasts, the baselines of `examples.sunspots`: a cycle ahead, from every step.

A way makes of a series, of how many values are learned from, and of a setting the forecasts at all
steps as mean and deviation, each (T, cycle), with NaN where too little is known before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from examples._data import FOLDER

__all__ = [
    "WIDTH", "Series", "ahead", "anomalies", "autoregression", "chosen", "data", "regression",
    "scores", "seasonal_naive", "smoothing",
]

WIDTH = 1.645               # standard deviations, on each side, that hold nine of ten values


class Series(NamedTuple):
    """values (T,); the length of a cycle, which is how far ahead one looks; whether it is that of
    a calendar; how many values are learned from; the time of the first value, and of one step."""

    name: str
    values: np.ndarray
    cycle: int
    calendar: bool
    learned: int
    start: float
    step: float

    def time(self, steps):
        return self.start + self.step * steps


def data():
    spots, sea = (
        np.loadtxt(FOLDER / name, delimiter=",", skiprows=1)[:, 1:].ravel()
        for name in ("sunspots.csv", "elnino.csv")
    )
    return (
        Series("sunspots by year", spots, 11, False, 200, 1700, 1),
        Series("sea off Peru, °C", sea, 12, True, 480, 1950, 1 / 12),
    )


def ahead(values, cycle):
    """The values that follow each one: (T - cycle, cycle)."""
    return np.lib.stride_tricks.sliding_window_view(values[1:], cycle)


def windows(values, length):
    """The last values at each step, (T, length), with NaN before the first."""
    known = np.append(np.full(length - 1, np.nan), values)
    return np.lib.stride_tricks.sliding_window_view(known, length)


def anomalies(series, learned):
    """By how much each value differs from its mean, that of its month if there is a calendar; and
    these means. Both are of what is learned from."""
    months = series.cycle if series.calendar else 1
    means = np.array([series.values[:learned][k::months].mean() for k in range(months)])
    usual = means[np.arange(len(series.values) + series.cycle) % months]
    return series.values - usual[: len(series.values)], usual


def with_errors(series, learned, mean):
    """With the deviation, by horizon, that the errors on what is learned from have."""
    errors = mean[: learned - series.cycle] - ahead(series.values[:learned], series.cycle)
    return mean, np.broadcast_to(np.sqrt(np.nanmean(errors**2, axis=0)), mean.shape)


def seasonal_naive(series, learned, _):
    return with_errors(series, learned, windows(series.values, series.cycle))


def smoothing(series, learned, rates):
    level, mean = series.values[: series.cycle].mean(), []
    phases = series.values[: series.cycle] - level
    for t, value in enumerate(series.values):
        error = value - level - phases[t % series.cycle]
        level += rates[0] * error
        phases[t % series.cycle] += rates[1] * error
        mean.append(level + np.roll(phases, -t - 1))
    return with_errors(series, learned, np.array(mean))


def regression(values, cycle, learned, order):
    """The forecasts (T, cycle) that are linear in the last values."""
    design = np.c_[windows(values, order), np.ones(len(values))]
    rows = slice(order - 1, learned - cycle)
    weights, *_ = np.linalg.lstsq(design[rows], ahead(values, cycle)[rows])
    return design @ weights


def autoregression(series, learned, order):
    values, usual = anomalies(series, learned)
    told = regression(values, series.cycle, learned, order)
    return with_errors(series, learned, told + ahead(usual, series.cycle))


def scores(series, told, first, last):
    """Of the forecasts made at the steps from `first` to before `last`: the root mean squared error
    by horizon, and how many of the values lie in the interval."""
    mean, deviation = (part[first:last] for part in told)
    errors = mean - ahead(series.values, series.cycle)[first:last]
    return np.sqrt((errors**2).mean(axis=0)), (np.abs(errors) <= WIDTH * deviation).mean()


def chosen(way, series, settings):
    """The setting that does best on the last quarter of what is learned from."""
    quarter = series.learned * 3 // 4

    def error(setting):
        told = way(series, quarter, setting)
        return (scores(series, told, quarter - 1, series.learned - series.cycle)[0] ** 2).mean()

    return min(settings, key=error)

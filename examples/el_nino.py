"""El Niño: the years in which the sea off Peru was too warm, found in its temperatures by month.

Anomaly detection on a real series with labels: in 22 of the winters from 1951 to 2010 there was an
El Niño by NOAA's index, which is taken elsewhere, in the middle of the Pacific. From the first 30
years is learned what is usual; the test is whether the alarms of the years from 1980 on, each from
July to June, are those of El Niño: precision, how many alarms are right, and recall, how many El
Niños raise one. The scores:

    moving z-score        how many deviations a value is above the mean of the last months
    of seasons            the same of what is left without the season, the mean of each month
    above the season      what is left without the season, as it is
    GRU                   how many deviations a value is above what was expected half a year ago

by the network of `examples.sunspots`, which says a mean and a deviation. The mean of a score over
some months raises an alarm above a threshold; how many months, the length of the moving window, and
the threshold are those with which the harmonic mean of precision and recall is highest in the years
learned from.

What to see: the network is ahead of the moving z-score, because it knows the seasons, and level
with that of seasons. But for so slow a thing nobody needs a forecast: how far the sea is above the
season is the simplest score, and the best.

Run it with ``python -m examples.el_nino [FOLDER]``; takes some seconds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from examples._forecasts import anomalies, data, windows
from examples.sunspots import network

# The years in whose second half an El Niño began or went on: NOAA, Oceanic Niño Index.
EVENTS = {1951, 1953, 1957, 1958, 1963, 1965, 1968, 1969, 1972, 1976, 1977, 1979,
          1982, 1986, 1987, 1991, 1994, 1997, 2002, 2004, 2006, 2009}
FIRST, LEARNED = 1950, 360                              # year of the first month; months
LEARNED_YEARS, TESTED_YEARS = range(1951, 1980), range(1980, 2010)
AHEAD = 6


def moving_z(values, length):
    """By the mean and the deviation of the months before; NaN where they are too few."""
    before = windows(values, length)[:-1]
    z = (values[1:] - before.mean(axis=1)) / before.std(axis=1)
    return np.append(np.nan, z)


def surprise(series, updates=10, order=6, seed=0):
    """By what the network expected AHEAD months ago."""
    mean, deviation = network(series, LEARNED, (order, updates), seed=seed)
    z = (series.values[AHEAD:] - mean[:-AHEAD, AHEAD - 1]) / deviation[:-AHEAD, AHEAD - 1]
    return np.append(np.full(AHEAD, np.nan), z)


def by_year(score, months):
    """The highest mean over so many months, from July to June, of each year."""
    smooth = np.convolve(np.nan_to_num(score), np.ones(months) / months)[: len(score)]
    return {
        year: smooth[12 * (year - FIRST) + 6 :][:12].max()
        for year in (*LEARNED_YEARS, *TESTED_YEARS)
    }


def judged(alarms, years):
    """Precision, recall, and their harmonic mean."""
    true = EVENTS & set(years)
    right = len(alarms & true)
    return right / max(len(alarms), 1), right / len(true), 2 * right / (len(alarms) + len(true))


def above(score, level, years):
    return {year for year in years if score[year] >= level}


def tuned(scores):
    """The scores by year and the threshold, of all these scores by month, that do best in the years
    learned from; the first of equally good ones."""
    settings = [
        (years, years[at]) for score in scores for months in (1, 3, 5, 7)
        for years in [by_year(score, months)] for at in LEARNED_YEARS
    ]
    return max(settings, key=lambda s: judged(above(*s, LEARNED_YEARS), LEARNED_YEARS)[2])


def plot(series, usual, found, path):
    """The sea and its seasons, the El Niños, and where alarms are raised."""
    figure = new_figure(12, 4.5)
    sea, alarms = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    months = np.arange(12 * (TESTED_YEARS[0] - FIRST), len(series.values))
    sea.plot(series.time(months), series.values[months], color="#333333", lw=1.2)
    sea.plot(series.time(months), usual[months], color="#999999", lw=1, ls=":")
    sea.set(ylabel="sea off Peru, °C")
    for year in EVENTS & set(TESTED_YEARS):
        for axes in (sea, alarms):
            axes.axvspan(year + 0.5, year + 1.5, color=COLOURS[4], alpha=0.25, lw=0)
    for row, (colour, (years, level)) in enumerate(zip(COLOURS, found.values(), strict=False)):
        for year in above(years, level, TESTED_YEARS):
            alarms.plot([year + 0.5, year + 1.5], [-row, -row], color=colour, lw=5,
                        solid_capstyle="butt")
    alarms.set_yticks(-np.arange(len(found)), list(found))
    alarms.set(ylim=(0.6 - len(found), 0.6), xlabel="year")
    bare(sea)
    bare(alarms)
    finish(figure, path)


def main(folder="out", updates=10):
    series = data()[1]
    values, usual = anomalies(series, LEARNED)
    lengths = (12, 24, 36, 60, 120)
    found = {
        "moving z-score": tuned([moving_z(series.values, length) for length in lengths]),
        "of seasons": tuned([moving_z(values, length) for length in lengths]),
        "above the season": tuned([values]),
        "GRU": tuned([surprise(series, updates)]),
    }
    print(f"El Niño in {len(EVENTS & set(TESTED_YEARS))} of {len(TESTED_YEARS)} years")
    print(" " * 18 + "alarms   precision   recall   harmonic mean")
    for name, (years, level) in found.items():
        alarms = above(years, level, TESTED_YEARS)
        precision, recall, mean = judged(alarms, TESTED_YEARS)
        print(f"{name:<18}{len(alarms):>6}{precision:>12.0%}{recall:>9.0%}{mean:>16.0%}")
    path = Path(folder) / "el_nino.png"
    try:
        plot(series, usual, found, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

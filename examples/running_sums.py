"""Running sums: statistics of a stream, and the worst fall of a price, differentiated.

A running sum is the smallest recurrence, s_t = s_{t-1} + x_t; `mg.scan` runs it with any step.

- The mean and the variance of x_1 ... x_t, for every t, in one pass (Welford 1962). Summing x² and
  subtracting the squared mean loses all digits where the mean is large; carrying the sum of squared
  deviations M loses none:

      μ_t = μ_{t-1} + (x_t − μ_{t-1})/t,    M_t = M_{t-1} + (x_t − μ_{t-1})(x_t − μ_t)

- The drawdown of a price is how far it stands below its maximum so far. The largest drawdown
  depends on two days alone, and its gradient says which: 1 at the peak, −1 at the trough, else 0.

Run it with ``python -m examples.running_sums [FOLDER]``; it draws the price and its gradient there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import minigrad as mg
from examples._command import command
from examples._figures import finish, new_figure, ruled


def mean_and_variance(xs):
    """The mean and the variance (over n) of x_1 ... x_t, for every t: two arrays (T,)."""

    def welford(entry, state):
        t, x = entry
        mean, M = state
        new = mean + (x - mean) / t
        M = M + (x - mean) * (x - new)
        return (new, M / t), (new, M)

    return mg.scan(welford, (0.0, 0.0), (np.arange(1.0, 1 + len(xs)), xs))[0]


def drawdown(prices):
    """How far each price is below the maximum so far: (T,)."""

    def step(price, peak):
        peak = np.maximum(peak, price)
        return peak - price, peak

    return mg.scan(step, -np.inf, prices)[0]


def largest_drawdown(prices):
    """The largest drawdown and its gradient by every price."""
    prices = mg.tensor(prices, requires_grad=True)
    largest = drawdown(prices).max()
    return largest.item(), mg.gradients(largest, [prices])[0].numpy()


def random_walk(T=250, seed=3):
    return 100 + np.random.default_rng(seed).normal(0.02, 1.0, T).cumsum()


def plot(prices, gradient, path):
    figure = new_figure(7.2, 3.6)
    axes = figure.add_subplot()
    axes.plot(prices, color="#777777", linewidth=1.2)
    axes.plot(np.maximum.accumulate(prices), color="#0072b2", linewidth=1.2)
    for t in np.flatnonzero(gradient):
        axes.plot(t, prices[t], "o", color="#d55e00")
        axes.annotate(f"{gradient[t]:+.0f}", (t, prices[t]), xytext=(0, 11 * gradient[t]),
                      textcoords="offset points", ha="center", va="center", color="#d55e00")
    axes.set_title("A price, its running maximum, and ∂(largest drawdown)/∂price", loc="left")
    axes.set_xlabel("day")
    axes.margins(y=0.12)
    ruled(axes)
    return finish(figure, path)


def main(folder="out"):
    xs = 1e8 + np.random.default_rng(0).normal(size=1000)
    variance = mean_and_variance(xs)[1].numpy()
    naive = np.mean(xs**2) - np.mean(xs) ** 2
    print(f"1,000 numbers around 1e8: variance {variance[-1]:.9f} by one pass, {xs.var():.9f} by")
    print(f"    NumPy's two, {naive:.1f} as the mean of x² minus the square of the mean")
    prices = random_walk()
    largest, gradient = largest_drawdown(prices)
    peak, trough = np.flatnonzero(gradient)
    print(f"largest drawdown: {largest:.2f}, from day {peak} to day {trough}; its gradient there "
          f"is {gradient[peak]:+.0f} and {gradient[trough]:+.0f}")
    path = Path(folder) / "running_sums.png"
    plot(prices, gradient, path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)

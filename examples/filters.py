"""Filters as recurrences, and their settings found by gradient.

- Exponential smoothing, s_t = s_{t-1} + α (x_t − s_{t-1}), a filter with infinite impulse response:
  α is learned, so that s_t predicts x_{t+1} best. For a random walk with step q seen through noise
  r the best α is known (Muth 1960): α = (√(1 + 4 r²/q²) − 1) q² / 2r².
- A Kalman filter follows something that moves at a nearly constant velocity, from noisy positions:

      predict  m ← F m,  P ← F P Fᵀ + Q;    update  k = P Hᵀ / S,  S = H P Hᵀ + r²,
      m ← m + k (x_t − H m),  P ← (I − k H) P;    ln p(x_t | before) = −½ (ln 2πS + (x_t − H m)²/S)

  How much it moves (q) and how noisy its positions are (r) are unknown. The sum of ln p over all
  steps, a running sum beside the filter, is the likelihood of both, and is climbed by gradient.

Run it with ``python -m examples.filters [FOLDER]``; it draws the filtered track there.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

import minigrad as mg
from examples._command import command
from examples._figures import finish, new_figure, ruled

Q, R = 0.1, 2.0  # standard deviations: of the change of the velocity in a step, of a position
F, H = np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([1.0, 0.0])


def smooth(alpha, xs):
    """The smoothed series, (T,)."""

    def step(x, s):
        s = s + alpha * (x - s)
        return s, s

    return mg.scan(step, xs[0], xs[1:])[0]


def learn_alpha(xs, updates=100):
    """α, in (0, 1), with the smallest squared error of the next value."""
    logit = mg.Parameter(0.0)
    optimizer = mg.optim.Adam([logit], lr=0.1)
    for _ in range(updates):
        alpha = mg.functional.sigmoid(logit)
        loss = ((smooth(alpha, xs)[:-1] - xs[2:]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return mg.functional.sigmoid(logit).item()


def track(T=120, seed=0):
    """True and measured positions, (T,) each."""
    rng = np.random.default_rng(seed)
    velocity = rng.normal(0, Q, T).cumsum()
    position = velocity.cumsum()
    return position, position + rng.normal(0, R, T)


def kalman(q, r, xs):
    """Filtered means (T, 2) and variances (T,) of the position, and ln p(x_1 ... x_T)."""
    noise = q**2 * np.array([[1.0, 1.0], [1.0, 1.0]])  # a change of velocity moves the position too

    def step(x, state):
        m, P, total = state
        m, P = F @ m, F @ P @ F.T + noise
        S, error = P[0, 0] + r**2, x - m[0]
        k = P[:, 0] / S
        m, P = m + k * error, P - k[:, None] * P[0]
        total = total - (np.log(2 * math.pi * S) + error**2 / S) / 2
        return (m, P[0, 0]), (m, P, total)

    start = (np.zeros(2), 10.0 * np.eye(2), 0.0)
    (means, variances), (_, _, total) = mg.scan(step, start, xs)
    return means, variances, total


def learn_noise(xs, updates=100):
    """The q and r of the largest likelihood, and ln p on the way."""
    logs = mg.Parameter(np.zeros(2))
    optimizer, totals = mg.optim.Adam([logs], lr=0.1, maximize=True), []
    for _ in range(updates):
        *_, total = kalman(*np.exp(logs), xs)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    return np.exp(logs.numpy()), totals


def plot(position, xs, means, variances, path):
    figure = new_figure(7.6, 4.0)
    axes = figure.add_subplot()
    t, spread = np.arange(len(xs)), 2 * np.sqrt(variances)
    axes.fill_between(t, means - spread, means + spread, color="#0072b2", alpha=0.2, linewidth=0,
                      label="filtered, ± 2 standard deviations")
    axes.plot(t, means, color="#0072b2", linewidth=1.2)
    axes.plot(t, position, color="#000000", linewidth=1.0, linestyle="--", label="true")
    axes.plot(t, xs, ".", color="#d55e00", markersize=4, label="measured")
    axes.set(xlabel="step", ylabel="position")
    axes.legend(frameon=False)
    ruled(axes)
    return finish(figure, path)


def main(folder="out"):
    rng = np.random.default_rng(0)
    walk = rng.normal(0, 0.5, 2000).cumsum() + rng.normal(0, 1.0, 2000)
    ratio = 0.5**2 / 1.0**2
    best = ratio * (math.sqrt(1 + 4 / ratio) - 1) / 2
    print(f"exponential smoothing: α = {learn_alpha(walk):.3f} learned, {best:.3f} in theory")
    position, xs = track()
    (q, r), totals = learn_noise(xs)
    means, variances, _ = (found.numpy() for found in kalman(q, r, xs))
    print(f"Kalman filter: ln p from {totals[0]:.1f} to {totals[-1]:.1f}; q = {q:.2f} and r = "
          f"{r:.2f} learned, {Q} and {R} true")
    errors = [np.sqrt(np.mean((found - position) ** 2)) for found in (xs, means[:, 0])]
    print(f"    root mean square error {errors[0]:.2f} measured, {errors[1]:.2f} filtered")
    path = Path(folder) / "filters.png"
    plot(position, xs, means[:, 0], variances, path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)

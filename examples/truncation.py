"""What truncated BPTT gets wrong, and how random cuts get it right on average.

A GRU reads 30 steps, and the loss compares each output with an input of some steps before: so the
gradient has to come back that far. Three ways to compute it:

- truncated BPTT with a window of k1 = 5 and a reach of k2: each update sees k2 steps. Its gradient
  is biased, and no number of updates takes the bias away.
- randomised truncation: windows end at random, 5 steps long on average, and what flows back between
  two steps of a window is multiplied by 1/(1 - p). Each gradient is noisy, their mean is exact.
- real-time recurrent learning, which carries ∂h/∂θ forward and has no window: exact, and dear.

Run it with ``python -m examples.truncation [FOLDER]``; it draws the error over the reach there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import rnn
from examples._command import command
from rnn.bptt import TruncationError, power_law, randomized, rtrl, truncation_error

T, HIDDEN, LAG, K1 = 30, 4, 8, 5
REACHES = (1, 2, 5, 8, 12, 16, 20, 30)
DRAWS = (1, 10, 100)


def problem(seed=0):
    """A cell, its inputs, and the loss of the outputs of the steps `where`."""
    rng = np.random.default_rng(seed)
    cell = rnn.GRUCell(2, HIDDEN, dtype=float, rng=rng)
    cell.gate("z").b_xh = np.full(HIDDEN, 2.0)  # keeps its memory for some steps
    xs = rng.normal(size=(T, 1, 2))
    wanted = np.concatenate([np.zeros((LAG, 1, HIDDEN)), np.tile(xs[:-LAG], HIDDEN // 2)])

    def loss(outputs, where):
        return ((outputs - wanted[where]) ** 2).sum()

    return cell, xs, loss


def by_reach():
    """The error of truncated BPTT for each reach."""
    cell, xs, loss = problem()
    return truncation_error(cell, xs, loss, K1, REACHES)


def by_chance(p, draws=DRAWS, seed=0):
    """The errors of the means of the first n gradients with random cuts, for each n in `draws`."""
    cell, xs, loss = problem()
    full = by_reach().full
    rng, found = np.random.default_rng(seed), []
    for n in range(1, max(draws) + 1):
        for window in randomized(cell, xs, p, rng=rng):
            loss(window.outputs, window.where).backward()  # .grad sums over all n draws
        if n in draws:
            mean = {name: q.grad.numpy() / n for name, q in cell.named_parameters()}
            found.append(TruncationError(full, mean))
    return found


def forward():
    """The error of real-time recurrent learning."""
    cell, xs, loss = problem()
    found = rtrl(cell, xs, lambda output, t: loss(output[None], slice(t - 1, t)))
    return TruncationError(by_reach().full, found)


def main(folder="out"):
    errors = by_reach()
    print(f"truncated BPTT, k1 = {K1}: ‖g − g_trunc‖ / ‖g‖ and the angle, all parameters")
    for reach, relative, angle in zip(REACHES, errors.relative(), errors.angle(), strict=True):
        print(f"    k2 = {reach:2d}   {relative:.4f}   {angle:5.1f}°")
    print(f"\nrandom cuts, windows of {K1} steps on average: the mean of n gradients")
    for title, p in (("constant p = 1/5", 1 / K1), ("power law", power_law(K1))):
        for n, error in zip(DRAWS, by_chance(p, DRAWS), strict=True):
            print(f"    {title:<16}  n = {n:3d}   {error.relative():.4f}   {error.angle():5.1f}°")
    print(f"\nreal-time recurrent learning: {forward().relative():.0e}")
    path = Path(folder) / "truncation.png"
    errors.plot(path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)

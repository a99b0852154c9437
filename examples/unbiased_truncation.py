"""Tallec 2017, checked: random cuts are unbiased, fixed ones can learn the wrong way.

Tallec and Ollivier, "Unbiasing truncated backpropagation through time", say in the abstract:
truncation "favors short-term dependencies: the gradient estimate of truncated BPTT is biased"; with
random cuts and what flows back between two steps divided by the probability that there was none, it
is unbiased. On a task "where careful balancing of temporal dependencies at different scales is
needed" truncated BPTT diverges in worst cases, "while ARTBP converges reliably".

- Unbiased: the gradients of all 2^(T-1) ways to cut T steps, weighted by their probabilities, sum
  to the full gradient, to rounding error.
- The price: what comes back over k steps is there with probability (1-p)^k, and then weighs
  (1-p)^-k: so its variance is (1-p)^-k - 1 times the square of its mean. With their probability of
  a cut, which falls with the length of the window, it grows like a power of k instead; over the
  few steps of the picture the two are alike.
- The task, after theirs: s_t = A s_{t-1} + (θ, ..., θ, -θ, ..., -θ), A with ½ on the diagonal and
  above it, loss ½ Σ_t (s_t[0] - 1)². With θ, what is near s[0] pulls it up, and what is far pulls
  it down, and more. A short window sees the former only, and walks away from the solution.

Run it with ``python -m examples.unbiased_truncation [FOLDER]``; it draws both there.
"""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

import numpy as np

import minigrad as mg
import rnn
from examples._claims import Claim, verdict
from examples._command import command
from examples._figures import bare, finish, line, new_figure
from rnn.bptt import power_law, randomized, truncated

UP, DOWN = 2, 4                                                          # units by their pull
T, MEAN = 40, 4                                                          # steps; those of a window

THEIRS = power_law(MEAN)                                                 # probability of a cut

full, fixed = partial(truncated, k1=T), partial(truncated, k1=MEAN)


def at_random(rng, p=THEIRS):
    return partial(randomized, p=p, rng=rng)


class Decided(np.random.Generator):
    """A Generator that cuts where it is told to: its numbers are 0 there, else 1."""

    def __init__(self, cuts):
        super().__init__(np.random.PCG64(0))
        self.cuts = iter(cuts)

    def random(self):
        return 0.0 if next(self.cuts) else 1.0


def every_way(gradient, p, T):
    """Mean and variance of ``gradient(at_random(rng, p))`` over all ways to cut T steps."""
    chances, found = [], []
    for cuts in itertools.product([False, True], repeat=T - 1):
        chance, length = 1.0, 1
        for cut in cuts:
            here = p(length) if callable(p) else p
            chance, length = chance * (here if cut else 1 - here), 1 if cut else length + 1
        chances.append(chance)
        found.append(gradient(at_random(Decided(cuts), p)))
    mean = np.tensordot(chances, found, 1)
    return mean, np.tensordot(chances, (found - mean) ** 2, 1)


def by_lag(p, T=8):
    """Mean and variance of what comes back over k = 0, ..., T - 1 steps of h_t = x_t + h_{t-1}."""
    cell = rnn.ElmanCell(1, 1, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh = cell.gate("h").W_hh = [[1.0]]

    def gradient(cut):
        xs = mg.tensor(np.zeros((T, 1, 1)), requires_grad=True)
        *_, last = cut(cell, xs)
        last.outputs[-1].sum().backward()
        return xs.grad.numpy().ravel()[::-1]

    return every_way(gradient, p, T)


def influence(theta, cut, T=T):
    """∂L/∂θ of the task, summed over the windows of ``cut(model, xs)``."""
    theta, n = mg.tensor(theta, requires_grad=True), UP + DOWN
    A, signs = (np.eye(n) + np.eye(n, k=-1)) / 2, np.repeat([1.0, -1.0], [UP, DOWN])

    def model(xs, s):
        rows = [np.zeros(n) if s is None else s]
        for _ in xs:
            rows.append(rows[-1] @ A + theta * signs)
        return np.stack(rows[1:]), rows[-1]

    for window in cut(model, np.zeros(T)):
        (0.5 * (window.outputs[:, 0] - 1) ** 2).sum().backward()
    return theta.grad.item()


def learned(cut, updates=60, rate=5e-4):
    """θ before and after every update of gradient descent."""
    found = [0.0]
    for _ in range(updates):
        found.append(found[-1] - rate * influence(found[-1], cut))
    return np.array(found)


def claims(draws=400, updates=60, seed=0):
    """Each statement with its numbers."""
    rng, theta = np.random.default_rng(seed), 0.1
    mean, _ = every_way(lambda cut: influence(theta, cut, 8), THEIRS, 8)
    exact = mean / influence(theta, full, 8)
    _, variance = by_lag(1 / MEAN)
    formula = (1 - 1 / MEAN) ** -np.arange(8.0) - 1
    want, biased = influence(theta, full), influence(theta, fixed)
    found = np.array([influence(theta, at_random(rng)) for _ in range(draws)])
    error = found.std(ddof=1) / np.sqrt(draws)
    goal, lost = (learned(cut, updates)[-1] for cut in (full, fixed))
    near = learned(at_random(rng), updates)[-20:].mean()
    return [
        Claim("unbiased", "mean of all 128 ways to cut 8 steps, their p / full gradient", "1",
              f"1 ± {abs(exact - 1):.0e}", abs(exact - 1) < 1e-12),
        Claim("unbiased", f"mean of {draws} random gradients over {T} steps / full", "1",
              f"{found.mean() / want:.2f} ± {abs(error / want):.2f}",
              abs(found.mean() - want) < 3 * error),
        Claim("biased", f"gradient of fixed windows of {MEAN} / full", "may be wrong",
              f"{biased / want:.2f}", biased * want < 0 and abs(biased - want) > 3 * error),
        Claim("variance", "of what comes back over 7 steps, p = 1/4: (1-p)^-7 - 1",
              f"{formula[-1]:.4f}", f"{variance[-1]:.4f}",
              np.allclose(variance, formula, rtol=1e-9, atol=1e-9)),
        Claim("diverges", f"θ after {updates} updates, fixed windows", f"full {goal:.3f}",
              f"{lost:.0f}", lost > 10 * abs(goal)),
        Claim("converges", "the same, random windows (mean of the last 20)", f"full {goal:.3f}",
              f"{near:.2f}", abs(near - goal) < 0.5 * abs(goal)),
    ]


def main(folder="out"):
    figure, path = new_figure(9, 4), Path(folder) / "unbiased_truncation.png"
    left, right = figure.subplots(1, 2)
    for k, (name, p) in enumerate({"p = 1/4": 1 / MEAN, "their p": THEIRS}.items()):
        left.plot(by_lag(p)[1], marker="o", label=name, **line(k))
    rng = np.random.default_rng(1)
    ways = {"full": full, "windows of 4": fixed, "random, 4 on average": at_random(rng)}
    for k, (name, cut) in enumerate(ways.items()):
        right.plot(learned(cut), label=name, **line(k))
    left.set(title="variance of what comes back", xlabel="lag k", ylabel="of its mean, squared")
    right.set(title="learning the task", xlabel="updates", ylabel="θ", ylim=(-0.4, 0.6))
    for axes in (left, right):
        bare(axes)
        axes.legend(frameon=False)
    finish(figure, path)
    print(path)
    verdict(claims())


if __name__ == "__main__":
    command(main, __doc__)

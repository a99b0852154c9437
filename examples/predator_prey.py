"""Learning a differential equation from noisy data: hares and lynxes, after Lotka and Volterra.

    hares' = hares (α − β lynxes),    lynxes' = lynxes (δ hares − γ)

Both were counted once a year, with errors. What are α, β, γ and δ? With u the logarithms of the two
numbers it is u' = r + A eᵘ. A step of the Runge–Kutta method is the step of a `mg.scan`, its
outputs are compared with the counts, and the gradient of the misfit by the four parameters, and by
the two numbers at the start, is that of backpropagation through time, over 200 steps. With wrong
parameters the two soon are out of step with the data, and the misfit has many minima; so the first
years are fitted first, and then ever more of them.

Run it with ``python -m examples.predator_prey [FOLDER]``; it draws the fit there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import minigrad as mg
from examples._command import command
from examples._figures import finish, new_figure, ruled
from examples.lorenz import runge_kutta

TRUE = {"α": 0.8, "β": 0.4, "γ": 0.9, "δ": 0.3, "hares": 4.0, "lynxes": 1.5}
GUESS = {"α": 0.5, "β": 0.3, "γ": 0.5, "δ": 0.2, "hares": 3.0, "lynxes": 2.0}
STEPS, YEARS, ERROR = 10, 20, 0.03  # steps a year; the relative error of a count


def logs_of(values):
    return np.log(list(values.values()))


def simulate(logs, years=YEARS):
    """u (T, 2) after every step, from the logarithms of the six parameters."""
    alpha, beta, gamma, delta = np.exp(logs[:4])
    r = np.stack([alpha, -gamma])
    A = np.stack([0 * beta, -beta, delta, 0 * delta]).reshape(2, 2)

    def step(_, u):
        u = runge_kutta(lambda u: r + A @ np.exp(u), u, 1 / STEPS)
        return u, u

    return mg.scan(step, logs[4:], np.arange(STEPS * years))[0]


def counts(seed=0):
    """The logarithms of what was counted at the end of every year: (years, 2)."""
    exact = simulate(mg.tensor(logs_of(TRUE))).numpy()[STEPS - 1 :: STEPS]
    return exact + ERROR * np.random.default_rng(seed).normal(size=exact.shape)


def misfit(logs, data):
    """The mean square difference of logarithms, over the years that `data` has."""
    return ((simulate(logs, len(data))[STEPS - 1 :: STEPS] - data) ** 2).mean()


def fit(data, updates=80):
    """The logarithms of the parameters, fitted to 5, 10, ... years, and the misfit on the way."""
    logs = mg.Parameter(logs_of(GUESS))
    optimizer, losses = mg.optim.Adam([logs], lr=0.03), []
    for years in range(5, len(data) + 1, 5):
        for _ in range(updates):
            loss = misfit(logs, data[:years])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return logs.detach(), losses


def plot(data, fitted, path):
    figure = new_figure(9.0, 3.8)
    years = np.arange(1, STEPS * YEARS + 1) / STEPS
    titles = {"The guess": mg.tensor(logs_of(GUESS)), "Fitted": fitted}
    for axes, title in zip(figure.subplots(1, 2, sharey=True), titles, strict=True):
        found = np.exp(simulate(titles[title]).numpy())
        for k, (name, color) in enumerate((("hares", "#0072b2"), ("lynxes", "#d55e00"))):
            axes.plot(years, found[:, k], color=color, label=name)
            axes.plot(np.arange(1, 1 + len(data)), np.exp(data[:, k]), "o", color=color, ms=3)
        axes.set(title=title, xlabel="year")
        ruled(axes)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return finish(figure, path)


def main(folder="out"):
    data = counts()
    fitted, losses = fit(data)
    print(f"misfit of all years {misfit(mg.tensor(logs_of(GUESS)), data).item():.3f} for the "
          f"guess, {losses[-1]:.4f} fitted, {misfit(mg.tensor(logs_of(TRUE)), data).item():.4f} "
          f"for the true parameters")
    for (name, true), found in zip(TRUE.items(), np.exp(fitted.numpy()), strict=True):
        print(f"    {name:<6}  guess {GUESS[name]:.2f}   fitted {found:.3f}   true {true:.2f}")
    path = Path(folder) / "predator_prey.png"
    plot(data, fitted, path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)

"""Pascanu 2013, checked: bounds on the gradient, and the wall at a bifurcation.

"On the difficulty of training recurrent neural networks" by Pascanu, Mikolov and Bengio has, in
section 2, with x for the state and σ for the nonlinearity:

- ‖∂x_{k+1}/∂x_k‖ ≤ ‖W_recᵀ‖ ‖diag(σ'(x_k))‖ ≤ λ_1 γ, with λ_1 the largest singular value of W_rec
  and γ the largest |σ'|: 1 for tanh, ¼ for the logistic sigmoid. λ_1 < 1/γ is sufficient for
  gradients to vanish, λ_1 > 1/γ is necessary for them to explode, and not sufficient.
- Without σ, x_t = w^t x_0, and where the first derivative by w explodes so does the second: they
  are t w^(t-1) x_0 and t (t - 1) w^(t-2) x_0.
- Gradients explode where a trajectory meets the boundary between attractors, as in Doya's unit
  x_t = 5 σ(x_{t-1}) + b, whose attractors come and go with b.

The last is drawn. A state that starts low stays low as long as there is an attractor; that one
vanishes where a fixed point has the slope 5 σ' = 1, at b ≈ -2.344, and the state goes up. The
longer the run, the closer to that b stands the wall of ∂x_T/∂b, and the higher.

Run it with ``python -m examples.exploding [FOLDER]``; it draws the walls there.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

import minigrad as mg
import rnn
from examples._claims import Claim, verdict
from examples._command import command
from examples._figures import finish, line, log_axis, new_figure
from minigrad.functional import sigmoid
from rnn.bptt import bound, norms

GAMMA = {"tanh": 1.0, "sigmoid": 0.25}
LENGTHS = (25, 50, 100, 200)


def networks(rate, inputs=1.0, count=20, seed=0):
    """Of so many random networks with λ_1 γ = rate: `norms`, and the largest share of the bound."""
    rng = np.random.default_rng(seed)
    for nonlinearity, gamma in itertools.islice(itertools.cycle(GAMMA.items()), count):
        W = rng.normal(size=(H := int(rng.integers(1, 9)), H))
        cell = rnn.ElmanCell(3, H, nonlinearity=nonlinearity, dtype=float, rng=rng)
        cell.gate("h").W_hh = rate / gamma * W / np.linalg.norm(W, 2)
        states = [h for _, h in rnn.steps(cell, inputs * rng.normal(size=(12, 2, 3)))]
        found = norms(states[-1], states)
        yield found, np.max(found.values[:-1] / bound(cell).at(found.lags[:-1]))


def of_one_weight(w=1.2, t=50, start=0.5):
    """∂x_t/∂w and ∂²x_t/∂w² of x_t = w x_{t-1}, each with its formula."""

    def last(w):
        x = start
        for _ in range(t):
            x = w * x
        return x

    first, second = mg.grad(last), mg.grad(mg.grad(last))
    w = np.array(w)
    return (first(w), t * w ** (t - 1) * start), (second(w), t * (t - 1) * w ** (t - 2) * start)


def boundary():
    """The b at which the lower attractor of x = 5 σ(x) + b vanishes: 5 σ (1 - σ) = 1 there."""
    low = (1 - np.sqrt(1 - 4 / 5)) / 2
    return np.log(low / (1 - low)) - 5 * low


def walls(T, biases):
    """|∂x_T/∂b| of x_t = 5 σ(x_{t-1}) + b from x_0 = -3, for each b."""
    b, x = mg.tensor(biases, requires_grad=True), -3.0
    for _ in range(T):
        x = 5 * sigmoid(x) + b
    x.sum().backward()
    return np.abs(b.grad.numpy())


def peaks(lengths=LENGTHS, points=2001):
    """For each T: how far beyond the boundary the wall stands, and how high it is."""
    beyond = np.geomspace(1e-4, 1, points)
    found = [walls(T, boundary() + beyond) for T in lengths]
    return [(beyond[g.argmax()], g.max()) for g in found]


def claims():
    """Each statement with its numbers."""
    below, calm, loud = (list(networks(*how)) for how in ((0.95,), (1.5, 0.01), (1.5, 10)))
    share = max(share for _, share in below + calm + loud)
    fastest, most = (max(found.rate for found, _ in some) for some in (below, calm))
    least = min(found.rate for found, _ in loud)
    (first, _), (second, _) = pairs = of_one_weight()
    off = max(abs(have / want - 1) for have, want in pairs)
    far, height = zip(*peaks(), strict=True)
    away = walls(LENGTHS[-1], np.array([boundary() - 0.5]))[0]
    return [
        Claim("section 2.1", "‖Jacobian‖ / bound, 60 random networks, every lag", "≤ 1",
              f"≤ {share:.4f}", share < 1 + 1e-12),
        Claim("section 2.1", "λ_1 γ = 0.95 is sufficient to vanish: factor per step", "≤ 0.95",
              f"≤ {fastest:.4f}", fastest <= 0.95),
        Claim("section 2.1", "λ_1 γ = 1.5 is not sufficient to explode: factor per step",
              "above or below 1", f"{least:.4f} to {most:.4f}", least < 1 < most),
        Claim("section 2.3", "x_t = w^t x_0: ∂²x_50/∂w² / ∂x_50/∂w, w = 1.2", f"{49 / 1.2:.6f}",
              f"{second / first:.6f}", off < 1e-12),
        Claim("section 2.2", "∂x_200/∂b at the wall / where b is 0.5 below", "explodes",
              f"{height[-1] / away:.0f}", height[-1] > 1000 * away),
        Claim("section 2.2", f"the wall beyond b = {boundary():.4f}, T = 25, 50, 100, 200",
              "at the boundary", ", ".join(f"{d:.4f}" for d in far), far[-1] < 0.002),
    ]


def main(folder="out"):
    figure = new_figure(7, 4)
    axes, biases = figure.subplots(), boundary() + np.linspace(-0.1, 0.25, 3001)
    for k, T in enumerate(LENGTHS):
        axes.plot(biases, walls(T, biases), label=f"T = {T}", **line(k))
    axes.axvline(boundary(), color="black", ls=":", label="the lower attractor vanishes")
    log_axis(axes)
    axes.set(xlabel="b", ylabel="|∂x$_T$/∂b|", title="x$_t$ = 5 σ(x$_{t-1}$) + b")
    axes.legend(fontsize=8, frameon=False)
    path = Path(folder) / "exploding.png"
    finish(figure, path)
    print(path)
    verdict(claims())


if __name__ == "__main__":
    command(main, __doc__)

"""Why gradients explode, in a system of three numbers without any weights: Lorenz's equations.

    x' = 10 (y − x),    y' = x (28 − z) − y,    z' = x y − 8/3 z

The Runge–Kutta method of fourth order makes a recurrence of them, s_t = Φ(s_{t-1}), and `mg.scan`
runs and differentiates it as it does a network. Neighbouring paths part like e^{λt} (t in units of
time), where λ = 0.906 is the system's Lyapunov exponent, and so does the gradient of where a path
ends by where it starts. That is exact, and of no use: after 25 units it is 1e9, and a start would
have to be known to nine digits to say anything about the end. An exploding gradient of a recurrent
network is the same thing; see ``examples.vanishing``.

Run it with ``python -m examples.lorenz [FOLDER]``; it draws a path and the growth there.
"""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

import minigrad as mg
from examples._command import command
from examples._figures import finish, log_axis, new_figure

DT, LYAPUNOV = 0.01, 0.906


def lorenz(s):
    """ds/dt of states (B, 3)."""
    x, y, z = s[:, 0], s[:, 1], s[:, 2]
    return np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=1)


def runge_kutta(f, s, dt):
    """The state a time dt later, to an error of dt⁵."""
    a = f(s)
    b = f(s + dt / 2 * a)
    c = f(s + dt / 2 * b)
    d = f(s + dt * c)
    return s + dt / 6 * (a + 2 * b + 2 * c + d)


def paths(start, steps):
    """The states (T, B, 3) after each step, from a start (B, 3)."""

    def step(_, s):
        s = runge_kutta(lorenz, s, DT)
        return s, s

    return mg.scan(step, start, np.arange(steps))[0]


@functools.cache
def on_the_attractor(count, seed=0):
    """States (B, 3) that have forgotten where they came from."""
    start = np.random.default_rng(seed).normal([0, 0, 25], 5, (count, 3))
    return paths(start, 2000)[-1].numpy()


def growth(time, count=100, seed=1):
    """‖uᵀ ∂s_t/∂s_0‖ for a random unit vector u, at many starts: (B,)."""
    start = mg.tensor(on_the_attractor(count), requires_grad=True)
    u = np.random.default_rng(seed).normal(size=start.shape)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    (g,) = mg.gradients((paths(start, round(time / DT))[-1] * u).sum(), [start])
    return np.linalg.norm(g.numpy(), axis=1)


def rate(times, norms):
    """The slope of the mean of ln ‖·‖ over time, past the first unit, in which it settles."""
    return np.polyfit(times[1:], np.log(norms[1:]).mean(axis=1), 1)[0]


def plot(times, norms, path):
    figure = new_figure(9.0, 3.8)
    left, right = figure.subplots(1, 2)
    x, _, z = paths(on_the_attractor(1), 3000).numpy()[:, 0].T
    left.plot(x, z, color="#0072b2", linewidth=0.5)
    left.set(xlabel="x", ylabel="z", title="A path of 30 units of time")
    log_axis(right)
    right.plot(times, norms, color="#bbbbbb", linewidth=0.6)
    right.plot(times, np.exp(np.log(norms).mean(axis=1)), color="#d55e00", label="geometric mean")
    right.plot(times, np.exp(LYAPUNOV * times), color="#000000", linestyle="--",
               label=f"$e^{{{LYAPUNOV} t}}$")
    right.set(xlabel="t", title=r"$\|u^T\,\partial s_t/\partial s_0\|$, 100 starts")
    right.legend(frameon=False)
    return finish(figure, path)


def main(folder="out"):
    times = np.arange(0.0, 25.1, 2.5)
    norms = np.array([growth(max(t, DT)) for t in times])
    for t, found in zip(times, norms, strict=True):
        print(f"t = {t:4.1f}   ‖uᵀ ∂s_t/∂s_0‖ {np.exp(np.log(found).mean()):.2e}, at most "
              f"{found.max():.1e}")
    print(f"it grows like exp({rate(times, norms):.3f} t); the Lyapunov exponent is {LYAPUNOV}")
    path = Path(folder) / "lorenz.png"
    plot(times, norms, path)
    print(path)


if __name__ == "__main__":
    command(main, __doc__)

"""One to many: from one number, a frequency, the whole curve.

The net is told ω once, at the first step, and nothing after it. It has to write sin(ω t) for
t = 1 to 20: its state must count how far along the curve it is.

Run it with ``python -m examples.one_to_many``.
"""

from __future__ import annotations

import numpy as np

from examples._command import command
from minigrad import no_grad, optim
from minigrad.module import Module
from rnn import GRU, Readout, generate

STEPS = 20
LOWEST, HIGHEST = 0.2, 0.8


def curves(omega):
    """sin(ω t), t = 1 to 20: (T, B, 1)."""
    return np.sin(np.arange(1, STEPS + 1)[:, None, None] * omega[:, None])


class Oscillator(Module):
    """ω (B,) → curves (T, B, 1)."""

    def __init__(self, hidden, rng):
        self.layer = GRU(1, hidden, rng=rng)
        self.head = Readout(hidden, 1, rng=rng)

    def forward(self, omega):
        return generate(self.layer, self.head, omega[:, None], steps=STEPS).outputs


def train(updates=400, seed=0):
    rng = np.random.default_rng(seed)
    model = Oscillator(32, rng)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for update in range(updates):
        optimizer.lr = 0.01 * (1 - update / updates)
        omega = rng.uniform(LOWEST, HIGHEST, size=32)
        loss = ((model(omega) - curves(omega)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model


def score(model):
    """The root mean square error on frequencies across the range, and that of the mean curve."""
    omega = np.linspace(LOWEST, HIGHEST, 101)
    wanted = curves(omega)
    with no_grad():
        written = model(omega).numpy()
    guesses = written, wanted.mean(axis=1, keepdims=True)
    return tuple(np.sqrt(((guess - wanted) ** 2).mean()) for guess in guesses)


def main(updates=400):
    error, baseline = score(train(updates))
    print(f"sin(ω t) from ω: error {error:.3f} (root mean square); the mean curve's {baseline:.3f}")


if __name__ == "__main__":
    command(main, __doc__)

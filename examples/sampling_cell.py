"""A cell that samples: its state is drawn around a mean, and gradients flow through the draw.

h_t = μ_t + σ_t ε_t with ε_t ~ N(0, 1) (Kingma and Welling, 2014). The noise is a part of the
inputs, so that the cell can be checked; or it comes from a generator in the state.
Run it with ``python -m examples.sampling_cell``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from minigrad.functional import softplus
from rnn.testing import check_cell


class NoisyCell(rnn.Cell):
    """Inputs: x, and behind it the noise ε (B, H). State: h (B, H)."""

    gates = ("mean", "scale")

    def step(self, inputs, h):
        noise = inputs[:, -self.hidden_size :]
        z = self.preactivation(inputs, h)                                # (B, 2H)
        mean, scale = np.tanh(z[:, : self.hidden_size]), softplus(z[:, self.hidden_size :])
        return (mean + scale * noise,) * 2


class DrawingCell(NoisyCell):
    """Inputs: x, with room for the noise. State: h, and the generator that draws it."""

    def initial_state(self, batch):
        h = np.zeros((batch, self.hidden_size), self.dtype)
        return {"h": h, "rng": np.random.default_rng(0)}

    def step(self, x, state):
        noise = state["rng"].normal(size=state["h"].shape).astype(self.dtype)
        x = np.concatenate([x[:, : -self.hidden_size], noise], axis=1)
        h, _ = super().step(x, state["h"])
        return h, {"h": h, "rng": state["rng"]}


def both_ways(T=6, B=2, K=2, H=3):
    """The same run, the noise drawn beforehand and on the way: the two outputs."""
    rng, xs = np.random.default_rng(0), np.random.default_rng(1).normal(size=(T, B, K + H))
    given = xs.copy()
    given[:, :, K:] = np.stack([rng.normal(size=(B, H)) for _ in range(T)])
    runs = {NoisyCell: given, DrawingCell: xs}
    return [rnn.unroll(k(K + H, H, dtype=float, rng=2), x)[0].numpy() for k, x in runs.items()]


def main(examples=5):
    print("the same outputs both ways:", bool(np.equal(*both_ways()).all()))
    check_cell(lambda rng: NoisyCell(5, 3, dtype=float, rng=rng), examples=examples)


if __name__ == "__main__":
    command(main, __doc__)

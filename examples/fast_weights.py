"""A memory that is a matrix: fast weights, written by outer products and read by a product.

Beside h each sequence has a matrix A_t = λ A_{t-1} + η h_t h_tᵀ in its state (Ba et al., Using fast
weights to attend to the recent past, 2016): what it has kept is read as h_t A_t.

Run it with ``python -m examples.fast_weights``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from rnn import bptt
from rnn.testing import check_cell


class FastWeightsCell(rnn.Cell):
    """State: h (B, H) and A (B, H, H)."""

    gates = ("h",)
    decay, rate = 0.9, 0.5

    def initial_state(self, batch):
        H = self.hidden_size
        return {"h": np.zeros((batch, H), self.dtype), "A": np.zeros((batch, H, H), self.dtype)}

    def step(self, x, state):
        h, A = state["h"], state["A"]
        read = (h[:, None, :] @ A)[:, 0]                                 # (B, H)
        h = np.tanh(self.preactivation(x, h) + read)
        A = self.decay * A + self.rate * h[:, :, None] * h[:, None, :]   # (B, H, H)
        return h, {"h": h, "A": A}


def part_by_part(T=8):
    """‖∂(part)_T/∂(part)_1‖ between the parts of the state: what the matrix keeps, and h does not.
    """
    cell = FastWeightsCell(2, 3, dtype=float, rng=0)
    xs = 0.5 * np.random.default_rng(1).normal(size=(T, 1, 2))
    states = [state for _, state in rnn.steps(cell, xs)]
    return {
        (of, by): bptt.jacobian(states[-1], states[0], of=of, by=by).norm
        for of in ("h", "A") for by in ("h", "A")
    }


def main(examples=5):
    for (of, by), norm in part_by_part().items():
        print(f"‖∂{of}_8/∂{by}_1‖ = {norm:.3f}")
    check_cell(FastWeightsCell, examples=examples)
    print("The laws of cells hold.")


if __name__ == "__main__":
    command(main, __doc__)

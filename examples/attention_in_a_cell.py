"""Attention inside a cell: a decoder with all that the encoder has written in its state.

h scores the encoder's outputs by a bilinear form (Luong, Pham and Manning, 2015) and reads their
mean by the softmax of the scores. No step changes what is attended to: it is handed on.
Run it with ``python -m examples.attention_in_a_cell``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from minigrad.functional import softmax
from rnn.testing import check_cell


class AttentionCell(rnn.Cell):
    """State: h (B, H), memory (B, S, H), as long as one likes, and the weights (B, S) on it."""

    gates = ("h",)

    def __init__(self, input_size, hidden_size, *, dtype=np.float32, rng=None):
        rng = np.random.default_rng(rng)
        super().__init__(input_size, hidden_size, dtype=dtype, rng=rng)
        self.W_score, self.W_read = (self.uniform(rng, hidden_size, hidden_size) for _ in "sr")

    def initial_state(self, batch):
        memory = np.zeros((batch, 2, self.hidden_size), self.dtype)      # of no interest yet
        return {"h": memory[:, 0], "memory": memory, "weights": memory[:, :, 0] + 0.5}

    def step(self, x, state):
        h, memory = state["h"], state["memory"]
        weights = softmax((memory @ (h @ self.W_score)[:, :, None])[:, :, 0], axis=1)  # (B, S)
        read = (weights[:, None] @ memory)[:, 0]                         # (B, H)
        h = np.tanh(self.preactivation(x, h) + read @ self.W_read)
        return h, {"h": h, "memory": memory, "weights": weights}


def decoded(S=7, T=4, B=2, H=5):
    """‖∂L/∂(the encoder's output at s)‖ of a decoder's loss, s = 1 to S, and its last weights."""
    rng = np.random.default_rng(0)
    written, h = rnn.GRU(3, H, dtype=float, rng=rng)(rng.normal(size=(S, B, 3)))
    written.retain_grad()                                                # (S, B, H)
    start = {"h": h[0], "memory": written.swapaxes(0, 1), "weights": np.ones((B, S)) / S}
    decoder = AttentionCell(3, H, dtype=float, rng=rng)
    outputs, state = rnn.unroll(decoder, rng.normal(size=(T, B, 3)), start)
    (outputs**2).sum().backward()
    return np.linalg.norm(written.grad.numpy(), axis=(1, 2)), state["weights"].numpy()


def main(examples=5):
    slopes, weights = decoded()
    print(f"weights at the last step: {weights[0].round(2)}\n‖∂L/∂encoder_s‖: {slopes.round(3)}")
    check_cell(AttentionCell, examples=examples)


if __name__ == "__main__":
    command(main, __doc__)

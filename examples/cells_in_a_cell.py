"""Cells inside a cell: a fast one that reads every input, a slow one that ticks every third step.

The state is a dict of the states of the two, and of the number of steps so far. Where the slow LSTM
does not tick it keeps its state, so gradients reach further through it (El Hihi and Bengio, 1995).
Run it with ``python -m examples.cells_in_a_cell``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from rnn import bptt
from rnn.testing import check_cell


class TwoClocksCell(rnn.Cell):
    """State: fast h (B, H), slow (h, c) and n (B,), the number of steps."""

    every = 3

    def __init__(self, input_size, hidden_size, *, dtype=np.float32, rng=None):
        super().__init__(input_size, hidden_size, dtype=dtype)
        rng = np.random.default_rng(rng)
        self.fast = rnn.GRUCell(input_size + hidden_size, hidden_size, dtype=dtype, rng=rng)
        self.slow = rnn.LSTMCell(hidden_size, hidden_size, dtype=dtype, rng=rng)

    def initial_state(self, batch):
        parts = {"fast": self.fast.initial_state(batch), "slow": self.slow.initial_state(batch)}
        return {**parts, "n": np.zeros(batch, int)}

    def step(self, x, state):
        h, before, n = state["fast"], state["slow"], state["n"]
        _, h = self.fast(np.concatenate([x, before[0]], axis=1), h)
        _, ticked = self.slow(h, before)
        ticks = (n % self.every == 0)[:, None]                           # (B, 1)
        slow = tuple(np.where(ticks, new, old) for new, old in zip(ticked, before, strict=True))
        return h + slow[0], {"fast": h, "slow": slow, "n": n + 1}


def reach(T=12):
    """‖∂(part)_T/∂(part)_1‖ of the fast state and of the slow one."""
    cell = TwoClocksCell(2, 4, dtype=float, rng=0)
    xs = np.random.default_rng(1).normal(size=(T, 1, 2))
    states = [state for _, state in rnn.steps(cell, xs)]
    parts = "fast.h", "slow.h", "slow.c"
    return {k: bptt.jacobian(states[-1], states[0], of=k, by=k).norm for k in parts}


def main(examples=5):
    for name, norm in reach().items():
        print(f"‖∂{name}_12/∂{name}_1‖ = {norm:.2g}")
    check_cell(TwoClocksCell, examples=examples)
    print("The laws of cells hold.")


if __name__ == "__main__":
    command(main, __doc__)

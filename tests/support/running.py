"""What the tests of all that runs cells share: sizes, inputs, gradients, a cell of one's own."""

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, RNN, Cell

T, B, K, H = 5, 3, 2, 4
every_layer = pytest.mark.parametrize("make", [RNN, LSTM, GRU])


class Concatenated(Cell):
    """A cell with one weight for [x, h], and an output that is not its state."""

    def __init__(self, input_size, hidden_size, **settings):
        super().__init__(input_size, hidden_size, **settings)
        rng = np.random.default_rng(0)
        self.W = mg.Parameter(rng.normal(size=(input_size + hidden_size, hidden_size)))
        self.V = mg.Parameter(rng.normal(size=(hidden_size, hidden_size)))

    def step(self, x, state):
        h = np.tanh(np.concatenate([x, state], axis=1) @ self.W)
        return np.sin(h @ self.V), h


def sequence(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape or (T, B, K))


def gradients(module):
    """The gradients by name, and none are left."""
    found = {name: p.grad.numpy() for name, p in module.named_parameters()}
    module.zero_grad()
    return found


def assert_same(first, second):
    np.testing.assert_array_equal(first.numpy(), second.numpy())

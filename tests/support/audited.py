"""The model that most tests of the audit are about: a small cell, a readout, a squared error."""

import numpy as np

import minigrad as mg
from rnn import ElmanCell

T, B, K, H = 4, 2, 2, 3


def readout(cell):
    """The parameters of a linear readout, and the loss of each step."""
    rng = np.random.default_rng(1)
    W = mg.Parameter(rng.normal(size=(cell.output_size, 2)), name="W_hy")
    b = mg.Parameter(rng.normal(size=2), name="b_y")
    ys = rng.normal(size=(T, B, 2))
    return [W, b], lambda output, t: ((output @ W + b - ys[t - 1]) ** 2).sum()


def elman(nonlinearity="tanh"):
    """A cell in float64."""
    return ElmanCell(K, H, nonlinearity=nonlinearity, dtype=float, rng=0)

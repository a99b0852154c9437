"""Cells that draw while they train obey the laws of scan, with the draws of the loop."""

import numpy as np
import pytest

import rnn
from minigrad.testing import check_scan

CELLS = {
    "dropout": lambda rng: rnn.DropoutCell(
        rnn.GRUCell(3, 3, dtype=float, rng=0), inputs=0.3, hidden=0.5, rng=rng
    ),
    "zoneout": lambda rng: rnn.ZoneoutCell(
        rnn.LSTMCell(3, 2, dtype=float, rng=0), {"h": 0.3, "c": 0.5}, rng=rng
    ),
    "zoneout of a skip": lambda rng: rnn.ZoneoutCell(
        rnn.SkipCell(rnn.ElmanCell(3, 3, dtype=float, rng=0), lag=2), 0.4, rng=rng
    ),
    "residual": lambda rng: rnn.ResidualCell(
        rnn.ZoneoutCell(rnn.MGUCell(3, 3, dtype=float, rng=0), 0.4, rng=rng)
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_in_training(name):
    """What is drawn at each step is what the loop draws; the generator is where it would be."""
    rng = np.random.default_rng(5)
    cell = CELLS[name](rng).train()
    xs = np.random.default_rng(6).normal(size=(3, 2, 3))
    check_scan(cell.step, cell.initial_state(2), xs, rng=rng)

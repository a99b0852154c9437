"""rnn.scan runs a cell as unroll does: every law of cells holds of it."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn.testing import CELL_LAWS, check_cell

CELLS = {
    "elman": rnn.ElmanCell, "lstm": rnn.LSTMCell, "gru": rnn.GRUCell, "mgu": rnn.MGUCell,
    "peephole": rnn.PeepholeLSTMCell, "layer_norm": rnn.LayerNormLSTMCell,
    "coupled": rnn.CoupledLSTMCell, "1997": rnn.LSTM1997Cell,
    "relu": lambda K, H, rng: rnn.ElmanCell(K, H, nonlinearity="relu", dtype=float, rng=rng),
    "before": lambda K, H, rng: rnn.GRUCell(K, H, reset="before", dtype=float, rng=rng),
    "clipped": lambda K, H, rng: rnn.LSTMCell(K, H, biases=2, clip=0.5, dtype=float, rng=rng),
    "skip": lambda K, H, rng: rnn.SkipCell(rnn.GRUCell(K, H, dtype=float, rng=rng), lag=2),
    "residual": lambda K, H, rng: rnn.ResidualCell(rnn.GRUCell(H, H, dtype=float, rng=rng)),
}


# The ledger asks for single steps, and says so of a run that has none.
LAWS = [law for law in CELL_LAWS if getattr(law, "__name__", law) != "ledger_sum"]


@pytest.mark.parametrize("name", CELLS)
def test_every_law_of_cells(name):
    """Outputs, states and gradients of both orders, causality, batches, tokens, padding."""
    check_cell(CELLS[name], run=rnn.scan, laws=LAWS, examples=2)


def test_one_sequence_and_lists_of_steps():
    """Inputs are taken as unroll takes them."""
    cell, rng = rnn.LSTMCell(4, 3, dtype=float, rng=0), np.random.default_rng(0)
    xs = rng.normal(size=(5, 4))
    for given in (xs, [mg.tensor(x) for x in xs], xs[:, None], np.array([1, 0, 3])):
        found, (h, c) = rnn.scan(cell, given)
        want, (h2, c2) = rnn.unroll(cell, given)
        for a, b in ((found, want), (h, h2), (c, c2)):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12)
    with pytest.raises(ValueError, match="no steps"):
        rnn.scan(cell, np.zeros((0, 2, 4)))

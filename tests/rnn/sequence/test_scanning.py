"""rnn.scan runs a cell as unroll does: every law of cells holds of it."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn.testing import CELL_LAWS, cell_trial, check_cell

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


# The ledger asks for single steps, and says so of a run that has none. The rest asks nothing of
# what runs a cell.
LAWS = [
    law for law in CELL_LAWS
    if law not in ("ledger_sum", "scanned", "declared", "reference", "gates")
]


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


@pytest.mark.parametrize("name", [name for name in CELLS if name != "residual"])
def test_a_cell_that_is_called_in_a_step(name):
    """In a step of mg.scan a cell is called as anywhere, on numbers, on tokens, and on a token that
    is a part of the state; one that is none is refused."""
    cell = cell_trial(CELLS[name], input_size=4, hidden_size=3).cell
    xs = np.random.default_rng(0).normal(size=(5, 2, 4))
    for given in (xs, xs.argmax(axis=-1)):
        found, _ = mg.scan(cell, cell.initial_state(2), given)
        want, _ = rnn.unroll(cell, given)
        np.testing.assert_allclose(found.detach().numpy(), want.detach().numpy(), rtol=1e-12)

    def step(move, state):
        token, hidden = state
        output, hidden = cell(token, hidden)
        return output, ((token + move) % 4, hidden)

    moves, start = np.array([1, 3, 2, 0, 1]), (np.array([0, 2]), cell.initial_state(2))
    found, (token, _) = mg.scan(step, start, moves)
    tokens = (np.array([0, 2]) + np.cumsum([0, *moves])[:, None]) % 4
    want, _ = rnn.unroll(cell, tokens[:-1])
    np.testing.assert_allclose(found.detach().numpy(), want.detach().numpy(), rtol=1e-12)
    np.testing.assert_array_equal(token.numpy(), tokens[-1])
    with pytest.raises(IndexError, match=r"4.*wanted 0 to 3"):
        mg.scan(lambda x, state: (x, (state[0] + 2, cell(*state)[1])), start, np.zeros(3))

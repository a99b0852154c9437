"""A weight of a cell or a layer, written to between forward and backward, is noticed."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.errors import MutationError
from minigrad.optim import SGD

K, H, B, T = 3, 4, 2, 20
XS = np.random.default_rng(0).normal(size=(T, B, K))
CELLS = {
    "rnn": rnn.ElmanCell, "lstm": rnn.LSTMCell, "gru": rnn.GRUCell, "mgu": rnn.MGUCell,
    "coupled": rnn.CoupledLSTMCell, "peephole": rnn.PeepholeLSTMCell,
    "norm": rnn.LayerNormLSTMCell, "1997": rnn.LSTM1997Cell,
    "two biases": lambda *args, **options: rnn.GRUCell(*args, biases=2, **options),
    "reset before": lambda *args, **options: rnn.GRUCell(*args, reset="before", **options),
}
MODELS = {
    "RNN": rnn.RNN, "LSTM": rnn.LSTM, "GRU": rnn.GRU,
    "two layers": lambda *args, **options: rnn.LSTM(*args, num_layers=2, **options),
    "bidirectional": lambda *args, **options: rnn.GRU(*args, bidirectional=True, **options),
}


def loss_of(cell, steps, x):
    outputs, _ = rnn.unroll(cell, x[:steps])
    return (outputs * outputs).sum()


@pytest.mark.parametrize("steps", [2, 16, 17, 20])
@pytest.mark.parametrize("name", CELLS)
def test_recurrent_weights(name, steps):
    """W_hh carries the gradient from step to step: written to, even in one entry of one gate, it
    is an error that names the weight, and no gradient changes."""
    cell = CELLS[name](K, H, dtype=float, rng=0)
    for k, gate in enumerate(cell.gates):
        loss = loss_of(cell, steps, XS)
        with mg.no_grad():
            cell.W_hh[k % H, cell.gate(gate).columns.start] = 0.0
        with pytest.raises(MutationError, match=r"was written to .* after op"):
            loss.backward()
        assert all(p.grad is None for p in cell.parameters())


@pytest.mark.parametrize("name", CELLS)
def test_input_weights(name):
    """W_xh is needed where inputs require grad, as in the second of two layers."""
    cell = CELLS[name](K, H, dtype=float, rng=0)
    x = mg.tensor(XS, requires_grad=True)
    loss = loss_of(cell, 2, x)
    cell.W_xh.data = cell.W_xh.numpy() * 2
    with pytest.raises(MutationError, match="was written to"):
        loss.backward()
    assert x.grad is None


@pytest.mark.parametrize("tokens", [True, False])
def test_a_write_is_seen(tokens):
    """After a step of an optimizer the cell computes with the new values."""
    rng = np.random.default_rng(0)
    cell, fresh = (rnn.LSTMCell(20, 64, rng=0, dtype=np.float64) for _ in range(2))
    xs = rng.integers(0, 20, (3, 16)) if tokens else rng.normal(size=(3, 16, 20))
    loss_of(cell, 3, xs).backward()
    SGD(cell.parameters(), lr=0.5).step()
    cell.zero_grad()
    fresh.load_state_dict(cell.state_dict())
    for one in (cell, fresh):
        loss_of(one, 3, xs).backward()
    for (name, p), q in zip(cell.named_parameters(), fresh.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), q.grad.numpy(), err_msg=name)


WAYS = {
    "gate": lambda model: setattr(model.gate("h"), "W_hh", np.eye(H)),
    "optimizer": lambda model: SGD(model.parameters(), lr=0.1).step(),
    "load_state_dict": lambda model: model.load_state_dict(model.state_dict()),
    "data": lambda model: setattr(model.W_hh, "data", np.eye(H)),
}


@pytest.mark.parametrize("way", WAYS)
def test_ways_to_write(way):
    """By a gate, an optimizer, a state dict or ``.data``."""
    cell = rnn.ElmanCell(K, H, dtype=float, rng=0)
    loss_of(cell, 3, XS).backward()
    loss = loss_of(cell, 3, XS)
    before = cell.W_hh.grad.numpy().copy()
    WAYS[way](cell)
    with pytest.raises(MutationError, match="was written to"):
        loss.backward()
    assert np.array_equal(cell.W_hh.grad.numpy(), before)


@pytest.mark.parametrize("name", MODELS)
def test_layers(name):
    """An update between the forward and the backward pass of a layer is an error; after a new
    forward pass all is well."""
    model = MODELS[name](K, H, dtype=float, rng=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    (model(XS)[0] ** 2).sum().backward()
    outputs, _ = model(XS)
    optimizer.step()
    with pytest.raises(MutationError, match="was written to"):
        (outputs**2).sum().backward()
    (model(XS)[0] ** 2).sum().backward()

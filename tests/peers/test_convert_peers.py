"""Converted weights against PyTorch itself: outputs, states and every gradient, in float64."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from rnn import (
    CoupledLSTMCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    Recurrent,
    unroll,
)
from rnn.cells.state import pack, unpack
from rnn.convert import explain, from_torch, load, to_torch, weights_of
from tests.support import comparing

close = partial(comparing.close, atol=1e-10)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers


def gradients_as_pytorch(layer):
    """The gradients of a layer's weights in PyTorch's layout.

    With two biases or none the layout only moves numbers, so it serves for gradients as well.
    """
    rows = []
    for weights, cells in zip(weights_of(layer).layers, layer.cells, strict=True):
        rows.append(tuple(
            replace(
                w, W_xh=c.W_xh.grad.numpy(), W_hh=c.W_hh.grad.numpy(),
                biases=(c.b_xh.grad.numpy(), c.b_hh.grad.numpy()) if c.biases else (),
                projection=c.W_hp.grad.numpy() if hasattr(c, "W_hp") else None,
            )
            for w, c in zip(weights, cells, strict=True)
        ))
    return to_torch(replace(weights_of(layer), layers=tuple(rows)))


def loss_of(outputs, state, weight, library):
    total = (outputs * library(weight)).sum()
    for part in state:
        total = total + (part**2).sum()
    return total


MODULES = {
    "tanh": (torch.nn.RNN, {}), "relu": (torch.nn.RNN, {"nonlinearity": "relu"}),
    "lstm": (torch.nn.LSTM, {}), "gru": (torch.nn.GRU, {}),
    "projected": (torch.nn.LSTM, {"proj_size": 1}),
}


@pytest.mark.parametrize("kind", MODULES)
@settings(max_examples=25)
@given(
    st.integers(0, 2**31), st.integers(1, 3), st.booleans(), st.booleans(), st.integers(1, 3),
    st.integers(2, 4), st.integers(1, 3), st.integers(1, 4),
)
def test_layers_agree_with_pytorch(kind, seed, layers, bidirectional, bias, K, H, B, T):
    """Any sizes, layers, directions and bias: the layer made of PyTorch's state dict gives
    PyTorch's outputs, last states, and gradients of weights, inputs and initial states."""
    make, options = MODULES[kind]
    torch.manual_seed(seed)
    peer = make(
        K, H, layers, bias=bias, bidirectional=bidirectional, dtype=torch.float64, **options
    )
    phi = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
    layer = from_torch(peer.state_dict(), **phi).layer()

    rng = np.random.default_rng(seed)
    N, lstm = layers * (1 + bidirectional), make is torch.nn.LSTM
    width = options.get("proj_size", H)
    data = rng.normal(size=(T, B, K))
    starts = [rng.normal(size=(N, B, size)) for size in ((width, H) if lstm else (H,))]
    weight = rng.normal(size=(T, B, width * (1 + bidirectional)))

    xs = mg.tensor(data, requires_grad=True)
    state = tuple(mg.tensor(start, requires_grad=True) for start in starts)
    outputs, last = layer(xs, pack(state))
    loss_of(outputs, unpack(last), weight, mg.tensor).backward()

    peer_xs = torch.tensor(data, requires_grad=True)
    peer_state = tuple(torch.tensor(start, requires_grad=True) for start in starts)
    peer_outputs, peer_last = peer(peer_xs, pack(peer_state))
    loss_of(peer_outputs, unpack(peer_last), weight, torch.tensor).backward()

    close(outputs, peer_outputs, "outputs")
    close(xs.grad, peer_xs.grad, "inputs")
    for mine, theirs in zip(unpack(last), unpack(peer_last), strict=True):
        close(mine, theirs, "last state")
    for mine, theirs in zip(state, peer_state, strict=True):
        close(mine.grad, theirs.grad, "initial state")
    found = gradients_as_pytorch(layer)
    expected = dict(peer.named_parameters())
    assert set(found) == set(expected)
    for name, array in found.items():
        close(array, expected[name].grad, name)


@pytest.mark.parametrize("kind", MODULES)
@settings(max_examples=25)
@given(
    st.integers(0, 2**31), st.integers(1, 3), st.booleans(), st.booleans(), st.integers(1, 3),
    st.integers(2, 4), st.sampled_from([torch.float32, torch.float64]),
)
def test_state_dicts_go_there_and_back(kind, seed, layers, bidirectional, bias, K, H, dtype):
    """PyTorch → here → PyTorch is the same state dict: keys in their order, dtypes, every bit."""
    make, options = MODULES[kind]
    torch.manual_seed(seed)
    peer = make(K, H, layers, bias=bias, bidirectional=bidirectional, dtype=dtype, **options)
    state_dict = peer.state_dict()
    phi = {"nonlinearity": kind} if kind in ("tanh", "relu") else {}
    back = to_torch(from_torch(state_dict, **phi).layer())
    assert set(back) == set(state_dict)
    for name, value in state_dict.items():
        array = value.numpy()
        assert (back[name].dtype, back[name].tobytes()) == (array.dtype, array.tobytes()), name
    peer.load_state_dict({name: torch.from_numpy(array) for name, array in back.items()})


CELLS = {
    "elman": (lambda b: ElmanCell(4, 3, biases=b, dtype=float, rng=0), torch.nn.RNNCell),
    "lstm": (lambda b: LSTMCell(4, 3, biases=b, dtype=float, rng=0), torch.nn.LSTMCell),
    "1997": (lambda b: LSTM1997Cell(4, 3, biases=b, dtype=float, rng=0), torch.nn.LSTMCell),
    "coupled": (lambda b: CoupledLSTMCell(4, 3, biases=b, dtype=float, rng=0), torch.nn.LSTMCell),
    "gru": (lambda b: GRUCell(4, 3, biases=b, dtype=float, rng=0), torch.nn.GRUCell),
    "gru, z new": (
        lambda b: GRUCell(4, 3, update="new", biases=b, dtype=float, rng=0), torch.nn.GRUCell
    ),
}


@pytest.mark.parametrize("biases", [0, 1, 2])
@pytest.mark.parametrize("kind", CELLS)
def test_our_cells_in_pytorch(kind, biases):
    """A cell of any number of biases, sense of z or kind of forget gate, written to PyTorch's cell,
    gives the same outputs and the same gradients of inputs and initial state there."""
    make, peer_class = CELLS[kind]
    cell = make(biases)
    written = to_torch(cell)
    peer = peer_class(4, 3, bias="bias_ih" in written, dtype=torch.float64)
    peer.load_state_dict({name: torch.from_numpy(array) for name, array in written.items()})
    rng = np.random.default_rng(0)
    data, starts = rng.normal(size=(5, 2, 4)), [rng.normal(size=(2, 3)) for _ in cell.states]

    xs = mg.tensor(data, requires_grad=True)
    state = tuple(mg.tensor(start, requires_grad=True) for start in starts)
    outputs, last = unroll(cell, xs, pack(state))
    loss_of(outputs, unpack(last), np.ones(3), mg.tensor).backward()

    peer_xs = torch.tensor(data, requires_grad=True)
    peer_state = tuple(torch.tensor(start, requires_grad=True) for start in starts)
    carry, steps = pack(peer_state), []
    for x in peer_xs:
        carry = peer(x, carry)
        steps.append(unpack(carry)[0])
    loss_of(torch.stack(steps), unpack(carry), np.ones(3), torch.tensor).backward()

    close(outputs, torch.stack(steps), "outputs")
    close(xs.grad, peer_xs.grad, "inputs")
    for mine, theirs in zip(state, peer_state, strict=True):
        close(mine.grad, theirs.grad, "initial state")


@pytest.mark.parametrize("kind", ["tanh", "lstm", "gru"])
def test_one_bias_gets_pytorchs_two(kind):
    """Loaded into cells with one bias (a GRU with b_hn = 0), PyTorch's outputs and the gradient of
    the bias are the same: that of either of PyTorch's."""
    make, _ = MODULES[kind]
    peer = make(4, 3, dtype=torch.float64)
    if kind == "gru":
        with torch.no_grad():
            peer.bias_hh_l0[6:] = 0
    cls = {"tanh": ElmanCell, "lstm": LSTMCell, "gru": GRUCell}[kind]
    layer = Recurrent([cls(4, 3, biases=1, dtype=float)])
    load(layer, from_torch(peer.state_dict()))
    data = np.random.default_rng(0).normal(size=(5, 2, 4))
    outputs, _ = layer(data)
    (outputs**2).sum().backward()
    peer_outputs, _ = peer(torch.tensor(data))
    (peer_outputs**2).sum().backward()
    close(outputs, peer_outputs, "outputs")
    close(layer.cell.b_h.grad, peer.bias_ih_l0.grad, "bias")


@pytest.mark.parametrize("kind", ["tanh", "relu", "lstm", "gru"])
def test_explain_names_pytorch(kind):
    """Given a module's parameters, inputs and outputs, explain says that they are PyTorch's."""
    make, options = MODULES[kind]
    torch.manual_seed(0)
    peer = make(4, 3, dtype=torch.float64, **options)
    xs = torch.randn(6, 2, 4, dtype=torch.float64)
    report = explain(dict(peer.named_parameters()), xs, peer(xs)[0])
    assert report.verdict == "one"
    assert report.best.frameworks[0].startswith("PyTorch: from_torch(state_dict")

"""The cells against PyTorch's: outputs, states and every gradient, in float64."""

import numpy as np
import pytest

import minigrad as mg
from rnn import ElmanCell, GRUCell, LSTMCell, unroll
from rnn.cells.state import unpack
from tests.support.comparing import close

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

T, B, K, H = 6, 3, 4, 5
PAIRS = {
    "tanh": (ElmanCell, {}, "RNNCell", {}),
    "relu": (ElmanCell, {"nonlinearity": "relu"}, "RNNCell", {"nonlinearity": "relu"}),
    "lstm": (LSTMCell, {}, "LSTMCell", {}),
    "gru": (GRUCell, {}, "GRUCell", {}),
}
NAMES = {"W_xh": "weight_ih", "W_hh": "weight_hh", "b_xh": "bias_ih", "b_hh": "bias_hh"}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("biases", [0, 2])
def test_cells_agree_with_pytorch(kind, biases):
    """With the same weights (PyTorch's are the transposes) a sequence gives the same outputs, last
    state and gradients of weights, inputs and initial state."""
    cls, options, peer_name, peer_options = PAIRS[kind]
    rng = np.random.default_rng(0)
    cell = cls(K, H, biases=biases, dtype=float, rng=rng, **options)
    peer = getattr(torch.nn, peer_name)(
        K, H, bias=biases == 2, dtype=torch.float64, **peer_options
    )
    with torch.no_grad():
        for name, parameter in cell.named_parameters():
            getattr(peer, NAMES[name]).copy_(torch.tensor(parameter.numpy().T))

    values = [rng.normal(size=(B, H)) for _ in cell.state_sizes]
    data, weight = rng.normal(size=(T, B, K)), rng.normal(size=(T, B, H))
    xs = mg.tensor(data, requires_grad=True)
    state = tuple(mg.tensor(v, requires_grad=True) for v in values)
    outputs, last = unroll(cell, xs, state if len(state) > 1 else state[0])
    loss = (outputs * weight).sum() + sum((part**2).sum() for part in unpack(last))
    loss.backward()

    peer_xs = torch.tensor(data, requires_grad=True)
    peer_state = tuple(torch.tensor(v, requires_grad=True) for v in values)
    carry, peer_outputs = peer_state if len(state) > 1 else peer_state[0], []
    for t in range(T):
        carry = peer(peer_xs[t], carry)
        peer_outputs.append(unpack(carry)[0])
    peer_loss = (torch.stack(peer_outputs) * torch.tensor(weight)).sum()
    peer_loss = peer_loss + sum((part**2).sum() for part in unpack(carry))
    peer_loss.backward()

    close(outputs, torch.stack(peer_outputs), "outputs")
    close(xs.grad, peer_xs.grad, "inputs")
    for k, (mine, theirs) in enumerate(zip(state, peer_state, strict=True)):
        close(mine.grad, theirs.grad, f"initial state {k}")
    for mine, theirs in zip(unpack(last), unpack(carry), strict=True):
        close(mine, theirs, "last state")
    for name, parameter in cell.named_parameters():
        gradient = getattr(peer, NAMES[name]).grad
        close(parameter.grad, gradient.mT if gradient.ndim == 2 else gradient, name)


def test_one_bias_is_the_sum_of_pytorchs_two():
    """An LSTM with one bias, set to the sum of PyTorch's two, gives PyTorch's outputs."""
    peer = torch.nn.LSTMCell(K, H, dtype=torch.float64)
    cell = LSTMCell(K, H, dtype=float)
    cell.load_state_dict({
        "W_xh": peer.weight_ih.detach().numpy().T,
        "W_hh": peer.weight_hh.detach().numpy().T,
        "b_h": (peer.bias_ih + peer.bias_hh).detach().numpy(),
    })
    x = np.random.default_rng(0).normal(size=(B, K))
    h, (_, c) = cell(x)
    for ours, theirs in zip((h, c), peer(torch.tensor(x)), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-12)

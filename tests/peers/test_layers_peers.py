"""The layers against PyTorch's nn.RNN, nn.LSTM and nn.GRU, in float64: outputs, final states and
every gradient, for layers, directions, biases, layouts, projections and packed sequences."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from rnn import GRU, LSTM, RNN, convert
from rnn.cells.state import unpack
from tests.support.comparing import close

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

T, B, K, H, P = 5, 4, 3, 6, 2
LENGTHS = [3, 5, 1, 4]
KINDS = {
    "tanh": (RNN, "RNN", {}),
    "relu": (RNN, "RNN", {"nonlinearity": "relu"}),
    "lstm": (LSTM, "LSTM", {}),
    "projected": (LSTM, "LSTM", {"proj_size": P}),
    "gru": (GRU, "GRU", {}),
}
PARTS = {"W_xh": "weight_ih", "W_hh": "weight_hh", "b_xh": "bias_ih", "b_hh": "bias_hh",
         "W_hp": "weight_hr"}

every_kind = pytest.mark.parametrize("kind", KINDS)


def pair(kind, num_layers=1, bidirectional=False, bias=True, batch_first=False, dropout=0.0):
    """Our layer and PyTorch's, with the same weights, and (our parameter, theirs) by name."""
    cls, theirs, options = KINDS[kind]
    shared = {
        "num_layers": num_layers, "bidirectional": bidirectional, "bias": bias,
        "batch_first": batch_first, "dropout": dropout, **options,
    }
    layer = cls(K, H, **shared, biases=2 if bias else 0, dtype=float, rng=0)
    peer = getattr(torch.nn, theirs)(K, H, **shared, dtype=torch.float64)
    matched = {}
    for number, row in enumerate(layer.cells):
        for direction, cell in enumerate(row):
            for name, parameter in cell.named_parameters():
                peer_name = f"{PARTS[name]}_l{number}" + "_reverse" * direction
                matched[peer_name] = parameter, getattr(peer, peer_name)
    assert matched.keys() == dict(peer.named_parameters()).keys()
    with torch.no_grad():
        for ours, theirs in matched.values():
            theirs.copy_(torch.tensor(ours.numpy().T))
    return layer, peer, matched


def compare(layer, peer, matched, lengths=None, given_state=True):
    """Run both on the same inputs and initial states, and compare everything."""
    rng = np.random.default_rng(1)
    cells = layer.num_layers * (1 + layer.bidirectional)
    swap = layer.batch_first
    data = rng.normal(size=(T, B, K))
    widths = layer.cells[0][0].state_sizes.values()
    initial = [rng.normal(size=(cells, B, width)) for width in widths]
    weight = rng.normal(size=(T, B, layer.output_size))

    def laid_out(array):
        return array.swapaxes(0, 1).copy() if swap else array

    xs = mg.tensor(laid_out(data), requires_grad=True)
    state = tuple(mg.tensor(laid_out(part), requires_grad=True) for part in initial)
    given = (state if len(state) > 1 else state[0]) if given_state else None
    outputs, last = layer(xs, given, lengths)
    loss = (outputs * laid_out(weight)).sum()
    loss = loss + sum((k + 1) * (part**2).sum() for k, part in enumerate(unpack(last)))
    loss.backward()

    peer_xs = torch.tensor(laid_out(data), requires_grad=True)
    peer_state = tuple(torch.tensor(part, requires_grad=True) for part in initial)
    peer_given = (peer_state if len(state) > 1 else peer_state[0]) if given_state else None
    if lengths is None:
        peer_outputs, peer_last = peer(peer_xs, peer_given)
    else:
        rnn = torch.nn.utils.rnn
        packed = rnn.pack_padded_sequence(
            peer_xs, torch.tensor(lengths), batch_first=swap, enforce_sorted=False
        )
        packed_outputs, peer_last = peer(packed, peer_given)
        peer_outputs, _ = rnn.pad_packed_sequence(packed_outputs, batch_first=swap, total_length=T)
    peer_loss = (peer_outputs * torch.tensor(laid_out(weight))).sum()
    peer_loss = peer_loss + sum((k + 1) * (p**2).sum() for k, p in enumerate(unpack(peer_last)))
    peer_loss.backward()

    close(outputs, peer_outputs, "outputs")
    close(xs.grad, peer_xs.grad, "gradient of the inputs")
    for k, (ours, theirs) in enumerate(zip(unpack(last), unpack(peer_last), strict=True)):
        close(ours, theirs.transpose(0, 1) if swap else theirs, f"state {k}")
    if given_state:
        for k, (ours, theirs) in enumerate(zip(state, peer_state, strict=True)):
            gradient = theirs.grad.transpose(0, 1) if swap else theirs.grad
            close(ours.grad, gradient, f"gradient of the initial state {k}")
    for name, (ours, theirs) in matched.items():
        close(ours.grad, theirs.grad.T if theirs.ndim == 2 else theirs.grad, name)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["full", "packed"])
@pytest.mark.parametrize(
    ("num_layers", "bidirectional", "bias"),
    [*itertools.product([1, 2, 3], [False, True], [False, True])],
)
@every_kind
def test_layers_agree_with_pytorch(kind, num_layers, bidirectional, bias, lengths):
    """Outputs, final states and all gradients agree to 1e-10, also for packed sequences."""
    compare(*pair(kind, num_layers, bidirectional, bias), lengths)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["full", "packed"])
@every_kind
def test_batch_first_agrees_with_pytorch(kind, lengths):
    """With batch_first inputs and outputs are PyTorch's; states are batch-first too, where
    PyTorch's stay (layers, B, H)."""
    compare(*pair(kind, 2, True, batch_first=True), lengths)


@every_kind
def test_zero_initial_states_and_evaluation_agree_with_pytorch(kind):
    """Without a state both start from zeros, and in evaluation dropout does nothing."""
    layer, peer, matched = pair(kind, 2, dropout=0.5)
    layer.eval()
    peer.eval()
    compare(layer, peer, matched, given_state=False)


@every_kind
def test_converted_weights_run_to_the_same_outputs(kind):
    """``convert.load`` writes the state dict of a PyTorch layer into ours, and ``to_torch`` ours
    into PyTorch's, with equal outputs."""
    _, _, options = KINDS[kind]
    layer, peer, _ = pair(kind, 2, True)
    state_dict = peer.state_dict()
    nonlinearity = options.get("nonlinearity", "tanh")
    other = KINDS[kind][0](K, H, 2, bidirectional=True, biases=2, dtype=float, rng=1, **options)
    convert.load(other, convert.from_torch(state_dict, nonlinearity=nonlinearity))
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    np.testing.assert_array_equal(other(xs)[0].numpy(), layer(xs)[0].numpy())
    back = convert.to_torch(other)
    assert back.keys() == state_dict.keys()
    for name, array in back.items():
        np.testing.assert_array_equal(array, state_dict[name].numpy(), err_msg=name)


@pytest.mark.parametrize(("num_layers", "bidirectional"), [(1, False), (2, True)])
@pytest.mark.parametrize("batch_first", [False, True])
@every_kind
def test_one_sequence_agrees_with_pytorch(kind, batch_first, num_layers, bidirectional):
    """(T, K) → (T, H) and states (cells, H) without the axis of the batch, with their gradients."""
    layer, peer, matched = pair(kind, num_layers, bidirectional, batch_first=batch_first)
    rng = np.random.default_rng(1)
    xs, cells = rng.normal(size=(T, K)), num_layers * (1 + bidirectional)
    initial = [rng.normal(size=(cells, n)) for n in layer.cells[0][0].state_sizes.values()]
    ours_state = tuple(map(mg.tensor, initial))
    peer_state = tuple(map(torch.tensor, initial))
    outputs, last = layer(xs, ours_state if len(initial) > 1 else ours_state[0])
    peer_outputs, peer_last = peer(
        torch.tensor(xs), peer_state if len(initial) > 1 else peer_state[0]
    )
    close(outputs, peer_outputs, "outputs")
    for ours, theirs in zip(unpack(last), unpack(peer_last), strict=True):
        close(ours, theirs, "state")
    (outputs**2).sum().backward()
    (peer_outputs**2).sum().backward()
    for name, (ours, theirs) in matched.items():
        close(ours.grad, theirs.grad.T if theirs.ndim == 2 else theirs.grad, name)


@every_kind
def test_reverse_agrees_with_pytorch(kind):
    """A layer in reverse is PyTorch's on the flipped sequence, its outputs flipped back."""
    _, peer, matched = pair(kind)
    cls, _, options = KINDS[kind]
    layer = cls(K, H, reverse=True, biases=2, dtype=float, **options)
    for ours, (right, _) in zip(layer.parameters(), matched.values(), strict=True):
        ours.data = right.data
    xs = np.random.default_rng(1).normal(size=(T, B, K))
    outputs, last = layer(xs)
    peer_outputs, peer_last = peer(torch.tensor(xs[::-1].copy()))
    close(outputs, peer_outputs.flip(0), "outputs")
    for ours, theirs in zip(unpack(last), unpack(peer_last), strict=True):
        close(ours, theirs, "state")

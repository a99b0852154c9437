"""Layers of any size and options against PyTorch's, with padding that holds NaN on our side."""

from functools import partial

import numpy as np
import pytest

import minigrad as mg
import rnn
from rnn import convert
from tests.support import comparing

close = partial(comparing.close, atol=1e-11)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

PARTS = {"W_xh": "weight_ih", "W_hh": "weight_hh", "b_xh": "bias_ih", "b_hh": "bias_hh",
         "W_hp": "weight_hr"}


def drawn(rng):
    """The name of a layer and its arguments."""
    kind = rng.choice(["RNN", "LSTM", "GRU"])
    H = int(rng.integers(1, 7))
    options = {
        "input_size": int(rng.integers(1, 7)), "hidden_size": H,
        "num_layers": int(rng.integers(1, 4)),
        **{name: bool(rng.integers(2)) for name in ("bias", "batch_first", "bidirectional")},
    }
    if kind == "RNN":
        options["nonlinearity"] = str(rng.choice(["tanh", "relu"]))
    if kind == "LSTM" and H > 1 and rng.integers(2):
        options["proj_size"] = int(rng.integers(1, H))
    return kind, options


@pytest.mark.parametrize("seed", range(60))
def test_any_layer_agrees_with_pytorch(seed):
    """Weights read from PyTorch's state dict give its outputs, last states and gradients of inputs,
    initial states and weights, for whole and for packed sequences."""
    rng = np.random.default_rng(seed)
    kind, options = drawn(rng)
    peer = getattr(torch.nn, kind)(**options, dtype=torch.float64)
    biases = 2 if options["bias"] else None
    layer = getattr(rnn, kind)(**options, biases=biases, dtype=float)
    given = convert.from_pytorch(
        peer.state_dict(), nonlinearity=options.get("nonlinearity", "tanh")
    )
    convert.load(layer, given)

    T, B, cells = *(int(n) for n in rng.integers(1, 7, 2)), len(list(given.all()))
    lengths = rng.integers(1, T + 1, B) if rng.integers(2) else None
    if lengths is not None:
        lengths[rng.integers(B)] = T
    xs = rng.normal(size=(T, B, layer.input_size))
    g = rng.normal(size=(T, B, layer.output_size))
    starts = [rng.normal(size=(cells, B, n)) for n in layer.cells[0][0].state_sizes.values()]

    def turned(array):
        return array.swapaxes(0, 1).copy() if layer.batch_first else array

    theirs_x = torch.tensor(turned(xs), requires_grad=True)
    theirs_start = [torch.tensor(part, requires_grad=True) for part in starts]
    state = theirs_start[0] if len(starts) == 1 else tuple(theirs_start)
    if lengths is None:
        outputs, last = peer(theirs_x, state)
    else:
        pack = torch.nn.utils.rnn
        packed = pack.pack_padded_sequence(
            theirs_x, torch.tensor(lengths), layer.batch_first, enforce_sorted=False
        )
        packed, last = peer(packed, state)
        outputs, _ = pack.pad_packed_sequence(packed, layer.batch_first, total_length=T)
    last = last if isinstance(last, tuple) else (last,)
    loss = (outputs * torch.tensor(turned(g))).sum() + sum((part**3).sum() for part in last)
    loss.backward()

    for b, n in enumerate([] if lengths is None else lengths):
        xs[n:, b] = np.nan
    x = mg.tensor(turned(xs), requires_grad=True)
    start = [mg.tensor(turned(part), requires_grad=True) for part in starts]
    found, ends = layer(x, start[0] if len(start) == 1 else tuple(start), lengths)
    ends = ends if isinstance(ends, tuple) else (ends,)
    ((found * turned(g)).sum() + sum((part**3).sum() for part in ends)).backward()

    close(found, outputs, "outputs")
    close(x.grad, theirs_x.grad, "gradient of the inputs")
    for ours, theirs in zip(ends, last, strict=True):
        close(ours, theirs.transpose(0, 1) if layer.batch_first else theirs, "last state")
    for ours, theirs in zip(start, theirs_start, strict=True):
        gradient = theirs.grad.transpose(0, 1) if layer.batch_first else theirs.grad
        close(ours.grad, gradient, "gradient of the initial state")
    for number, row in enumerate(layer.cells):
        for direction, cell in enumerate(row):
            for name, parameter in cell.named_parameters():
                gradient = getattr(peer, f"{PARTS[name]}_l{number}" + "_reverse" * direction).grad
                close(parameter.grad, gradient.T if gradient.ndim == 2 else gradient, name)

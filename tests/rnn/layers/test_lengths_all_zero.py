"""Batches without a step of their own: results are 0 and so are the gradients, which exist."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    DropoutCell,
    LSTMCell,
    Readout,
    Recurrent,
    Seq2Seq,
    ZoneoutCell,
    last,
)
from rnn.cells.state import unpack
from rnn.losses import over_time
from tests.support.running import B, H, K, T, every_layer, sequence

NOBODY = [0] * B
every_form = pytest.mark.parametrize(
    "form", [list, tuple, np.array, mg.tensor, lambda n: np.array(n, np.uint8)]
)


def nothing_but_zeros(module):
    """Every parameter has a gradient, and it is 0."""
    for name, p in module.named_parameters():
        assert p.grad is not None, name
        assert p.grad.shape == p.shape
        assert not p.grad.numpy().any(), name


@every_form
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("options", [
    {}, {"num_layers": 2, "dropout": 0.5}, {"bidirectional": True},
    {"num_layers": 2, "bidirectional": True, "merge": "mul"},
    {"zoneout": 0.2, "recurrent_dropout": 0.2},
])
@every_layer
def test_layers(make, options, batch_first, form):
    """Outputs are 0, the state is the initial one, and a loss of the outputs has a gradient of 0
    in every parameter and in the inputs, whatever the padding holds."""
    layer = make(K, H, batch_first=batch_first, rng=0, **options)
    shape = (B, T, K) if batch_first else (T, B, K)
    xs = mg.tensor(np.full(shape, np.nan, np.float32), requires_grad=True)
    outputs, state = layer(xs, lengths=form(NOBODY))
    assert not outputs.numpy().any()
    assert not any(part.numpy().any() for part in unpack(state))
    outputs.sum().backward()
    nothing_but_zeros(layer)
    assert not xs.grad.numpy().any()


@every_layer
def test_states(make):
    """The state that is given comes back, and its gradient is that of what comes back."""
    layer = make(K, H, num_layers=2, bidirectional=True, rng=0)
    rng = np.random.default_rng(0)
    before = [mg.tensor(rng.normal(size=(4, B, H)).astype(np.float32), requires_grad=True)
              for _ in unpack(layer.initial_state(B))]
    state = tuple(before) if len(before) > 1 else before[0]
    outputs, after = layer(sequence(), state, NOBODY)
    (outputs.sum() + sum((k + 1) * part.sum() for k, part in enumerate(unpack(after)))).backward()
    for k, (one, two) in enumerate(zip(before, unpack(after), strict=True)):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
        np.testing.assert_array_equal(one.grad.numpy(), np.full((4, B, H), k + 1))
    nothing_but_zeros(layer)


@every_layer
def test_learned_states(make):
    """A learned initial state of which nothing is computed has a gradient, of 0."""
    layer = make(K, H, learn_initial_state=True, rng=0)
    layer(sequence(), lengths=NOBODY)[0].sum().backward()
    nothing_but_zeros(layer)


@pytest.mark.parametrize("wrap", [
    lambda cell: cell, lambda cell: ZoneoutCell(cell, 0.3, rng=0),
    lambda cell: DropoutCell(cell, inputs=0.3, hidden=0.3, rng=0),
], ids=["plain", "zoneout", "dropout"])
def test_one_cell(wrap):
    """A layer made of one cell, all its states, and the pooled heads that stand on it."""
    layer = Recurrent(wrap(LSTMCell(K, H, rng=0)))
    outputs, _, states = layer(sequence(), lengths=NOBODY, return_states=True)
    assert len(states) == T
    loss = over_time((outputs**2).sum(axis=-1), "sum", lengths=NOBODY)
    (loss + last(outputs, NOBODY).sum() + states[-1][1].sum()).backward()
    assert loss.item() == 0
    nothing_but_zeros(layer)


def test_frozen_weights():
    """Of a loss of the inputs alone: their gradient is there, and 0."""
    layer = GRU(K, H, rng=0)
    for p in layer.parameters():
        p.requires_grad = False
    xs = mg.tensor(sequence(), requires_grad=True)
    layer(xs, lengths=NOBODY)[0].sum().backward()
    assert xs.grad.shape == xs.shape
    assert not xs.grad.numpy().any()


@pytest.mark.parametrize("lengths", [[0, 3, 0], [T, 0, 1], [0, 0, 1]])
@every_layer
def test_some_of_length_zero(make, lengths):
    """One of length 0 among others: the gradients are those of the others alone."""
    layer = make(K, H, 2, bidirectional=True, dtype=float, rng=0)
    some = [b for b in range(B) if lengths[b]]
    found = []
    for rows in (list(range(B)), some):
        outputs, _ = layer(sequence()[:, rows], lengths=[lengths[b] for b in rows])
        layer.zero_grad()
        (outputs**2).sum().backward()
        found.append([p.grad.numpy() for p in layer.parameters()])
    for one, two in zip(*found, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("lengths", [None, [], np.zeros(0, int)])
@every_layer
def test_no_sequences(make, lengths):
    """B = 0: empty results, and gradients that are 0."""
    layer = make(K, H, 2, bidirectional=True, rng=0)
    outputs, state = layer(np.zeros((T, 0, K)), lengths=lengths)
    assert outputs.shape == (T, 0, 2 * H)
    assert all(part.shape == (4, 0, H) for part in unpack(state))
    outputs.sum().backward()
    nothing_but_zeros(layer)


def test_an_encoder_that_reads_nothing():
    """Sources of length 0: the decoder starts from zeros, and the encoder's gradients are 0."""
    model = Seq2Seq(LSTM(K, H, rng=0), LSTM(5, H, rng=1), Readout(H, 5, rng=2), start=0)
    target = np.random.default_rng(0).integers(0, 5, (3, B))
    ys = model(sequence(), target, NOBODY, [3, 0, 2])
    wanted, _ = model.decoder(np.concatenate([np.zeros((1, B), int), target[:-1]]),
                              lengths=[3, 0, 2])
    np.testing.assert_array_equal(ys.numpy(), model.head(wanted).numpy())
    (ys**2).sum().backward()
    nothing_but_zeros(model.encoder)
    model.zero_grad()
    (model(sequence(), target, NOBODY, NOBODY)**2).sum().backward()
    nothing_but_zeros(model.encoder)
    nothing_but_zeros(model.decoder)

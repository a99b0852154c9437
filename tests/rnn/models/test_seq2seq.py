"""Encoder and decoder: teacher forcing, running free, and what lies between."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from rnn import GRU, LSTM, RNN, GRUCell, Readout, Recurrent, Seq2Seq, join_directions
from tests.support.running import sequence

T, B, K, H, Q = 5, 3, 4, 6, 4


def tokens(*shape, top=K, seed=0):
    return np.random.default_rng(seed).integers(top, size=shape)


def translator(make=GRU, **options):
    layers = {"dtype": float, **options}
    return Seq2Seq(
        make(7, H, rng=0, **layers), make(Q, H, rng=1, **layers),
        Readout(H, Q, dtype=float, rng=2), start=1, rng=3,
    )


@pytest.mark.parametrize("make", [RNN, LSTM, GRU])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_teacher_forcing_by_hand(make, num_layers):
    """The decoder starts from the encoder's last state and reads the start token and the target
    but for its last step."""
    model = translator(make, num_layers=num_layers)
    source, target = tokens(6, B, top=7), tokens(T, B)
    found = model(source, target)
    _, state = model.encoder(source)
    shifted = np.concatenate([np.full((1, B), 1), target[:-1]])
    outputs, _ = model.decoder(shifted, state)
    np.testing.assert_array_equal(found.numpy(), model.head(outputs).numpy())


def test_free_running_is_generating():
    """With teacher_forcing=0 the outputs are those of ``generate``, whatever the target says; the
    target only says for how many steps."""
    model = translator(num_layers=2)
    source = tokens(6, B, top=7)
    free = model(source, tokens(T, B), teacher_forcing=0)
    found = model.generate(source, steps=T)
    np.testing.assert_array_equal(free.numpy(), found.outputs.numpy())
    same = model(source, found.fed.numpy())
    np.testing.assert_allclose(same.numpy(), free.numpy(), rtol=1e-12)


def test_scheduled_sampling_mixes():
    """Between 0 and 1 the decoder reads the target with that probability, drawn for each sequence
    and step; the seed decides."""
    read = []

    class Reading(GRUCell):
        def step(self, x, h):
            read.append(x.numpy())
            return super().step(x, h)

    def make():
        read.clear()
        return Seq2Seq(
            GRU(2, H, rng=0), Recurrent([Reading(9, H, rng=0)]), Readout(H, 9, rng=0), start=0,
            feed=lambda y: mg.tensor(np.full(len(y), 8)), rng=0,
        )

    source, target = np.ones((2, 400), int), tokens(6, 400, top=8)
    make()(source, target, teacher_forcing=0.25)
    x = np.array(read)
    forced = x[1:] == target[:-1]
    assert (forced | (x[1:] == 8)).all()
    np.testing.assert_allclose(forced.mean(axis=1), 0.25, atol=0.07)
    make()(source, target, teacher_forcing=0.25)
    np.testing.assert_array_equal(np.array(read), x)


@pytest.mark.parametrize("teacher_forcing", [1.0, 0.5, 0.0])
def test_padding_of_sources_and_targets(teacher_forcing):
    """With lengths, what stands behind the ends of sources and targets matters nowhere."""
    source, target = tokens(6, B, top=7), tokens(T, B)
    lengths, target_lengths = [6, 2, 4], [3, 5, 1]

    def run(filling):
        model = translator()
        one, two = source.copy(), target.copy()
        one[np.arange(6)[:, None] >= lengths] = filling
        two[np.arange(T)[:, None] >= target_lengths] = filling
        y = model(one, two, lengths, target_lengths, teacher_forcing=teacher_forcing)
        (y[0] ** 2).sum().backward()
        return y.numpy(), [p.grad.numpy() for p in model.parameters()]

    outputs, grads = run(0)
    others, other_grads = run(-100)
    own = np.arange(T)[:, None] < target_lengths
    np.testing.assert_array_equal(others[own], outputs[own])
    for one, two in zip(grads, other_grads, strict=True):
        np.testing.assert_array_equal(one, two)


def turned_join(state):
    """``join_directions`` of batch-first states."""
    joined = join_directions(tuple(part.swapaxes(0, 1) for part in state))
    return tuple(part.swapaxes(0, 1) for part in joined)


BRIDGES = {False: join_directions, True: turned_join}


def test_a_bidirectional_encoder_and_batch_first():
    """With ``join_directions`` a decoder of twice the width goes on from both directions; with
    batch-first layers all is batch-first, and gradients reach the encoder's first step."""
    source, target = tokens(6, B, top=7), tokens(T, B)

    def make(**options):
        return Seq2Seq(
            LSTM(7, H, bidirectional=True, dtype=float, rng=0, batch_first=bool(options)),
            LSTM(Q, 2 * H, dtype=float, rng=1, **options), Readout(2 * H, Q, dtype=float, rng=2),
            start=1, bridge=BRIDGES[bool(options)],
        )

    one, two = make(), make(batch_first=True)
    for forcing in (1.0, 0.0):
        y = one(source, target, [6, 3, 2], teacher_forcing=forcing)
        turned = two(source.T, target.T, [6, 3, 2], teacher_forcing=forcing)
        np.testing.assert_array_equal(turned.numpy().swapaxes(0, 1), y.numpy())
    found = two.generate(source.T, steps=4)
    assert found.fed.shape == (B, 4)
    y.sum().backward()
    assert one.encoder.cells[0][1].W_xh.grad.numpy().any()


def test_real_numbers_and_a_learned_start():
    """Sequences of vectors: the start is a learned vector, outputs are fed back as they are."""
    start = mg.Parameter(np.zeros(2))
    model = Seq2Seq(
        GRU(3, H, dtype=float, rng=0), GRU(2, H, dtype=float, rng=1),
        Readout(H, 2, dtype=float, rng=2), start=start, feed=lambda y: y,
    )
    assert "start" in dict(model.named_parameters())
    source, target = sequence(6, B, 3), sequence(T, B, 2)
    for forcing in (1.0, 0.5, 0.0):
        model.zero_grad()
        ((model(source, target, teacher_forcing=forcing) - target) ** 2).sum().backward()
        assert all(p.grad.numpy().any() for p in model.parameters())


def test_encoder_and_decoder_have_names():
    """Two layers of one name are called encoder and decoder in scopes; other names stay."""
    model = translator()
    y = model(tokens(2, B, top=7), tokens(2, B))
    names = {n.scope.name for n in ancestors([y._node]) if n.scope is not None}
    assert names == {"encoder", "decoder", "output"}
    named = Seq2Seq(GRU(7, H, name="reader"), GRU(Q, H), Readout(H, Q), start=0)
    assert (named.encoder.name, named.decoder.name) == ("reader", "gru")


def test_encoder_decoder_with_what_does_not_fit():
    """Cells in the place of layers, bidirectional decoders, probabilities, targets."""
    head = Readout(H, Q)
    with pytest.raises(TypeError, match=r"Seq2Seq\(encoder\): received GRUCell; wanted a layer"):
        Seq2Seq(GRUCell(7, H), GRU(Q, H), head, start=0)
    with pytest.raises(ValueError, match=r"Seq2Seq\(decoder\): it is bidirectional"):
        Seq2Seq(GRU(7, H), GRU(Q, H, bidirectional=True), head, start=0)
    model = translator()
    source = tokens(6, B, top=7)
    for wrong in (-0.1, 1.1, float("nan"), "always"):
        with pytest.raises(ValueError, match=r"teacher_forcing=.*wanted a probability, 0 to 1"):
            model(source, tokens(T, B), teacher_forcing=wrong)
    for target in (np.zeros((0, B), int), np.zeros(B, int)):
        with pytest.raises(ValueError, match=r"Seq2Seq: the target has shape .* T ≥ 1"):
            model(source, target)
    with pytest.raises(ValueError, match=r"state h has shape \(1, 3, 6\), wanted \(1, 2, 6\)"):
        model(source, tokens(T, 2))
    other = Seq2Seq(GRU(7, H), GRU(Q, 2 * H), Readout(2 * H, Q), start=0)
    with pytest.raises(ValueError, match=r"state h has shape \(1, 3, 6\), wanted \(1, 3, 12\)"):
        other(source, tokens(T, B))

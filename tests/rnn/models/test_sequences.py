"""The pieces of which tasks on sequences are made, and the five shapes that the tasks have."""

from functools import partial

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Readout,
    Recurrent,
    Seq2Seq,
    generate,
    greedy,
    join_directions,
    last,
    sampled,
    unroll,
)
from tests.support import comparing
from tests.support.running import sequence

close = partial(comparing.close, rtol=1e-12, atol=1e-14)

T, B, K, H, Q = 5, 3, 4, 6, 4


def tokens(*shape, top=K, seed=0):
    return np.random.default_rng(seed).integers(top, size=shape or (T, B))


# -- readout


def test_readout():
    """h W_hq + b_q over any leading axes, from U(-1/√H, 1/√H), with or without bias."""
    head = Readout(H, Q, dtype=float, rng=0)
    h = sequence(T, B, H)
    close(head(h).numpy(), h @ head.W_hq.numpy() + head.b_q.numpy())
    assert [n for n, _ in head.named_parameters()] == ["W_hq", "b_q"]
    assert abs(head.W_hq.numpy()).max() <= 1 / np.sqrt(H)
    plain = Readout(H, Q, bias=False, dtype=float, rng=0)
    close(plain(h).numpy(), h @ plain.W_hq.numpy())
    np.testing.assert_array_equal(plain.W_hq.numpy(), head.W_hq.numpy())
    with pytest.raises(ValueError, match=r"Readout\(output_size=0\)"):
        Readout(H, 0)


# -- many to one


def test_last_step_of_each_sequence():
    """``last`` picks the output at each one's end, which is the final state of the layer; of an
    empty sequence it is 0; the gradient goes to those outputs alone."""
    layer, lengths = GRU(K, H, dtype=float, rng=0), [2, 5, 0]
    outputs, state = layer(sequence(T, B, K), lengths=lengths)
    found = last(outputs, lengths)
    close(found.numpy(), state.numpy()[0])
    close(last(outputs).numpy(), outputs.numpy()[-1])
    close(last(outputs.swapaxes(0, 1), lengths, batch_first=True).numpy(), found.numpy())
    y = mg.tensor(sequence(T, B, H), requires_grad=True)
    last(y, lengths).sum().backward()
    expected = np.zeros((T, B, H))
    expected[1, 0] = expected[4, 1] = 1
    np.testing.assert_array_equal(y.grad.numpy(), expected)


def test_last_of_two_directions():
    """The forward half at each one's end, the reverse half at step 1: the two final states."""
    layer, lengths = LSTM(K, H, bidirectional=True, dtype=float, rng=0), [2, 5, 1]
    for given in (lengths, None):
        outputs, (h, _) = layer(sequence(T, B, K), lengths=given)
        found = last(outputs, given, directions=2)
        close(found.numpy(), np.concatenate(list(h.numpy()), axis=-1))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.ones(H),), {}, r"shape \(6,\); wanted \(T, B, H\)"),
        ((np.ones((0, H)),), {}, "T ≥ 1"),
        ((np.ones((T, H)), [1, 2]), {}, "received 2 lengths; wanted 1"),
        ((np.ones((T, B, H)),), {"directions": 2, "reverse": True}, "of two directions one is"),
        ((np.ones((0, B, H)),), {}, "T ≥ 1"),
        ((np.ones((B, 0, H)),), {"batch_first": True}, r"wanted \(B, T, H\), T ≥ 1"),
        ((np.ones((T, B, H)), [1, 2, 6]), {}, r"lengths\[2\] = 6"),
        ((np.ones((T, B, H)),), {"directions": 3}, "directions=3"),
        ((np.ones((T, B, 5)),), {"directions": 2}, "an even width, not 5"),
    ],
)
def test_last_of_what_does_not_fit(arguments, options, message):
    """Ranks, lengths and directions that do not fit are named."""
    with pytest.raises(ValueError, match=message):
        last(*arguments, **options)


# -- running free


def test_generate_without_input_after_the_first():
    """One to many: with feed=None the inputs after the first are zeros, as if they had been read
    from a sequence; outputs, state and gradients agree."""
    cell, head = LSTMCell(K, H, dtype=float, rng=0), Readout(H, Q, dtype=float, rng=1)
    x = sequence(B, K)
    found = generate(cell, head, x, steps=T)
    xs = np.concatenate([x[None], np.zeros((T - 1, B, K))])
    outputs, state = unroll(cell, xs)
    np.testing.assert_array_equal(found.outputs.numpy(), head(outputs).numpy())
    for one, two in zip(found.state, state, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    (found.outputs**2).sum().backward()
    grads = [p.grad.numpy() for p in (*cell.parameters(), *head.parameters())]
    cell.zero_grad()
    head.zero_grad()
    (head(outputs) ** 2).sum().backward()
    for have, p in zip(grads, (*cell.parameters(), *head.parameters()), strict=True):
        close(have, p.grad.numpy())


def test_generate_feeds_outputs_back_on_the_tape():
    """Where outputs are inputs, gradients flow through what was fed, by central differences."""
    cell, head = ElmanCell(K, H, dtype=float, rng=0), Readout(H, K, dtype=float, rng=1)
    x, weight = sequence(B, K), sequence(T, B, K, seed=1)

    def loss():
        return (generate(cell, head, x, steps=T, feed=lambda y: y).outputs * weight).sum()

    loss().backward()
    for p in (cell.W_xh, cell.W_hh, head.W_hq):
        base, u = p.numpy().copy(), sequence(*p.shape, seed=2)
        values = []
        for step in (1e-5, -1e-5):
            p.data = base + step * u
            values.append(loss().item())
        p.data = base
        np.testing.assert_allclose(
            (p.grad.numpy() * u).sum(), (values[0] - values[1]) / 2e-5, rtol=1e-7
        )


MODELS = {
    "cell": lambda: GRUCell(K, H, dtype=float, rng=0),
    "layer of a cell": lambda: Recurrent(GRUCell(K, H, dtype=float, rng=0)),
    "layer": lambda: GRU(K, H, dtype=float, rng=0),
    "stack": lambda: LSTM(K, H, 3, dtype=float, rng=0),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_generate_tokens_greedily(make):
    """What is fed is the likeliest token of each output; reading those tokens as a sequence gives
    the same outputs and state. Cells, layers and stacks alike."""
    model, head = make(), Readout(H, K, dtype=float, rng=1)
    first = np.array([1, 3, 0])
    found = generate(model, head, first, steps=T, feed=greedy)
    np.testing.assert_array_equal(found.fed.numpy(), found.outputs.numpy().argmax(-1))
    read = np.concatenate([first[None], found.fed.numpy()[:-1]])
    run = (lambda xs: unroll(model, xs)) if isinstance(model, GRUCell) else model
    outputs, state = run(read)
    close(found.outputs.numpy(), head(outputs).numpy())
    states = zip(
        *((s if isinstance(s, tuple) else (s,)) for s in (found.state, state)), strict=True
    )
    for one, two in states:
        assert one.shape == two.shape
        close(one.numpy(), two.numpy())
    again = generate(model, head, found.fed[-1], found.state, steps=2, feed=greedy)
    longer = generate(model, head, first, steps=T + 2, feed=greedy)
    np.testing.assert_array_equal(again.fed.numpy(), longer.fed.numpy()[T:])


def test_generate_with_a_batch_first_layer():
    """What comes out is (B, T, ...), and the state that goes in and out is batch-first."""
    options = {"num_layers": 2, "dtype": float, "rng": 0}
    layer, turned, head = GRU(K, H, **options), GRU(K, H, **options, batch_first=True), Readout(
        H, K, dtype=float, rng=1
    )
    one = generate(layer, head, np.array([1, 3, 0]), steps=T, feed=greedy)
    two = generate(
        turned, head, np.array([1, 3, 0]), turned.initial_state(B), steps=T, feed=greedy
    )
    np.testing.assert_array_equal(two.outputs.numpy().swapaxes(0, 1), one.outputs.numpy())
    np.testing.assert_array_equal(two.fed.numpy().T, one.fed.numpy())
    np.testing.assert_array_equal(two.state.numpy().swapaxes(0, 1), one.state.numpy())


def test_generate_stops():
    """It ends with the step at which every sequence has been fed the stop token once."""
    script = iter([[1, 0, 0], [0, 2, 1], [2, 1, 1], [1, 1, 2], [0, 0, 0]])
    found = generate(
        GRUCell(K, H), Readout(H, K), np.array([0, 0, 0]), steps=9,
        feed=lambda y: mg.tensor(next(script)), stop=2,
    )
    np.testing.assert_array_equal(found.fed.numpy(), [[1, 0, 0], [0, 2, 1], [2, 1, 1], [1, 1, 2]])
    assert found.outputs.shape == (4, B, K)


def test_generate_keeps_the_dropout_mask():
    """Within one call a mask is drawn once, also in a stack, whose state does not show it."""
    seen = []

    class Watching(GRUCell):
        def step(self, x, h):
            seen.append(h.numpy() == 0)
            return super().step(x, h)

    rng = np.random.default_rng(0)
    layer = Recurrent([DropoutCell(Watching(K, 50, rng=0), hidden=0.5, rng=rng)])
    generate(layer, Readout(50, K, rng=0), np.array([1, 2]), steps=6, feed=greedy)
    assert all((mask == seen[1]).all() for mask in seen[2:])
    assert 0.3 < seen[1].mean() < 0.7


def test_sampling_follows_the_distribution():
    """``sampled`` draws tokens with the probabilities softmax(y / temperature); towards 0 it is
    greedy; the seed decides."""
    y = np.log(np.array([0.1, 0.2, 0.7]))
    for temperature in (1.0, 2.0):
        draws = sampled(0, temperature)(np.tile(y, (100_000, 1))).numpy()
        p = np.exp(y / temperature) / np.exp(y / temperature).sum()
        np.testing.assert_allclose(np.bincount(draws) / 100_000, p, atol=0.01)
    assert (sampled(0, 1e-6)(np.tile(y, (100, 1))).numpy() == 2).all()
    one, two = (sampled(3)(np.tile(y, (50, 1))).numpy() for _ in range(2))
    np.testing.assert_array_equal(one, two)
    for wrong in (0, 0.0, -1.0, float("nan"), float("inf"), -float("inf")):
        with pytest.raises(ValueError, match=r"temperature=.*finite number above 0"):
            sampled(0, wrong)
    with pytest.raises(ValueError, match=r"rnn\.greedy"):
        sampled(0, 0.0)
    for wrong in (None, "1", True, mg.tensor(1.0), np.ones(1)):
        with pytest.raises(TypeError, match="wanted a number above 0"):
            sampled(0, wrong)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8])
@pytest.mark.parametrize("temperature", [1e-320, 1e-300, 1e-38, 1e-8, np.float16(1e-7)])
@pytest.mark.parametrize("shift", [-100, -1, 0, 1, 100])
def test_sampling_at_tiny_temperatures(dtype, temperature, shift):
    """However small the temperature, the largest entry wins, and it alone: what all entries have
    in common is taken away before the division, which so cannot make two of them infinite."""
    y = np.array([[1, 3, 2, 0], [3, 2, 1, 0], [0, 1, 2, 3]], dtype) + dtype(shift)
    for seed in range(20):
        assert sampled(seed, temperature)(mg.tensor(y)).tolist() == [1, 0, 3]


def test_sampling_breaks_ties_by_chance():
    """Equal largest entries are equally likely at every temperature."""
    y = np.tile(np.array([5.0, 5.0, 1.0]), (10_000, 1))
    for temperature in (1e-300, 1e-5):
        counts = np.bincount(sampled(0, temperature)(y).numpy(), minlength=3)
        assert counts[2] == 0
        assert abs(counts[0] - 5_000) < 300


def test_sampling_in_float16_follows_the_distribution():
    """The probabilities of float16 logits are those of the same numbers in float64, also where
    y / temperature is beyond float16."""
    y = np.array([200.0, 201.0, 199.0], np.float16)
    draws = sampled(0, 1e-2 * 100)(np.tile(y, (100_000, 1))).numpy()
    p = np.exp([-1.0, 0.0, -2.0]) / np.exp([-1.0, 0.0, -2.0]).sum()
    np.testing.assert_allclose(np.bincount(draws) / 100_000, p, atol=0.01)
    assert (sampled(0, 1e-3)(np.tile(y, (100, 1))).numpy() == 1).all()


def test_tokens_that_are_ruled_out():
    """-Inf is never drawn, at any temperature."""
    y = np.tile(np.array([-np.inf, 0.0, 0.0]), (1_000, 1))
    for temperature in (1e-300, 1.0, 1e300):
        assert set(sampled(0, temperature)(y).tolist()) == {1, 2}


@pytest.mark.parametrize("wrong", [[[0.0, np.nan]], [[0.0, np.inf]], [[-np.inf, -np.inf]],
                                   [[0.0, 1.0], [np.nan, np.nan]], np.zeros((2, 0)), 1.0])
def test_logits_among_which_none_can_be_chosen(wrong):
    """NaN and rows without a finite largest entry raise rather than give token 0."""
    with pytest.raises(ValueError, match=r"sampled\(y\)"):
        sampled(0)(np.array(wrong))
    if not np.isinf(wrong).any():
        with pytest.raises(ValueError, match=r"greedy\(y\)"):
            greedy(np.array(wrong))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"steps": 0}, ValueError, r"generate\(steps=0\)"),
        ({"steps": 2.5}, TypeError, r"generate\(steps=2.5\)"),
        ({"model": 3}, TypeError, "received int; wanted a cell or a layer"),
        ({"model": GRU(K, H, bidirectional=True)}, ValueError, "layer is bidirectional"),
        ({"feed": None}, TypeError, "pass feed=greedy or feed=sampled"),
        ({"x": np.ones((B, K)), "feed": lambda y: y, "stop": 1}, TypeError, "float32, not tokens"),
        ({"state": np.ones((B + 1, H))}, ValueError, "state carried over"),
    ],
)
def test_generate_with_what_does_not_fit(changes, error, message):
    """Steps, models, feeds and states that do not fit are named."""
    arguments = {
        "model": GRUCell(K, H), "head": Readout(H, K), "x": np.array([0, 1, 2]), "steps": 3,
        "feed": greedy, **changes,
    }
    with pytest.raises(error, match=message):
        generate(**arguments)


def test_joining_directions():
    """(2N, B, H), forward before reverse, becomes (N, B, 2H), side by side; of each part."""
    layer = LSTM(K, H, 2, bidirectional=True, dtype=float, rng=0)
    _, state = layer(sequence(T, B, K))
    h, c = join_directions(state)
    assert h.shape == c.shape == (2, B, 2 * H)
    for n in range(2):
        pair = list(state[0].numpy()[2 * n : 2 * n + 2])
        np.testing.assert_array_equal(h.numpy()[n], np.concatenate(pair, axis=-1))
    with pytest.raises(ValueError, match=r"shape \(3, 2, 1\); wanted \(2 · layers, B, H\)"):
        join_directions(np.zeros((3, 2, 1)))


# -- the five shapes


def test_five_shapes_of_tasks():
    """One to one, many to one, one to many, aligned, encoder and decoder: each runs forward and
    gives gradients to all its parameters."""
    layer, head = GRU(K, H, rng=0), Readout(H, Q, rng=1)
    xs, lengths = sequence(T, B, K), [5, 2, 3]
    shapes = {
        "one to one": (lambda: head(layer.cell(xs[0])[0]), (B, Q)),
        "many to one": (lambda: head(last(layer(xs, lengths=lengths)[0], lengths)), (B, Q)),
        "one to many": (lambda: generate(layer, head, xs[0], steps=T).outputs, (T, B, Q)),
        "aligned": (lambda: head(layer(xs, lengths=lengths)[0]), (T, B, Q)),
    }
    for name, (run, shape) in shapes.items():
        layer.zero_grad()
        head.zero_grad()
        y = run()
        assert y.shape == shape, name
        (y**2).sum().backward()
        # In one step from a zero state W_hh meets zeros.
        used = [p.grad.numpy().any() for p in (*layer.parameters(), *head.parameters())]
        assert sum(used) >= len(used) - (name == "one to one"), name
    model = Seq2Seq(GRU(7, H, rng=0), GRU(Q, H, rng=1), head, start=0)
    source, target = np.ones((6, B), int), np.ones((T, B), int)
    head.zero_grad()
    (model(source, target) ** 2).sum().backward()
    assert all(p.grad.numpy().any() for p in model.parameters())

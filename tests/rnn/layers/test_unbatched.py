"""One sequence without the axis of the batch: what a batch of one gives, without that axis."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Readout,
    Recurrent,
    ResidualCell,
    Seq2Seq,
    SkipCell,
    ZoneoutCell,
    bptt,
    generate,
    greedy,
    last,
    steps,
    unroll,
)
from rnn.cells.state import unpack
from tests.support.running import H, K, T, every_layer, sequence

CELLS = {
    "elman": lambda: ElmanCell(K, H, dtype=float, rng=0),
    "lstm": lambda: LSTMCell(K, H, dtype=float, rng=0),
    "gru": lambda: GRUCell(K, H, dtype=float, rng=0),
    "peephole": lambda: PeepholeLSTMCell(K, H, dtype=float, rng=0),
    "projected": lambda: ProjectedLSTMCell(K, H, 2, dtype=float, rng=0),
    "residual": lambda: ResidualCell(GRUCell(K, K, dtype=float, rng=0)),
    "skip": lambda: SkipCell(LSTMCell(K, H, dtype=float, rng=0), 3),
    "zoneout": lambda: ZoneoutCell(LSTMCell(K, H, dtype=float, rng=0), 0.2, rng=1),
    "dropout": lambda: DropoutCell(LSTMCell(K, H, dtype=float, rng=0), hidden=0.5, rng=1),
}
every_cell = pytest.mark.parametrize("kind", CELLS)


def started(cell, seed=3):
    """A state (size,) for each part."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, n) for n in cell.state_sizes.values()]


def pack(given):
    return given[0] if len(given) == 1 else tuple(given)


def measured(module, run):
    """Outputs, states and the gradients of a loss of both."""
    outputs, state = run()
    values = [*(outputs if isinstance(outputs, tuple) else (outputs,)), *unpack(state)]
    module.zero_grad()
    sum((k + 1) * (v**2).sum() for k, v in enumerate(values)).backward()
    return values, [p.grad.numpy() for p in module.parameters()]


def assert_like_a_batch_of_one(module, one, batch, axes):
    """Two runs give the same; axes: where the batch is in each of the results of the second."""
    found, gradients = measured(module, one)
    wanted, others = measured(module, batch)
    assert len(found) == len(wanted) == len(axes)
    for a, b, axis in zip(found, wanted, axes, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy().squeeze(axis), rtol=1e-12)
    for a, b in zip(gradients, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("start", [False, True])
@every_cell
def test_cells(kind, start):
    """x (K,) and parts of the state (H,), given as arrays, Tensors and lists."""
    cell = CELLS[kind]().eval()
    x, state = sequence()[0, 0], started(cell) if start else None
    rows = None if state is None else pack([part[None] for part in state])
    for given in (x, mg.tensor(x), x.tolist()):
        assert_like_a_batch_of_one(
            cell, lambda given=given: cell(given, None if state is None else pack(state)),
            lambda: cell(x[None], rows), [0] * (1 + len(cell.state_sizes)),
        )


@every_cell
def test_unrolled(kind):
    """A sequence (T, K), as an array and as a list of Tensors (K,), with and without a state."""
    cell = CELLS[kind]().eval()
    xs, state = sequence()[:, 0], started(cell)
    axes = [1] + [0] * len(state)
    for given in (xs, mg.tensor(xs), [mg.tensor(x) for x in xs]):
        assert_like_a_batch_of_one(
            cell, lambda given=given: unroll(cell, given, pack(state)),
            lambda: unroll(cell, xs[:, None], pack([part[None] for part in state])), axes,
        )
    assert_like_a_batch_of_one(
        cell, lambda: unroll(cell, xs), lambda: unroll(cell, xs[:, None]), axes
    )


@drawn(
    make=st.sampled_from([GRU, LSTM]), layers=st.integers(1, 2),
    directions=st.sampled_from(["forward", "reverse", "concat", "sum", "ave", None]),
    batch_first=st.booleans(), start=st.booleans(), length=st.sampled_from([None, 0, 2, T]),
    masked=st.booleans(), tokens=st.booleans(),
)
def test_layers(make, layers, directions, batch_first, start, length, masked, tokens):
    """Layers with all that they can have: (T, K) → (T, H), states (cells, H), as in PyTorch;
    batch_first changes nothing for one sequence."""
    options = {"reverse": True} if directions == "reverse" else {}
    if directions not in ("forward", "reverse"):
        options = {"bidirectional": True, "merge": directions}
        layers = 1 if directions is None else layers
    layer = make(K, H, layers, batch_first=batch_first, dtype=float, rng=0, **options)
    cells, rng = layers * (1 + layer.bidirectional), np.random.default_rng(0)
    xs = rng.integers(0, K, T) if tokens else rng.normal(size=(T, K))
    count = len(unpack(layer.initial_state(1)))
    state = [rng.normal(size=(cells, H)) for _ in range(count)] if start else None
    axis, of_state = (0, 0) if batch_first else (1, 1)
    batch = None if state is None else pack([np.expand_dims(p, of_state) for p in state])
    mask = rng.random(T) < 0.5 if masked else None
    sides = 2 if layer.bidirectional and directions is None else 1
    assert_like_a_batch_of_one(
        layer,
        lambda: layer(xs, None if state is None else pack(state), length, mask=mask),
        lambda: layer(
            np.expand_dims(xs, axis), batch, None if length is None else [length],
            mask=None if mask is None else np.expand_dims(mask, axis),
        ),
        [axis] * sides + [of_state] * count,
    )


@pytest.mark.parametrize("alone", [False, True])
def test_all_states(alone):
    """return_states: the states on the tape, of which Jacobians can be asked, with the axis."""
    cell = LSTMCell(K, H, rng=0)
    layer = Recurrent(cell) if alone else LSTM(K, H, 2, rng=0)
    xs = sequence()[:, 0]
    _, _, one = layer(xs, return_states=True)
    _, _, batch = layer(xs[:, None], return_states=True)
    for run, other in ((one, batch),) if alone else zip(one, batch, strict=True):
        assert len(run) == T
        for state, wanted in zip(run, other, strict=True):
            for a, b in zip(state, wanted, strict=True):
                assert a.shape == (1, H)
                np.testing.assert_array_equal(a.numpy(), b.numpy())
        np.testing.assert_allclose(np.asarray(bptt.jacobian(run[3][0], run[1][0])),
                                   np.asarray(bptt.jacobian(other[3][0], other[1][0])))


def test_states_that_differ_from_cell_to_cell():
    """A tuple of states by cell, each (size,)."""
    layer = Recurrent([LSTMCell(K, 3, rng=0), GRUCell(3, H, rng=0)])
    outputs, ((h, c), g) = layer(sequence()[:, 0])
    assert (outputs.shape, h.shape, c.shape, g.shape) == ((T, H), (3,), (3,), (H,))
    again, _ = layer(sequence()[:, 0], ((h, c), g))
    batch, _ = layer(sequence()[:, :1], ((h[None], c[None]), g[None]))
    np.testing.assert_array_equal(again.numpy(), batch.numpy()[:, 0])


@every_layer
def test_learned_states(make):
    """Learned initial states of one sequence."""
    layer = make(K, H, learn_initial_state=True, dtype=float, rng=0)
    for p in layer.initial.values():
        p.data = np.arange(1.0, H + 1)
    axes = [1] + [1] * len(unpack(layer.initial_state(1)))
    xs = sequence()[:, 0]
    assert_like_a_batch_of_one(layer, lambda: layer(xs), lambda: layer(xs[:, None]), axes)


def test_integers_are_tokens():
    """Which axes integers have is a rule: (T,) is one sequence of tokens and (T, B) a batch, and of
    a cell () one token and (B,) a batch, whatever their sizes; numbers (K,) are floats."""
    cell, layer = LSTMCell(K, H, rng=0), LSTM(K, H, rng=0)
    assert cell(1)[0].shape == (H,)
    assert cell(np.zeros(K, int))[0].shape == (K, H)
    assert cell(np.zeros(K))[0].shape == (H,)
    assert cell(np.zeros(K, bool))[0].shape == (H,)
    assert layer(np.zeros(T, int))[0].shape == (T, H)
    assert layer(np.zeros((T, K), int))[0].shape == (T, K, H)
    assert layer(np.zeros((T, K)))[0].shape == (T, H)
    with pytest.raises(IndexError, match="wanted 0 to"):
        cell(K)


def test_gradients_of_what_is_given():
    """Inputs and states of one sequence that need gradients have them in their own shapes."""
    layer = LSTM(K, H, 2, rng=0)
    xs = mg.tensor(sequence()[:, 0], requires_grad=True)
    h, c = (mg.tensor(np.zeros((2, H), np.float32), requires_grad=True) for _ in "hc")
    outputs, _ = layer(xs, (h, c))
    outputs.sum().backward()
    assert (xs.grad.shape, h.grad.shape, c.grad.shape) == ((T, K), (2, H), (2, H))


@pytest.mark.parametrize("make", [lambda: GRUCell(5, H, rng=0), lambda: GRU(5, H, 2, rng=0)],
                         ids=["cell", "layer"])
def test_generating(make):
    """Running free from one input: (T, Q) of a head, tokens (T,), a state without the axis."""
    model, head = make(), Readout(H, 5, rng=1)
    one = generate(model, head, 3, steps=4, feed=greedy)
    batch = generate(model, head, np.array([3]), steps=4, feed=greedy)
    axis = 1 if isinstance(model, GRU) else 0
    np.testing.assert_array_equal(one.outputs.numpy(), batch.outputs.numpy()[:, 0])
    np.testing.assert_array_equal(one.fed.numpy(), batch.fed.numpy()[:, 0])
    np.testing.assert_array_equal(one.state.numpy(), batch.state.numpy().squeeze(axis))
    again = generate(model, head, one.fed[-1], one.state, steps=2, feed=greedy)
    assert again.outputs.shape == (2, 5)
    floats = generate(model, head, np.ones(5), steps=3)
    assert floats.outputs.shape == (3, 5)


@pytest.mark.parametrize("length", [None, 0, 2])
def test_the_last_output(length):
    """``last`` of outputs (T, H): (H,), forward, of two directions, and in reverse."""
    for options in ({}, {"directions": 2}, {"reverse": True}):
        ys = np.random.default_rng(0).normal(size=(T, 6))
        found = last(ys, length, **options)
        wanted = last(ys[:, None], None if length is None else [length], **options)
        np.testing.assert_array_equal(found.numpy(), wanted.numpy()[0])


def test_the_ledger():
    """The gradient taken apart by step is the same; single steps are asked for in a batch."""
    cell, xs = LSTMCell(K, H, dtype=float, rng=0), sequence()[:, 0]
    found = [
        bptt.ledger((unroll(cell, x)[0] ** 2).sum(), cell)["W_hh"] for x in (xs, xs[:, None])
    ]
    np.testing.assert_allclose(found[0], found[1])
    for wrong in (xs, [mg.tensor(x) for x in xs]):
        with pytest.raises(ValueError, match=r"pass a batch of one, xs\[:, None\]"):
            steps(cell, wrong)


# -- what does not fit


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: LSTMCell(K, H)(np.ones(K), (np.ones((1, H)), np.ones((1, H)))),
         r"LSTMCell: the input has no axis of the batch, .* shape \(1, 4\); wanted \(H,\)"),
        (lambda: GRUCell(K, H)(np.ones((2, K)), np.ones(H)), r"shape \(4,\), wanted \(2, 4\)"),
        (lambda: GRUCell(K, H)(np.ones(K), np.ones(H + 1)), r"shape \(1, 5\), wanted \(1, 4\)"),
        (lambda: unroll(GRUCell(K, H), np.ones((T, K)), np.ones((1, H))), "no axis of the batch"),
        (lambda: GRU(K, H)(np.ones((T, K)), np.ones((1, 1, H))), r"wanted \(cells, H\), without"),
        (lambda: GRU(K, H)(np.ones((T, 1, K)), np.ones((1, H))), r"wanted \(1, 1, 4\)"),
        (lambda: GRU(K, H)(np.ones((T, K)), lengths=[1, 2]), "received 2 lengths; wanted 1"),
        (lambda: GRU(K, H)(np.ones((T, K)), lengths=T + 1), r"lengths\[0\] = 6; wanted 0 to 5"),
        (lambda: GRU(K, H)(np.ones((0, K))), r"no steps \(T = 0\)"),
        (lambda: unroll(GRUCell(K, H), np.ones((0, K))), r"no steps \(T = 0, shape \(0, 2\)\)"),
        (lambda: GRU(K, H)(np.ones((T, K)), mask=np.ones((T, 1), bool)), r"wanted \(5,\), that is"),
        (lambda: Seq2Seq(GRU(K, H), GRU(5, H), Readout(H, 5), start=0)(
            np.ones((T, K)), np.ones((T, 1), int)), "the source has no axis of the batch"),
        (lambda: unroll(GRUCell(K, H), [mg.tensor(np.ones(K)), mg.tensor(np.ones((1, K)))]),
         "wanted"),
    ],
)
def test_what_does_not_fit(run, message):
    """One with the axis and one without: each names the shape, and which it should have."""
    with pytest.raises(ValueError, match=message):
        run()

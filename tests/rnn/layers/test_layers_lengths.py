"""Sequences of unequal length: what is behind the end of one matters nowhere."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from rnn import (
    GRU,
    LSTM,
    RNN,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
    losses,
)
from rnn.cells.state import unpack

T, K, H = 6, 4, 4
LENGTHS = [3, 6, 0, 1, 5]    # unsorted, with an empty one
B = len(LENGTHS)

CELLS = {
    "tanh": lambda width, **o: ElmanCell(width, H, **o),
    "relu": lambda width, **o: ElmanCell(width, H, nonlinearity="relu", **o),
    "lstm": lambda width, **o: LSTMCell(width, H, **o),
    "lstm-1997": lambda width, **o: LSTM1997Cell(width, H, **o),
    "coupled": lambda width, **o: CoupledLSTMCell(width, H, **o),
    "peephole": lambda width, **o: PeepholeLSTMCell(width, H, **o),
    "layer-norm": lambda width, **o: LayerNormLSTMCell(width, H, **o),
    "projected": lambda width, **o: ProjectedLSTMCell(width, H, 2, **o),
    "gru-after": lambda width, **o: GRUCell(width, H, **o),
    "gru-before": lambda width, **o: GRUCell(width, H, reset="before", update="new", **o),
    "mgu": lambda width, **o: MGUCell(width, H, **o),
    "residual": lambda width, **o: ResidualCell(GRUCell(width, width, **o)),
    "skip": lambda width, **o: SkipCell(LSTMCell(width, H, **o), 3),
    "zoneout": lambda width, **o: ZoneoutCell(LSTMCell(width, H, **o), 0.2).eval(),
    "dropout": lambda width, **o: DropoutCell(GRUCell(width, H, **o), inputs=0.3, hidden=0.3),
}
every_cell = pytest.mark.parametrize("kind", CELLS)


def stack(kind, **options):
    """Two layers in two directions; merged by addition, so that all widths are equal."""
    rng = np.random.default_rng(0)

    def make(width):
        return CELLS[kind](width, dtype=float, rng=rng)

    options = {"num_layers": 2, "bidirectional": True, "merge": "sum", **options}
    return Recurrent(make, input_size=K, **options)


def padded(filling, seed=0):
    xs = np.random.default_rng(seed).normal(size=(T, B, K))
    xs[np.arange(T)[:, None] >= LENGTHS] = filling
    return xs


def run(layer, xs, lengths=LENGTHS, state=None):
    """Outputs, final states, and the gradients of a loss on both in everything."""
    for p in layer.parameters():
        p.grad = None
    x = mg.tensor(xs, requires_grad=True)
    outputs, last = layer(x, state, lengths)
    weight = np.random.default_rng(3).normal(size=outputs.shape)
    loss = (outputs * outputs * weight).sum()
    for part in unpack(last):
        loss = loss + (part**3).sum()
    loss.backward()
    found = {name: p.grad.numpy() for name, p in layer.named_parameters()}
    return outputs.numpy(), [p.numpy() for p in unpack(last)], {**found, "xs": x.grad.numpy()}


@pytest.mark.parametrize("filling", [np.nan, np.inf, 1e300], ids=str)
@every_cell
def test_padding_reaches_neither_outputs_nor_gradients(kind, filling):
    """NaN, Inf and huge numbers behind the ends give the outputs, final states and gradients that
    zeros there give, bit for bit, without a warning; the gradient of the padding is 0."""
    layer = stack(kind)
    reset = [cell for row in layer.cells for cell in row if isinstance(cell, DropoutCell)]
    results = []
    for value in (0.0, filling):
        for cell in reset:
            cell.rng = np.random.default_rng(5)
        results.append(run(layer, padded(value)))
    (outputs, states, grads), (other, other_states, other_grads) = results
    np.testing.assert_array_equal(other, outputs)
    for one, two in zip(states, other_states, strict=True):
        np.testing.assert_array_equal(two, one)
    assert np.isfinite(outputs).all()
    for name, value in grads.items():
        np.testing.assert_array_equal(other_grads[name], value, err_msg=name)
        assert np.isfinite(value).all(), name
        assert value.any(), name
    own = np.arange(T)[:, None] < LENGTHS
    assert not other[~own].any()
    assert not other_grads["xs"][~own].any()


def test_padding_need_not_fit_the_dtype_of_the_layer():
    """Padding that float32 cannot hold is not cast either: no warning."""
    layer = LSTM(K, H, 2, bidirectional=True, rng=0)
    expected, _ = layer(padded(0.0), lengths=LENGTHS)
    for xs in (padded(1e300), [mg.tensor(x) for x in padded(1e300)]):
        outputs, _ = layer(xs, lengths=LENGTHS)
        np.testing.assert_array_equal(outputs.numpy(), expected.numpy())


@every_cell
def test_every_sequence_is_run_as_if_alone(kind):
    """Outputs, final states and gradients of a batch are those of its sequences without padding,
    run one by one; so the reverse direction begins at each one's own end."""
    layer = stack(kind).eval()
    xs = padded(np.nan)
    outputs, states, grads = run(layer, xs)
    weight = np.random.default_rng(3).normal(size=outputs.shape)
    for p in layer.parameters():
        p.grad = None
    for b, n in enumerate(LENGTHS):
        if n == 0:
            assert not outputs[:, b].any()
            assert not any(part[:, b].any() for part in states)
            continue
        x = mg.tensor(xs[:n, b : b + 1], requires_grad=True)
        alone, last = layer(x)
        np.testing.assert_allclose(outputs[:n, b], alone.numpy()[:, 0], rtol=1e-11, atol=1e-13)
        for whole, part in zip(states, unpack(last), strict=True):
            np.testing.assert_allclose(whole[:, b], part.numpy()[:, 0], rtol=1e-11, atol=1e-13)
        loss = (alone * alone * weight[:n, b : b + 1]).sum()
        for part in unpack(last):
            loss = loss + (part**3).sum()
        loss.backward()
        np.testing.assert_allclose(grads["xs"][:n, b], x.grad.numpy()[:, 0], 1e-10, 1e-12)
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(grads[name], p.grad.numpy(), 1e-10, 1e-12, err_msg=name)


@every_cell
def test_full_lengths_change_nothing(kind):
    """Lengths that are all T give bit for bit what no lengths give, and as long a tape."""
    layer = stack(kind).eval()
    xs = np.random.default_rng(0).normal(size=(T, B, K))
    one, _ = layer(xs)
    two, _ = layer(xs, lengths=[T] * B)
    np.testing.assert_array_equal(one.numpy(), two.numpy())
    assert len(ancestors([one._node])) == len(ancestors([two._node]))


@pytest.mark.parametrize("make", [RNN, LSTM, GRU])
def test_length_zero_gives_the_initial_state(make):
    """A sequence of length 0 has outputs 0, its final state is its initial one, to which the
    gradient of the final state goes unchanged; also where all are empty."""
    layer = make(K, H, 2, bidirectional=True, dtype=float, rng=0)
    rng = np.random.default_rng(1)
    start = tuple(
        mg.tensor(rng.normal(size=(4, B, H)), requires_grad=True)
        for _ in unpack(layer.initial_state(B))
    )
    given = start if len(start) > 1 else start[0]
    for lengths in (LENGTHS, [0] * B):
        empty = np.flatnonzero(np.array(lengths) == 0)
        outputs, last = layer(padded(np.nan), given, lengths)
        assert not outputs.numpy()[:, empty].any()
        for one, two in zip(start, unpack(last), strict=True):
            np.testing.assert_array_equal(two.numpy()[:, empty], one.numpy()[:, empty])
        sum((part * 3).sum() for part in unpack(last)).backward()
        for one in start:
            np.testing.assert_array_equal(one.grad.numpy()[:, empty], 3)
            one.grad = None


def test_steps_that_are_nobodys_are_not_run():
    """Behind the longest sequence nothing is computed."""
    layer = GRU(K, H, 2, bidirectional=True)
    outputs, _ = layer(np.ones((T, 3, K)), lengths=[2, 0, 4])
    scopes = {n.scope.t for n in ancestors([outputs._node]) if n.scope is not None}
    assert scopes == {1, 2, 3, 4}
    assert outputs.shape == (T, 3, 2 * H)
    assert not outputs.numpy()[4:].any()


def test_tokens_of_padding_may_be_anything():
    """Token indices behind the ends need not be indices."""
    layer = LSTM(K, H, bidirectional=True, rng=0)
    tokens = np.random.default_rng(0).integers(K, size=(T, B))
    expected, _ = layer(tokens, lengths=LENGTHS)
    for filling in (-1, -100, 10**6):
        tokens[np.arange(T)[:, None] >= LENGTHS] = filling
        outputs, _ = layer(tokens, lengths=LENGTHS)
        np.testing.assert_array_equal(outputs.numpy(), expected.numpy())


@pytest.mark.parametrize(
    "given", [np.array(LENGTHS), np.array(LENGTHS, np.uint8), tuple(LENGTHS), mg.tensor(LENGTHS)],
    ids=["array", "uint8", "tuple", "tensor"],
)
def test_lengths_in_any_form(given):
    """Lists, tuples, arrays and tensors of integers of any width."""
    layer = GRU(K, H, rng=0)
    expected, _ = layer(padded(0.0), lengths=LENGTHS)
    np.testing.assert_array_equal(
        layer(padded(0.0), lengths=given)[0].numpy(), expected.numpy()
    )


def test_lengths_of_the_caller_can_change_afterwards():
    """The array of lengths is not needed any more after the call."""
    layer, lengths = GRU(K, H, dtype=float, rng=0), np.array(LENGTHS)
    _, _, expected = run(layer, padded(np.nan), lengths.copy())
    layer.zero_grad()
    outputs, last = layer(padded(np.nan), None, lengths)
    lengths[:] = 1
    weight = np.random.default_rng(3).normal(size=outputs.shape)
    ((outputs**2 * weight).sum() + (last**3).sum()).backward()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), expected[name], rtol=1e-12)


@pytest.mark.parametrize("make", [RNN, LSTM, GRU])
def test_rows_can_be_sorted_or_not(make):
    """Permuting sequences together with their lengths permutes outputs and states."""
    layer = make(K, H, 2, bidirectional=True, dtype=float, rng=0)
    xs, order = padded(np.nan), np.argsort(LENGTHS)
    outputs, state = layer(xs, lengths=LENGTHS)
    other, other_state = layer(xs[:, order], lengths=np.array(LENGTHS)[order])
    np.testing.assert_allclose(other.numpy(), outputs.numpy()[:, order], rtol=1e-12)
    for one, two in zip(unpack(state), unpack(other_state), strict=True):
        np.testing.assert_allclose(two.numpy(), one.numpy()[:, order], rtol=1e-12)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_all_states_with_lengths(bidirectional):
    """Forward, a state stays what it was at the end of its sequence; in reverse it is the initial
    one behind the end."""
    layer = LSTM(K, H, bidirectional=bidirectional, dtype=float, rng=0)
    _, (h, _), states = layer(padded(np.nan), lengths=LENGTHS, return_states=True)
    for b, n in enumerate(LENGTHS):
        for t in range(n, T):
            np.testing.assert_array_equal(states[0][t][0].numpy()[b], h.numpy()[0, b])
            if bidirectional:
                assert not states[1][t][0].numpy()[b].any()


def test_a_masked_loss_on_padded_outputs():
    """Loss and gradients with lengths in layer and loss are those of the sequences alone."""
    layer = GRU(K, H, dtype=float, rng=0)
    lengths, xs = [3, 6, 2, 1, 5], padded(np.nan)
    xs[:2, 2] = 1.0
    outputs, _ = layer(xs, lengths=lengths)
    losses.over_time((outputs**2).sum(axis=-1), "sum", lengths).backward()
    together = {name: p.grad.numpy() for name, p in layer.named_parameters()}
    layer.zero_grad()
    for b, n in enumerate(lengths):
        ((layer(xs[:n, b : b + 1])[0] ** 2).sum() / B).backward()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(together[name], p.grad.numpy(), rtol=1e-11)


# -- lengths that do not fit


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([1, 2, 7, 3, 1], ValueError, r"lengths\[2\] = 7; wanted 0 to 6"),
        ([1, -1, 2, 3, 1], ValueError, r"lengths\[1\] = -1; wanted 0 to 6"),
        ([1, 2, 3], ValueError, "received 3 lengths; wanted 5 integers, one for each sequence"),
        ([1.0, 2, 3, 4, 5], TypeError, r"shape \(5,\) and dtype float64; wanted 5 integers"),
        ([True] * 5, TypeError, "dtype bool; wanted 5 integers"),
        (["1"] * 5, TypeError, "wanted 5 integers"),
        (3, TypeError, r"lengths has shape \(\) and dtype int64; wanted 5 integers"),
        ("abc", TypeError, "wanted 5 integers"),
        ([[1], [2, 3]], TypeError, "nested list; wanted 5 integers"),
        ([[1, 2, 3, 4, 5]], TypeError, r"shape \(1, 5\)"),
    ],
    ids=str,
)
@pytest.mark.parametrize("make", [RNN, LSTM, GRU])
def test_lengths_that_do_not_fit(make, lengths, error, message):
    """Lengths beyond T, below 0, too many or few, and no integers are refused by name."""
    with pytest.raises(error, match=rf"{make.__name__}: .*{message}"):
        make(K, H)(np.ones((T, B, K)), lengths=lengths)


def test_as_many_lengths_as_steps_point_to_batch_first():
    """One length for each of T steps, not B sequences: probably the axes are swapped."""
    with pytest.raises(ValueError, match=r"read as 6 steps of 5 sequences.*batch_first=True"):
        GRU(K, H)(np.ones((T, B, K)), lengths=[1] * T)
    with pytest.raises(ValueError, match=r"read as 6 sequences of 5 steps.*leave batch_first out"):
        GRU(K, H, batch_first=True)(np.ones((T, B, K)), lengths=[1] * B)

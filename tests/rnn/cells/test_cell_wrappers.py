"""Cells around cells: what each changes, what it leaves alone, and what it refuses."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
    detach,
    steps,
    unroll,
)
from rnn.bptt import ledger
from rnn.cells import Wrapper
from rnn.cells.state import unpack
from tests.support.derivatives import check_directional_derivatives
from tests.support.running import sequence

K = H = 4
T, B = 6, 3
CELLS = [ElmanCell, LSTMCell, GRUCell]
every_cell = pytest.mark.parametrize("make", CELLS)


def inner(make=LSTMCell, **options):
    return make(K, H, **{"dtype": float, "rng": 0, **options})


WRAPPED = {
    "nothing": Wrapper,
    "residual": ResidualCell,
    "skip": lambda cell: SkipCell(cell, lag=3),
    "zoneout": lambda cell: ZoneoutCell(cell, 0.3, rng=1),
    "dropout": lambda cell: DropoutCell(cell, inputs=0.2, hidden=0.4, rng=1),
    "three": lambda cell: ZoneoutCell(DropoutCell(ResidualCell(cell), hidden=0.4), 0.3, rng=2),
}
every_wrapper = pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)


@every_wrapper
@every_cell
def test_a_wrapper_is_a_cell(wrap, make):
    """It unrolls, keeps the inner cell's name and gates, and its ledger sums to the gradient."""
    cell = wrap(inner(make))
    outputs, state = unroll(cell, sequence(T, B, K))
    assert cell.name == make.name
    assert cell.gate(make.gates[0]).W_hh.shape == (H, H)
    assert len(unpack(state)) == len(cell.state_sizes)
    loss = (outputs**2).sum()
    terms = ledger(loss, cell)
    loss.backward()
    for name, p in cell.named_parameters():
        np.testing.assert_allclose(terms.total(name), p.grad.numpy(), 1e-11, 1e-13)


@every_wrapper
@every_cell
def test_derivatives_in_evaluation(wrap, make):
    """Gradients of orders 1 and 2 agree with central differences, where nothing is random."""
    check_directional_derivatives(wrap(inner(make)).eval())


@every_wrapper
@every_cell
def test_running_in_pieces_in_evaluation(wrap, make):
    """Carrying all parts of the state on, a sequence in two pieces is the whole."""
    cell, xs = wrap(inner(make)).eval(), sequence(T, B, K)
    whole, _ = unroll(cell, xs)
    first, state = unroll(cell, xs[:2])
    second, _ = unroll(cell, xs[2:], detach(state))
    pieces = np.concatenate([first.numpy(), second.numpy()])
    np.testing.assert_allclose(pieces, whole.numpy(), rtol=1e-12)


def test_wrapped_dropout_starts_with_masks_that_are_drawn():
    """A wrapper starts from what its cell starts from, not from masks of zeros."""
    cell = DropoutCell(GRUCell(3, 50, rng=0), hidden=0.5, rng=0)
    for wrapped in (ZoneoutCell(cell, {"h": 0.1}), SkipCell(cell, lag=2)):
        *_, mask = [
            part for name, part in zip(
                wrapped.state_sizes, wrapped.initial_state(2), strict=True
            ) if name == "mask_h"
        ]
        assert 0 < (mask.numpy() == 2).mean() < 1


def test_a_bare_wrapper_changes_nothing():
    """The outputs and states of the inner cell, bit for bit."""
    cell = inner()
    a, b = unroll(cell, sequence(T, B, K))[0], unroll(Wrapper(cell), sequence(T, B, K))[0]
    np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_what_is_no_cell_is_refused():
    """A wrapper wants a cell, not a class."""
    with pytest.raises(TypeError, match=r"ResidualCell\(cell\): received .*; wanted a Cell"):
        ResidualCell(LSTMCell)


# -- residual


@every_cell
def test_residual_adds_the_input_to_the_output_alone(make):
    """Outputs are those of the cell plus x_t, states are those of the cell."""
    cell, xs = inner(make), sequence(T, B, K)
    plain, state = unroll(cell, xs)
    outputs, same = unroll(ResidualCell(cell), xs)
    np.testing.assert_allclose(outputs.numpy(), plain.numpy() + xs, rtol=1e-14)
    for a, b in zip(unpack(same), unpack(state), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_residual_errors():
    """Sizes that cannot be added and token indices."""
    with pytest.raises(ValueError, match="inputs of size 3 and gives outputs of size 4"):
        ResidualCell(LSTMCell(3, 4))
    with pytest.raises(TypeError, match="token indices cannot be added"):
        ResidualCell(inner())(np.array([1, 2]))


# -- skip


def test_skip_by_hand():
    """The cell sees the mean of h_{t-1} and h_{t-lag}, where before the first step h is 0."""
    cell, xs = inner(ElmanCell), sequence(T, B, K)
    hs = [np.zeros((B, H))] * 3
    for x in xs:
        h, _ = cell(x, (hs[-1] + hs[-3]) / 2)
        hs.append(h.numpy())
    found = [h[0].numpy() for _, h in steps(SkipCell(cell, lag=3), xs)]
    np.testing.assert_allclose(found, hs[3:], rtol=1e-13)


def test_skip_shortens_the_way_back():
    """In a recurrence that forgets, the gradient over 12 steps is far larger with skips of 4."""

    def reach(cell):
        xs = mg.tensor(np.ones((12, 1, 1)), requires_grad=True)
        unroll(cell, xs)[0][-1].sum().backward()
        return abs(xs.grad.numpy()[0].item())

    cell = ElmanCell(1, 1, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = [[1.0]], [[0.3]]
    assert reach(SkipCell(cell, 4)) > 100 * reach(cell)


def test_skip_of_an_lstm_leaves_the_memory_alone():
    """c is carried on as in the LSTM; only h has a history."""
    assert list(SkipCell(inner(), 3).state_sizes) == ["h", "c", "h_2", "h_3"]
    for lag, error in ((1, ValueError), (0, ValueError), (2.0, TypeError)):
        with pytest.raises(error, match="lag"):
            SkipCell(inner(), lag)


# -- zoneout


def test_zoneout_keeps_or_takes_each_unit():
    """In training every unit of a part has its old or its new value, about `rate` of them the old
    one; parts without a rate are new."""
    cell = LSTMCell(50, 50, dtype=float, rng=0)
    zoned = ZoneoutCell(cell, {"c": 0.3}, rng=0)
    rng = np.random.default_rng(0)
    x, h, c = (rng.normal(size=(40, 50)) for _ in range(3))
    _, (new_h, new_c) = cell(x, (h, c))
    output, (zoned_h, zoned_c) = zoned(x, (h, c))
    kept = zoned_c.numpy() == c
    assert np.all(kept | (zoned_c.numpy() == new_c.numpy()))
    assert abs(kept.mean() - 0.3) < 0.05
    np.testing.assert_array_equal(zoned_h.numpy(), new_h.numpy())
    assert output is zoned_h
    _, (_, again) = zoned(x, (h, c))
    assert (again.numpy() != zoned_c.numpy()).any()


def test_zoneout_in_evaluation_is_the_expectation():
    """The state in evaluation is the mean over many draws of training."""
    cell = ZoneoutCell(inner(GRUCell), 0.25, rng=0)
    x, h = sequence(T, B, K)[0], np.random.default_rng(1).normal(size=(B, H))
    drawn = np.mean([cell(x, h)[0].numpy() for _ in range(4000)], axis=0)
    np.testing.assert_allclose(drawn, cell.eval()(x, h)[0].numpy(), atol=0.05)


def test_zoneout_passes_the_gradient_of_kept_units_back():
    """Where all units but few are kept, the state before gets the gradient of the state after."""
    cell = ZoneoutCell(inner(ElmanCell), 0.999, rng=0)
    h = mg.tensor(np.zeros((B, H)), requires_grad=True)
    cell(np.ones((B, K)), h)[0].sum().backward()
    assert (h.grad.numpy() == 1).mean() > 0.9


def test_the_seed_decides():
    """The same seed gives the same draws."""
    for wrap in ("zoneout", "dropout"):
        first, second = (unroll(WRAPPED[wrap](inner()), sequence(T, B, K))[0] for _ in range(2))
        np.testing.assert_array_equal(first.numpy(), second.numpy())


# -- dropout


@every_cell
def test_one_mask_for_the_whole_sequence(make):
    """The same inputs and the same units of h are dropped at every step, different ones in every
    sequence of a batch, and in every call."""
    cell = DropoutCell(inner(make), inputs=0.5, hidden=0.5, rng=0)
    x = mg.tensor(np.ones((T, 20, K)), requires_grad=True)
    (unroll(cell, x)[0] ** 2).sum().backward()
    dropped = x.grad.numpy() == 0
    assert (dropped == dropped[0]).all()
    assert 0.3 < dropped.mean() < 0.7
    assert (dropped[0] != dropped[0, 0]).any()
    states = [state for _, state in steps(cell, sequence(T, B, K))]
    assert all((s[-1].numpy() == states[0][-1].numpy()).all() for s in states)
    assert set(np.unique(states[0][-1].numpy())) <= {0.0, 2.0}
    other = cell.initial_state(20)
    assert (other[-1].numpy() != cell.initial_state(20)[-1].numpy()).any()


def test_dropout_by_hand():
    """The cell gets x ⊙ mask_x and h ⊙ mask_h, and carries its own state on."""
    cell, xs = inner(), sequence(T, B, K)
    dropping = DropoutCell(cell, inputs=0.5, hidden=0.25, rng=0)
    start = dropping.initial_state(B)
    mask_x, mask_h = (m.numpy() for m in start[2:])
    h, c = (part.numpy() for part in start[:2])
    for x, (output, _) in zip(xs, steps(dropping, xs, start), strict=True):
        expected, (h, c) = cell(x * mask_x, (h * mask_h, c))
        np.testing.assert_allclose(output.numpy(), expected.numpy(), rtol=1e-13)


def test_windows_go_on_with_their_masks():
    """A state that is carried on brings its masks; one of the inner cell is given fresh ones."""
    cell = DropoutCell(inner(), hidden=0.5, rng=0)
    _, state = unroll(cell, sequence(T, B, K))
    _, later = unroll(cell, sequence(T, B, K), detach(state))
    np.testing.assert_array_equal(later[2].numpy(), state[2].numpy())
    _, fresh = unroll(cell, sequence(T, B, K), state[:2])
    assert len(fresh) == 3
    single = DropoutCell(inner(GRUCell), hidden=0.5, rng=0)
    assert len(unroll(single, sequence(T, B, K), np.zeros((B, H)))[1]) == 2
    with pytest.raises(ValueError, match="state mask_h has shape"):
        unroll(cell, sequence(T, B, K), (*state[:2], np.ones((B, 1))))


def test_evaluation_drops_nothing():
    """In evaluation the outputs are those of the inner cell, also with the masks of training."""
    cell = inner()
    dropping = DropoutCell(cell, inputs=0.5, hidden=0.5, rng=0)
    masks = dropping.initial_state(B)
    expected = unroll(cell, sequence(T, B, K))[0].numpy()
    dropping.eval()
    np.testing.assert_array_equal(unroll(dropping, sequence(T, B, K))[0].numpy(), expected)
    np.testing.assert_array_equal(unroll(dropping, sequence(T, B, K), masks)[0].numpy(), expected)
    assert all((m.numpy() == 1).all() for m in dropping.initial_state(B)[2:])


def test_tokens_cannot_be_dropped_from():
    """Dropout on token indices is refused; on h it works with tokens."""
    tokens = np.zeros((T, B), int)
    unroll(DropoutCell(inner(), hidden=0.5), tokens)
    with pytest.raises(TypeError, match="token indices cannot be dropped out; embed them first"):
        unroll(DropoutCell(inner(), inputs=0.5), tokens)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda c: DropoutCell(c), ValueError, "nothing would be dropped"),
        (lambda c: DropoutCell(c, inputs=1.0), ValueError, r"inputs=1.0\): wanted a probability"),
        (lambda c: DropoutCell(c, hidden=-0.1), ValueError, "hidden=-0.1"),
        (lambda c: DropoutCell(c, hidden=float("nan")), ValueError, "hidden=nan"),
        (lambda c: DropoutCell(c, hidden="0.5"), TypeError, "hidden='0.5'"),
        (lambda c: DropoutCell(c, hidden=True), TypeError, "hidden=True"),
        (lambda c: ZoneoutCell(c, 1.0), ValueError, "rate=1.0"),
        (lambda c: ZoneoutCell(c, 0.0), ValueError, "nothing would be kept"),
        (lambda c: ZoneoutCell(c, {"d": 0.5}), ValueError, "parts of the state are h, c, not d"),
    ],
)
def test_rates_that_are_refused(make, error, message):
    """Probabilities outside [0, 1), of another type, for unknown parts, or none above 0."""
    with pytest.raises(error, match=message):
        make(inner())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@every_cell
def test_what_is_dropped_out_may_be_anything(make, bad):
    """NaN and ∞ where the mask is 0 reach neither outputs nor gradients, which are those of 0."""
    cell = DropoutCell(inner(make), inputs=0.4, hidden=0.4, rng=1)
    *given, mask_x, mask_h = cell.initial_state(B)
    x, h = sequence(2, B, K)
    assert (mask_x.numpy() == 0).any()
    assert (mask_h.numpy() == 0).any()
    found = []
    for fill in (0.0, bad):
        xs = mg.tensor(np.where(mask_x.numpy() == 0, fill, x), requires_grad=True)
        hs = mg.tensor(np.where(mask_h.numpy() == 0, fill, h), requires_grad=True)
        cell.zero_grad()
        output, new = cell(xs, (hs, *given[1:], mask_x, mask_h))
        (output**2).sum().backward()
        found.append([
            output.numpy(), xs.grad.numpy(), hs.grad.numpy(), unpack(new)[-1].numpy(),
            *(p.grad.numpy() for p in cell.parameters()),
        ])
    for clean, dirty in zip(*found, strict=True):
        np.testing.assert_array_equal(clean, dirty)
    assert not found[1][1][mask_x.numpy() == 0].any()
    assert not found[1][2][mask_h.numpy() == 0].any()

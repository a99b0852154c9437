"""Options of layers, and the names that they give: learned states, dropout, skips, conventions,
parameters, scopes, pictures."""

import copy
from itertools import pairwise

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from rnn import (
    GRU,
    LSTM,
    RNN,
    Cell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Recurrent,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
    convert,
    detach,
    unroll,
)
from rnn.bptt import ledger
from rnn.cells.state import unpack
from tests.support.running import B, H, K, T, assert_same, every_layer, gradients, sequence

# -- learned initial states


@every_layer
def test_learned_initial_states(make):
    """They are parameters (H,) for each part of each cell's state, start at 0, are used by every
    sequence, and get gradients; a state that is given takes their place."""
    layer = make(K, H, 2, bidirectional=True, learn_initial_state=True, dtype=float, rng=0)
    plain = make(K, H, 2, bidirectional=True, dtype=float, rng=0)
    xs = sequence()
    assert_same(layer(xs)[0], plain(xs)[0])
    learned = {n: p for n, p in layer.named_parameters() if n.startswith("initial.")}
    assert len(learned) == 4 * len(unpack(plain.initial_state(1)))
    assert "initial.1.reverse.h_0" in learned
    rng = np.random.default_rng(1)
    for p in learned.values():
        p.data = rng.normal(size=p.shape)
    start = layer.initial_state(B)
    assert_same(layer(xs)[0], plain(xs, detach(start))[0])
    (layer(xs)[0] ** 2).sum().backward()
    for name, p in learned.items():
        assert p.grad.numpy().all(), name
    layer.zero_grad()
    layer(xs, plain.initial_state(B))[0].sum().backward()
    assert all(p.grad is None for p in learned.values())


def test_masks_are_not_learned():
    """Of a cell with dropout only what it remembers is learned."""
    layer = Recurrent(DropoutCell(LSTMCell(K, H), hidden=0.5), learn_initial_state=True)
    assert list(layer.initial) == ["h_0", "c_0"]
    assert layer(sequence())[0].shape == (T, B, H)


# -- dropout, zoneout, skips


@every_layer
def test_dropout_acts_between_layers_in_training(make):
    """In training a fraction p of what goes from layer to layer is 0 and the rest larger by
    1 / (1 - p), anew at every step; outputs of the last layer are not dropped; in evaluation, and
    at p = 0, nothing is. The same seed gives the same."""

    class Shown(Cell):
        """Gives what it reads."""

        def step(self, x, state):
            return x, state

    layer = Recurrent([make(1, 200).cell, Shown(200, 1)], dropout=0.3, rng=0)
    xs = np.ones((T, B, 1))
    below = layer.cells[0][0]
    dropped, full = layer(xs)[0].numpy(), unroll(below, xs)[0].numpy()
    zero = dropped == 0
    assert abs(zero.mean() - 0.3) < 0.03
    np.testing.assert_allclose(dropped[~zero], full[~zero] / 0.7, rtol=1e-5)
    assert (zero[0] != zero[1]).any()
    np.testing.assert_array_equal(layer.eval()(xs)[0].numpy(), full)
    deep = make(K, 50, 2, dropout=0.5, rng=0)
    first, again = deep(sequence())[0], deep(sequence())[0]
    assert first.numpy().all()
    assert (first.numpy() != again.numpy()).any()
    assert_same(make(K, 50, 2, dropout=0.5, rng=0)(sequence())[0], first)


@every_layer
def test_recurrent_dropout_has_one_mask_for_a_call(make):
    """With recurrent_dropout the cells are DropoutCells with one mask for a whole sequence; the
    state is that of the plain layer; in evaluation nothing is dropped."""
    layer = make(K, H, 2, recurrent_dropout=0.5, dtype=float, rng=0)
    assert all(isinstance(row[0], DropoutCell) for row in layer.cells)
    xs = sequence()
    outputs, state, states = layer(xs, return_states=True)
    masks = [here[-1].numpy() for here in states[1]]
    assert all((mask == masks[0]).all() for mask in masks)
    assert set(np.unique(masks[0])) <= {0.0, 2.0}
    assert len(unpack(state)) == len(unpack(make(K, H)(xs)[1]))
    again, _ = layer(xs, state)
    assert (again.numpy() != outputs.numpy()).any()
    plain = make(K, H, 2, dtype=float, rng=0)
    convert.load(plain, layer)
    assert_same(layer.eval()(xs)[0], plain(xs)[0])


@every_layer
def test_zoneout(make):
    """With zoneout the cells are ZoneoutCells, around dropout if there is any."""
    layer = make(K, H, zoneout=0.9, recurrent_dropout=0.2, dtype=float, rng=0)
    assert isinstance(layer.cell, ZoneoutCell)
    assert isinstance(layer.cell.cell, DropoutCell)
    _, _, (states,) = layer(sequence(), return_states=True)
    hs = [unpack(state)[0].numpy() for state in states]
    kept = [before == after for before, after in pairwise(hs)]
    assert np.mean(kept) > 0.6


def test_zoneout_by_part():
    """An LSTM takes a probability for each part of its state."""
    layer = LSTM(K, H, zoneout={"c": 0.5}, rng=0)
    assert layer.cell.rates == {"h": 0.0, "c": 0.5}


def test_skips_across_layers():
    """With ResidualCells the inputs of a layer are added to its outputs, so a loss on top of ten
    layers has a far larger gradient at the bottom."""

    def reach(wrap):
        rng = np.random.default_rng(0)
        layer = Recurrent(
            lambda width: wrap(ElmanCell(width, H, dtype=float, rng=rng)), input_size=H,
            num_layers=10,
        )
        xs = mg.tensor(sequence(T, B, H), requires_grad=True)
        outputs, _ = layer(xs)
        outputs[-1].sum().backward()
        return np.linalg.norm(xs.grad.numpy()[-1])

    assert reach(ResidualCell) > 100 * reach(lambda cell: cell)
    cells = [ResidualCell(GRUCell(K, K, rng=0)), ResidualCell(GRUCell(K, K, rng=1))]
    xs = sequence().astype(np.float32)
    one = unroll(cells[0].cell, xs)[0].numpy() + xs
    two = unroll(cells[1].cell, one)[0].numpy() + one
    np.testing.assert_allclose(Recurrent(cells)(xs)[0].numpy(), two, rtol=1e-6)


def test_skips_across_time_in_a_stack():
    """SkipCells stack, and their longer states are stacked like others."""
    layer = Recurrent(lambda width: SkipCell(GRUCell(width, H), 3), input_size=K, num_layers=2)
    _, (h, h_2, h_3) = layer(sequence())
    assert h.shape == h_2.shape == h_3.shape == (2, B, H)


# -- options of the standard layers


def test_signatures_are_pytorchs():
    """The positional arguments come in PyTorch's order."""
    layer = RNN(K, H, 2, "relu", False, True, 0.1, True)
    assert layer.cells[0][0].nonlinearity == "relu"
    assert layer.cells[0][0].biases == 0
    assert (layer.num_layers, layer.batch_first, layer.dropout) == (2, True, 0.1)
    assert layer.bidirectional
    layer = LSTM(K, H, 2, True, False, 0.1, True, 3)
    assert layer.output_size == 6
    assert layer.cells[1][1].input_size == 6
    _, (h, c) = layer(sequence())
    assert (h.shape, c.shape) == ((4, B, 3), (4, B, H))
    assert GRU(K, H, 2, False, True, 0.1, True).cells[1][0].biases == 0


def test_options_of_cells():
    """The conventions of cells are arguments of the layers."""
    assert GRU(K, H, reset="before", update="new").cell.conventions() == {
        "gates": ("r", "z", "n"), "biases": 1, "reset": "before", "update": "new",
    }
    assert (GRU(K, H).cell.biases, GRU(K, H, biases=1).cell.biases) == (2, 1)
    assert (LSTM(K, H).cell.biases, LSTM(K, H, biases=2).cell.biases) == (1, 2)
    for cell in (LSTM(K, H, forget_bias=1.0).cell, LSTM(K, H, proj_size=2, forget_bias=1.0).cell):
        np.testing.assert_array_equal(cell.gate("f").b_h, 1)
    for phi in ("tanh", "relu", "sigmoid", "identity"):
        assert RNN(K, H, nonlinearity=phi).cell.nonlinearity == phi


@every_layer
def test_the_seed_decides(make):
    """One seed gives all initial parameters, different ones in each layer and direction."""
    one, two = (make(K, K, 2, bidirectional=True, rng=3) for _ in range(2))
    for (name, a), b in zip(one.named_parameters(), two.parameters(), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=name)
    (forward, reverse), _ = one.cells
    assert (forward.W_hh.numpy() != reverse.W_hh.numpy()).all()


def test_one_cell_in_both_directions():
    """Directions and layers may share a cell; its gradient is the sum over its uses."""
    cell = GRUCell(K, K, dtype=float, rng=0)
    layer = Recurrent([(cell, cell), (cell, cell)], merge="sum")
    assert len(list(layer.parameters())) == 4
    (layer(sequence())[0] ** 2).sum().backward()
    tied = gradients(layer)["layers.0.W_hh"]
    apart = Recurrent([[copy.deepcopy(cell) for _ in range(2)] for _ in range(2)], merge="sum")
    (apart(sequence())[0] ** 2).sum().backward()
    untied = gradients(apart)
    total = sum(value for name, value in untied.items() if name.endswith("W_hh"))
    np.testing.assert_allclose(tied, total, rtol=1e-11)


# -- names


def test_names_of_parameters():
    """``cell`` for one cell; layer and direction otherwise; a state dict loads into another."""
    assert [n for n, _ in LSTM(K, H).named_parameters()] == ["cell.W_xh", "cell.W_hh", "cell.b_h"]
    layer = LSTM(K, H, 2, bidirectional=True, rng=0)
    names = [n for n, _ in layer.named_parameters() if n.endswith("W_hh")]
    assert names == [
        "layers.0.W_hh", "layers.0.reverse.W_hh", "layers.1.W_hh", "layers.1.reverse.W_hh",
    ]
    other = LSTM(K, H, 2, bidirectional=True, rng=1)
    other.load_state_dict(layer.state_dict())
    assert_same(other(sequence())[0], layer(sequence())[0])
    copied = copy.deepcopy(layer)
    assert_same(copied(sequence())[0], layer(sequence())[0])


def labels(tensor):
    return {str(n.scope) for n in ancestors([tensor._node]) if n.scope is not None}


def test_every_layer_and_direction_has_its_scope():
    """Scopes are name.layer, with .reverse, and t is the place in the sequence in both
    directions; what stands between layers has scopes too."""
    outputs, _ = LSTM(K, H, 2, bidirectional=True, dropout=0.5)(sequence(), start=7)
    names = [f"lstm.{n}{d}" for n in (0, 1) for d in ("", ".reverse", ".concat")]
    names += ["lstm.0.dropout"]
    assert labels(outputs) == {f"{n}[t={t}]" for n in names for t in range(7, 7 + T)}
    assert labels(GRU(K, H)(sequence())[0]) == {f"gru[t={t}]" for t in range(1, T + 1)}
    outputs, _ = GRU(K, H, 2, name="encoder")(sequence())
    assert {label.partition("[")[0] for label in labels(outputs)} == {"encoder.0", "encoder.1"}


def test_reverse_steps_know_their_place():
    """The reverse direction begins at t = T, with the state of T + 1, and ends at t = 1: an output
    there uses its weights at every step, and those of the forward direction at step 1 alone."""
    layer = GRU(K, H, bidirectional=True, dtype=float, rng=0)
    outputs, _ = layer(sequence())
    scopes = [n.scope for n in ancestors([outputs._node]) if n.scope and "reverse" in n.scope.name]
    entering = {s.t: set(s.inputs) for s in scopes}
    assert entering[T] == {"x", f"h_{T + 1}"}
    assert entering[1] == {"x"}
    terms = ledger(outputs[0].sum(), layer)
    assert terms.norms("layers.0.reverse.W_xh").all()
    np.testing.assert_array_equal(terms.norms("layers.0.W_xh")[1:], 0)


@every_layer
def test_the_ledger_of_a_stack_sums_to_its_gradient(make):
    """For every weight of every layer and direction, with lengths."""
    layer = make(K, H, 2, bidirectional=True, dtype=float, rng=0)
    loss = (layer(sequence(), lengths=[2, 5, 3])[0] ** 2).sum()
    terms = ledger(loss, layer)
    loss.backward()
    for name, p in layer.named_parameters():
        np.testing.assert_allclose(terms.total(name), p.grad.numpy(), 1e-10, 1e-13)


@every_layer
def test_pictures_have_a_row_for_each_layer_and_direction(make):
    """A stack is drawn with a box for each layer, direction and step."""
    outputs, _ = make(K, H, 2, bidirectional=True)(sequence())
    text = mg.draw(outputs.sum()).dot
    for name in ("0", "0.reverse", "1", "1.reverse", "0.concat", "1.concat"):
        assert f"{make.__name__.lower()}.{name}" in text


def test_repr_says_what_it_is():
    """Sizes and options stand in the repr."""
    text = repr(LSTM(K, H, 2, bidirectional=True, batch_first=True, dropout=0.25))
    assert text.startswith(
        "LSTM(2, 8, num_layers=2, bidirectional, merge=concat, batch_first, dropout=0.25)"
    )
    assert "layers.1.reverse: LSTMCell(8, 4" in text


# -- one concatenated weight


@pytest.mark.parametrize("concat", ["xh", "hx"])
def test_one_concatenated_weight(concat):
    """Texts that write h_t = tanh([x_t, h_{t-1}] W + b), or with [h, x], with one weight: read by
    ``convert.from_gates``, the layer gives that recursion; ``to_gates`` gives W back."""
    rng = np.random.default_rng(0)
    W, b = rng.normal(size=(K + H, H)), rng.normal(size=H)
    cell = convert.from_gates({"W": W, "b": b}, concat=concat).cell()
    xs, h = sequence(), np.zeros((B, H))
    outputs, _ = Recurrent(cell)(xs)
    for t, x in enumerate(xs):
        joined = [x, h] if concat == "xh" else [h, x]
        h = np.tanh(np.concatenate(joined, axis=1) @ W + b)
        np.testing.assert_allclose(outputs.numpy()[t], h, rtol=1e-12)
    np.testing.assert_array_equal(convert.to_gates(cell, concat=concat)["W"], W)


@pytest.mark.parametrize("concat", ["xh", "hx"])
def test_an_lstm_of_concatenated_weights(concat):
    """The same for an LSTM with a matrix and a bias for each gate."""
    rng = np.random.default_rng(0)
    given = {f"W_{g}": rng.normal(size=(K + H, H)) for g in "fiCo"}
    given |= {f"b_{g}": rng.normal(size=H) for g in "fiCo"}
    xs, h, c = sequence(), np.zeros((B, H)), np.zeros((B, H))
    outputs, _ = Recurrent(convert.from_gates(given, concat=concat).cell())(xs)
    for t, x in enumerate(xs):
        joined = np.concatenate([x, h] if concat == "xh" else [h, x], axis=1)
        a = {g: joined @ given[f"W_{g}"] + given[f"b_{g}"] for g in "fiCo"}
        f, i, o = (1 / (1 + np.exp(-a[g])) for g in "fio")
        c = f * c + i * np.tanh(a["C"])
        h = o * np.tanh(c)
        np.testing.assert_allclose(outputs.numpy()[t], h, rtol=1e-11)


@pytest.mark.parametrize("how", ["unroll", "scan", "checkpoint"])
def test_dropout_between_layers_is_for_training(how):
    """In evaluation nothing is dropped, every call gives the same; in training not."""
    layer, x = LSTM(2, 5, num_layers=2, dropout=0.5, rng=0), np.ones((3, 1, 2), np.float32)
    first, second = (layer(x, how=how)[0].numpy() for _ in range(2))
    assert not np.allclose(first, second)
    layer.eval()
    first, second = (layer(x, how=how)[0].numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)

"""Layers: what a stack computes, its states, its names, and what its options change."""


import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.node import ancestors
from rnn import (
    LSTM,
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    Recurrent,
    unroll,
)
from rnn.bptt import truncated
from rnn.cells.state import unpack
from tests.support.derivatives import check_directional_derivatives
from tests.support.running import B, H, K, T, assert_same, every_layer, gradients, sequence

# -- one cell


@every_layer
def test_one_layer_is_its_cell_unrolled(make):
    """Outputs are bit for bit those of ``unroll``, the tape is as long, and the state is that of
    the cell with an axis for layers in front."""
    layer, xs = make(K, H, rng=0), sequence()
    outputs, state = layer(xs)
    expected, last = unroll(layer.cell, xs)
    assert_same(outputs, expected)
    assert len(ancestors([outputs._node])) == len(ancestors([expected._node]))
    for whole, part in zip(unpack(state), unpack(last), strict=True):
        assert whole.shape == (1, B, H)
        assert_same(whole[0], part)


def test_a_layer_of_a_cell_has_the_state_of_the_cell():
    """Given a cell as it is, a Recurrent takes and gives what the cell does, masks and all."""
    cell, xs = DropoutCell(LSTMCell(K, H), hidden=0.5, rng=0), sequence()
    layer = Recurrent(cell)
    _, (h, c, mask) = layer(xs)
    assert h.shape == c.shape == mask.shape == (B, H)
    _, (_, _, again) = layer(xs, (h, c, mask))
    assert_same(again, mask)
    assert_same(layer.initial_state(B)[1], cell.initial_state(B)[1])


CELLS = [
    ElmanCell, LSTMCell, GRUCell, LSTM1997Cell, CoupledLSTMCell, PeepholeLSTMCell,
    LayerNormLSTMCell, MGUCell,
]


class OwnCell(Cell):
    """A user's cell, with its own parameters and a state of two parts of different widths."""

    states = ("h", "count")

    def __init__(self, K, H, dtype=np.float32, rng=None):
        super().__init__(K, H, dtype=dtype)
        self.W = self.uniform(np.random.default_rng(rng), K + H, H)

    @property
    def state_sizes(self):
        return {"h": self.hidden_size, "count": 1}

    def step(self, x, state):
        h, count = state
        h = np.tanh(np.concatenate([x, h], axis=-1) @ self.W)
        return h * 2, (h, count + 1)


@pytest.mark.parametrize("make", [*CELLS, OwnCell])
def test_any_cell_stacks_in_both_directions(make):
    """A stack of any cell is its cells run by hand: reversed inputs for the reverse direction, both
    outputs side by side as the inputs of the next layer."""
    rng = np.random.default_rng(0)
    layer = Recurrent(
        lambda width: make(width, H, dtype=float, rng=rng), input_size=K, num_layers=2,
        bidirectional=True,
    )
    xs = sequence()
    outputs, state = layer(xs)
    below, states = xs, []
    for forward, reverse in layer.cells:
        one, first = unroll(forward, below)
        two, second = unroll(reverse, below[::-1])
        below = np.concatenate([one.numpy(), two.numpy()[::-1]], axis=-1)
        states += [first, second]
    np.testing.assert_allclose(outputs.numpy(), below, rtol=1e-12)
    for k, whole in enumerate(unpack(state)):
        expected = [unpack(one)[k].numpy() for one in states]
        np.testing.assert_allclose(whole.numpy(), expected, rtol=1e-12)


def test_cells_can_be_given_as_a_list():
    """A list of cells is a stack; of pairs, in two directions; kinds and sizes may differ."""
    xs = sequence()
    stack = Recurrent([GRUCell(K, 3, rng=0), LSTMCell(3, 5, rng=0)])
    outputs, (h, (h_1, c_1)) = stack(xs)
    below, expected_h = unroll(stack.cells[0][0], xs)
    expected, (_, expected_c) = unroll(stack.cells[1][0], below)
    assert_same(outputs, expected)
    assert_same(h, expected_h)
    assert_same(c_1, expected_c)
    again, _ = stack(xs, (h, (h_1, c_1)))
    assert again.shape == (T, B, 5)
    both = Recurrent([(GRUCell(K, 3), LSTMCell(K, 5)), (ElmanCell(8, 2), ElmanCell(8, 2))])
    assert both(xs)[0].shape == (T, B, 4)
    assert Recurrent([GRUCell(K, 3)])(xs)[1].shape == (1, B, 3)


@pytest.mark.parametrize(
    ("merge", "combine"), [("sum", np.add), ("mul", np.multiply)], ids=["sum", "mul"]
)
@every_layer
def test_merging_directions(make, merge, combine):
    """"sum" and "mul" are of the two outputs that "concat" sets side by side."""
    one = make(K, H, bidirectional=True, dtype=float, rng=0)
    two = make(K, H, bidirectional=True, merge=merge, dtype=float, rng=0)
    forward, reverse = np.split(one(sequence())[0].numpy(), 2, axis=-1)
    np.testing.assert_array_equal(two(sequence())[0].numpy(), combine(forward, reverse))
    assert two.output_size == H
    deep = make(K, H, 2, bidirectional=True, merge=merge)
    assert deep.cells[1][0].input_size == H


# -- directions and rows


@every_layer
def test_reversed_input_is_the_reverse_direction(make):
    """With the cells of the two directions swapped, the reversed input gives the reversed outputs
    of the other halves, and the final states are swapped."""
    layer = make(K, H, bidirectional=True, dtype=float, rng=0)
    swapped = Recurrent([layer.cells[0][::-1]])
    xs = sequence()
    outputs, state = layer(xs)
    turned, turned_state = swapped(xs[::-1])
    forward, reverse = np.split(outputs.numpy(), 2, axis=-1)
    np.testing.assert_array_equal(
        turned.numpy()[::-1], np.concatenate([reverse, forward], axis=-1)
    )
    for one, two in zip(unpack(state), unpack(turned_state), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy()[::-1])


@every_layer
def test_rows_of_a_batch_are_independent(make):
    """A sequence has the same outputs and state alone and in any place of a batch; the gradient of
    one row's loss is 0 in the inputs of the others."""
    layer, xs = make(K, H, 2, bidirectional=True, dtype=float, rng=0), sequence()
    outputs, state = layer(xs)
    order = [2, 0, 1]
    permuted, permuted_state = layer(xs[:, order])
    alone, _ = layer(xs[:, 1:2])
    np.testing.assert_allclose(permuted.numpy(), outputs.numpy()[:, order], rtol=1e-12)
    np.testing.assert_allclose(alone.numpy(), outputs.numpy()[:, 1:2], rtol=1e-12)
    for one, two in zip(unpack(permuted_state), unpack(state), strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy()[:, order], rtol=1e-12)
    x = mg.tensor(xs, requires_grad=True)
    layer(x)[0][:, 1].sum().backward()
    assert not x.grad.numpy()[:, [0, 2]].any()
    assert x.grad.numpy()[:, 1].all()


@every_layer
def test_running_in_pieces_is_running_the_whole(make):
    """A stack carries its state from piece to piece, values and gradients."""
    layer, xs = make(K, H, 2, dtype=float, rng=0), sequence()
    weight = sequence(T, B, H, seed=1)
    whole, last = layer(xs)
    (whole * weight).sum().backward()
    expected = gradients(layer)
    first, state = layer(xs[:2])
    second, end = layer(xs[2:], state, start=3)
    (np.concatenate([first, second]) * weight).sum().backward()
    for name, value in gradients(layer).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-11, atol=1e-13, err_msg=name)
    for one, two in zip(unpack(last), unpack(end), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@every_layer
def test_truncated_backpropagation_of_a_stack(make):
    """Windows of a stack have the outputs of the whole, and with a reach over everything the
    gradients."""
    layer, xs = make(K, H, 2, dtype=float, rng=0), sequence()
    whole, _ = layer(xs)
    (whole**2).sum().backward()
    expected = gradients(layer)
    for window in truncated(layer, xs, k1=2, k2=T):
        np.testing.assert_array_equal(window.outputs.numpy(), whole.numpy()[window.where])
        (window.outputs**2).sum().backward()
    for name, value in gradients(layer).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-11, atol=1e-13, err_msg=name)


# -- layouts


@pytest.mark.parametrize("lengths", [None, [2, 5, 0]])
@every_layer
def test_batch_first_is_of_inputs_outputs_and_states(make, lengths):
    """With batch_first the first two axes of inputs, outputs and states are swapped, and nothing
    else is different; gradients too."""
    options = {"num_layers": 2, "bidirectional": True, "dtype": float, "rng": 0}
    layer, turned = make(K, H, **options), make(K, H, **options, batch_first=True)
    xs = sequence()
    start = tuple(sequence(4, B, H, seed=k) for k in range(len(unpack(layer.initial_state(B)))))
    swap = [part.swapaxes(0, 1) for part in start]
    outputs, state = layer(xs, start if len(start) > 1 else start[0], lengths)
    other, other_state = turned(
        xs.swapaxes(0, 1), tuple(swap) if len(swap) > 1 else swap[0], lengths
    )
    np.testing.assert_array_equal(other.numpy().swapaxes(0, 1), outputs.numpy())
    for one, two in zip(unpack(state), unpack(other_state), strict=True):
        np.testing.assert_array_equal(two.numpy().swapaxes(0, 1), one.numpy())
    assert unpack(turned.initial_state(7))[0].shape == (7, 4, H)
    (outputs**2).sum().backward()
    (other**2).sum().backward()
    expected = gradients(layer)
    for name, value in gradients(turned).items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-11, atol=1e-13)


def test_batch_first_of_one_cell():
    """A layer of one cell has batch-first inputs and outputs, and the cell's state (B, H)."""
    cell, xs = GRUCell(K, H), sequence()
    outputs, state = Recurrent(cell, batch_first=True)(xs.swapaxes(0, 1))
    expected, last = unroll(cell, xs)
    assert_same(outputs.swapaxes(0, 1), expected)
    assert_same(state, last)


@every_layer
def test_tokens_and_lists_of_tensors(make):
    """Integers (T, B) are the one-hot rows they stand for; a list of T tensors (B, K) is what they
    form when stacked, also for a batch-first layer."""
    layer = make(K, H, 2, bidirectional=True, rng=0)
    tokens = np.random.default_rng(0).integers(K, size=(T, B))
    np.testing.assert_allclose(
        layer(tokens)[0].numpy(), layer(np.eye(K)[tokens])[0].numpy(), rtol=1e-6
    )
    xs = sequence()
    rows = [mg.tensor(x) for x in xs]
    assert_same(layer(rows)[0], layer(xs)[0])
    turned = make(K, H, 2, bidirectional=True, rng=0, batch_first=True)
    assert_same(turned(rows)[0].swapaxes(0, 1), layer(xs)[0])


@every_layer
def test_inputs_and_states_are_cast(make):
    """Layers are float32 by default and cast what they are given; float64 on request."""
    layer = make(K, H, 2)
    outputs, state = layer(np.ones((T, B, K), int), layer.initial_state(B))
    assert outputs.dtype == unpack(state)[0].dtype == np.float32
    assert make(K, H, dtype=float)(sequence())[0].dtype == np.float64


def test_batch_size_zero():
    """B = 0 gives outputs and states of batch 0, with and without lengths."""
    layer = LSTM(K, H, 2, bidirectional=True)
    for lengths in (None, [], np.zeros(0, int)):
        outputs, (h, c) = layer(np.ones((T, 0, K)), lengths=lengths)
        assert outputs.shape == (T, 0, 2 * H)
        assert h.shape == c.shape == (4, 0, H)


# -- all states


@every_layer
def test_all_states_on_request(make):
    """``return_states`` gives the states of every cell at every step, as they are on the tape: a
    loss at the end has a gradient in each, and the outputs are among them."""
    layer, xs = make(K, H, 2, bidirectional=True, dtype=float, rng=0), sequence()
    outputs, state, states = layer(xs, return_states=True)
    assert [len(one) for one in states] == [T] * 4
    for k, whole in enumerate(unpack(state)):
        last = [unpack(states[n][0 if n % 2 else -1])[k].numpy() for n in range(4)]
        np.testing.assert_array_equal(whole.numpy(), last)
    top = np.concatenate([[unpack(h)[0].numpy() for h in states[n]] for n in (2, 3)], axis=-1)
    np.testing.assert_array_equal(outputs.numpy(), top)
    for one in states:
        for here in one:
            unpack(here)[0].retain_grad()
    outputs.sum().backward()
    assert all(unpack(here)[0].grad.numpy().any() for one in states for here in one)


def test_all_states_of_one_cell():
    """Of a layer made of one cell it is the list of its states."""
    cell, xs = LSTMCell(K, H), sequence()
    outputs, last, states = Recurrent(cell)(xs, return_states=True)
    assert_same(outputs, unroll(cell, xs)[0])
    assert states[-1] is last
    assert [len(state) for state in states] == [2] * T


@every_layer
def test_step_by_step_is_the_whole(make):
    """``step`` with the states of the cells gives the outputs of a call one by one."""
    layer, xs = make(K, H, 2, rng=0), sequence()
    outputs, state = layer(xs)
    states = layer.split_state(None, B)
    for t, x in enumerate(xs, 1):
        output, states = layer.step(x, states, t)
        assert_same(output, outputs[t - 1])
    for one, two in zip(unpack(layer.join_states(states)), unpack(state), strict=True):
        assert_same(one, two)


# -- double backward


@every_layer
def test_derivatives_of_a_stack_with_lengths(make):
    """The gradient, and that of a directional derivative, agree with central differences."""
    layer = make(K, 3, 2, bidirectional=True, dtype=float, rng=0)
    check_directional_derivatives(layer, run=lambda layer, xs: layer(xs, lengths=[1, 3]))

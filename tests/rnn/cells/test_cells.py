"""Cells as objects: construction, gates by name, conventions, casts, and the errors they raise."""

import numpy as np
import pytest

import minigrad as mg
from rnn import Cell, ElmanCell, GRUCell, LSTMCell, RNNCell

ALL = [ElmanCell, LSTMCell, GRUCell]
every_cell = pytest.mark.parametrize("make", ALL)


# -- construction


@every_cell
def test_parameters_are_drawn_from_the_documented_interval(make):
    """Parameters are float32, within ±1/√H, spread over that interval, and the seed decides."""
    cell = make(30, 25, rng=7)
    for name, parameter in cell.named_parameters():
        values = parameter.numpy()
        assert values.dtype == np.float32, name
        assert np.abs(values).max() <= 0.2, name
        assert np.abs(values).max() > 0.15, name
    same, other = make(30, 25, rng=np.random.default_rng(7)), make(30, 25, rng=8)
    np.testing.assert_array_equal(cell.W_hh.numpy(), same.W_hh.numpy())
    assert not np.array_equal(cell.W_hh.numpy(), other.W_hh.numpy())


@every_cell
@pytest.mark.parametrize("bad", [0, -1])
@pytest.mark.parametrize("place", ["input_size", "hidden_size"])
def test_sizes_below_one_are_refused(make, bad, place):
    """A size of 0 or less is a ValueError that names the cell, the argument and the value."""
    sizes = {"input_size": 3, "hidden_size": 3, place: bad}
    with pytest.raises(ValueError, match=rf"{make.__name__}\({place}={bad}\): wanted a positive"):
        make(**sizes)


@every_cell
@pytest.mark.parametrize("bad", [2.0, "3", None, True])
@pytest.mark.parametrize("place", ["input_size", "hidden_size"])
def test_sizes_that_are_no_integers_are_refused(make, bad, place):
    """A float, a string, None or a bool as a size is a TypeError that names the argument."""
    sizes = {"input_size": 3, "hidden_size": 3, place: bad}
    with pytest.raises(TypeError, match=rf"{make.__name__}\({place}={bad!r}\)"):
        make(**sizes)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (ElmanCell, {"nonlinearity": "softmax"}, "nonlinearity='softmax'.*'tanh', 'relu'"),
        (LSTMCell, {"activation": "Tanh"}, "activation='Tanh'.*'tanh', 'relu'"),
        (GRUCell, {"recurrent_activation": None}, "recurrent_activation=None.*'tanh', 'relu'"),
        (GRUCell, {"clip": 0}, r"GRUCell\(clip=0\): wanted a finite number above 0"),
        (LSTMCell, {"clip": float("inf")}, "clip=inf"),
        (ElmanCell, {"biases": True}, "biases=True.*0, 1 or 2"),
        (LSTMCell, {"biases": 3}, "biases=3"),
        (LSTMCell, {"biases": 1.0}, r"biases=1\.0"),
        (LSTMCell, {"biases": 0, "forget_bias": 1.0}, "has no bias to set"),
        (GRUCell, {"reset": "never"}, "reset='never'.*'before' or 'after'"),
        (GRUCell, {"update": "old"}, "update='old'.*'keep' or 'new'"),
    ],
)
def test_unknown_options_are_refused(make, options, message):
    """An unknown word or number names itself and what is wanted."""
    with pytest.raises(ValueError, match=message):
        make(3, 3, **options)


@every_cell
@pytest.mark.parametrize("dtype", [int, complex, bool, "U3"])
def test_dtypes_without_gradients_are_refused(make, dtype):
    """A dtype that is not a float is a TypeError."""
    with pytest.raises(TypeError, match="wanted a float dtype"):
        make(3, 3, dtype=dtype)


def test_dtypes_of_the_other_byte_order():
    """A big-endian dtype is taken as the native one of its size."""
    cell = ElmanCell(2, 3, dtype=">f8")
    assert cell(np.ones((4, 2), ">f8"))[0].dtype == cell.W_xh.dtype == np.float64


def test_forget_bias():
    """forget_bias sets f's block alone; with two biases their sum is what was asked for."""
    one = LSTMCell(2, 3, forget_bias=1.5, rng=0)
    plain = LSTMCell(2, 3, rng=0)
    np.testing.assert_array_equal(one.gate("f").b_h, np.full(3, 1.5))
    for g in "igo":
        np.testing.assert_array_equal(one.gate(g).b_h, plain.gate(g).b_h)
    two = LSTMCell(2, 3, forget_bias=1.5, biases=2)
    np.testing.assert_array_equal(two.gate("f").b_xh + two.gate("f").b_hh, np.full(3, 1.5))


def test_conventions_are_declared():
    """Gate order, biases, reset and update are data of a cell, and its repr shows them."""
    assert RNNCell is ElmanCell
    assert LSTMCell(2, 3).conventions() == {"gates": ("i", "f", "g", "o"), "biases": 1}
    assert GRUCell(2, 3).conventions() == {
        "gates": ("r", "z", "n"), "biases": 2, "reset": "after", "update": "keep",
    }
    assert GRUCell(2, 3, reset="before").biases == 1
    assert "GRUCell(2, 3, gates=r z n, biases=2, reset=after" in repr(GRUCell(2, 3))
    assert "nonlinearity=relu" in repr(ElmanCell(2, 3, nonlinearity="relu"))


# -- gates by name


@pytest.mark.parametrize("make", [LSTMCell, GRUCell])
def test_a_gate_is_a_block_of_columns(make):
    """Reading a gate gives its H columns; the blocks of all gates, in order, are the weight."""
    cell = make(2, 3, biases=1)
    for name in ("W_xh", "W_hh", "b_h"):
        blocks = [getattr(cell.gate(g), name) for g in cell.gates]
        np.testing.assert_array_equal(np.concatenate(blocks, axis=-1), getattr(cell, name).numpy())


def test_writing_a_gate_writes_its_block_only():
    """Assignment, also with an operator, changes the named gate and no other; the dtype stays."""
    cell = LSTMCell(2, 3)
    before = cell.W_hh.numpy()
    cell.gate("g").W_hh = np.eye(3)
    cell.gate("g").W_hh *= 2
    after = cell.W_hh.numpy()
    np.testing.assert_array_equal(after[:, 6:9], 2 * np.eye(3))
    assert after.dtype == np.float32
    changed = before != after
    assert not changed[:, :6].any()
    assert not changed[:, 9:].any()
    assert cell.W_hh.requires_grad


def test_gate_errors():
    """An unknown gate, a bias that is not there, a wrong shape, a write to the values: each says
    what there is, and the cell stays as it was."""
    cell = LSTMCell(2, 3, biases=2)
    before = cell.state_dict()
    with pytest.raises(ValueError, match=r"gate\('forget'\): its gates are i, f, g, o"):
        cell.gate("forget")
    with pytest.raises(AttributeError, match="has no b_h; its parameters are W_xh, W_hh, b_xh"):
        _ = cell.gate("f").b_h
    with pytest.raises(AttributeError, match="has no b_h"):
        cell.gate("f").b_h = np.ones(3)
    with pytest.raises(ValueError, match=r"gate\('f'\).b_hh = value: received shape \(2,\) and"):
        cell.gate("f").b_hh = np.ones(2)
    with pytest.raises(ValueError, match=r"received shape \(\) .*, wanted \(3, 3\)"):
        cell.gate("f").W_hh = 1.0
    with pytest.raises(ValueError, match="dtype complex128, wanted"):
        cell.gate("f").W_hh = np.ones((3, 3), complex)
    with pytest.raises(mg.errors.MutationError):
        cell.gate("f").W_hh[0, 0] = 1.0
    for name, array in cell.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


# -- calls


@every_cell
def test_a_cell_is_a_pure_function(make):
    """The same input and state give the same bits, the state given stays as it was."""
    cell = make(2, 3, rng=0)
    rng = np.random.default_rng(0)
    x, state = rng.normal(size=(4, 2)), cell.initial_state(4)
    first, after = cell(x, state)
    second, _ = cell(x, state)
    np.testing.assert_array_equal(first.numpy(), second.numpy())
    for part in state if isinstance(state, tuple) else (state,):
        assert not part.numpy().any()
    third, _ = cell(x, after)
    assert not np.array_equal(first.numpy(), third.numpy())
    np.testing.assert_array_equal(cell(x)[0].numpy(), first.numpy())


@every_cell
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_inputs_and_states_take_the_dtype_of_the_cell(make, dtype):
    """Outputs and gradients have the cell's dtype, whatever the inputs had, and gradients flow
    through the cast."""
    cell = make(2, 3, dtype=dtype)
    x = mg.tensor(np.ones((4, 2)), requires_grad=True)
    state = tuple(np.ones((4, 3)) for _ in cell.state_sizes)
    output, _ = cell(x, state if len(state) > 1 else state[0])
    assert output.dtype == dtype
    output.sum().backward()
    assert x.grad.dtype == np.float64
    assert all(p.grad.dtype == dtype for p in cell.parameters())
    for numbers in (np.ones((4, 2), int), np.ones((4, 2), bool), [[1.0, 1.0]] * 4):
        np.testing.assert_array_equal(cell(numbers)[0].numpy(), cell(np.ones((4, 2)))[0].numpy())


@every_cell
def test_a_batch_of_no_sequences(make):
    """Batch 0 gives outputs of batch 0 and zero gradients."""
    cell = make(2, 3)
    output, _ = cell(np.ones((0, 2)))
    assert output.shape == (0, 3)
    output.sum().backward()
    assert all(not p.grad.numpy().any() for p in cell.parameters())


@every_cell
@pytest.mark.parametrize(
    "x", [np.ones((4, 5)), np.ones(3), np.ones((1, 4, 2)), np.ones((4, 2), complex), 1.0]
)
def test_inputs_that_do_not_fit(make, x):
    """A wrong rank, size or dtype of the input is an error with the shapes received and wanted."""
    with pytest.raises(ValueError, match=rf"{make.__name__}: the input has shape .*wanted \(B, 2"):
        make(2, 3)(x)


@every_cell
@pytest.mark.parametrize("token", [-1, 2])
def test_tokens_out_of_range(make, token):
    """A token index below 0 or from K on is an IndexError with the range."""
    with pytest.raises(IndexError, match="wanted 0 to 1"):
        make(2, 3)(np.array([0, token]))


@every_cell
@pytest.mark.parametrize("shape", [(3,), (1, 4, 3), (4, 2), (4,), ()])
def test_initial_states_of_wrong_rank_or_size(make, shape):
    """A state of a wrong rank or size is an error that names the part, its shape and the wanted
    one."""
    cell = make(2, 3)
    state = np.zeros(shape) if make is not LSTMCell else (np.zeros((4, 3)), np.zeros(shape))
    part = "c" if make is LSTMCell else "h"
    with pytest.raises(ValueError, match=rf"state {part} has shape .*, wanted \(4, 3\)"):
        cell(np.ones((4, 2)), state)


@every_cell
def test_state_carried_into_another_batch_size(make):
    """The message of a state from another batch size speaks of carrying over."""
    cell = make(2, 3)
    _, state = cell(np.ones((4, 2)))
    with pytest.raises(ValueError, match="batch size 5, the state 4: a state carried over"):
        cell(np.ones((5, 2)), state)


@pytest.mark.parametrize(
    "state",
    [np.zeros((4, 3)), mg.tensor(np.zeros((4, 3))), (np.zeros((4, 3)),), [np.zeros((4, 3))] * 3],
)
def test_lstm_without_c(state):
    """An LSTM given h alone, or a tuple of another length, is told of (h, c)."""
    with pytest.raises(TypeError, match=r"LSTMCell: the state is .*; wanted the tuple \(h, c\)"):
        LSTMCell(2, 3)(np.ones((4, 2)), state)


@pytest.mark.parametrize("make", [ElmanCell, GRUCell])
def test_a_pair_for_a_cell_with_one_state(make):
    """A cell whose state is h alone refuses the pair of an LSTM."""
    with pytest.raises(TypeError, match=f"{make.__name__}: the state is a tuple of 2; wanted h al"):
        make(2, 3)(np.ones((4, 2)), (np.zeros((4, 3)), np.zeros((4, 3))))


@pytest.mark.parametrize("batch", [-1, 2.0, None, True])
def test_initial_state_of_no_batch(batch):
    """initial_state wants a count."""
    with pytest.raises(ValueError, match="initial_state"):
        LSTMCell(2, 3).initial_state(batch)


# -- cells of one's own


class CountingCell(Cell):
    """A state of two parts of different widths and an output of a third."""

    states = ("count", "trace")

    def __init__(self, input_size):
        super().__init__(input_size, 1, dtype=float)
        self.w = mg.Parameter(np.ones(input_size))

    @property
    def state_sizes(self):
        return {"count": 1, "trace": self.input_size}

    def step(self, x, state):
        count, trace = state
        trace = 0.5 * trace + x * self.w
        return np.concatenate([count, trace], axis=1), (count + 1, trace)


def test_a_cell_of_ones_own():
    """A subclass with its own parameters, states and output width needs only ``step``."""
    cell = CountingCell(2)
    assert cell.name == "counting"
    assert [name for name, _ in cell.named_parameters()] == ["w"]
    output, (count, trace) = cell(np.ones((4, 2)))
    assert (output.shape, count.shape, trace.shape) == ((4, 3), (4, 1), (4, 2))
    with pytest.raises(ValueError, match="it declares no gates"):
        cell.gate("h")
    with pytest.raises(ValueError, match=r"state trace has shape \(4, 1\), wanted \(4, 2\)"):
        cell(np.ones((4, 2)), (count, count))


def test_a_cell_without_step():
    """A subclass that defines no step cannot be made."""

    class Nothing(Cell):
        gates = ("h",)

    with pytest.raises(TypeError, match="step"):
        Nothing(2, 3)


def test_a_step_that_returns_no_pair():
    """A step that returns its state alone is told to return the pair, also where the batch is 2
    and the tensor could be unpacked."""

    class Forgetful(Cell):
        gates = ("h",)

        def step(self, x, h):
            return np.tanh(self.preactivation(x, h))

    with pytest.raises(TypeError, match=r"Forgetful.step returned one Tensor of shape \(2, 3\)"):
        Forgetful(2, 3)(np.ones((2, 2)))

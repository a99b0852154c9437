"""What layers refuse, and what they say: sizes, dropout, inputs, states, cells."""

import numpy as np
import pytest

from rnn import GRU, LSTM, RNN, Cell, DropoutCell, ElmanCell, GRUCell, LSTMCell, Recurrent
from tests.support.running import B, H, K, T, every_layer, sequence

# -- arguments


@pytest.mark.parametrize("name", ["input_size", "hidden_size", "num_layers"])
@pytest.mark.parametrize(
    ("value", "error"),
    [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("3", TypeError), (True, TypeError),
     (None, TypeError)],
)
@every_layer
def test_sizes(make, name, value, error):
    """Sizes of 0, negative ones, floats, strings and bools are refused by name."""
    sizes = {"input_size": K, "hidden_size": H, "num_layers": 1, name: value}
    with pytest.raises(error, match=rf"{make.__name__}\({name}={value!r}\): wanted a positive int"):
        make(**sizes)


@pytest.mark.parametrize("value", [-0.1, 1, 1.0, 2.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["dropout", "recurrent_dropout", "zoneout"])
@every_layer
def test_probabilities_outside(make, name, value):
    """Dropout outside [0, 1) is refused by name: at 1 nothing would be left."""
    with pytest.raises(ValueError, match=rf"\({name}={value!r}\): wanted a probability from 0 to"):
        make(K, H, 2, **{name: value})


@pytest.mark.parametrize("value", ["0.5", None, True])
@pytest.mark.parametrize("name", ["dropout", "recurrent_dropout", "zoneout"])
def test_probabilities_of_another_type(name, value):
    """Strings, None and bools are no probabilities."""
    with pytest.raises(TypeError, match=rf"LSTM\({name}={value!r}\): wanted a probability"):
        LSTM(K, H, 2, **{name: value})


@every_layer
def test_dropout_with_nothing_to_drop(make):
    """Between the layers of one layer there is nothing: an error that names what there is."""
    with pytest.raises(
        ValueError, match=r"\(dropout=0.5, num_layers=1\): it acts between layers.*DropoutCell"
    ):
        make(K, H, dropout=0.5)
    with pytest.raises(ValueError, match=r"dropout=0\.5, num_layers=1"):
        make(K, H, 1, bidirectional=True, dropout=0.5)


@pytest.mark.parametrize("name", ["bias", "batch_first", "bidirectional", "learn_initial_state"])
@pytest.mark.parametrize("value", [1, "yes", None, 0.0])
def test_flags(name, value):
    """Flags are True or False, so that misplaced positional arguments are found."""
    with pytest.raises(TypeError, match=rf"\({name}={value!r}\): wanted True or False"):
        LSTM(K, H, **{name: value})


def test_arguments_of_another_layer():
    """PyTorch's order differs: RNN has its nonlinearity where the others have bias."""
    with pytest.raises(TypeError, match=r"GRU\(bias='tanh'\): wanted True or False"):
        GRU(K, H, 1, "tanh")
    with pytest.raises(ValueError, match="nonlinearity=True"):
        RNN(K, H, 1, True)


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (RNN, {"nonlinearity": "softmax"}, "nonlinearity='softmax'.*'tanh', 'relu'"),
        (GRU, {"reset": "middle"}, "reset='middle'"),
        (GRU, {"update": "old"}, "update='old'"),
        (LSTM, {"biases": 3}, "biases=3.*0, 1 or 2"),
        (LSTM, {"bias": False, "biases": 2}, r"LSTM\(bias=False, biases=2\): wanted one of them"),
        (LSTM, {"bias": False, "forget_bias": 1.0}, "it has no bias to set"),
        (LSTM, {"proj_size": -1}, r"proj_size=-1\): wanted a positive"),
        (LSTM, {"proj_size": H}, "wanted a projection to fewer units"),
        (LSTM, {"zoneout": {"q": 0.5}}, "the parts of the state are h, c, not q"),
        (GRU, {"merge": "mean", "bidirectional": True}, "merge='mean'.*'mul', 'ave', None"),
        (GRU, {"merge": None, "bidirectional": True, "num_layers": 2}, "stay two, which the next"),
        (GRU, {"merge": None}, "nothing to merge"),
        (GRU, {"reverse": True, "bidirectional": True}, "bidirectional, so it has a reverse"),
        (GRU, {"merge": "sum"}, "one direction, so nothing to merge"),
    ],
)
def test_options_that_do_not_fit(make, options, message):
    """Unknown words and contradictions."""
    with pytest.raises(ValueError, match=message):
        make(K, H, **options)


@pytest.mark.parametrize("value", [0.5, "2", False, None])
def test_projection_sizes_of_another_type(value):
    """proj_size is an integer; False is none."""
    with pytest.raises(TypeError, match="proj_size="):
        LSTM(K, H, proj_size=value)


# -- cells of a Recurrent


@pytest.mark.parametrize(
    ("cell", "options", "error", "message"),
    [
        (LSTMCell, {}, TypeError, "received the class LSTMCell; wanted a Cell, such as LSTMCell"),
        (3, {}, TypeError, "received int; wanted a Cell"),
        ([], {}, TypeError, "received list; wanted a Cell"),
        ([GRUCell(K, H), 3], {}, TypeError, "a cell is int; wanted a Cell"),
        (lambda K: 3, {"input_size": K}, TypeError, "a cell is int; wanted a Cell"),
        (lambda K: GRUCell(K, H), {}, TypeError, "wanted input_size= too"),
        (lambda K: GRUCell(K, H), {"input_size": 0}, ValueError, "input_size=0"),
        (GRUCell(K, H), {"num_layers": 2}, ValueError, "given are 1 layer in one direction; for"),
        (GRUCell(K, H), {"bidirectional": True}, ValueError, "pass a function that makes one"),
        (GRUCell(K, H), {"input_size": K}, ValueError, "only a function that makes cells needs it"),
        ([GRUCell(K, H)], {"num_layers": 2}, ValueError, "num_layers=2, bidirectional=False"),
        ([GRUCell(K, H), GRUCell(3, H)], {}, ValueError, "width 3, and layer 0 gives .* width 4"),
        ([(GRUCell(K, H), GRUCell(3, H))], {}, ValueError, "the other takes inputs of width 2"),
        ([GRUCell(K, H), (GRUCell(H, 2), GRUCell(H, 2))], {}, ValueError, "have 1, 2 cells"),
        ([[]], {}, ValueError, "have 0 cells"),
        ([GRUCell(K, H), GRUCell(H, H, dtype=float)], {}, ValueError, "layer 1 is of float64"),
        ([(GRUCell(K, H), GRUCell(K, 3))], {"merge": "sum"}, ValueError, "widths 4 and 3"),
        (GRUCell(K, H), {"merge": "mul"}, ValueError, "nothing to merge"),
        (GRUCell(K, H), {"dropout": 0.1}, ValueError, "num_layers=1"),
    ],
)
def test_cells_that_do_not_fit(cell, options, error, message):
    """What is no cell, and cells that cannot work together."""
    with pytest.raises(error, match=message):
        Recurrent(cell, **options)


def test_a_step_that_returns_the_wrong_state():
    """A user's step in a stack is checked like one that is unrolled."""

    class Wrong(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.tanh(self.preactivation(x, h))
            return h, h[:, :1]

    with pytest.raises(ValueError, match=r"state h has shape \(3, 1\), wanted \(3, 4\)"):
        Recurrent([Wrong(K, H), Wrong(H, H)])(sequence())


# -- inputs


@pytest.mark.parametrize(
    "xs",
    [np.ones((T, K + 1)), np.ones((T, B, K + 1)), np.ones(T), np.ones((1, T, B, K)), 1.0, 1],
)
@every_layer
def test_inputs_that_do_not_fit(make, xs):
    """Wrong ranks and widths name the shape, and the axes that this layer wants."""
    with pytest.raises(ValueError, match=rf"{make.__name__}: the input has shape .*\(T, B, 2\)"):
        make(K, H, 2)(xs)
    with pytest.raises(ValueError, match=r"wanted \(B, T, 2\) of real numbers, or \(B, T\) of int"):
        make(K, H, batch_first=True)(xs)


@pytest.mark.parametrize("batch_first", [False, True])
def test_no_steps(batch_first):
    """T = 0 is an error, also with lengths of 0."""
    xs = np.ones((B, 0, K) if batch_first else (0, B, K))
    for lengths in (None, [0] * B):
        with pytest.raises(ValueError, match=r"GRU: the input has no steps \(T = 0\)"):
            GRU(K, H, batch_first=batch_first)(xs, lengths=lengths)


def test_a_bidirectional_layer_cannot_go_step_by_step():
    """Its reverse direction begins at the end."""
    layer = GRU(K, H, bidirectional=True)
    with pytest.raises(ValueError, match="reverse direction begins at the end"):
        layer.step(np.ones((B, K)), layer.split_state(None, B))


# -- states


@pytest.mark.parametrize("make", [RNN, GRU])
def test_states_of_the_wrong_shape(make):
    """Rank, layers, batch and size of the initial state are compared with the wanted ones."""
    layer = make(K, H, 2, bidirectional=True)
    for shape in [(B, H), (2, B, H), (4, B, H + 1), (1, 4, B, H), ()]:
        with pytest.raises(ValueError, match=rf"{make.__name__}: state h .*wanted \(4, 3, 4\)"):
            layer(sequence(), np.zeros(shape))
    with pytest.raises(TypeError, match="the state is a tuple of 2; wanted h alone"):
        layer(sequence(), (np.zeros((4, B, H)),) * 2)


@pytest.mark.parametrize("state", [np.zeros((1, B, H)), (np.zeros((1, B, H)),)], ids=["h", "(h,)"])
def test_an_lstm_given_h_without_c(state):
    """The state of an LSTM is a pair: an error that says so and how to make one."""
    with pytest.raises(TypeError, match=r"wanted the tuple \(h, c\).*initial_state\(batch\)"):
        LSTM(K, H)(sequence(), state)
    with pytest.raises(TypeError, match=r"wanted the tuple \(h, c\)"):
        LSTM(K, H)(sequence(), np.zeros((2, 1, B, H)))
    with pytest.raises(ValueError, match=r"state c has shape \(1, 3, 3\), wanted \(1, 3, 4\)"):
        LSTM(K, H)(sequence(), (np.zeros((1, B, H)), np.zeros((1, B, 3))))


@every_layer
def test_a_state_carried_into_another_batch(make):
    """A last, smaller batch cannot go on from the state of the one before it."""
    layer = make(K, H, 2)
    _, state = layer(sequence())
    with pytest.raises(ValueError, match=r"state h has shape \(2, 3, 4\), wanted \(2, 2, 4\).*"
                                         r"A state carried over belongs to the sequences"):
        layer(sequence(T, 2, K), state)
    single = Recurrent(layer.cells[0][0])
    _, state = single(sequence())
    with pytest.raises(ValueError, match="a state carried over belongs to the sequences"):
        single(sequence(T, 2, K), state)


@every_layer
def test_batch_first_misused(make):
    """Where a state would fit if the axes of the input were swapped, the error says so."""
    xs = sequence(B, T, K)    # batch-first data
    wrong, right = make(K, H, 2), make(K, H, 2, batch_first=True)
    with pytest.raises(ValueError, match="state h") as caught:
        wrong(xs, wrong.initial_state(B))
    (note,) = caught.value.__notes__
    assert note == (
        "the layer is time-major, so the input was read as 3 steps of 5 sequences; if it is "
        "(B, T, ...), make the layer with batch_first=True"
    )
    with pytest.raises(ValueError, match="state h") as caught:
        right(xs.swapaxes(0, 1), right.initial_state(B))
    assert "if it is (T, B, ...), leave batch_first out" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="because batch_first=True is said of states too"):
        right(xs, wrong.initial_state(B))
    with pytest.raises(ValueError, match="because batch_first=False is said of states too"):
        wrong(xs.swapaxes(0, 1), right.initial_state(B))
    single = Recurrent(GRUCell(K, H))
    with pytest.raises(ValueError, match="GRUCell: state h") as caught:
        single(xs, np.zeros((B, H)))
    assert "batch_first=True" in caught.value.__notes__[0]


def test_no_hint_where_it_would_not_help():
    """Of other batch sizes nothing is said about axes."""
    layer = GRU(K, H)
    with pytest.raises(ValueError, match="state h") as caught:
        layer(sequence(), layer.initial_state(7))
    assert not hasattr(caught.value, "__notes__")


def test_states_by_cell():
    """Where states differ from cell to cell, wanted is one for each."""
    layer = Recurrent([ElmanCell(K, 3), LSTMCell(3, 5)])
    with pytest.raises(TypeError, match="wanted a tuple of 2, one for each cell"):
        layer(sequence(), np.zeros((2, B, 3)))
    with pytest.raises(TypeError, match=r"LSTMCell: .*wanted the tuple \(h, c\)"):
        layer(sequence(), (np.zeros((B, 3)), np.zeros((B, 5))))
    masked = Recurrent([DropoutCell(GRUCell(K, H), hidden=0.5), GRUCell(H, H)])
    with pytest.raises(TypeError, match="wanted h alone"):
        masked(sequence(), (np.zeros((2, B, H)), np.zeros((2, B, H))))


def test_errors_come_before_anything_is_computed():
    """A call that is refused leaves neither gradients nor draws of random numbers behind."""
    layer = GRU(K, H, 2, dropout=0.5, recurrent_dropout=0.5, rng=0)
    before = layer.rng.bit_generator.state
    with pytest.raises(ValueError, match="lengths"):
        layer(sequence(), None, [9, 9, 9])
    with pytest.raises(ValueError, match="state h"):
        layer(sequence(), np.zeros((2, 9, H)))
    assert layer.rng.bit_generator.state == before
    assert all(p.grad is None for p in layer.parameters())

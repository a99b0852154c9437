"""Cells that users write: what they may return, and what they are told where it does not fit."""

from collections import namedtuple

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    Cell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    detach,
    unroll,
)

T, B, K, H = 4, 2, 5, 3
XS = np.random.default_rng(0).normal(size=(T, B, K))


def own(step, **declared):
    """A class of cells with this step."""
    return type("Own", (Cell,), {"gates": ("h",), "step": step, **declared})


def new_state(cell, x, h):
    return np.tanh(cell.preactivation(x, h))


# -- biases


@pytest.mark.parametrize(
    "make", [ElmanCell, LSTMCell, GRUCell, MGUCell, PeepholeLSTMCell, LayerNormLSTMCell]
)
def test_cells_take_bias_as_pytorch_does(make):
    """bias=False, third argument or by name, is biases=0; bias=True leaves the default."""
    for cell in (make(K, H, False), make(K, H, bias=False), make(K, H, biases=0)):
        assert cell.biases == 0
        assert not any(name.startswith("b_h") for name in cell.state_dict())
    assert make(K, H, True).biases == make(K, H).biases > 0
    with pytest.raises(ValueError, match=r"bias=False, biases=1\): wanted one of them"):
        make(K, H, bias=False, biases=1)
    with pytest.raises(TypeError, match=r"bias=0\): wanted True or False"):
        make(K, H, bias=0)


def test_a_projection_stands_before_bias():
    """The third argument of a projected LSTM is its projection, the fourth its bias."""
    assert ProjectedLSTMCell(K, H, 2, False).biases == 0
    with pytest.raises(ValueError, match=r"ProjectedLSTMCell\(forget_bias=1.0\): it has no bias"):
        ProjectedLSTMCell(K, H, 2, bias=False, forget_bias=1.0)


# -- what a step returns


def test_a_state_may_be_a_list():
    """A list of parts counts as the tuple, also where sequences end early."""
    def step(cell, x, state):
        h = new_state(cell, x, state[0])
        return h, [h, state[1] + h]

    cell = own(step, states=("h", "c"))(K, H)
    outputs, (_, c) = unroll(cell, XS)
    np.testing.assert_allclose(c.numpy(), outputs.numpy().sum(axis=0), rtol=1e-6)
    _, (_, c) = Recurrent(cell)(XS, lengths=[T, 1])
    np.testing.assert_allclose(c.numpy()[1], outputs.numpy()[0, 1], rtol=1e-6)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (lambda h: {"h": h}, r"step returned a dict with the keys \['h'\] as its state"),
        (lambda h: (h, (h, h)), "step returned a tuple of 2 as its state"),
        (lambda h: h.numpy(), r"step returned one ndarray of shape \(2, 3\) as its state"),
        (lambda h: None, "step returned None as its state"),
    ],
)
def test_other_states_are_refused(state, message):
    """Another structure than was given, arrays and nothing: the error says how parts are declared.
    """
    def step(cell, x, h):
        h = new_state(cell, x, h)
        return h, state(h)

    cell = own(step)(K, H)
    for run in (lambda: cell(XS[0]), lambda: unroll(cell, XS), lambda: Recurrent(cell)(XS)):
        with pytest.raises(TypeError, match=message) as caught:
            run()
        assert "states = ('h', 'c')" in str(caught.value)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (None, "initial_state returned None as its state"),
        ({"h": "zeros"}, "initial_state returned one str as state h; wanted an array"),
        ({"h": np.zeros((B, H)), "A": np.zeros((H, H))}, r"state A has shape \(3, 3\), wanted \(2"),
    ],
)
def test_other_first_states_are_refused(first, message):
    """An initial_state of the class's own is checked like what its step returns."""
    cell = own(lambda cell, x, s: (x, s), initial_state=lambda cell, batch: first)(K, H)
    with pytest.raises((TypeError, ValueError), match=message):
        unroll(cell, XS)


def test_an_output_that_left_the_graph():
    """An array in the place of the output would have no gradient, and so is refused."""
    def step(cell, x, h):
        h = new_state(cell, x, h)
        return h.numpy(), h

    with pytest.raises(TypeError, match="as its output; wanted a Tensor, on the graph"):
        unroll(own(step)(K, H), XS)


def test_outputs_of_a_width_that_is_not_declared():
    """They run; where padding needs zeros of that width, the error names ``output_size``."""
    def step(cell, x, h):
        h = new_state(cell, x, h)
        return np.concatenate([h, h], axis=1), h

    layer = Recurrent(own(step)(K, H))
    assert layer(XS)[0].shape == (T, B, 2 * H)
    with pytest.raises(ValueError, match=r"shape \(2, 6\).*\(2, 3\).*property output_size"):
        layer(XS, lengths=[T, 1])
    declared = Recurrent(own(step, output_size=property(lambda cell: 2 * H))(K, H))
    outputs, _ = declared(XS, lengths=[T, 1])
    assert outputs.shape == (T, B, 2 * H)
    assert not outputs.numpy()[1:, 1].any()


# -- the class


def test_names_are_tuples():
    """A string would be taken for one gate a character."""
    for what in ("gates", "states"):
        with pytest.raises(TypeError, match=rf"Own.{what} = 'forget': wanted .*\('forget',\)"):
            own(new_state, **{what: "forget"})


def test_an_init_that_forgets_the_cell():
    """What is missing without super().__init__ is named, with the call that makes it."""
    class Forgetful(Cell):
        def __init__(self):
            self.W = mg.Parameter(np.ones((K, H)))

        def step(self, x, state):
            return x @ self.W, state

    with pytest.raises(AttributeError, match=r"begin with super\(\).__init__\(input_size, hidden"):
        unroll(Forgetful(), XS)


def test_errors_inside_a_property_are_told():
    """An AttributeError of the user's own property is the one that comes out."""
    width = property(lambda cell: cell.wdith)
    cell = own(lambda cell, x, h: (h, h), output_size=width)(K, H)
    with pytest.raises(AttributeError, match="wdith"):
        _ = cell.output_size
    with pytest.raises(AttributeError, match="nothing"):
        _ = cell.nothing


# -- what comes in


def test_a_layer_in_the_place_of_a_cell():
    """A layer is no function that makes cells, though it can be called."""
    with pytest.raises(TypeError, match=r"Recurrent\(cell\): received LSTM; wanted a Cell"):
        Recurrent(LSTM(K, H))


def test_what_unroll_cannot_run():
    """A class, a layer and swapped arguments are named; a layer is told to be called."""
    for wrong, name in ((LSTMCell, "the class LSTMCell"), (LSTM(K, H), "LSTM"), (XS, "ndarray")):
        with pytest.raises(TypeError, match=f"received {name} as the cell.*layer"):
            unroll(wrong, XS)


def test_arguments_that_a_layer_does_not_have():
    """A word mistyped, or another layer's: the error names the layer and what it does take."""
    with pytest.raises(TypeError, match=r"^GRU has no argument 'proj_size'; .* reset, .*zoneout"):
        GRU(K, H, proj_size=2)
    with pytest.raises(TypeError, match=r"^LSTM has no argument 'input_dim'; .*proj_size"):
        LSTM(K, H, input_dim=2)


def test_complex_states():
    """Half of the numbers would be lost without a word."""
    with pytest.raises(TypeError, match="state h has dtype complex128; wanted real numbers"):
        unroll(LSTMCell(K, H), XS, (np.zeros((B, H), complex), np.zeros((B, H))))


def test_one_number_sets_the_bias_of_a_gate():
    """The unit forget bias: one number for a vector; a matrix wants its shape."""
    cell = LSTMCell(K, H, rng=0)
    before = cell.b_h.numpy().copy()
    cell.gate("f").b_h = 1.0
    np.testing.assert_array_equal(cell.b_h.numpy()[H : 2 * H], np.ones(H))
    np.testing.assert_array_equal(np.delete(cell.b_h.numpy(), slice(H, 2 * H)),
                                  np.delete(before, slice(H, 2 * H)))
    with pytest.raises(ValueError, match=r"received shape \(\)"):
        cell.gate("f").W_hh = 1.0


def test_detach_takes_every_form_of_state():
    """Arrays, as cells take them; dicts and named tuples, as users keep them."""
    Pair = namedtuple("Pair", "h c")
    live = mg.tensor(np.ones((B, H)), requires_grad=True) * 2
    found = detach(Pair(live, {"more": [live, None]}))
    assert type(found) is Pair
    assert not found.h.requires_grad
    assert not found.c["more"][0].requires_grad
    assert found.c["more"][1] is None
    assert isinstance(detach(np.ones(3)), mg.Tensor)

"""Activations, clipping and direction in the layouts of others: said where they can be, refused
where not."""

import numpy as np
import pytest

from rnn import (
    GRU,
    LSTM,
    RNN,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    unroll,
)
from rnn.cells.activations import ACTIVATIONS
from rnn.convert import (
    Operator,
    Weights,
    from_keras,
    from_onnx,
    load,
    to_gates,
    to_keras,
    to_onnx,
    to_torch,
    weights_of,
)
from rnn.convert.forward import forward, zero_state
from tests.support.stacks import assert_same_weights

K, H, T, B = 3, 4, 5, 2
XS = np.random.default_rng(0).normal(size=(T, B, K))
PAIRS = [("softsign", "hard_sigmoid"), ("relu", "hard_sigmoid_02"), ("elu", "softplus"),
         ("identity", "sigmoid"), ("tanh", "relu")]


@pytest.mark.parametrize("clip", [None, 0.4])
@pytest.mark.parametrize(("phi", "sigma"), PAIRS)
@pytest.mark.parametrize("make", [LSTMCell, GRUCell])
def test_onnx_and_back(make, phi, sigma, clip):
    """Cell → operator → cell is the same cell; and what ``explain`` runs computes the same."""
    cell = make(K, H, activation=phi, recurrent_activation=sigma, clip=clip, dtype=float, rng=0)
    (operator,) = to_onnx(cell)
    again = from_onnx(operator).cell()
    assert (again.activation, again.recurrent_activation, again.clip) == (phi, sigma, clip)
    wanted = unroll(cell, XS)[0].numpy()
    np.testing.assert_allclose(unroll(again, XS)[0].numpy(), wanted, rtol=1e-12)
    weights = weights_of(cell).only()
    np.testing.assert_allclose(forward(weights, XS, zero_state(weights, B)), wanted, rtol=1e-12)


@pytest.mark.parametrize("phi", ACTIVATIONS)
def test_onnx_nonlinearities(phi):
    """Every nonlinearity of an RNN, in both directions, through ONNX and back."""
    layer = RNN(K, H, 2, nonlinearity=phi, bidirectional=True, clip=0.7, dtype=float, rng=0)
    operators = to_onnx(layer)
    weights = from_onnx(operators)
    assert weights.layers[1][1].nonlinearity == phi
    again = weights.layer()
    np.testing.assert_allclose(again(XS)[0].numpy(), layer(XS)[0].numpy(), rtol=1e-12)
    assert_same_weights(from_onnx(to_onnx(weights)), weights)


def test_onnx_activations_of_others():
    """Names as bytes, alpha and beta left out where ONNX has defaults, once for each direction."""
    arrays = {"W": np.ones((2, 16, K)), "R": np.ones((2, 16, H))}
    names = ["HardSigmoid", "Tanh", "Tanh"]
    for given in (names * 2, [n.encode() for n in names * 2]):
        weights = from_onnx(arrays, activations=given, direction=b"bidirectional", clip=3.0)
        cell = weights.layers[0][0]
        assert (cell.recurrent_activation, cell.activation) == ("hard_sigmoid_02", "tanh")
        assert cell.clip == 3.0
    sixth = np.float32(1 / 6)
    weights = from_onnx(arrays, activations=names * 2, activation_alpha=[sixth, sixth],
                        activation_beta=[0.5, 0.5])
    assert weights.layers[0][1].recurrent_activation == "hard_sigmoid"
    with pytest.raises(ValueError, match="activations"):    # another in the other direction
        from_onnx(arrays, activations=[*names, "Sigmoid", "Tanh", "Tanh"])


@pytest.mark.parametrize("make", [LSTM, GRU, RNN])
def test_onnx_in_reverse(make):
    """direction="reverse" is a layer with reverse=True, stacked too; mixed ones are refused."""
    layer = make(K, H, 2, reverse=True, dtype=float, rng=0)
    operators = to_onnx(layer)
    assert {o.attributes["direction"] for o in operators} == {"reverse"}
    weights = from_onnx(operators)
    assert weights.reverse
    assert "reverse" in repr(weights)
    again = weights.layer()
    assert again.reverse
    for lengths in (None, [2, T]):
        np.testing.assert_allclose(again(XS, lengths=lengths)[0].numpy(),
                                   layer(XS, lengths=lengths)[0].numpy(), rtol=1e-12)
    first, second = operators
    other = Operator(second.op_type, second.arrays, {**second.attributes, "direction": "forward"})
    with pytest.raises(ValueError, match="some operators run in reverse"):
        from_onnx([first, other])


@pytest.mark.parametrize(("phi", "sigma"), PAIRS)
def test_keras_by_its_names(phi, sigma):
    """from_keras takes Keras' names or ours; arrays go to Keras where it has names for both."""
    cell = LSTMCell(K, H, activation=phi, recurrent_activation=sigma, dtype=float, rng=0)
    if ACTIVATIONS[sigma].keras is None:
        with pytest.raises(ValueError, match="Keras 3 has no recurrent_activation 'hard_sigmoid_"):
            to_keras(cell)
        return
    theirs = ACTIVATIONS[phi].keras, ACTIVATIONS[sigma].keras
    for one, two in (theirs, (phi, sigma)):
        again = from_keras(to_keras(cell), activation=one, recurrent_activation=two).cell()
        np.testing.assert_array_equal(unroll(again, XS)[0].numpy(), unroll(cell, XS)[0].numpy())
    with pytest.raises(ValueError, match="activation='swish'"):
        from_keras(to_keras(cell), activation="swish")


def test_hard_sigmoids_of_keras():
    """That of Keras 1 and 2 has slope 0.2, that of Keras 3 slope 1/6: named apart."""
    arrays = [np.ones((K, 4 * H)), np.ones((H, 4 * H))]
    xs = np.zeros((1, 1, K))
    xs[:] = 0.1                                                          # all sums are 0.3
    for name, i in (("hard_sigmoid_02", 0.56), ("hard_sigmoid", 0.55)):
        cell = from_keras(arrays, recurrent_activation=name).cell()
        _, (_, c) = unroll(cell, xs)
        np.testing.assert_allclose(c.numpy(), i * np.tanh(0.3))


@pytest.mark.parametrize("write", [to_torch, to_keras, lambda cell: to_gates(cell, concat="hx")],
                         ids=["torch", "keras", "gates"])
@pytest.mark.parametrize("cell", [
    LSTMCell(K, H, clip=1.0), GRUCell(K, H, clip=1.0), ElmanCell(K, H, clip=1.0),
    LSTMCell(K, H, recurrent_activation="hard_sigmoid_02"), LSTMCell(K, H, activation=np.sin),
], ids=["lstm", "gru", "elman", "words", "function"])
def test_what_others_have_no_place_for(write, cell):
    """Clipping, other activations, functions of one's own: refused by the writer's name."""
    with pytest.raises(ValueError, match=r"clip|activation"):
        write(cell)


def test_reverse_where_there_is_none():
    """PyTorch has no layer in reverse, Keras' gives its outputs in another order; the cells go."""
    layer = LSTM(K, H, reverse=True)
    for write in (to_torch, to_keras):
        with pytest.raises(ValueError, match="pass its cells"):
            write(layer)
        assert write(layer.cells)


def test_the_same_function_in_other_words():
    """f = 1 - i is f with the weights of i and the other sign for hard sigmoids too, clipped or
    not; of other gates it is not, and is refused."""
    for sigma in ("hard_sigmoid", "hard_sigmoid_02"):
        cell = MGUCell(K, H, recurrent_activation=sigma, clip=0.8, dtype=float, rng=0)
        again = from_onnx(to_onnx(cell)).cell()
        np.testing.assert_allclose(unroll(again, XS)[0].numpy(), unroll(cell, XS)[0].numpy(),
                                   rtol=1e-12)
    for cell in (GRUCell(K, H, update="new", recurrent_activation="tanh"),
                 MGUCell(K, H, recurrent_activation="elu"),
                 LSTM1997Cell(K, H, recurrent_activation="relu")):
        with pytest.raises(ValueError, match="no other weights say the same"):
            to_onnx(cell)
    with pytest.raises(ValueError, match="keeps a forget gate from being always open"):
        to_onnx(LSTM1997Cell(K, H, clip=2.0))


def test_loading_into_another_function():
    """load refuses weights of other activations or another clip, and changes nothing."""
    target = LSTMCell(K, H, recurrent_activation="hard_sigmoid", rng=0)
    before = target.W_hh.numpy().copy()
    for other, field in ((LSTMCell(K, H, rng=1), "recurrent_activation"),
                         (LSTMCell(K, H, recurrent_activation="hard_sigmoid", clip=1), "clip"),
                         (LSTMCell(K, H, recurrent_activation="hard_sigmoid",
                                   activation="relu"), "activation")):
        with pytest.raises(ValueError, match=f"the target has {field}="):
            load(target, other)
    np.testing.assert_array_equal(target.W_hh.numpy(), before)
    load(target, LSTMCell(K, H, recurrent_activation="hard_sigmoid", rng=1))
    assert (target.W_hh.numpy() != before).any()


@pytest.mark.parametrize("merge", ["concat", "sum", "mul", "ave", None])
def test_merges(merge):
    """Weights keep how directions are merged, and make the layer again."""
    layer = GRU(K, H, bidirectional=True, merge=merge, dtype=float, rng=0)
    weights = weights_of(layer)
    assert weights.merge == merge
    found, wanted = weights.layer()(XS)[0], layer(XS)[0]
    for a, b in zip(*((y if isinstance(y, tuple) else (y,)) for y in (found, wanted)), strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    with pytest.raises(ValueError, match="merge=None: two outputs"):
        Weights(weights.layers * 2, None)

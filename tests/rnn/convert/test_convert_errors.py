"""What does not fit is refused with the key, the shape received and the shape wanted."""

import re
import sys

import numpy as np
import pytest

from rnn import (
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    ResidualCell,
    ZoneoutCell,
)
from rnn.convert import (
    CellWeights,
    Operator,
    Weights,
    from_gates,
    from_keras,
    from_onnx,
    from_torch,
    load,
    to_gates,
    to_keras,
    to_onnx,
    to_torch,
    weights_of,
)
from rnn.convert.onnx_files import onnx_export

ones = np.ones


def torch_lstm(**changes):
    arrays = {"weight_ih_l0": ones((12, 5)), "weight_hh_l0": ones((12, 3)),
              "bias_ih_l0": ones(12), "bias_hh_l0": ones(12)}
    arrays |= changes
    return {key: array for key, array in arrays.items() if array is not None}


@pytest.mark.parametrize(
    ("state_dict", "options", "message"),
    [
        (torch_lstm(weight_hh_l0=None), {}, "'weight_hh_l0' is missing"),
        (torch_lstm(bias_hh_l0=None), {}, "'bias_hh_l0' is missing; wanted both biases or none"),
        (torch_lstm(weight_hh_l0=ones((7, 3))), {},
         r"'weight_hh_l0' has shape \(7, 3\), so there are H = 3 units and 7 sums; wanted 1·H"),
        (torch_lstm(weight_hh_l0=ones((7, 3))), {},
         r"1·H = 3 \(rnn\) or 4·H = 12 \(lstm\) or 3·H = 9 \(gru\)"),
        (torch_lstm(), {"kind": "gru"}, r"12 sums; wanted 3·H = 9 \(gru\)"),
        (torch_lstm(), {"kind": "LSTM"}, r"kind='LSTM'.*'rnn', 'lstm' and 'gru'"),
        (torch_lstm(weight_ih_l0=ones((9, 5))), {},
         r"'weight_ih_l0' has shape \(9, 5\); wanted \(4·H, K\) = \(12, 5\)"),
        (torch_lstm(bias_ih_l0=ones(9)), {}, r"'bias_ih_l0' has shape \(9,\); wanted .*\(12,\)"),
        (torch_lstm(weight_ih_l0=ones(12)), {}, r"\(12,\); wanted a matrix"),
        (torch_lstm(weight_hr_l0=ones((2, 3))), {}, r"'weight_hr_l0' has shape \(2, 3\)"),
        (torch_lstm(weight_ih_l1=ones((12, 3)), weight_hh_l1=ones((12, 3)),
                    weight_ih_l3=ones((12, 3))), {}, "'weight_ih_l2' is missing"),
        (torch_lstm(weight_ih_l1=ones((12, 5)), weight_hh_l1=ones((12, 3))), {},
         r"'weight_ih_l1' has shape \(12, 5\); wanted \(4·H, K\) = \(12, 3\)"),
        (torch_lstm(weight_ih_l0_reverse=ones((12, 5))), {}, "'weight_hh_l0_reverse' is missing"),
        (torch_lstm(weight_ih=ones((12, 5))), {}, "some keys name a layer"),
        ({f"encoder.rnn.{k}": v for k, v in torch_lstm().items()}, {},
         r"'encoder.rnn.weight_ih_l0' is no parameter.*so pass prefix='encoder.rnn.'"),
        (torch_lstm(**{"fc.weight": ones((2, 3))}), {}, "'fc.weight' is no parameter.*prefix="),
        (torch_lstm(), {"prefix": "decoder."}, "no key begins with 'decoder.weight_ih'"),
        (torch_lstm(bias_ih_l0=ones(12, np.float32)), {},
         r"'weight_ih_l0' is float64, 'bias_ih_l0' is float32; wanted one dtype"),
        ({}, {}, "no key begins with 'weight_ih'"),
    ],
)
def test_from_torch(state_dict, options, message):
    """State dicts that are no RNN's, LSTM's or GRU's."""
    with pytest.raises(ValueError, match=message):
        from_torch(state_dict, **options)


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ([ones((5, 12))], {}, "received 1 arrays; wanted kernel, recurrent_kernel"),
        ([ones((5, 12)), ones((3, 7))], {}, r"'recurrent_kernel' has shape \(3, 7\).*H = 3"),
        ([ones((5, 9)), ones((3, 12))], {}, r"'kernel' has shape \(5, 9\); wanted \(K, 4·H\)"),
        ([ones((5, 12)), ones((3, 12)), ones((2, 12))], {}, r"'bias' has shape \(2, 12\); wanted"),
        ([ones((5, 9)), ones((3, 9))], {}, "does not show where it resets; pass reset_after="),
        ([ones((5, 9)), ones((3, 9)), ones(9)], {"reset_after": True},
         r"'bias' has shape \(9,\); wanted \(2, 3·H\) = \(2, 9\)"),
        ([ones((5, 9)), ones((3, 9)), ones((1, 2, 9))], {}, r"wanted \(2, 3·H\) or \(3·H,\)"),
        ([[ones((5, 3)), ones((3, 3))], [ones((5, 3)), ones((3, 3))]], {},
         "layer 1 takes inputs of width 5 .*wanted inputs of width 3"),
        ({"dense/kernel": ones((5, 3)), "dense/bias": ones(3)}, {},
         "'dense/recurrent_kernel' is missing; a layer that is not recurrent"),
        ({"weights": ones((5, 3))}, {}, "'weights' is no parameter of a recurrent layer"),
        ({"backward_lstm/kernel": ones((5, 12))}, {}, "a backward layer and no forward one"),
    ],
)
def test_from_keras(weights, options, message):
    """Arrays that are no recurrent layer's of Keras."""
    with pytest.raises(ValueError, match=message):
        from_keras(weights, **options)


def onnx_gru(**changes):
    arrays = {"W": ones((1, 9, 5)), "R": ones((1, 9, 3)), "B": ones((1, 18))} | changes
    return {key: array for key, array in arrays.items() if array is not None}


def onnx_lstm():
    return {"W": ones((1, 12, 5)), "R": ones((1, 12, 3))}


@pytest.mark.parametrize(
    ("operators", "options", "message"),
    [
        ([], {}, "received no operator"),
        (onnx_gru(R=None), {}, "received 'W' and 'B'; wanted 'W', 'R'"),
        (onnx_gru(R=ones((9, 3))), {}, r"'R' has shape \(9, 3\); wanted \(directions, G·H, size\)"),
        (onnx_gru(W=ones((1, 12, 5))), {}, r"'W' has shape \(1, 12, 5\); wanted \(D, 3·H, K\)"),
        (onnx_gru(B=ones((1, 9))), {}, r"'B' has shape \(1, 9\); wanted \(D, 2·3·H\) = \(1, 18\)"),
        (onnx_gru(P=ones((1, 9))), {}, "'P' are peepholes, which only an LSTM has"),
        (onnx_gru(), {"direction": "bidirectional"}, "direction='bidirectional'"),
        (onnx_gru(), {"hidden_size": 4}, "hidden_size=4; wanted 3, as R has"),
        (onnx_gru(), {"clip": -3.0}, "clip=-3.0; wanted a number above 0"),
        (onnx_gru(), {"input_forget": 1}, "input_forget=1; wanted none"),
        (onnx_gru(), {"activations": ["ScaledTanh", "Tanh"]}, "wanted 2 for each direction, of"),
        (onnx_lstm(), {"activations": ["Sigmoid", "Tanh"]}, "wanted 3 for each direction"),
        (onnx_lstm(), {"activations": ["Sigmoid", "Tanh", "Relu"]}, "the last two the same"),
        (onnx_gru(), {"activations": ["HardSigmoid", "Tanh"], "activation_alpha": [0.3]},
         "with the alpha and beta that"),
        (onnx_gru(), {"activation_alpha": [0.3]}, "wanted them with activations"),
        (onnx_lstm() | {"P": ones((1, 12))}, {}, r"'P' has shape \(1, 12\); wanted \(D, 3·H\)"),
        ({"W": ones((1, 3, 5)), "R": ones((1, 3, 3))}, {"activations": ["Gelu"]}, "'Gelu'.*'Tanh'"),
        (Operator("LSTM", onnx_gru(), {}), {}, r"9 sums; wanted 4·H = 12 \(lstm\)"),
        (Operator("Gemm", onnx_gru(), {}), {}, "is 'Gemm'; wanted 'RNN', 'LSTM' and 'GRU'"),
        (Operator("GRU", onnx_gru(), {}), {"kind": "lstm"}, "is 'GRU'; wanted 'LSTM'"),
        ([onnx_gru(), onnx_gru()], {}, "layer 1 takes inputs of width 5"),
    ],
)
def test_from_onnx(operators, options, message):
    """Operators that no cell here computes, and arrays that do not fit them."""
    with pytest.raises(ValueError, match=message):
        from_onnx(operators, **options)


@pytest.mark.parametrize(
    ("matrices", "options", "message"),
    [
        ({"W_f": ones((3, 8))}, {}, "received matrices of 'f'; wanted W_i, W_f, W_C, W_o"),
        ({}, {}, "received matrices of nothing"),
        ({"W": ones((3, 8))}, {"kind": "gru"}, "wanted W_i"),
        ({"W": ones((3, 8))}, {"kind": "tree"}, "wanted W_i"),
        ({"W": ones((3, 3))}, {}, r"'W' has shape \(3, 3\); wanted \(H, H\+K\) or \(H\+K, H\)"),
        ({"W_f": ones((3, 8)), "W_h": ones((8, 3))}, {}, r"'W_h' has shape \(8, 3\)"),
        ({"W": ones((3, 8)), "b": ones(8)}, {}, r"'b' has shape \(8,\); wanted \(H,\) = \(3,\)"),
        ({"W_f": ones((3, 8)), "W_h": ones((3, 8)), "b_f": ones(3)}, {}, "the biases 'b_f'"),
        ({"W": ones((3, 8)), "b": ones(3), "b_xh": ones(3)}, {}, "one bias for each gate"),
        ({"W": ones((3, 8)), "c0": ones(3)}, {}, "'c0' is no name of a matrix or a bias"),
        ({"W": ones((3, 8))}, {"concat": "hc"}, "concat='hc'.*wanted 'hx'"),
    ],
)
def test_from_gates(matrices, options, message):
    """Matrices that are no cell's."""
    with pytest.raises(ValueError, match=message):
        from_gates(matrices, **{"concat": "hx", **options})


@pytest.mark.parametrize(
    ("write", "thing", "message"),
    [
        (to_torch, GRUCell(2, 3, reset="before"), "resets before the product.*Keras.*ONNX"),
        (to_torch, MGUCell(2, 3), "resets before the product"),
        (to_torch, PeepholeLSTMCell(2, 3), "no peepholes; ONNX's has"),
        (to_torch, ElmanCell(2, 3, nonlinearity="sigmoid"), "tanh or relu, this one sigmoid"),
        (to_torch, [LSTMCell(2, 3), LSTMCell(3, 4)], r"one hidden size \(here \[3, 4\]\)"),
        (to_keras, PeepholeLSTMCell(2, 3), "no peepholes"),
        (to_keras, ProjectedLSTMCell(2, 3, 2), "no projection"),
        (to_onnx, ProjectedLSTMCell(2, 3, 2), "no projection"),
        (lambda c: to_gates(c, concat="hx"), PeepholeLSTMCell(2, 3), "no place for the peepholes"),
        (lambda c: to_gates(c, concat="x"), LSTMCell(2, 3), "concat='x'"),
        (lambda c: to_gates(c, concat="hx", side="up"), LSTMCell(2, 3), "side='up'"),
        (lambda c: to_gates(c, concat="hx"), [LSTMCell(2, 3), LSTMCell(3, 3)], "more than one"),
        (weights_of, LayerNormLSTMCell(2, 3), "LayerNormLSTMCell computes a step of its own"),
        (weights_of, ResidualCell(LSTMCell(3, 3)), "a step of its own.*its .cell has one"),
        (weights_of, Recurrent(ZoneoutCell(LSTMCell(3, 3), 0.5)), "ZoneoutCell computes a step"),
        (weights_of, [LSTMCell(2, 3), GRUCell(3, 3)], "layer 1 has kind gru, layer 0 lstm"),
        (weights_of, [LSTMCell(2, 3), LSTMCell(2, 3)], "layer 1 takes inputs of width 2"),
    ],
)
def test_writers(write, thing, message):
    """Cells for which a layout has no place, and no cells at all."""
    with pytest.raises(ValueError, match=message):
        write(thing)


@pytest.mark.parametrize("thing", [None, 3, "lstm", [], [[]], [3], {"W": 1}])
def test_what_is_no_cell(thing):
    """Anything but cells, layers and Weights is a TypeError that shows what is wanted."""
    with pytest.raises(TypeError, match=r"to_torch: received .*wanted a cell, a layer, or cells"):
        to_torch(thing)


@pytest.mark.parametrize("read", [from_torch, from_keras, from_onnx])
@pytest.mark.parametrize("thing", [3, None, "path.pt"])
def test_what_is_no_dictionary(read, thing):
    """A file name or None in the place of arrays is a TypeError."""
    with pytest.raises(TypeError, match=f"{read.__name__}: .*received|{read.__name__}: received"):
        read(thing)


@pytest.mark.parametrize("bad", [None, "a", [[1.0], [1.0, 2.0]], ones((12, 5), int), object()])
def test_what_is_no_array(bad):
    """Values without real numbers are a TypeError that names the key."""
    with pytest.raises(TypeError, match=r"from_torch: 'weight_ih_l0'"):
        from_torch({**torch_lstm(), "weight_ih_l0": bad})


class OwnStep(LSTMCell):
    """A user's cell that only looks like an LSTM."""

    def preactivation(self, x, h):
        return 2 * super().preactivation(x, h)


def test_a_cell_of_ones_own_is_refused():
    """A subclass that computes something else is not converted as if it were an LSTM."""
    with pytest.raises(ValueError, match="OwnStep computes a step of its own"):
        weights_of(OwnStep(2, 3))

    class Renamed(LSTMCell):
        pass

    assert weights_of(Renamed(2, 3)).kind == "lstm"


def test_a_cell_with_more_parameters_is_refused():
    """A parameter that has no place elsewhere is named, not dropped."""

    class Scaled(LSTMCell):
        def _make_parameters(self, rng):
            super()._make_parameters(rng)
            self.scale = self.uniform(rng, 3)

    with pytest.raises(ValueError, match="Scaled has the parameters scale"):
        weights_of(Scaled(2, 3))


LOADS = [
    (LSTMCell(2, 3), GRUCell(2, 3), "field|kind='lstm', the weights kind='gru'"),
    (GRUCell(2, 3), GRUCell(2, 3, reset="before"), "reset='after', the weights reset='before'"),
    (ElmanCell(2, 3), ElmanCell(2, 3, nonlinearity="relu"), "nonlinearity='tanh'"),
    (LSTMCell(2, 3), LSTMCell(2, 4), "the target has 3 units, the weights 4"),
    (LSTMCell(2, 3), LSTMCell(4, 3), "the target has 2 inputs, the weights 4"),
    (LSTMCell(2, 3), PeepholeLSTMCell(2, 3), "the target has no peepholes"),
    (LSTMCell(2, 3), [LSTMCell(2, 3), LSTMCell(3, 3)], "1 layer.* of 1 direction.* the weights 2"),
    (LSTMCell(2, 3), ProjectedLSTMCell(2, 3, 2), "the target has 3 outputs, the weights 2"),
    (LSTMCell(2, 3, biases=0), LSTMCell(2, 3), "the target has 0 biases.*are not all 0"),
    (GRUCell(2, 3, biases=1), GRUCell(2, 3), r"b_hh of the candidate n stands inside r ⊙"),
    (GRUCell(2, 3), MGUCell(2, 3), "reset='after', the weights reset='before'"),
]


@pytest.mark.parametrize(("target", "weights", "message"), LOADS)
def test_loading_what_does_not_fit_changes_nothing(target, weights, message):
    """Weights of another function or size are refused, and the cell stays as it was."""
    before = target.state_dict()
    with pytest.raises(ValueError, match=message):
        load(target, weights)
    for name, array in target.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_loading_is_all_or_nothing():
    """If the second layer does not fit, the first is not written either."""
    target = [LSTMCell(2, 3, rng=0), LSTMCell(3, 3, rng=1, dtype=float)]
    before = [cell.state_dict() for cell in target]
    weights = from_torch({
        key: array.astype(np.float32)
        for key, array in torch_lstm(
            weight_ih_l0=ones((12, 2)), weight_ih_l1=ones((12, 3)), weight_hh_l1=ones((12, 3)),
        ).items()
    })
    with pytest.raises((KeyError, ValueError), match=re.escape("layer 1")):
        load(target, weights)
    for cell, was in zip(target, before, strict=True):
        for name, array in cell.state_dict().items():
            np.testing.assert_array_equal(array, was[name])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "tree"}, "kind='tree'"),
        ({"gates": ("i", "f")}, "gates="),
        ({"forget": "never"}, "forget='never'"),
        ({"W_hh": ones((3, 9))}, r"W_hh has shape \(3, 9\)"),
        ({"W_xh": ones(12)}, r"W_xh has shape \(12,\); wanted a full matrix"),
        ({"biases": (ones(12),) * 3}, "received 3 biases"),
        ({"biases": (ones(9),)}, r"a bias has shape \(9,\)"),
        ({"peepholes": {"g": ones(3)}}, "a peephole into 'g'"),
        ({"kind": "rnn", "W_xh": ones((5, 3)), "W_hh": ones((3, 3)), "projection": ones((3, 3))},
         "only an lstm has"),
    ],
)
def test_weights_check_themselves(fields, message):
    """CellWeights whose parts do not fit together cannot be made."""
    with pytest.raises(ValueError, match=message):
        CellWeights(**{"kind": "lstm", "W_xh": ones((5, 12)), "W_hh": ones((3, 12)), **fields})


def test_words_of_weights():
    """Unknown words and numbers are refused with those that there are."""
    weights = weights_of(GRUCell(2, 3))
    with pytest.raises(ValueError, match=r"update='old'.*'keep' and 'new'"):
        weights.with_update("old")
    with pytest.raises(ValueError, match="wanted 0, 1 or 2"):
        weights.with_biases(3)
    with pytest.raises(ValueError, match=r"gates=\('r', 'z'\)"):
        weights.only().ordered("rz")
    with pytest.raises(ValueError, match="merge='mean'"):
        Weights(weights.layers, "mean")
    with pytest.raises(ValueError, match="one direction or two"):
        Weights(())


def test_without_onnx_the_error_says_what_to_install(monkeypatch):
    """ModuleNotFoundError names the package."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install onnx$"):
        onnx_export(ElmanCell(2, 3))

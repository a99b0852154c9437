"""A state dict of another program, given to ``load_state_dict``: the error says what to call."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import StateDictError
from rnn import GRU, LSTM, DropoutCell, LSTMCell, Readout, Recurrent
from rnn.convert import (
    from_gates,
    from_keras,
    from_onnx,
    from_torch,
    load,
    to_gates,
    to_keras,
    to_onnx,
    to_torch,
)

K, H = 5, 3
WRITERS = {
    "torch": (to_torch, from_torch, {}),
    "keras": (to_keras, from_keras, {}),
    "onnx": (lambda cell: to_onnx(cell)[0].arrays, from_onnx, {}),
    "gates": (lambda cell: to_gates(cell, concat="xh"), from_gates, {"concat": "xh"}),
}


@pytest.mark.parametrize("make", [
    lambda: LSTMCell(K, H, biases=1, rng=1), lambda: LSTM(K, H, biases=1, rng=1),
    lambda: Recurrent(LSTMCell(K, H, rng=1)),
    lambda: DropoutCell(LSTMCell(K, H, rng=1), hidden=0.5),
], ids=["cell", "LSTM", "Recurrent", "wrapped"])
@pytest.mark.parametrize("form", WRITERS)
def test_the_reader_is_named(form, make):
    """Names of PyTorch, Keras, ONNX and of one matrix for each gate: the call that is told loads
    what load_state_dict refused, and nothing was loaded before."""
    write, read, options = WRITERS[form]
    theirs = write(LSTMCell(K, H, rng=0))
    target = make()
    before = target.state_dict()
    with pytest.raises(StateDictError, match=rf"rnn\.convert\.load\(.*from_{form}\(") as caught:
        target.load_state_dict(theirs)
    assert str(caught.value).count("rnn.convert.load") == 1
    for name, array in target.state_dict().items():
        np.testing.assert_array_equal(array, before[name])
    load(target, read(theirs, **options))


def test_inside_of_a_model():
    """The layer of a larger model recognises the names under its own path; a prefix is told."""
    model = mg.Module()
    model.encoder, model.scale = GRU(K, H, 2, bidirectional=True), mg.Parameter(np.ones(1))
    theirs = {f"encoder.{k}": v for k, v in to_torch(GRU(K, H, 2, bidirectional=True)).items()}
    with pytest.raises(StateDictError, match=r"from_torch\(state_dict\)\) reads"):
        model.load_state_dict(theirs)
    with pytest.raises(StateDictError, match=r"from_torch\(state_dict, prefix='encoder.'\)\)"):
        model.encoder.load_state_dict(theirs)


@pytest.mark.parametrize("name", ["W_hh_2", "cell.W_xh", "weights", "bias", "kernels", "W", "w_ci"])
def test_names_of_nobody(name):
    """Names that are not another program's get no such advice."""
    with pytest.raises(StateDictError) as caught:
        LSTMCell(K, H).load_state_dict({name: np.ones(1)})
    assert "rnn.convert" not in str(caught.value)


def test_at_other_paths():
    """Names of a model that is built otherwise are told as well, with their prefix; so are those of
    a linear head."""
    model = mg.Module()
    model.layer, model.head = GRU(K, H), Readout(H, 2)
    theirs = {f"encoder.gru.{k}": v for k, v in to_torch(GRU(K, H)).items()}
    with pytest.raises(StateDictError, match=r"from_torch\(state_dict, prefix='encoder.gru.'\)\)"):
        model.load_state_dict(theirs)
    file = {f"layers/gru/cell/vars/{k}": np.ones(1) for k in range(3)}
    with pytest.raises(StateDictError, match=r"from_file\(path\)\) reads them"):
        model.load_state_dict(file)
    for names, told in (
        (("fc.weight", "fc.bias"), r"PyTorch's Linear: .*'W_hq': weight\.T"),
        (("dense/kernel", "dense/bias"), r"Keras'"),
    ):
        with pytest.raises(StateDictError, match=told):
            model.load_state_dict(dict.fromkeys(names, np.ones(2)))


def test_the_hint_for_a_linear_head_loads_it():
    """W_hq is PyTorch's weight transposed."""
    head, weight, bias = Readout(H, 2), np.ones((2, H), np.float32), np.zeros(2, np.float32)
    with pytest.raises(StateDictError, match=r"load_state_dict\({'W_hq': weight\.T, 'b_q': bias}"):
        head.load_state_dict({"weight": weight, "bias": bias})
    head.load_state_dict({"W_hq": weight.T, "b_q": bias})

"""Exported files compute the same numbers, in onnxruntime and in ONNX's own reference evaluator."""

import numpy as np
import pytest

from rnn import (
    GRU,
    LSTM,
    RNN,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    ZoneoutCell,
    unroll,
)
from rnn.convert import to_torch
from rnn.convert.onnx_files import onnx_export
from tests.support.onnx_cells import CELLS

pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.peers

T, B, K, H = 5, 3, 4, 2


def run(model, **inputs):
    """The outputs of a model, given as such or as a file, in onnxruntime."""
    content = model if isinstance(model, str) else model.SerializeToString()
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


OTHERS = {
    "elman hard_sigmoid": (ElmanCell, {"nonlinearity": "hard_sigmoid"}),
    "elman hard_sigmoid_02, clipped": (
        ElmanCell, {"nonlinearity": "hard_sigmoid_02", "clip": 0.2}),
    "elman elu": (ElmanCell, {"nonlinearity": "elu"}),
    "elman softplus": (ElmanCell, {"nonlinearity": "softplus"}),
    "lstm, clipped": (LSTMCell, {"clip": 0.2}),
    "lstm, others": (
        LSTMCell, {"recurrent_activation": "hard_sigmoid", "activation": "softsign"}),
    "gru, others": (
        GRUCell, {"recurrent_activation": "hard_sigmoid_02", "activation": "relu", "clip": 0.3}),
}


@pytest.mark.parametrize("kind", [*CELLS, *OTHERS])
def test_cells_in_onnxruntime(kind):
    """Every kind of cell that ONNX has an operator for, with other activations and clipped sums:
    outputs and last state, float32."""
    make, options = {**CELLS, **OTHERS}[kind]
    cell = make(K, H, rng=0, **options)
    xs = np.random.default_rng(1).normal(size=(T, B, K)).astype(np.float32)
    ys, state = unroll(cell, xs)
    y, *last = run(onnx_export(cell), x=xs)
    np.testing.assert_allclose(y, ys.numpy(), atol=1e-6)
    for theirs, ours in zip(last, state if isinstance(state, tuple) else (state,), strict=True):
        np.testing.assert_allclose(theirs[0], ours.numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", [k for k in CELLS if k not in ("elman relu", "elman sigmoid")])
def test_cells_in_float64(kind):
    """The same in ONNX's reference evaluator to 1e-12. (Of an RNN's activations it knows tanh and
    the identity; and it ignores input_forget, which the written forget gate does not mind.)"""
    pytest.importorskip("onnx", minversion="1.23")  # evaluators before do not give an LSTM's c
    from onnx.reference import ReferenceEvaluator

    make, options = CELLS[kind]
    cell = make(K, H, rng=0, dtype=float, **options)
    xs = np.random.default_rng(1).normal(size=(T, B, K))
    ys, _ = unroll(cell, xs)
    model = onnx_export(cell, dtype=np.float64)
    y, *_ = ReferenceEvaluator(model).run(None, {"x": xs})
    np.testing.assert_allclose(y, ys.numpy(), atol=1e-12)


@pytest.mark.parametrize("initial", ["zeros", "given", "learned"])
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("merge", [None, "reverse", "concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_layers_in_onnxruntime(kind, layers, merge, batch_first, lengths, initial):
    """Stacked and bidirectional layers, unequal lengths, states, the axes as in the layer."""
    rng = np.random.default_rng(0)
    both = {} if merge is None else {"bidirectional": True, "merge": merge}
    both = {"reverse": True} if merge == "reverse" else both
    layer = kind(
        K, H, layers, batch_first=batch_first, learn_initial_state=initial == "learned", rng=0,
        **both,
    )
    for parameter in layer.initial.values():
        parameter.data = rng.normal(size=parameter.shape).astype(np.float32)

    def draw(first, second, width):
        shape = (second, first, width) if batch_first else (first, second, width)
        return rng.normal(size=shape).astype(np.float32)

    feed, state, ends = {"x": draw(T, B, K)}, None, None
    if initial == "given":
        cells = layers * (1 if merge in (None, "reverse") else 2)
        feed |= {f"{part}_0": draw(cells, B, H) for part in ("hc" if kind is LSTM else "h")}
        state = tuple(feed.values())[1:]
        state = state if kind is LSTM else state[0]
    if lengths:
        ends = [T, 2, 3]
        feed["lengths"] = np.array(ends, np.int32)
    ys, last = layer(feed["x"], state, lengths=ends)
    model = onnx_export(layer, initial_state=initial == "given", lengths=lengths)
    y, *states = run(model, **feed)
    np.testing.assert_allclose(y, ys.numpy(), atol=1e-6)
    for theirs, ours in zip(states, last if kind is LSTM else (last,), strict=True):
        np.testing.assert_allclose(theirs, ours.numpy(), atol=1e-6)


@pytest.mark.parametrize("batch_first", [False, True])
def test_tokens(batch_first):
    """Token indices as inputs, as a cell takes them."""
    cell = LSTMCell(K, H, rng=0)
    tokens = np.random.default_rng(0).integers(0, K, (T, B))
    y, *_ = run(onnx_export(cell, tokens=True, batch_first=batch_first),
                x=tokens.T if batch_first else tokens)
    ys = unroll(cell, tokens)[0].numpy()
    np.testing.assert_allclose(y.swapaxes(0, 1) if batch_first else y, ys, atol=1e-6)


def test_steps_and_batch_are_free():
    """One file runs sequences of any length and number."""
    model = onnx_export(GRU(K, H, 2, rng=0))
    for shape in [(1, 1), (7, 2)]:
        y, h = run(model, x=np.ones((*shape, K), np.float32))
        assert (y.shape, h.shape) == ((*shape, H), (2, shape[1], H))


def test_what_acts_in_training_only_is_left_out():
    """Dropout in the layers does not change the file."""
    plain, dropped = LSTM(K, H, 2, rng=0), LSTM(K, H, 2, dropout=0.5, recurrent_dropout=0.5, rng=1)
    for ours, theirs in zip(dropped.parameters(), plain.parameters(), strict=True):
        ours.data = theirs.data
    xs = np.ones((T, B, K), np.float32)
    one, two = (run(onnx_export(layer), x=xs)[0] for layer in (plain, dropped))
    np.testing.assert_array_equal(one, two)
    cell = GRUCell(K, H, rng=0)
    np.testing.assert_array_equal(
        run(onnx_export(DropoutCell(cell, hidden=0.5)), x=xs)[0], run(onnx_export(cell), x=xs)[0]
    )


def test_files(tmp_path):
    """The file is written whole, replaces one that is there, and runs."""
    cell = ElmanCell(K, H, rng=0)
    path = tmp_path / "cell.onnx"
    path.write_text("old")
    onnx_export(cell, path)
    assert [file.name for file in tmp_path.iterdir()] == ["cell.onnx"]
    xs = np.ones((T, B, K), np.float32)
    np.testing.assert_allclose(run(str(path), x=xs)[0], unroll(cell, xs)[0].numpy(), atol=1e-6)


def test_a_file_that_cannot_be_written(tmp_path):
    """OSError for a folder that is not there; an export that fails leaves the old file."""
    with pytest.raises(OSError, match="nowhere"):
        onnx_export(ElmanCell(K, H), tmp_path / "nowhere" / "cell.onnx")
    path = tmp_path / "cell.onnx"
    path.write_text("old")
    with pytest.raises(ValueError, match="no projection"):
        onnx_export(ProjectedLSTMCell(K, H, 1), path, how="operator")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("thing", "options", "message"),
    [
        (LSTMCell(K, H), {"dtype": int}, "wanted float32 or float64"),
        (LSTMCell(K, H), {"opset": 9}, "opset=9.*14 or later"),
        (Recurrent([LSTMCell(K, H), LSTMCell(H, 3)]), {}, r"the layers have \[2, 3\] units"),
        (Recurrent(ZoneoutCell(LSTMCell(K, H), 0.5)), {"how": "operator"}, "a step of its own"),
    ],
)
def test_what_is_refused(thing, options, message):
    """Dtypes, versions and layers that have no place in ONNX's operators."""
    with pytest.raises(ValueError, match=message):
        onnx_export(thing, **options)


@pytest.mark.parametrize("opset", [14, 17, 21])
def test_versions_of_the_operators(opset):
    """Files for older programs compute the same."""
    layer = GRU(K, H, 2, bidirectional=True, rng=0)
    xs = np.ones((T, B, K), np.float32)
    y, *_ = run(onnx_export(layer, initial_state=False, opset=opset), x=xs)
    np.testing.assert_allclose(y, layer(xs)[0].numpy(), atol=1e-6)


def test_exporting_leaves_the_cell_alone():
    """The parameters are as before."""
    cell = GRUCell(K, H, update="new", rng=0)
    before = to_torch(cell)
    onnx_export(cell)
    for name, array in to_torch(cell).items():
        np.testing.assert_array_equal(array, before[name])

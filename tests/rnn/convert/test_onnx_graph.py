"""The graphs of exported files compute what the layers do, where no package of ONNX is installed:
evaluated in plain NumPy, as ONNX's documentation says."""

import numpy as np
import pytest

from rnn import (
    GRU,
    LSTM,
    RNN,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    Recurrent,
    ZoneoutCell,
    unroll,
)
from rnn.cells.state import unpack
from rnn.convert.onnx_files import graph_of
from tests.support.onnx_cells import CELLS
from tests.support.onnx_numpy import evaluate

T, B, K, H = 5, 3, 4, 2

EVERY = {
    **CELLS,
    **{f"elman {phi}": (ElmanCell, {"nonlinearity": phi})
       for phi in ("hard_sigmoid", "hard_sigmoid_02", "softsign", "softplus", "elu")},
    "lstm, clipped": (LSTMCell, {"clip": 0.2}),
    "peepholes, clipped": (PeepholeLSTMCell, {"clip": 0.2, "recurrent_activation": "softsign"}),
    "coupled, clipped": (CoupledLSTMCell, {"clip": 0.2, "recurrent_activation": "hard_sigmoid"}),
    **{f"lstm {sigma} {phi}": (LSTMCell, {"recurrent_activation": sigma, "activation": phi})
       for sigma, phi in (("hard_sigmoid", "tanh"), ("hard_sigmoid_02", "elu"),
                          ("sigmoid", "identity"), ("identity", "hard_sigmoid"))},
    **{f"gru {reset} {sigma} {phi}": (
        GRUCell, {"reset": reset, "recurrent_activation": sigma, "activation": phi, "clip": 0.3})
       for reset in ("before", "after") for sigma, phi in
       (("hard_sigmoid_02", "relu"), ("sigmoid", "softplus"), ("elu", "tanh"))},
}


@pytest.mark.parametrize("kind", EVERY)
def test_cells(kind):
    """Every kind of cell that ONNX has an operator for: outputs and last state, to 1e-12."""
    make, options = EVERY[kind]
    cell = make(K, H, rng=0, dtype=float, **options)
    xs = np.random.default_rng(1).normal(size=(T, B, K))
    ys, state = unroll(cell, xs)
    y, *last = evaluate(graph_of(cell, dtype=float), x=xs)
    np.testing.assert_allclose(y, ys.numpy(), atol=1e-12)
    for theirs, ours in zip(last, unpack(state), strict=True):
        np.testing.assert_allclose(theirs[0], ours.numpy(), atol=1e-12)


@pytest.mark.parametrize("initial", ["zeros", "given", "learned"])
@pytest.mark.parametrize("lengths", [None, [T, 2, 3], [1, T, 0]], ids=str)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("merge", [None, "reverse", "concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_layers(kind, layers, merge, batch_first, lengths, initial):
    """Stacked and bidirectional layers, unequal lengths handed on to each layer, states given and
    learned, the axes as in the layer."""
    rng = np.random.default_rng(0)
    both = {} if merge is None else {"bidirectional": True, "merge": merge}
    both = {"reverse": True} if merge == "reverse" else both
    layer = kind(
        K, H, layers, batch_first=batch_first, learn_initial_state=initial == "learned", rng=0,
        dtype=float, **both,
    )
    for parameter in layer.initial.values():
        parameter.data = rng.normal(size=parameter.shape)

    def draw(first, second, width):
        return rng.normal(size=(second, first, width) if batch_first else (first, second, width))

    feed, state = {"x": draw(T, B, K)}, None
    if initial == "given":
        cells = layers * (1 if merge in (None, "reverse") else 2)
        feed |= {f"{part}_0": draw(cells, B, H) for part in ("hc" if kind is LSTM else "h")}
        state = tuple(feed.values())[1:]
        state = state if kind is LSTM else state[0]
    if lengths:
        feed["lengths"] = np.array(lengths, np.int32)
    ys, last = layer(feed["x"], state, lengths=lengths)
    graph = graph_of(
        layer, dtype=float, initial_state=initial == "given", lengths=lengths is not None
    )
    for node in graph.nodes:
        if node.op in ("RNN", "LSTM", "GRU"):
            assert node.inputs[4:5] in ((), ("",)) if lengths is None else (
                node.inputs[4] == "lengths")
    y, *states = evaluate(graph, **feed)
    np.testing.assert_allclose(y, ys.numpy(), atol=1e-12)
    for theirs, ours in zip(states, unpack(last), strict=True):
        np.testing.assert_allclose(theirs, ours.numpy(), atol=1e-12)


@pytest.mark.parametrize("batch_first", [False, True])
def test_tokens(batch_first):
    """Token indices as inputs, as a cell takes them."""
    cell = LSTMCell(K, H, rng=0, dtype=float)
    tokens = np.random.default_rng(0).integers(0, K, (T, B))
    graph = graph_of(cell, tokens=True, batch_first=batch_first, dtype=float)
    y, *_ = evaluate(graph, x=tokens.T if batch_first else tokens)
    ys = unroll(cell, tokens)[0].numpy()
    np.testing.assert_allclose(y.swapaxes(0, 1) if batch_first else y, ys, atol=1e-12)


def test_what_acts_in_training_only_is_left_out():
    """Dropout in the layers does not change the graph."""
    cell = GRUCell(K, H, rng=0)
    plain, dropped = graph_of(cell), graph_of(DropoutCell(cell, hidden=0.5))
    assert plain.nodes == dropped.nodes
    for name, array in plain.constants.items():
        np.testing.assert_array_equal(array, dropped.constants[name])


def test_shapes_that_are_declared():
    """T and B are free, the other axes numbers, in the order that the layer has."""
    layer = LSTM(K, H, 2, bidirectional=True, batch_first=True)
    graph = graph_of(layer, lengths=True, initial_state=True)
    assert {v.name: v.shape for v in graph.inputs} == {
        "x": ("B", "T", K), "h_0": ("B", 4, H), "c_0": ("B", 4, H), "lengths": ("B",),
    }
    assert {v.name: v.shape for v in graph.outputs} == {
        "y": ("B", "T", 2 * H), "h_n": ("B", 4, H), "c_n": ("B", 4, H),
    }
    assert {v.dtype for v in graph.outputs} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("thing", "options", "message"),
    [
        (LSTMCell(K, H), {"dtype": int}, "wanted float32 or float64"),
        (Recurrent([LSTMCell(K, H), LSTMCell(H, 3)]), {}, r"the layers have \[2, 3\] units"),
        (Recurrent(ZoneoutCell(LSTMCell(K, H), 0.5)), {}, "a step of its own"),
        (ProjectedLSTMCell(K, H, 1), {}, "no projection"),
        (LSTM(K, H, bidirectional=True, merge=None), {}, "two outputs, and the file has one"),
        (LSTMCell(K, H, activation=np.tanh), {}, "is a function, tanh, for which"),
        (LSTM1997Cell(K, H, clip=1), {}, "keeps a forget gate from being always open"),
        (MGUCell(K, H, recurrent_activation="relu"), {}, "no other weights say the same"),
        (GRUCell(K, H, update="new", recurrent_activation="relu"), {}, "no other weights say"),
    ],
)
def test_what_is_refused(thing, options, message):
    """Dtypes and layers that have no place in ONNX's operators."""
    with pytest.raises(ValueError, match=message):
        graph_of(thing, how="operator", **options)

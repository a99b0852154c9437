"""ONNX operators that were not written by us: what onnxruntime computes with random weights, the
cells that ``from_onnx`` reads out of them compute too."""

import itertools

import numpy as np
import pytest

from rnn.convert import from_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

T, B, K, H = 5, 3, 4, 3
KINDS = [
    ("RNN", 1, {}, False), ("LSTM", 4, {}, False), ("LSTM", 4, {}, True),
    ("GRU", 3, {"linear_before_reset": 0}, False), ("GRU", 3, {"linear_before_reset": 1}, False),
]


def run(op_type, inputs, attributes):
    """The outputs Y, Y_h (and Y_c) of one operator."""
    lstm = op_type == "LSTM"
    slots = ["X", "W", "R", "B", "sequence_lens", "initial_h", *(["initial_c", "P"] * lstm)]
    names = ["Y", "Y_h", *(["Y_c"] * lstm)]
    helper, types = onnx.helper, onnx.TensorProto
    node = helper.make_node(op_type, [s if s in inputs else "" for s in slots], names, **attributes)
    declared = [
        helper.make_tensor_value_info(
            name, types.INT32 if name == "sequence_lens" else types.FLOAT, value.shape
        )
        for name, value in inputs.items()
    ]
    results = [helper.make_tensor_value_info(name, types.FLOAT, None) for name in names]
    graph = helper.make_graph([node], "one", declared, results)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return runtime.InferenceSession(model.SerializeToString()).run(None, inputs)


@pytest.mark.parametrize(
    ("directions", "lengths", "biased", "started"),
    [*itertools.product([1, 2], [None, [5, 2, 3]], [False, True], [False, True])],
)
@pytest.mark.parametrize(("op_type", "gates", "attributes", "peepholes"), KINDS)
def test_operators_of_others(
    op_type, gates, attributes, peepholes, directions, lengths, biased, started
):
    """Outputs and last states agree to float32, with peepholes, both resets, both directions,
    sequence_lens and initial states."""
    rng = np.random.default_rng(0)

    def f(*shape):
        return rng.normal(0, 0.5, shape).astype(np.float32)

    D, G = directions, gates
    arrays = {"W": f(D, G * H, K), "R": f(D, G * H, H)}
    arrays |= {"B": f(D, 2 * G * H)} if biased else {}
    arrays |= {"P": f(D, 3 * H)} if peepholes else {}
    attributes = {
        "hidden_size": H, "direction": "bidirectional" if D == 2 else "forward", **attributes
    }
    inputs, parts = {"X": f(T, B, K), **arrays}, "hc" if op_type == "LSTM" else "h"
    if lengths is not None:
        inputs["sequence_lens"] = np.array(lengths, np.int32)
    state = [f(D, B, H) for _ in parts] if started else None
    if started:
        inputs |= {f"initial_{part}": value for part, value in zip(parts, state, strict=True)}
    wanted = run(op_type, inputs, attributes)

    layer = from_onnx(arrays, op_type.lower(), **attributes).layer()
    given = state and (tuple(state) if len(parts) == 2 else state[0])
    outputs, last = layer(inputs["X"], given, lengths)
    last = last if isinstance(last, tuple) else (last,)
    found = [outputs.numpy(), *(part.numpy().reshape(D, B, H) for part in last)]
    wanted[0] = wanted[0].transpose(0, 2, 1, 3).reshape(T, B, D * H)
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)

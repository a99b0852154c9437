"""Any cell as an ONNX file: its step is the body of the operator Scan."""

import numpy as np
import pytest

import rnn
from minigrad import functional as F
from minigrad.engine.tensor import detached
from minigrad.transforms.tree import flatten
from rnn import GRU, LSTM, Cell, Readout, Recurrent, Seq2Seq
from rnn.convert.onnx_files import graph_of, onnx_export

T, B, K, H = 5, 3, 4, 4


class FastWeights(Cell):
    """A state of another structure: a matrix and a count for each sequence."""

    gates = ("h",)

    def initial_state(self, batch):
        zeros = np.zeros((batch, H), self.dtype), np.zeros((batch, H, H), self.dtype)
        return {"h": zeros[0], "memory": {"A": zeros[1], "writes": np.zeros(batch, int)}}

    def step(self, x, state):
        h, A = state["h"], state["memory"]["A"]
        h = np.tanh(self.preactivation(x, h) + (h[:, None, :] @ A)[:, 0])
        A = 0.9 * A + 0.5 * h[:, :, None] * h[:, None, :]
        return h, {"h": h, "memory": {"A": A, "writes": state["memory"]["writes"] + 1}}


class Mixture(Cell):
    """Ops of many kinds."""

    gates = ("a", "b")

    def step(self, x, h):
        a, b = np.split(self.preactivation(x, h), 2, axis=-1)
        s = (a * b).sum(axis=-1, keepdims=True) / np.sqrt(1 + np.square(b).mean(-1, keepdims=True))
        u = np.concatenate([F.silu(a)[:, 1:], np.minimum(b, 0.5)[:, :1]], axis=-1)
        w = np.where(a > b, u, F.softmax(b, axis=-1)) + F.softplus(s) - F.elu(a) ** 2
        v = np.stack([w, np.abs(a)], axis=1).reshape(len(h), 2 * H)[:, H:] + w.T.T
        h = np.einsum("bh,bh->bh", np.tanh(v), np.maximum(h, F.leaky_relu(b)))
        return h, h - np.swapaxes(a[:, None], 1, 2)[:, :, 0]


CELLS = {
    "zoneout": lambda **o: rnn.ZoneoutCell(rnn.LSTMCell(K, H, rng=0, **o), 0.3),
    "dropout": lambda **o: rnn.DropoutCell(rnn.GRUCell(K, H, rng=0, **o), hidden=0.5),
    "residual": lambda **o: rnn.ResidualCell(rnn.GRUCell(K, H, rng=0, **o)),
    "skip": lambda **o: rnn.SkipCell(rnn.LSTMCell(K, H, rng=0, **o), 3),
    "projected": lambda **o: rnn.ProjectedLSTMCell(K, H, 2, rng=0, **o),
    "layer norm": lambda **o: rnn.LayerNormLSTMCell(K, H, rng=0, **o),
    "gru, before": lambda **o: rnn.GRUCell(K, H, reset="before", biases=2, rng=0, **o),
    "mgu": lambda **o: rnn.MGUCell(K, H, rng=0, **o),
    "sin": lambda **o: rnn.ElmanCell(K, H, nonlinearity=np.sin, rng=0, **o),
    "clipped": lambda **o: rnn.LSTMCell(K, H, clip=0.2, rng=0, **o),
    "fast weights": lambda **o: FastWeights(K, H, rng=0, **o),
    "mixture": lambda **o: Mixture(K, H, rng=0, **o),
}


def run(model, **inputs):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs), strict=True))


def draw(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


@pytest.mark.peers
@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_any_cell(make):
    """Wrappers, variants and users' cells: outputs, and every part of the last state, for any T
    and B."""
    pytest.importorskip("onnx")
    cell = make()
    model = onnx_export(cell, how="scan")
    assert cell.training
    for shape in [(T, B), (1, 1), (7, 2)]:
        x = draw(*shape, K)
        found = run(model, x=x)
        ys, state = rnn.unroll(cell.eval(), x)
        np.testing.assert_allclose(found.pop("y"), ys.numpy(), atol=2e-6)
        parts = flatten(state)[0]
        assert list(found) == [f"{name}_n" for name in cell.state_form.parts]
        for theirs, ours in zip(found.values(), parts, strict=True):
            np.testing.assert_allclose(theirs[0], detached(ours), atol=2e-6)


@pytest.mark.peers
@pytest.mark.parametrize("initial", ["zeros", "given", "learned"])
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("merge", ["one", "reverse", "concat", "sum", "ave"])
def test_layers(merge, batch_first, lengths, initial):
    """Stacks, both directions, unequal lengths, states and axes, as with the operators."""
    pytest.importorskip("onnx")
    both = merge in ("concat", "sum", "ave")
    layer = LSTM(
        K, H, 2, batch_first=batch_first, learn_initial_state=initial == "learned", rng=0,
        bidirectional=both, reverse=merge == "reverse", merge=merge if both else "concat",
    )
    for name, parameter in layer.initial.items():
        parameter.data = draw(*parameter.shape) + len(name)
    feed, state, ends = {"x": draw(B, T, K) if batch_first else draw(T, B, K)}, None, None
    if initial == "given":
        cells = 4 if both else 2
        shape = (B, cells, H) if batch_first else (cells, B, H)
        state = draw(*shape), draw(*shape) / 2
        feed |= dict(zip(("h_0", "c_0"), state, strict=True))
    if lengths:
        ends = [T, 2, 3]
        feed["lengths"] = np.array(ends, np.int32)
    options = {"initial_state": initial == "given", "lengths": lengths}
    found = run(onnx_export(layer, how="scan", **options), **feed)
    ys, (h, c) = layer(feed["x"], state, lengths=ends)
    for name, wanted in (("y", ys), ("h_n", h), ("c_n", c)):
        np.testing.assert_allclose(found[name], wanted.numpy(), atol=2e-6)


@pytest.mark.peers
def test_float64_and_tokens():
    """In ONNX's own evaluator to 1e-12; token indices as inputs."""
    pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    cell = rnn.MGUCell(K, H, dtype=float, rng=0)
    tokens = np.random.default_rng(0).integers(0, K, (T, B))
    model = onnx_export(cell, dtype=float, tokens=True, how="scan")
    y, _ = ReferenceEvaluator(model).run(None, {"x": tokens})
    np.testing.assert_allclose(y, rnn.unroll(cell, tokens)[0].numpy(), atol=1e-12)


@pytest.mark.peers
@pytest.mark.parametrize("both", [False, True])
def test_the_parts_of_a_seq2seq(both):
    """Encoder, and decoder with its head, run step by step in onnxruntime, write what
    ``generate`` writes; and the readout alone."""
    pytest.importorskip("onnx")
    V, width = 6, 8 if both else 4
    model = Seq2Seq(
        GRU(V, 4, bidirectional=both, rng=0), GRU(V, width, rng=1), Readout(width, V, rng=2),
        start=0, **({"bridge": rnn.join_directions} if both else {}),
    )
    source = np.random.default_rng(0).integers(0, V, (5, 3))
    encoder = onnx_export(model.encoder, tokens=True)
    decoder = onnx_export(model.decoder, head=model.head, initial_state=True, tokens=True)
    h = run(encoder, x=source)["h_n"]
    if both:
        h = h.reshape(1, 2, 3, 4).swapaxes(1, 2).reshape(1, 3, 8)
    token, outputs = np.zeros((1, 3), np.int64), []
    for _ in range(6):
        found = run(decoder, x=token, h_0=h)
        outputs.append(found["y"][0])
        token, h = found["y"].argmax(-1), found["h_n"]
    wanted = model.generate(source, steps=6)
    np.testing.assert_allclose(outputs, wanted.outputs.numpy(), atol=1e-5)
    x = draw(2, 3, width)
    y = run(onnx_export(model.head), x=x)["y"]
    np.testing.assert_allclose(y, model.head(x).numpy(), atol=1e-6)


class Sorting(Cell):
    gates = ("h",)

    def step(self, x, h):
        h = np.sort(self.preactivation(x, h), axis=-1)
        return h, h


class Averaging(Cell):
    gates = ("h",)

    def step(self, x, h):
        h = np.tanh(self.preactivation(x, h) - np.ones((len(x), 1), np.float32))
        return h, h


REFUSED = {
    "an op": (Sorting(K, H), {}, ValueError, r"Sorting calls sort at .*test_onnx_scan.py:\d+"),
    "the batch": (Averaging(K, H), {}, ValueError, "computes with the size of the batch"),
    "states": (
        Recurrent([rnn.ResidualCell(GRU(K, K).cell), rnn.SkipCell(GRU(K, K).cell, 2)]), {},
        ValueError, "the states of the cells differ",
    ),
    "two outputs": (
        LSTM(K, H, bidirectional=True, merge=None), {"how": "scan"}, ValueError, "two outputs"
    ),
    "a word": (GRU(K, H), {"how": "loop"}, ValueError, "how='loop'"),
    "a head": (GRU(K, H), {"head": np.ones(3)}, TypeError, r"head\): received ndarray"),
    "a Seq2Seq": (
        Seq2Seq(GRU(K, H), GRU(K, H), Readout(H, K), start=0), {}, TypeError,
        r"onnx_export\(model\.decoder, head=model\.head",
    ),
}


@pytest.mark.parametrize("thing, options, error, message", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(thing, options, error, message):
    """Ops that ONNX lacks are named with their line; what no one file serves is said to be so."""
    with pytest.raises(error, match=message):
        graph_of(thing, **options)


def test_the_operator_is_taken_where_there_is_one():
    """By default GRU is GRU, and a variant a Scan."""
    for thing, op in ((GRU(K, H), "GRU"), (rnn.LayerNormLSTMCell(K, H), "Scan")):
        assert op in {node.op for node in graph_of(thing).nodes}

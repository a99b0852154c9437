"""Pictures of models of every kind: what is in them, and that nothing overlaps in any view."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad as mg
import rnn
from tests.support.pictures import assert_clear, parameter

B, K, H = 2, 3, 4
RNG = np.random.default_rng(0)


def xs(T=3):
    return RNG.normal(size=(T, B, K))


def summed(outputs):
    return (outputs * outputs).sum()


def unrolled(cell, T=3, **options):
    return lambda: summed(rnn.unroll(cell, xs(T), **options)[0])


def layer(kind, lengths=None, **options):
    return lambda: summed(kind(K, H, rng=0, dtype=float, **options)(xs(), lengths=lengths)[0])


class Memory(rnn.Cell):
    """A cell with a matrix for a memory, which it writes to and reads by keys."""

    gates = ("k", "v", "q")
    states = ("h",)

    def step(self, x, h):
        k, v, q = np.split(self.preactivation(x, h), 3, axis=-1)
        write = np.tanh(k)[:, :, None] * v[:, None, :]
        h = 0.9 * h + (write * np.tanh(q)[:, :, None]).sum(axis=1)
        return h, h


def many_to_one():
    outputs, _ = rnn.unroll(rnn.GRUCell(K, H, dtype=float, rng=0), xs())
    with mg.scope("readout"):
        return summed(outputs[-1] @ parameter("W_hy", H, 2))


def one_to_many():
    cell = rnn.ElmanCell(K, H, dtype=float, rng=0)
    inputs = [xs(1)[0], *[np.zeros((B, K))] * 2]
    return summed(rnn.unroll(cell, np.stack(inputs))[0])


def encoder_decoder():
    one, two = (rnn.GRUCell(K, H, dtype=float, rng=k) for k in (0, 1))
    _, state = rnn.unroll(one, xs(), name="encoder")
    return summed(rnn.unroll(two, xs(2), state, name="decoder")[0])


def attention():
    states, _ = rnn.unroll(rnn.ElmanCell(K, H, dtype=float, rng=0), xs(), name="encoder")
    cell, h, total = rnn.ElmanCell(H, H, dtype=float, rng=1), mg.tensor(np.zeros((B, H))), 0.0
    for t in (1, 2):
        with mg.scope("decoder", t=t, h=h):
            scores = mg.functional.softmax((states * h).sum(axis=-1), axis=0)
            _, h = cell.step((states * scores[:, :, None]).sum(axis=0), h)
        with mg.scope("loss", t=t):
            total = total + summed(h)
    return total


def mlp():
    h = mg.tensor(np.ones((5, K)), name="X")
    for k in (1, 2):
        with mg.scope(f"layer {k}"):
            h = np.tanh(h @ parameter(f"W_{k}", h.shape[-1], H) + parameter(f"b_{k}", H))
    return summed(h)


def neuron():
    x, w, b = mg.tensor(2.0, name="x"), parameter("w"), parameter("b")
    return np.tanh(w * x + b)


def square():
    x = parameter("x")
    return x * x


def diamond():
    x = parameter("x", 2)
    return (np.sin(x) * np.cos(x)).sum()


def truncated():
    cell = rnn.GRUCell(K, H, dtype=float, rng=0)
    one, state = rnn.unroll(cell, xs())
    return summed(one) + summed(rnn.unroll(cell, xs(), rnn.detach(state), start=4)[0])


def tied():
    W, h, total = parameter("W", H, H), mg.tensor(np.ones((B, H))), 0.0
    for t in (1, 2, 3):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(h @ W)
        with mg.scope("output", t=t):
            total = total + summed(h @ W.T)
    return total


def two_losses():
    outputs, _ = rnn.unroll(rnn.LSTMCell(K, H, dtype=float, rng=0), xs())
    with mg.scope("one"):
        one = summed(outputs)
    with mg.scope("two"):
        two = np.abs(outputs).sum()
    return [one, two]


MODELS = {
    "elman": unrolled(rnn.ElmanCell(K, H, dtype=float, rng=0)),
    "lstm": unrolled(rnn.LSTMCell(K, H, dtype=float, rng=0)),
    "gru": unrolled(rnn.GRUCell(K, H, dtype=float, rng=0)),
    "mgu": unrolled(rnn.MGUCell(K, H, dtype=float, rng=0)),
    "matrix memory": unrolled(Memory(K, H, dtype=float, rng=0)),
    "many to one": many_to_one, "one to many": one_to_many, "encoder-decoder": encoder_decoder,
    "attention": attention, "mlp": mlp, "scalar neuron": neuron, "x · x": square,
    "diamond": diamond, "truncated": truncated, "tied weights": tied, "two losses": two_losses,
    "T = 200": unrolled(rnn.ElmanCell(K, H, dtype=float, rng=0), T=200),
    "stacked": layer(rnn.GRU, num_layers=2),
    "bidirectional": layer(rnn.RNN, bidirectional=True),
    "ragged": layer(rnn.LSTM, lengths=[3, 2]),
    "scanned": lambda: summed(mg.scan(
        rnn.ElmanCell(K, H, dtype=float, rng=0).step, mg.tensor(np.zeros((B, H))), xs())[1]),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_model(name):
    """It is drawn, its SVG is valid and its bytes are stable; in the unrolled view, in rows and in
    the view of its ops nothing overlaps; every weight is in full once, with a wire to each step
    that reads it."""
    made = MODELS[name]()
    timed = name not in ("mlp", "scalar neuron", "x · x", "diamond")
    options = {"max_steps": 6} if timed else {}
    drawing = mg.draw(made, **options)
    svg = drawing.svg()
    assert svg == mg.draw(made, **options).svg()
    ET.fromstring(svg)
    assert_clear(drawing.scene)
    weights = [mark for mark in drawing.scene.marks if mark.kind == "weight"]
    used = {path.data.get("weight") for path in drawing.scene.paths
            if path.kind in ("tap", "operand")}
    assert weights
    assert {mark.data["weight"] for mark in weights} <= used
    if name != "T = 200":
        assert_clear(mg.draw(made, view="ops").scene)
    if timed and name != "T = 200":
        in_rows = mg.draw(made, wrap=2).scene
        assert_clear(in_rows)
        full = [mark.data["weight"] for mark in in_rows.marks if mark.kind == "weight"]
        assert sorted(full) == sorted(mark.data["weight"] for mark in weights)

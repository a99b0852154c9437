"""The pictures of the gallery: functions of a few lines, each with the line that stands below it.

``@picture(caption)`` puts one into PICTURES. Every function stands on its own, but for `inputs` and
`total`, so that it can be copied. Numbers are in float64, so that pictures have the same bytes
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
import rnn
from examples import audit_derivations

__all__ = ["PICTURES", "Picture", "inputs", "total"]


class Picture(NamedTuple):
    """One of the gallery. best: whether docs/gallery shows it. page: whether it is a page, too."""

    name: str
    caption: str
    make: Callable[[], Any]
    best: bool
    page: bool


PICTURES: dict[str, Picture] = {}


def picture(caption, best=False, page=False):
    """Put the function into the gallery."""

    def kept(make):
        PICTURES[make.__name__] = Picture(make.__name__, caption, make, best, page)
        return make

    return kept


def inputs(T=5):
    """x_1 ... x_T of two features, one sequence: (T, 1, 2)."""
    return np.random.default_rng(1).normal(size=(T, 1, 2))


def total(outputs):
    """L = Σ_t ½‖y_t‖², a term in the column of every step."""
    return sum(rnn.each_step(lambda y: 0.5 * (y * y).sum(), outputs, name="loss"))


# -- the first graphs of a lecture


@picture("The first graph of a lecture: each value, and below it the derivative of the result by "
         "it. The data x needs no gradient, and is seen all the same.", best=True)
def neuron():
    x, w, b = mg.tensor(2.0, name="x"), mg.Parameter(-0.3, name="w"), mg.Parameter(0.5, name="b")
    return mg.draw(np.tanh(w * x + b), values=True, gradients=True)


@picture("Two inputs: micrograd's example, with its numbers.")
def neuron_of_two_inputs():
    x1, x2 = mg.Parameter(2.0, name="x1"), mg.Parameter(0.0, name="x2")
    w1, w2 = mg.Parameter(-3.0, name="w1"), mg.Parameter(1.0, name="w2")
    b = mg.Parameter(6.8813735870195432, name="b")
    return mg.draw(np.tanh(x1 * w1 + x2 * w2 + b), values=True, gradients=True)


@picture("x · x reads x twice: two wires, whose parts add up to the gradient 2 x.")
def square():
    x = mg.Parameter(3.0, name="x")
    return mg.draw(x * x, values=True, gradients=True)


@picture("A diamond: both ways from x to the sum contribute to its gradient.")
def diamond():
    x = mg.Parameter([0.5, 2.0], name="x")
    return mg.draw((np.sin(x) * np.cos(x)).sum(), values=True, gradients=True)


@picture("A network of two layers: a scope is a frame; shapes stand in the boxes, norms of arrays "
         "and of their gradients below.", best=True)
def network():
    rng, h = np.random.default_rng(0), mg.tensor(np.ones((5, 3)), name="X")
    weights = {"W_1": (3, 4), "b_1": (4,), "W_2": (4, 1), "b_2": (1,)}
    p = {k: mg.Parameter(rng.normal(size=shape), name=k) for k, shape in weights.items()}
    for k in (1, 2):
        with mg.scope(f"layer {k}"):
            h = np.tanh(h @ p[f"W_{k}"] + p[f"b_{k}"])
    return mg.draw((h * h).sum(), values=True, gradients=True)


# -- recurrences


@picture("One weight of one number, used at every step: the signed numbers at the taps add up to "
         "its gradient.", best=True, page=True)
def scalar_recurrence():
    w, h, loss = mg.Parameter(0.9, name="W_hh"), mg.tensor(0.0), mg.tensor(0.0)
    for t, (x, y) in enumerate([(0.5, 0.4), (0.1, 0.2), (0.4, 0.1)], start=1):
        with mg.scope("rnn", t=t, x=mg.tensor(x), h=h):
            h = np.tanh(0.6 * x + w * h)
        with mg.scope("loss", t=t):
            loss = loss + 0.5 * (0.8 * h - y) ** 2
    return mg.draw(loss, ledger=True, values=True, gradients=True)


@picture("Elman's network: a column a step, every weight once, a tap into each use.")
def elman():
    cell = rnn.ElmanCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs())
    return mg.draw(total(outputs), ledger=True)


@picture("An LSTM. The width and the number of a tap are the norm of that step's part of the "
         "weight's gradient: vanishing gradients are taps that fade to the left.",
         best=True, page=True)
def lstm():
    cell = rnn.LSTMCell(2, 3, rng=0, dtype=float)
    W_hy = mg.Parameter(np.random.default_rng(2).normal(size=(3, 2)), name="W_hy")
    outputs, _ = rnn.unroll(cell, inputs())
    ys = rnn.each_step(lambda h: h @ W_hy, outputs, name="output")
    return mg.draw(total(ys), ledger=True)


@picture("A GRU.")
def gru():
    cell = rnn.GRUCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs())
    return mg.draw(total(outputs), ledger=True)


@picture("A minimal gated unit.")
def mgu():
    cell = rnn.MGUCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs())
    return mg.draw(total(outputs), ledger=True)


@picture("A cell of one's own: `step` is all that it is made of.")
def own_cell():
    class Leaky(rnn.Cell):
        gates = ("h",)

        def step(self, x, h):
            h = 0.8 * h + 0.2 * np.tanh(self.preactivation(x, h))
            return h, h

    outputs, _ = rnn.unroll(Leaky(2, 3, rng=0, dtype=float), inputs())
    return mg.draw(total(outputs), ledger=True)


@picture("A memory that is a matrix, in the state beside h: fast weights.")
def matrix_memory():
    from examples.fast_weights import FastWeightsCell

    outputs, _ = rnn.unroll(FastWeightsCell(2, 3, rng=0, dtype=float), inputs())
    return mg.draw(total(outputs), ledger=True)


@picture("Two layers: the upper one reads the lower one at every step.")
def stacked():
    model = rnn.GRU(2, 3, num_layers=2, rng=0, dtype=float)
    outputs, _ = model(inputs(4))
    return mg.draw(total(outputs), ledger=True)


@picture("Both directions: the states of the upper row run from right to left.", best=True)
def bidirectional():
    model = rnn.RNN(2, 3, bidirectional=True, rng=0, dtype=float)
    outputs, _ = model(inputs(4))
    return mg.draw(total(outputs), ledger=True)


@picture("Many to one: only the last state is read, and gradients come from there.")
def many_to_one():
    W_hy = mg.Parameter(np.random.default_rng(2).normal(size=(3, 2)), name="W_hy")
    outputs, _ = rnn.unroll(rnn.GRUCell(2, 3, rng=0, dtype=float), inputs())
    with mg.scope("readout"):
        y = outputs[-1] @ W_hy
    return mg.draw((y * y).sum(), ledger=True)


@picture("One to many: what was written is read at the next step.")
def one_to_many():
    cell, W_hy = rnn.ElmanCell(2, 3, rng=0, dtype=float), mg.Parameter(np.ones((3, 2)), name="W_hy")
    y, h, outputs = np.ones((1, 2)), mg.tensor(np.zeros((1, 3))), []
    for t in range(1, 5):
        with mg.scope("rnn", t=t, y=y, h=h):
            _, h = cell.step(y, h)
        with mg.scope("output", t=t):
            y = h @ W_hy
        outputs.append(y)
    return mg.draw(total(outputs), ledger=True)


@picture("An encoder and a decoder that starts from its state: weights of one name are told "
         "apart.", best=True)
def encoder_decoder():
    one, two = (rnn.GRUCell(2, 3, rng=k, dtype=float) for k in (0, 1))
    _, state = rnn.unroll(one, inputs(3), name="encoder")
    outputs, _ = rnn.unroll(two, inputs(2), state, name="decoder")
    return mg.draw(total(outputs), ledger=True)


@picture("Attention: each step of the decoder looks at all states of the encoder.", best=True)
def attention():
    one, two = (rnn.ElmanCell(k, 3, rng=k, dtype=float) for k in (2, 3))
    states, h = rnn.unroll(one, inputs(3), name="encoder")
    outputs = []
    for t in (1, 2):
        with mg.scope("decoder", t=t, h=h):
            shares = mg.functional.softmax((states * h).sum(axis=-1), axis=0)
            y, h = two.step((states * shares[:, :, None]).sum(axis=0), h)
        outputs.append(y)
    return mg.draw(total(outputs), ledger=True)


@picture("Tied weights: one W is the recurrence and the output, and has taps in both.")
def tied_weights():
    W, h, outputs = mg.Parameter([[0.5, -1.0], [0.7, 0.2]], name="W"), mg.tensor(np.ones(2)), []
    for t in (1, 2, 3):
        with mg.scope("rnn", t=t, h=h):
            h = np.tanh(h @ W)
        with mg.scope("output", t=t):
            outputs.append(h @ W.T)
    return mg.draw(total(outputs), ledger=True)


@picture("Two losses of one run.")
def two_losses():
    outputs, _ = rnn.unroll(rnn.LSTMCell(2, 3, rng=0, dtype=float), inputs(3))
    with mg.scope("size"):
        size = (outputs * outputs).sum()
    with mg.scope("change"):
        change = np.abs(outputs[1:] - outputs[:-1]).sum()
    return mg.draw([size, change])


@picture("Truncated backpropagation: the state is detached between windows. Values pass the cut, "
         "gradients do not.", best=True)
def truncated():
    cell = rnn.GRUCell(2, 3, rng=0, dtype=float)
    one, state = rnn.unroll(cell, inputs(3))
    two, _ = rnn.unroll(cell, inputs(3), rnn.detach(state), start=4)
    return mg.draw(total([*one.unbind(), *two.unbind()]), ledger=True)


@picture("Sequences of unequal length, 3 and 2 steps: no gradient comes from padding.")
def ragged():
    xs = np.random.default_rng(1).normal(size=(3, 2, 2))
    outputs, _ = rnn.LSTM(2, 3, rng=0, dtype=float)(xs, lengths=[3, 2])
    return mg.draw((outputs * outputs).sum(), ledger=True)


@picture("A compiled loop, opened: a scan is one op on the tape, and its program is drawn.")
def scanned():
    cell = rnn.ElmanCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs(4), how="scan")
    return mg.draw((outputs * outputs).sum(), ledger=True)


# -- further views, and what can be asked of a picture


@picture("The same graph rolled up: one step for all, states through their delays.", best=True)
def rolled():
    outputs, _ = rnn.unroll(rnn.LSTMCell(2, 3, rng=0, dtype=float), inputs())
    return mg.draw(total(outputs), view="rolled")


@picture("Op by op: every frame is a step.")
def ops():
    outputs, _ = rnn.unroll(rnn.ElmanCell(2, 3, rng=0, dtype=float), inputs(2))
    return mg.draw(total(outputs), view="ops", values=True, gradients=True)


@picture("One step of an LSTM opened up; yours is opened like it.", best=True)
def lstm_cell():
    return rnn.draw_cell(rnn.LSTMCell(2, 3, rng=0, dtype=float))


@picture("One step of a GRU opened up.")
def gru_cell():
    return rnn.draw_cell(rnn.GRUCell(2, 3, rng=0, dtype=float))


@picture("200 steps, some of which are drawn.")
def long_sequence():
    cell = rnn.ElmanCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs(200))
    return mg.draw(total(outputs), ledger=True, steps=[1, 2, 100, 199, 200])


@picture("For print: in rows, each kind of line of one weight, a weight in full where it is first "
         "drawn.", best=True)
def in_rows():
    outputs, _ = rnn.unroll(rnn.LSTMCell(2, 3, rng=0, dtype=float), inputs(12))
    return mg.draw(total(outputs), ledger=True, wrap=4, theme="print")


@picture("Values, gradients, shapes, and the bytes that each step holds; in the dark.")
def everything():
    outputs, _ = rnn.unroll(rnn.LSTMCell(2, 3, rng=0, dtype=float), inputs(4))
    shown = ("values", "gradients", "ledger", "shapes", "memory")
    return mg.draw(total(outputs), show=shown, theme="dark")


@picture("All ways from one input to a later loss.")
def highlighted():
    outputs, _ = rnn.unroll(rnn.GRUCell(2, 3, rng=0, dtype=float), inputs(4))
    return mg.draw(total(outputs), ledger=True, highlight="x[2] -> loss[t=4]")


@picture("An audit: a published derivation goes wrong at the operand in red, and the words below "
         "say how.", best=True)
def audit():
    from examples.scalar_rnn import by_hand

    found = rnn.bptt.audit(lambda: by_hand(slip=True), **audit_derivations.scalar())
    return found.draw()


# -- plots, beside the graphs


@picture("The ledger of a GRU as a heat map: from which steps its gradients come.")
def ledger_plot():
    cell = rnn.GRUCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs(20))
    return rnn.bptt.ledger(total(outputs), cell).plot()


@picture("Two times: what the use at step s contributes to the gradient of the loss of step t.")
def two_time_plot():
    cell = rnn.ElmanCell(2, 3, rng=0, dtype=float)
    outputs, _ = rnn.unroll(cell, inputs(12))
    losses = rnn.each_step(lambda y: 0.5 * (y * y).sum(), outputs, name="loss")
    return rnn.bptt.two_time(losses, cell).plot()

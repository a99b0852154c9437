"""What ``detect_anomaly`` says of a recurrence: the step, and the line of the user's script.

Lines inside of minigrad and rnn are nobody's to mend; the line that called them is.
"""

import linecache
import re

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine import callers
from minigrad.errors import AnomalyError
from rnn import GRUCell, LSTMCell, Readout, Recurrent, Seq2Seq
from rnn.losses import over_time
from tests.support.running import B, H, K, T, every_layer, sequence

BAD = 3


def overflowing():
    """A cell, and inputs whose product with its weight is infinite at one step."""
    cell, xs = rnn.ElmanCell(K, H, nonlinearity="identity", rng=0, dtype=float), sequence()
    cell.W_xh.data = np.full((K, H), 1e200)
    xs[BAD - 1, 0] = 1e200
    return cell, xs


def report(function, match):
    """The message of the AnomalyError of a call, and the source text of the line that it names."""
    with np.errstate(all="ignore"), pytest.raises(AnomalyError, match=match) as caught:
        function()
    path, line = re.search(r"called at (.*):(\d+)", str(caught.value)).groups()
    assert path == __file__
    return str(caught.value), linecache.getline(path, int(line))


def forward(function):
    def run():
        with mg.detect_anomaly():
            function()

    return report(run, "in the forward of")


# -- forward


@every_layer
def test_layers(make):
    """A layer's call is the line, and its step is in the message, stacked and in reverse too."""
    options = {"nonlinearity": "relu"} if make is rnn.RNN else {}
    for more in ({}, {"num_layers": 2}, {"bidirectional": True}):
        layer = make(K, H, rng=0, **options, **more)
        layer.parameters().__next__().data = np.full(layer.cells[0][0].W_xh.shape, np.inf)
        message, line = forward(lambda layer=layer: layer(sequence()))    # the line of the layer
        assert "the line of the layer" in line
        assert re.search(r"\[t=1\]", message)


def test_steps_are_named():
    """The step at which it happened, in each way of running a cell."""
    cell, xs = overflowing()
    for run in (
        lambda: rnn.unroll(cell, xs),                # here
        lambda: list(rnn.steps(cell, xs)),           # here
        lambda: Recurrent(cell)(xs),                 # here
        lambda: Recurrent(cell)(xs, lengths=[T, T, 2]),    # here
        lambda: Recurrent([(cell, cell)])(xs),       # here
    ):
        message, line = forward(run)
        assert line.rstrip().endswith("# here")
        assert f"rnn[t={BAD}]" in message or f"rnn.0[t={BAD}]" in message
    start = xs[BAD - 1]
    message, line = forward(lambda: rnn.generate(cell, np.tanh, start, steps=2))    # here
    assert line.rstrip().endswith("# here")
    assert "rnn[t=1]" in message


def test_cells():
    """A cell called by hand, and the steps of one's own cell: the line inside of it."""

    class Mine(rnn.Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.log(h - 1.0)    # my mistake
            return h, h

    _, line = forward(lambda: rnn.unroll(Mine(K, H), sequence()))
    assert "my mistake" in line
    cell = LSTMCell(K, H)
    cell.b_h.data = np.full(4 * H, np.nan)
    for wrapped in (cell, rnn.ZoneoutCell(cell, 0.5), rnn.DropoutCell(cell, hidden=0.5)):
        _, line = forward(lambda wrapped=wrapped: wrapped(sequence()[0]))    # called by hand
        assert "called by hand" in line


def test_losses_and_heads():
    """Losses over time, output layers, pooling, encoder and decoder."""
    bad = mg.tensor(np.full((T, B), np.inf), requires_grad=True)
    head = Readout(H, 2)
    head.b_q.data = np.full(2, np.inf)
    model = Seq2Seq(rnn.GRU(K, H), rnn.GRU(2, H), head, start=0)
    states = mg.tensor(np.full((T, B, H), np.nan), requires_grad=True)
    for run in (
        lambda: over_time(bad),                                           # here
        lambda: over_time(bad, "mean", [T, 1, 2]),                        # here
        lambda: head(np.ones((B, H))),                                    # here
        lambda: rnn.last(states, [T, 1, 1]),                              # here
        lambda: model(sequence(), np.zeros((2, B), int)),                 # here
        lambda: model.generate(sequence(), steps=2),                      # here
        lambda: rnn.each_step(np.exp, mg.tensor(np.full((T, B), 1e4), requires_grad=True)),  # here
    ):
        _, line = forward(run)
        assert line.rstrip().endswith("# here")


# -- backward


def backward(make_loss):
    """The report of a backward pass whose forward was finite."""

    def run():
        with mg.detect_anomaly():
            make_loss().backward()

    return report(run, "in the backward of")


@pytest.mark.parametrize("cell", [GRUCell(K, H, rng=0), LSTMCell(K, H, rng=0)],
                         ids=["gru", "lstm"])
def test_backward(cell):
    """An infinite slope after a finite forward: the line that ran the layer, and the step."""

    def loss():
        outputs, _ = Recurrent(cell)(sequence())                          # the forward
        zero = outputs[BAD - 1] * 0.0
        return (zero ** 0.5).sum()                                        # the forward

    message, line = backward(loss)
    assert "the forward" in line
    assert "Inf" in message or "NaN" in message


def test_backward_inside_of_a_step():
    """A slope that is infinite inside of the recurrence itself: the op's step is told."""

    class Root(rnn.Cell):
        gates = ("h",)

        def step(self, x, h):
            z = self.preactivation(x, h)
            h = z + (z * 0.0) ** 0.5    # my mistake
            return h, h

    message, line = backward(lambda: rnn.unroll(Root(K, H), sequence())[0].sum())
    assert "my mistake" in line
    assert re.search(r"root\[t=\d\]", message)


@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "num_layers": 2}], ids=str)
def test_layers_backward(options):
    """A gradient that explodes in the recurrence names the call of the layer, and the step at
    which it is no number any more."""
    layer = rnn.RNN(K, H, nonlinearity="identity", bias=False, **options)
    for cell in (cell for row in layer.cells for cell in row):
        cell.W_hh.data = np.full((H, H), 1e30, np.float32)

    def loss():
        outputs, _ = layer(np.zeros((T, B, K)))                           # the layer
        return outputs.sum()

    message, line = backward(loss)
    assert "the layer" in line
    assert f"[t={2 if options else T - 1}]" in message    # two products on from the last step run


# -- the mechanism


def test_any_package_can_be_passed_over(tmp_path, monkeypatch):
    """A library of one's own declares its folder, once or twice, and reports look past it."""
    monkeypatch.setattr(callers, "_folders", callers._folders)
    package = tmp_path / "mine" / "__init__.py"
    package.parent.mkdir()
    package.write_text("import numpy as np\ndef root(x):\n    return np.log(x)\n")
    scope = {}
    exec(compile(package.read_text(), str(package), "exec"), scope)
    x = mg.tensor(0.0, requires_grad=True)

    def run():
        with np.errstate(all="ignore"), mg.detect_anomaly():
            scope["root"](x)    # in my script

    with pytest.raises(AnomalyError, match=re.escape(f"called at {package}:3")):
        run()
    for _ in range(2):
        callers.pass_over(str(package))
    assert len(set(callers._folders)) == len(callers._folders)
    _, line = report(run, "in the forward of log")
    assert "in my script" in line

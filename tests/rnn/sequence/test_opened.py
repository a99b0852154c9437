"""Whoever asks a layer that was scanned, or checkpointed, for its steps is told what an unrolled
one tells."""

import numpy as np
import pytest

import minigrad as mg
from rnn import (
    GRU,
    LSTM,
    RNN,
    Cell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTMCell,
    Recurrent,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
)
from rnn.bptt import jacobian, ledger, lstm_paths, norms, two_time
from tests.support.cells import SAME_SIZED

T, B, K, H = 6, 3, 4, 4
XS = np.random.default_rng(0).normal(size=(T, B, K))
HOLES = np.random.default_rng(1).random((T, B)) < 0.4
OPTIONS = {"dtype": float, "rng": 0}

PADDING = {
    "whole": {},
    "lengths": {"lengths": [6, 3, 0]},
    "shorter": {"lengths": [5, 3, 0]},
    "holes": {"mask": HOLES},
    "holes of zeros": {"mask": HOLES, "zero_output_for_mask": True},
    "holes and lengths": {"mask": HOLES, "lengths": [5, 2, 4]},
}
CELLS = {
    name: lambda kind=kind: Recurrent(kind(K, H, **OPTIONS))
    for name, kind in SAME_SIZED.items()
}
WRAPPED = {
    "residual": lambda: Recurrent(ResidualCell(LSTMCell(K, H, **OPTIONS))),
    "skip": lambda: Recurrent(SkipCell(ElmanCell(K, H, **OPTIONS), lag=3)),
    "zoneout": lambda: Recurrent(ZoneoutCell(GRUCell(K, H, **OPTIONS), 0.3)),
    "dropout": lambda: Recurrent(DropoutCell(LSTMCell(K, H, **OPTIONS), inputs=0.3, hidden=0.3)),
}
STACKS = {
    "deep": lambda: LSTM(K, H, 2, **OPTIONS),
    "both ways": lambda: GRU(K, H, 2, bidirectional=True, dropout=0.3, **OPTIONS),
    "sums": lambda: RNN(K, H, bidirectional=True, merge="sum", **OPTIONS),
    "pair": lambda: RNN(K, H, bidirectional=True, merge=None, **OPTIONS),
    "reverse": lambda: RNN(K, H, reverse=True, learn_initial_state=True, **OPTIONS),
    "everything": lambda: LSTM(
        K, H, 3, bidirectional=True, merge="ave", learn_initial_state=True, zoneout=0.2,
        recurrent_dropout=0.3, dropout=0.2, **OPTIONS,
    ),
}
LAYERS = CELLS | WRAPPED | STACKS


def outputs_of(layer, how, **options):
    """Outputs and state, with the same draws each time."""
    for module in layer.modules():
        if isinstance(vars(module).get("rng"), np.random.Generator):
            module.rng = np.random.default_rng(5)
    outputs, state = layer(XS, how=how, **options)
    return (outputs if isinstance(outputs, tuple) else (outputs,)), state


def loss_of(layer, how, **options):
    return sum(((y * y).sum() for y in outputs_of(layer, how, **options)[0]), mg.tensor(0.0))


def near(found, wanted, what=""):
    scale = np.max(np.abs(wanted), initial=1e-300)
    assert np.shape(found) == np.shape(wanted), what
    assert np.max(np.abs(np.subtract(found, wanted)), initial=0.0) <= 1e-11 * scale, what


def lines(loss, **words):
    """The source of a picture, line by line."""
    return mg.draw(loss, **words).dot.split("\n")


def same_pictures(found, wanted, **words):
    a, b = lines(found, **words), lines(wanted, **words)
    first = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    if a != b:  # which pytest would show in full
        raise AssertionError(f"{words}, line {first}:\n{a[first]}\n{b[first]}")


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("name", LAYERS)
def test_the_ledger(name, padding):
    """The same steps, and at each the same contribution to every weight; their sum is what a
    backward pass through the scan gives."""
    layer = LAYERS[name]()
    loss = loss_of(layer, "scan", **PADDING[padding])
    found = ledger(loss, layer)
    wanted = ledger(loss_of(layer, "unroll", **PADDING[padding]), layer)
    assert found.steps == wanted.steps
    assert found.gates == wanted.gates
    layer.zero_grad()
    loss.backward()
    for weight, parameter in layer.named_parameters():
        near(found[weight], wanted[weight], weight)
        near(found.total(weight), parameter.grad.numpy(), weight)


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("name", ["LSTMCell", *WRAPPED, *STACKS])
def test_pictures(name, padding):
    """A picture is the same to the last character, with the ledger and gradients on it, rolled up,
    and after a backward pass."""
    layer, options = LAYERS[name](), PADDING[padding]
    if padding == "holes and lengths":
        pytest.skip("a step that is not run, but shows something, comes behind those that are")
    found, wanted = (loss_of(layer, how, **options) for how in ("scan", "unroll"))
    for words in ({}, {"ledger": True}, {"gradients": True, "title": "all"}, {"view": "rolled"}):
        if words == {"view": "rolled"} and padding != "whole":
            continue  # its steps differ
        same_pictures(found, wanted, **words)
    found.backward()
    wanted.backward()
    same_pictures(found, wanted)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("name", [*CELLS, *WRAPPED])
def test_jacobians(name, how):
    """Between outputs, by the first state, of the last state, of a loss; the shrinking of norms."""
    layer = LAYERS[name]()
    start = layer.split_state(None, B)[0]
    parts = start if isinstance(start, tuple) else (start,)
    h = mg.tensor(np.random.default_rng(3).normal(size=parts[0].shape), requires_grad=True)

    def found(how):
        state = (h, *parts[1:]) if isinstance(start, tuple) else h
        (outputs,), last = outputs_of(layer, how, state=state)
        last = last[0] if isinstance(last, tuple) else last
        return [
            np.asarray(jacobian(outputs[4], outputs[2])), np.asarray(jacobian(outputs[2], h)),
            np.asarray(jacobian(last, outputs[3])), np.asarray(jacobian(outputs[5], h, full=True)),
            np.asarray(norms(last, outputs)), np.asarray(norms((outputs**2).sum(), outputs)),
        ] if "state" not in name else []

    for a, b in zip(found(how), found("unroll"), strict=True):
        near(a, b, how)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("kind", [ElmanCell, GRUCell, LSTMCell])
def test_two_times(kind, how):
    """G[t, s] of the losses of all outputs."""
    layer = Recurrent(kind(K, H, **OPTIONS))

    def table(how):
        (outputs,), _ = outputs_of(layer, how)
        return two_time([(y * y).sum() for y in outputs.unbind()], layer.cell.W_hh)

    found, wanted = table(how), table("unroll")
    assert found.use_steps == wanted.use_steps == tuple(range(1, T + 1))
    near(np.asarray(found), np.asarray(wanted))


def test_paths_of_an_lstm():
    """By which way the gradient comes to the last memory, along c or through h."""
    layer = LSTM(K, H, **OPTIONS)

    def paths(how):
        (outputs,), (h, c) = outputs_of(layer, how)
        return lstm_paths((outputs**2).sum() + (c * c).sum(), [(h[0], c[0])])

    assert paths("unroll").steps == paths("scan").steps


def test_windows_are_one_tape():
    """Windows whose steps are numbered on: the ledger knows each step by its number."""
    layer = GRU(K, H, **OPTIONS)

    def loss(how):
        first, state = layer(XS, how=how)
        second, _ = layer(XS, state, how=how, start=T + 1)
        return (first * second).sum()

    found, wanted = ledger(loss("scan"), layer), ledger(loss("unroll"), layer)
    assert found.steps == wanted.steps == tuple(range(1, 2 * T + 1))
    near(found["cell.W_hh"], wanted["cell.W_hh"])
    same_pictures(loss("scan"), loss("unroll"))


def test_names_of_what_a_layer_returns():
    """States are called h and c."""
    for how in ("unroll", "scan"):
        _, (h, c) = Recurrent(LSTMCell(K, H, **OPTIONS))(XS, how=how)
        assert (h.name, c.name) == ("h", "c")


@pytest.mark.parametrize("switch", ["eval", "weights", "both"])
def test_steps_are_those_that_were_run(switch):
    """A layer that has been told to drop nothing since, and whose weights are others, has its
    picture of then: the same draws, no new ones."""
    layer = LSTM(K, H, 2, dropout=0.4, zoneout=0.2, **OPTIONS)
    found, wanted = (loss_of(layer, how) for how in ("scan", "unroll"))
    state = layer.rng.bit_generator.state
    if switch != "weights":
        layer.eval()
    if switch != "eval":
        for parameter in layer.parameters():
            parameter.data = parameter.numpy() * 0.5
    same_pictures(found, wanted)
    if switch == "eval":
        a, b = ledger(found, layer), ledger(wanted, layer)
        for weight in a:
            near(a[weight], b[weight], weight)
    else:
        for loss in (found, wanted):
            with pytest.raises(mg.errors.MutationError, match="was written to"):
                ledger(loss, layer)
    assert layer.rng.bit_generator.state == state


@pytest.mark.parametrize("how", [None, "scan", "unroll", "checkpoint"])
def test_a_hook_inside_of_a_step(how):
    """Runs at every step, whatever the layer runs by."""
    seen = []

    class Watched(Cell):
        gates = ("h",)

        def step(self, x, h):
            z = self.preactivation(x, h)
            z.register_hook(lambda g: seen.append(g.shape))
            h = np.tanh(z)
            return h, h

    loss_of(Recurrent(Watched(K, H, **OPTIONS)), how).backward()
    assert seen == [(B, H)] * T


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
def test_an_anomaly_is_in_its_step(how):
    """detect_anomaly, on for the backward pass alone, names the step where a gradient of a layer
    first was infinite."""

    class Rooted(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.sqrt(abs(self.preactivation(x, h)) * x[:, :1])
            return h, h

    layer = Recurrent(Rooted(K, H, **OPTIONS))
    xs = abs(XS)
    xs[3] = 0
    for way in (how, "unroll"):
        outputs, _ = layer(xs, how=way)
        with mg.detect_anomaly(), pytest.raises(
            mg.errors.AnomalyError, match=r"backward of sqrt.*rooted\[t=4\]"
        ):
            outputs[3].sum().backward()

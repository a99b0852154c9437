"""how="scan" and how="checkpoint" give what how="unroll" gives: every cell, wrapper and layer."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.node import ancestors
from minigrad.engine.tensor import detached
from minigrad.errors import TraceError
from minigrad.transforms.tree import flatten
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
    unroll,
)
from rnn.bptt import truncated
from tests.support.cells import SAME_SIZED

T, B, K, H = 6, 3, 4, 4
XS = np.random.default_rng(0).normal(size=(T, B, K))
TOKENS = np.random.default_rng(1).integers(0, K, (T, B))
HOLES = np.random.default_rng(2).random((T, B)) < 0.5
HOLES[3] = False

PADDING = {
    "whole": {},
    "lengths": {"lengths": [4, 0, 5]},
    "nothing": {"lengths": [0, 0, 0]},
    "holes": {"mask": HOLES},
    "holes of zeros": {"mask": HOLES, "zero_output_for_mask": True},
    "holes and lengths": {"mask": HOLES, "lengths": [5, 2, 4]},
}

OPTIONS = {"dtype": float, "rng": 0}
PLAIN = {
    name: lambda kind=kind: kind(K, H, **OPTIONS)
    for name, kind in SAME_SIZED.items()
}
PLAIN["ProjectedLSTMCell"] = lambda: rnn.ProjectedLSTMCell(K, H, projection_size=2, **OPTIONS)
WRAPPED = {
    f"{name} of {kind.__name__}": lambda wrap=wrap, kind=kind: wrap(kind(K, H, **OPTIONS))
    for kind in (ElmanCell, LSTMCell, GRUCell)
    for name, wrap in {
        "residual": ResidualCell,
        "skip": lambda cell: SkipCell(cell, lag=3),
        "zoneout": lambda cell: ZoneoutCell(cell, 0.3),
        "dropout": lambda cell: DropoutCell(cell, inputs=0.3, hidden=0.3),
        "zoneout of dropout": lambda cell: ZoneoutCell(DropoutCell(cell, hidden=0.3), 0.3),
    }.items()
}


def results(layer, xs, how, **keywords):
    """Outputs, last state and all gradients of a weighted sum of them, with the same draws."""
    for module in layer.modules():
        if isinstance(vars(module).get("rng"), np.random.Generator):
            module.rng = np.random.default_rng(5)
    layer.zero_grad()
    xs = mg.tensor(xs, requires_grad=xs.dtype.kind == "f")
    values = flatten(layer(xs, how=how, **keywords))[0]
    weights = np.random.default_rng(6)
    sum((v * weights.normal(size=v.shape)).sum() for v in values).backward()
    leaves = [*layer.parameters(), *([xs] if xs.requires_grad else [])]
    return [v.detach().numpy() for v in values], [p.grad.numpy() for p in leaves]


def assert_one_result(layer, xs, **keywords):
    """The three ways agree to 1e-12 of the largest entry."""
    wanted = results(layer, xs, "unroll", **keywords)
    for how in ("scan", "checkpoint"):
        for found, given in zip(results(layer, xs, how, **keywords), wanted, strict=True):
            for a, b in zip(found, given, strict=True):
                assert np.abs(a - b).max() <= 1e-12 * np.abs(b).max(), how


@pytest.mark.parametrize(
    "reverse, padding",
    [*[(False, padding) for padding in PADDING], (True, "lengths"), (True, "holes and lengths")],
)
@pytest.mark.parametrize("name", [*PLAIN, *WRAPPED])
def test_cells(name, reverse, padding):
    """Every cell and wrapper, in both directions, with padding at the end and anywhere: outputs,
    states and gradients, those of what is drawn at random too."""
    layer = Recurrent((PLAIN | WRAPPED)[name](), reverse=reverse)
    assert_one_result(layer, XS, **PADDING[padding])


@pytest.mark.parametrize("name", PLAIN)
def test_tokens(name):
    """Token indices, in a batch with lengths."""
    assert_one_result(Recurrent(PLAIN[name]()), TOKENS, lengths=[4, 0, 5])


@pytest.mark.parametrize("padding", ["whole", "lengths", "holes and lengths"])
@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 2},
        {"num_layers": 2, "bidirectional": True, "dropout": 0.5},
        {"bidirectional": True, "merge": None},
        {"num_layers": 2, "reverse": True, "learn_initial_state": True},
        {
            "num_layers": 3, "bidirectional": True, "merge": "ave", "learn_initial_state": True,
            "zoneout": 0.2, "recurrent_dropout": 0.3, "dropout": 0.2,
        },
    ],
)
def test_stacks(kind, options, padding):
    """Layers, directions, merges, learned initial states and every kind of dropout."""
    assert_one_result(kind(K, H, **OPTIONS, **options), XS, **PADDING[padding])


def test_axes():
    """Batch first with a mask, one sequence, and one of tokens with its length."""
    layer = LSTM(K, H, num_layers=2, **OPTIONS)
    assert_one_result(layer, XS[:, 0])
    assert_one_result(layer, TOKENS[:, 0], lengths=4)
    layer.batch_first = True
    assert_one_result(layer, XS.swapaxes(0, 1).copy(), mask=HOLES.T)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps(steps):
    """One step, and fewer than a piece has."""
    assert_one_result(GRU(K, H, **OPTIONS), XS[:steps])


def test_unroll_and_windows_take_it_too():
    """``rnn.unroll`` and ``rnn.bptt.truncated`` have the same argument, with the same results."""
    cell = LSTMCell(K, H, **OPTIONS)
    wanted, (_, c) = unroll(cell, XS)
    for how in ("scan", "checkpoint", None):
        outputs, last = unroll(cell, XS, how=how)
        np.testing.assert_allclose(outputs.numpy(), wanted.numpy(), rtol=1e-12)
        np.testing.assert_allclose(last[1].numpy(), c.numpy(), rtol=1e-12)
        one, last = unroll(cell, list(map(mg.tensor, XS[:, 0])), how=how)
        np.testing.assert_allclose(one.numpy(), wanted.numpy()[:, 0], rtol=1e-12)
        for model in (cell, LSTM(K, H, **OPTIONS)):
            pieces = [w.outputs.numpy() for w in truncated(model, XS, 4, 5, how=how)]
            np.testing.assert_allclose(np.concatenate(pieces), wanted.numpy(), rtol=1e-12)


def nodes_of(y):
    """How many nodes a result has behind it, with a scan as the one that it is."""
    return len(ancestors([y._node]))


def test_the_argument():
    """The call's goes before the layer's; None is the layer's, and there "unroll"."""
    layer = GRU(K, H, how="scan", **OPTIONS)
    assert nodes_of(layer(XS)[0]) < 10
    assert nodes_of(layer(XS, how="unroll")[0]) > 10 * T
    assert nodes_of(GRU(K, H, **OPTIONS)(XS)[0]) > 10 * T
    for call in (lambda: GRU(K, H, how="fast"), lambda: layer(XS, how="fast")):
        with pytest.raises(ValueError, match=r"GRU\(how='fast'\): wanted one of 'scan', 'unroll'"):
            call()
    with pytest.raises(ValueError, match=r"unroll\(how='fast'\): wanted one of"):
        unroll(layer.cell, XS, how="fast")


def test_who_looks_gets_every_step():
    """All states, and ``detect_anomaly``, are of the unrolled graph whatever `how` is."""
    layer = Recurrent(ElmanCell(K, H, **OPTIONS), how="scan")
    _, _, states = layer(XS, return_states=True)
    assert [h._node.scope.step for h in states] == list(range(1, T + 1))
    with mg.detect_anomaly():
        outputs, _ = layer(XS)
    assert {n.scope.step for n in mg.Tape(outputs) if n.scope} >= set(range(1, T + 1))


def test_a_second_derivative():
    """Scan and checkpoint can be differentiated twice."""
    layer = LSTM(K, H, **OPTIONS)
    found = {}
    for how in ("unroll", "scan", "checkpoint"):
        outputs, _ = layer(XS, how=how)
        layer.zero_grad()
        (outputs**2).sum().backward(create_graph=True)
        first = layer.cell.W_hh.grad
        layer.zero_grad()
        (first**2).sum().backward()
        found[how] = layer.cell.W_hh.grad.numpy()
    for how in ("scan", "checkpoint"):
        np.testing.assert_allclose(found[how], found["unroll"], rtol=1e-10)


def test_a_cell_that_asks_for_values():
    """Scan says where, and names unroll; checkpoint runs the cell as it is."""

    class Asking(Cell):
        gates = ("h",)

        def step(self, x, h):
            h = np.tanh(self.preactivation(x, h))
            return (h, h) if h.detach().sum().item() > -100 else (-h, h)

    layer = Recurrent(Asking(K, H, **OPTIONS))
    with pytest.raises(TraceError, match=r"how='unroll'"):
        layer(XS, how="scan")
    wanted, found = results(layer, XS, "unroll"), results(layer, XS, "checkpoint")
    for a, b in zip(wanted[0] + wanted[1], found[0] + found[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


def test_what_a_step_returns_is_checked_as_ever():
    """A state that does not fit is refused with the words of the loop."""

    class Growing(ElmanCell):
        def step(self, x, h):
            h, _ = super().step(x, h)
            return h, (h, h)

    for how in ("unroll", "scan", "checkpoint"):
        with pytest.raises(TypeError, match=r"returned a tuple of 2 as its state, .* wanted one T"):
            Recurrent(Growing(K, H, **OPTIONS))(XS, how=how)


def test_numpys_functions_stay_in_their_step():
    """What NumPy computes of a whole row, such as a sort or a broadcast, is not taken for a
    function of its entries when all inputs are computed at once."""
    for function in (np.sort, np.argsort, np.argmax, lambda x: np.broadcast_to(x > 0, (2, B, K))):

        def step(x, total, function=function):
            total = total + function(x).sum() * 1.0
            return total, total

        xs, start = XS[:, 0] if function is np.argmax else XS, np.zeros(())
        for a, b in zip(
            mg.scan(step, start, xs), mg.scan(step, start, xs, how="unroll"), strict=True
        ):
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
def test_sequence_to_sequence(how):
    """Encoder and decoder, with lengths and a bridge, are what they are unrolled."""
    found = []
    for way in (how, "unroll"):
        model = rnn.Seq2Seq(
            GRU(7, 8, bidirectional=True, how=way, **OPTIONS), GRU(5, 16, how=way, **OPTIONS),
            rnn.Readout(16, 5, **OPTIONS), start=0, bridge=rnn.join_directions,
        )
        rng = np.random.default_rng(3)
        y = model(rng.integers(0, 7, (6, 3)), rng.integers(0, 5, (4, 3)), [6, 2, 4], [4, 1, 2])
        (y**2).sum().backward()
        found.append([y.detach().numpy(), *(p.grad.numpy() for p in model.parameters())])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("transform", [
    lambda f, x: mg.grad(lambda x: (f(x) ** 2).sum())(x),
    lambda f, x: mg.jvp(f, (x,), (x[::-1],))[1],
    lambda f, x: mg.hvp(lambda x: (f(x) ** 2).sum(), x, x[::-1]),
    lambda f, x: mg.vmap(f)(np.stack([x, x + 1])),
    lambda f, x: mg.jacobian(f)(x[:2]),
    lambda f, x: mg.grad(lambda x: (mg.grad(lambda y: (f(y) ** 2).sum())(x) ** 2).sum())(x),
], ids=["grad", "jvp", "hvp", "vmap", "jacobian", "grad of grad"])
def test_transforms(transform, how):
    """Every transform of a function that runs a layer, nested ones too."""
    layer = LSTM(K, H, **OPTIONS)
    found, wanted = (
        detached(transform(lambda x, h=h: layer(x, how=h)[0], XS))
        for h in (how, "unroll")
    )
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=1e-11, atol=1e-14)

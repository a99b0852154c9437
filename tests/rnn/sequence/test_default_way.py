"""A layer that is told no way runs by scan where that is faster and can be, else unrolled; nobody
can tell the difference but by time."""

import threading

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.node import ancestors
from minigrad.engine.tensor import detached
from minigrad.optim import SGD
from minigrad.scanning import plan as plans
from rnn import GRU, LSTM, RNN, DropoutCell, LSTMCell, Recurrent, ZoneoutCell
from rnn.bptt import truncated
from rnn.sequence.ways import FEWEST
from tests.rnn.sequence.test_opened import LAYERS, OPTIONS, B, H, K, near

T = FEWEST + 4
XS = np.random.default_rng(0).normal(size=(41, B, K))
PADDING = {"whole": {}, "lengths": {"lengths": [T, 4, 0]}}


def scans(*results):
    """How many scans are behind some results."""
    ops = [n.op.name for n in ancestors([y._node for y in results]) if n.op]
    return ops.count("scan")


def seeded(layer):
    for module in layer.modules():
        if isinstance(vars(module).get("rng"), np.random.Generator):
            module.rng = np.random.default_rng(5)
    return layer


def passed(layer, how, xs=XS[:T], **options):
    """Outputs, last states, gradients, and the states of the generators afterwards."""
    seeded(layer).zero_grad()
    xs = mg.tensor(xs, requires_grad=xs.dtype.kind == "f")
    outputs, state = layer(xs, how=how, **options)
    values = [*(outputs if isinstance(outputs, tuple) else (outputs,))]
    values += list(state) if isinstance(state, tuple) else [state]
    weights = np.random.default_rng(6)
    sum((v * weights.normal(size=v.shape)).sum() for v in values).backward()
    leaves = [*layer.parameters(), *([xs] if xs.requires_grad else [])]
    return (
        [v.detach().numpy() for v in values] + [p.grad.numpy() for p in leaves],
        [
            module.rng.bit_generator.state for module in layer.modules()
            if isinstance(vars(module).get("rng"), np.random.Generator)
        ],
    )


def as_unrolled(layer, **words):
    """What the default gives is what unrolling gives, what is drawn after it too."""
    found, after = passed(layer, None, **words)
    wanted, others = passed(layer, "unroll", **words)
    for a, b in zip(found, wanted, strict=True):
        near(a, b)
    assert after == others


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_states_gradients_and_draws(name, padding):
    """Of every cell, wrapper and stack, with padding and without."""
    as_unrolled(LAYERS[name](), **PADDING[padding])


@pytest.mark.parametrize("name", ["dropout", "zoneout", "both ways", "everything"])
def test_what_draws_over_many_steps(name):
    """Also where there are steps enough for a step that may draw to be traced."""
    as_unrolled(LAYERS[name](), xs=XS)


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM])
def test_which_way_it_takes(kind):
    """Scan from so many steps on; not where all states are asked for, or every op is watched; and
    what is said to the call or to the layer goes before."""
    layer = kind(K, H, **OPTIONS)
    assert scans(layer(XS[:FEWEST])[0]) == 1
    assert scans(layer(XS[: FEWEST - 1])[0]) == 0
    assert scans(layer(XS[:FEWEST], return_states=True)[0]) == 0
    assert scans(layer(XS[:FEWEST], how="unroll")[0]) == 0
    assert scans(layer(XS[:2], how="scan")[0]) == 1
    with mg.detect_anomaly():
        assert scans(layer(XS[:FEWEST])[0]) == 0
    layer.how = "unroll"
    assert scans(layer(XS[:FEWEST])[0]) == 0
    deep = kind(K, H, 2, bidirectional=True, **OPTIONS)
    assert scans(deep(XS[:FEWEST])[0]) == 4


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_dtypes(dtype):
    """Results have the dtype of the layer, half precision too."""
    layer = LSTM(K, H, dtype=dtype, rng=0)
    outputs, (h, c) = layer(XS[:T])
    wanted, _ = layer(XS[:T], how="unroll")
    assert outputs.dtype == h.dtype == c.dtype == np.dtype(dtype)
    limit = 20 * np.finfo(dtype).eps
    np.testing.assert_allclose(outputs.numpy(), wanted.numpy(), rtol=limit, atol=limit)


def test_tokens_one_sequence_and_batch_first():
    """Inputs of other kinds and axes."""
    tokens = np.random.default_rng(1).integers(0, K, (T, B))
    for xs, options in ((tokens, {}), (tokens[:, 0], {}), (XS[:T, 0], {})):
        as_unrolled(GRU(K, H, **OPTIONS), xs=xs, **options)
    as_unrolled(LSTM(K, H, batch_first=True, **OPTIONS), xs=XS[:T].swapaxes(0, 1).copy())


def test_without_gradients():
    """Under no_grad it scans as well, and nothing is on a tape."""
    layer = LSTM(K, H, **OPTIONS)
    with mg.no_grad():
        outputs, (h, _) = layer(XS[:T])
    assert not outputs.requires_grad
    assert not h.requires_grad
    near(outputs.numpy(), layer(XS[:T], how="unroll")[0].detach().numpy())


def test_second_derivatives_by_transforms_are_unrolled():
    """In a transform of a transform every sweep would run the steps again; in one alone it scans.
    """
    layer, seen = GRU(K, 2, **OPTIONS), []

    def f(x):
        outputs, _ = layer(x)
        seen.append(scans(outputs))
        return (outputs**2).sum()

    mg.grad(f)(XS[:T])
    mg.grad(lambda x: (mg.grad(f)(x) ** 2).sum())(XS[:T])
    assert seen == [1, 0]


def test_one_plan_serves_every_length():
    """A loop over batches of ever new lengths plans once."""
    layer = GRU(K, H, **OPTIONS)
    layer(XS[:T])
    before = len(plans._plans)
    for n in range(FEWEST, len(XS) + 1):
        layer(XS[:n])[0].sum().backward()
    assert len(plans._plans) <= before + 1  # from a length on with the pass for long ones


def test_second_derivatives():
    """create_graph, and a Hessian by a weight, are those of the unrolled layer."""
    layer = GRU(K, 2, **OPTIONS)

    def second(how):
        layer.zero_grad()
        (layer(XS[:T], how=how)[0] ** 2).sum().backward(create_graph=True)
        first = layer.cell.W_hh.grad
        layer.zero_grad()
        (first**2).sum().backward()
        return layer.cell.W_hh.grad.numpy()

    near(second(None), second("unroll"))
    found, wanted = (
        detached(mg.hessian(lambda x, h=how: (layer(x, how=h)[0] ** 2).sum())(XS[:FEWEST, :1]))
        for how in (None, "unroll")
    )
    near(found, wanted)


def test_windows_and_states_that_are_carried():
    """Truncated BPTT in windows, and a state carried over, numbered on: loss and gradients."""
    for model in (LSTM(K, H, **OPTIONS), LSTM(K, H, 2, **OPTIONS)):

        def run(how, model=model):
            model.zero_grad()
            total, state = 0.0, None
            for start in (0, FEWEST):
                xs = XS[start : start + FEWEST]
                outputs, state = model(xs, state, how=how, start=start + 1)
                total = total + (outputs**2).sum()
                state = rnn.detach(state)
            total.backward()
            for window in truncated(model, XS[:32], 16, 20, how=how):
                (window.outputs**2).sum().backward()
            return [window.outputs.detach().numpy(), *(p.grad.numpy() for p in model.parameters())]

        for a, b in zip(run(None), run("unroll"), strict=True):
            near(a, b)


def test_encoder_and_decoder():
    """Sequence to sequence with lengths, both of them scanned."""

    def run(how):
        model = rnn.Seq2Seq(
            GRU(7, 8, bidirectional=True, how=how, **OPTIONS), GRU(5, 16, how=how, **OPTIONS),
            rnn.Readout(16, 5, **OPTIONS), start=0, bridge=rnn.join_directions,
        )
        rng = np.random.default_rng(3)
        source, target = rng.integers(0, 7, (T, 3)), rng.integers(0, 5, (T, 3))
        y = model(source, target, [T, 2, 9], [4, T, 2])
        (y**2).sum().backward()
        return [y.detach().numpy(), *(p.grad.numpy() for p in model.parameters())], scans(y)

    (found, count), (wanted, none) = run(None), run("unroll")
    assert (count, none) == (3, 0)
    for a, b in zip(found, wanted, strict=True):
        near(a, b)


@pytest.mark.parametrize("task", [
    rnn.tasks.Adding(T=20), rnn.tasks.CopyMemory(T=10), rnn.tasks.TemporalOrder(),
], ids=["adding", "copy", "order"])
def test_tasks_are_learned_alike(task):
    """A few updates on each task leave the weights that unrolling leaves."""

    def trained(how):
        layer = LSTM(task.input_size, 6, how=how, dtype=float, rng=0)
        head = rnn.Readout(6, task.output_size, dtype=float, rng=1)
        parameters = [*layer.parameters(), *head.parameters()]
        optimizer, rng = SGD(parameters, lr=0.1), np.random.default_rng(0)
        for _ in range(3):
            xs, targets = task.draw(4, rng)[:2]
            outputs, _ = layer(xs)
            y = head(outputs if np.ndim(targets) and len(targets) == len(xs) else outputs[-1])
            optimizer.zero_grad()
            (y * y).mean().backward()
            optimizer.step()
        return [p.numpy() for p in parameters]

    for a, b in zip(trained(None), trained("unroll"), strict=True):
        near(a, b)


def test_threads_share_it():
    """Layers in several threads, each with inputs of its own."""
    layer = LSTM(K, H, **OPTIONS)
    wanted = [layer(XS[:T] + k, how="unroll")[0].detach().numpy() for k in range(4)]
    found = {}

    def run(k):
        for _ in range(5):
            found[k] = layer(XS[:T] + k)[0].detach().numpy()

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(4):
        near(found[k], wanted[k])


def test_wrapped_and_alone():
    """A cell with a wrapper that draws, told to evaluate, is scanned."""
    layer = Recurrent(ZoneoutCell(DropoutCell(LSTMCell(K, H, **OPTIONS), hidden=0.3), 0.2))
    layer.eval()
    assert scans(layer(XS)[0]) == 1
    layer.train()
    assert scans(layer(XS)[0]) == 0
    as_unrolled(layer, xs=XS)


@pytest.mark.parametrize("kind", [rnn.ElmanCell, rnn.GRUCell, LSTMCell])
def test_gradients_by_the_last_state(kind):
    """``mg.gradients`` by a state that a layer returned counts what outputs were made of it, as for
    an unrolled one; c_T reaches the outputs through h_T."""
    found = []
    for how in (None, "unroll"):
        outputs, state = Recurrent(kind(K, H, **OPTIONS))(XS[:T], how=how)
        parts = state if isinstance(state, tuple) else (state,)
        loss = (outputs**2).sum() + sum((part * 3.0).sum() for part in parts)
        found.append([g.numpy() for g in mg.gradients(loss, parts, retain_graph=True)])
    for a, b in zip(*found, strict=True):
        near(a, b)

"""What single passes do, beyond leaving results as they are: they move what they say they move."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.functional import embedding, layer_norm, sigmoid, softmax
from minigrad.scanning.passes import ALL
from minigrad.scanning.sink import row_sums
from tests.support.steps import K, T, weight

B, H = 32, 64  # a step that is no small one


def body(source, function):
    """The lines of the loop of a function."""
    text = source.partition(f"def {function}(")[2].partition("\ndef ")[0]
    return text.partition("for t in")[2].partition("\n    return")[0]


@pytest.fixture
def lstm():
    return made("ifgo")


def made(gates, B=B, H=H):
    """An LSTM whose gates are stored in some order: its step, first state and inputs."""
    rng = np.random.default_rng(0)
    W, U, b = weight(rng, K, 4 * H), weight(rng, H, 4 * H), weight(rng, 4 * H)

    def step(x, state):
        h, c = state
        cut = dict(zip(gates, np.split(x @ W + h @ U + b, 4, axis=-1), strict=True))
        i, f, o = sigmoid(cut["i"]), sigmoid(cut["f"]), sigmoid(cut["o"])
        g = np.tanh(cut["g"])
        c = f * c + i * g
        h = o * np.tanh(c)
        return h, (h, c)

    zeros = np.zeros((B, H))
    return step, (zeros, zeros), weight(rng, T, B, K)


@pytest.mark.parametrize("gates", ["ifgo", "igfo", "gifo", "fiog", "oigf"])
def test_any_order_of_gates(gates):
    """Whatever can be fused, results are the same."""
    found = []
    for passes in (None, []):
        step, state, xs = made(gates, B=1, H=8)
        ys, _ = mg.scan(step, state, xs, passes=passes)
        (g,) = mg.gradients((ys * ys).sum(), [xs])
        found.append((ys.detach().numpy(), g.numpy()))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-12)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-11, atol=1e-13)


def sources(case):
    everything = mg.scan.plan(*case).source
    return everything, {p: mg.scan.plan(*case, passes=ALL - {p}).source for p in ALL}


def test_hoist_takes_the_product_with_the_input_out(lstm):
    """x_t W is one product for all steps."""
    with_all, without = sources(lstm)
    assert body(with_all, "forward").count("np.matmul") == 1
    assert body(without["hoist"], "forward").count("np.matmul") == 2


def test_sink_takes_the_gradients_of_weights_and_inputs_out(lstm):
    """In the backward loop one product is left, which the carried cotangent needs."""
    with_all, without = sources(lstm)
    assert body(with_all, "backward").count("np.matmul") == 1
    assert body(without["sink"], "backward").count("np.matmul") == 4
    assert "np.sum(" not in body(with_all, "backward")


@pytest.mark.parametrize("B", [1, 32])
@pytest.mark.parametrize("gates", ["ifgo", "igfo", "oigf"])
def test_gates_lie_in_blocks_and_those_with_one_function_are_one_call(gates, B):
    """With blocks i, f and o go through one sigmoid, in whatever order they are stored; without
    them, or without `fuse`, through one each. A weight's transpose is copied for its product."""
    with_all, without = sources(made(gates, B=B, H=8))
    assert body(with_all, "forward").count("sigmoid_into(") == 1
    assert body(without["fuse"], "forward").count("sigmoid_into(") == 3
    assert body(without["layout"], "forward").count("sigmoid_into(") == 3
    assert "np.ascontiguousarray(U_T)" in with_all
    assert "ascontiguousarray" not in without["layout"]


def cut(how, z):
    """Four gates of z, cut in one of the ways that people have."""
    H = z.shape[-1] // 4
    return {
        "split": lambda: np.split(z, 4, axis=-1),
        "places": lambda: np.split(z, [H, 2 * H, 3 * H], axis=-1),
        "slices": lambda: [z[..., k * H : (k + 1) * H] for k in range(4)],
        "last": lambda: [z[..., :H], z[..., H : 2 * H], z[..., 2 * H : 3 * H], z[..., -H:]],
    }[how]()


SUMS = {
    "x + h": (lambda x, h: x + h, 0), "(x + h) + b": (lambda x, h, b: x + h + b, 1),
    "b + (h + x)": (lambda x, h, b: b + (h + x), 1), "h": (lambda x, h: h, 0),
    "(x + b) + (h + b)": (lambda x, h, a, b: (x + a) + (h + b), 2),
    "h + h": (lambda x, h: h + h, 0), "x": (lambda x, h: x, 0),
}


def own(how, name, shape=(B,), one_hot=False):
    """A cell that adds up its sum, and cuts it, in some way: its step, first state and inputs."""
    rng, H, (total, biases) = np.random.default_rng(0), 8, SUMS[name]
    W, U = weight(rng, K, 4 * H), weight(rng, H, 4 * H)
    bs = [weight(rng, 4 * H) for _ in range(biases)]

    def step(x, state):
        h, c = state
        rows = x @ W if one_hot else embedding(x, W)
        i, f, g, o = cut(how, total(rows, h @ U, *bs))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        return h, (h, c)

    xs = rng.integers(0, K, (T, *shape))
    zeros = np.zeros((*shape, H))
    return step, (zeros, zeros), np.eye(K)[xs] if one_hot else xs, [W, U, *bs]


@pytest.mark.parametrize("how", ["split", "places", "slices", "last"])
@pytest.mark.parametrize("total", SUMS)
@pytest.mark.parametrize(("shape", "one_hot"), [((B,), False), ((B,), True), ((1,), True),
                                                 ((), True), ((2, 3), True)])
def test_any_sum_of_products_may_be_laid_out(total, how, shape, one_hot):
    """However a cell adds up and cuts what its gates are made of, with tokens and without, in a
    batch or not: results and gradients are those of the loop."""
    found = []
    for way in ("scan", "unroll"):
        step, state, xs, leaves = own(how, total, shape, one_hot)
        ys, _ = mg.scan(step, state, xs, how=way)
        loss = (ys * np.cos(np.arange(ys.size).reshape(ys.shape))).sum()
        grads = mg.gradients(loss, leaves, materialize_grads=True)
        found.append([ys.detach().numpy(), *[g.numpy() for g in grads]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("total", ["x + h", "(x + h) + b", "(x + b) + (h + b)"])
@pytest.mark.parametrize("how", ["split", "places", "slices", "last"])
def test_plain_cells_are_laid_out_as_ours(total, how):
    """What does not depend on the state is added up before the loop, in which one product, one sum
    and one sigmoid for three gates are left."""
    step, state, xs, _ = own(how, total)
    loop = body(mg.scan.plan(step, state, xs).source, "forward")
    assert loop.count("np.matmul") == 1
    assert loop.count("np.add") == 2
    assert loop.count("sigmoid_into(") == 1


def test_a_sum_that_is_used_otherwise_stays_as_it_is():
    """Where z itself, or a part of it, is read by others, is no sum of products, or is cut into
    unequal parts, nothing is laid out, and results are the same."""
    rng = np.random.default_rng(0)
    W, U = weight(rng, K, 8), weight(rng, 4, 8)
    steps = {
        "shown": lambda z: (z, z[:, :4] * z[:, 4:]),
        "product": lambda z: (z[:, :4], (z * z)[:, :4] * (z * z)[:, 4:]),
        "unequal": lambda z: (z[:, :1], z[:, 1:5]),
        "overlap": lambda z: (z[:, :4], z[:, 2:6]),
        "steps": lambda z: (z[:, ::2], z[:, 1::2]),
    }
    xs = weight(rng, T, B, K)
    for name, use in steps.items():
        def step(x, h, use=use):
            y, h = use(np.tanh(x @ W + h @ U))
            return y, h

        def summed(x, h, use=use):
            y, h = use(x @ W + h @ U)
            return y, np.tanh(h)

        for one in (step, summed):
            found = []
            for how in ("scan", "unroll"):
                ys, _ = mg.scan(one, np.zeros((B, 4)), xs, how=how)
                (g,) = mg.gradients((ys * ys).sum(), [xs])
                found.append((ys.detach().numpy(), g.numpy()))
            np.testing.assert_allclose(*(f[0] for f in found), rtol=1e-12, err_msg=name)
            np.testing.assert_allclose(*(f[1] for f in found), rtol=1e-11, atol=1e-13)


def test_tokens_out_of_range_are_refused_in_blocks_too():
    """Rows are counted from the front, as by `embedding`."""
    step, state, xs, _ = own("split", "x + h")
    for wrong in (K, -1):
        xs[2, 1] = wrong
        with pytest.raises(IndexError, match=f"wanted 0 to {K - 1}"):
            mg.scan(step, state, xs)


def test_buffers_leave_next_to_no_new_array(lstm):
    """In the loops nearly everything is written into an array that is there."""
    with_all, without = sources(lstm)
    calls = [line for line in body(with_all, "forward").splitlines() if " = np." in line]
    assert len(calls) == 8
    assert all("out=" in line for line in calls)
    assert "out=" not in without["buffers"]


def test_explain_says_what_was_done(lstm):
    """The plan tells what is hoisted, sunk, kept, and the flops of a step."""
    text = mg.scan.plan(*lstm).explain()
    assert "hoisted      matmul" in text
    assert f"{2 * B * H * 4 * H:,} flops" in text
    assert "bytes a step" in text


def test_unknown_passes_are_refused():
    """The message lists those that there are."""
    with pytest.raises(ValueError, match="buffers, fuse, hoist, layout, sink, slopes"):
        mg.scan(lambda x, s: (s, s + x), 0.0, np.ones(2), passes=["lay out"])
    with pytest.raises(ValueError, match="wanted some of"):
        mg.scan(lambda x, s: (s, s + x), 0.0, np.ones(2), passes="sink")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("n", [0, 1, 127, 128, 129, 1000])
def test_sums_of_rows(n, dtype):
    """They are sums, and lose no digits in narrow dtypes, with any number of rows."""
    x = np.random.default_rng(0).normal(1.0, size=(n, 3)).astype(dtype)
    want = x.astype(np.float64).sum(axis=0)
    found = row_sums([x], (3,))
    assert found.dtype == dtype
    np.testing.assert_allclose(found, want.astype(dtype), rtol=4 * np.finfo(dtype).eps)


def test_slopes_are_computed_for_many_steps_at_once(lstm):
    """In the backward loop of a small step is left what waits for the cotangent: a product of a
    slope with it for each gate; of a large one slopes stay in the loop, where they are in the
    cache."""
    with_all, without = sources(lstm)
    assert "np.subtract" not in body(with_all, "backward")
    assert body(with_all, "backward").count("np.multiply") == 6
    assert body(without["slopes"], "backward").count("np.multiply") > 10
    assert "start:end" not in without["slopes"]
    large = mg.scan.plan(*made("ifgo", B=64, H=512))
    assert "start:end" not in large.source


@pytest.mark.parametrize("T", [1, 2, 7, 8, 9, 30])
@pytest.mark.parametrize("how", ["split", "slices"])
def test_blocks_of_slopes_cover_all_steps(T, how, monkeypatch):
    """Whether or not the steps fill the blocks, each has its own slopes."""
    monkeypatch.setattr("minigrad.scanning.slopes._STEPS", 2)
    monkeypatch.setattr("minigrad.scanning.slopes._NUMBERS", 2 * 3 * B * 8)
    found = []
    for way in ("scan", "unroll"):
        step, state, _, leaves = own(how, "(x + h) + b")
        xs = np.random.default_rng(1).integers(0, K, (T, B))
        ys, _ = mg.scan(step, state, xs, how=way)
        loss = (ys * np.cos(np.arange(ys.size).reshape(ys.shape))).sum()
        found.append([g.numpy() for g in mg.gradients(loss, leaves)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)


def test_products_are_taken_apart_where_all_else_is_known():
    """a (g b) is (a b) g only where g alone waits, all have one shape, and nobody reads g b."""
    steps = {
        "used twice": lambda x, s, w: (np.tanh(s * x) * w, (np.tanh(s * x) + s) * 0.5),
        "rows": lambda x, s, w: (s * w[0], np.tanh(s * w[0] + x) * np.cos(s)),
        "powers": lambda x, s, w: (s ** 3 * w, np.sin(s * s * x)),
        "both": lambda x, s, w: (np.exp(-s) * s * w, np.tanh(s * (s * x)) * (x * (s * w))),
        "chains": lambda x, s, w: 2 * (np.tanh(np.tanh(np.tanh(np.tanh(s) + x)) * x) + w,),
    }
    for name, step in steps.items():
        found = []
        for how in ("scan", "unroll"):
            rng = np.random.default_rng(0)
            w, s, xs = weight(rng, 4, 5), weight(rng, 4, 5), weight(rng, 20, 4, 5)
            ys, last = mg.scan(lambda x, s, w=w, step=step: step(x, s, w), s, xs, how=how)
            grads = mg.gradients((ys * ys).sum() + last.sum(), [w, s, xs])
            found.append([g.numpy() for g in grads])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10, err_msg=name)


def test_hoist_takes_out_what_depends_on_it():
    """Not x_t W alone: what is made of that and of weights is computed for all steps as well."""
    rng = np.random.default_rng(0)
    W, b = weight(rng, K, H), weight(rng, H)

    def step(x, h):
        h = np.tanh(x @ W + b) * h
        return h, h

    source = mg.scan.plan(step, np.zeros((B, H)), weight(rng, T, B, K)).source
    assert "np.multiply(" in body(source, "forward")
    assert not any(f in body(source, "forward") for f in ("matmul", "add", "np.tanh"))


def normalised(total, rng=0):
    """A normalised cell with a gain and peepholes: its step, first state, inputs and weights."""
    rng, H = np.random.default_rng(rng), 8
    W, U, gain, p = (weight(rng, *s) for s in ((K, 2 * H), (H, 2 * H), (2 * H,), (H,)))

    def step(x, c):
        f, g = np.split(total(x @ W, c @ U) * gain, 2, axis=-1)
        f = sigmoid(f + p * c)
        c = f * c + (1 - f) * np.tanh(layer_norm(g, H))
        return c, c

    return step, np.zeros((B, H)), weight(rng, T, B, K), [W, U, gain, p]


TOTALS = {
    "of each": lambda x, h: layer_norm(x, 16) + layer_norm(h, 16),
    "of the sum": lambda x, h: layer_norm(x + h, 16),
    "softmax": lambda x, h: softmax(x, axis=-1) * softmax(h, axis=-1),
    "from the front": lambda x, h: softmax(x, axis=1) + h.mean(axis=1, keepdims=True),
    "over the batch": lambda x, h: x - x.mean(axis=0) + softmax(h, axis=0),
    "running": lambda x, h: np.cumsum(x, axis=-1) + h.max(axis=-1, keepdims=True),
}


@pytest.mark.parametrize("total", TOTALS)
def test_what_rows_add_up_to_and_their_means_leave_the_loop(total):
    """No gradient of a weight is summed in the loop, and what slopes need of known rows is not
    averaged there; results are those of the loop, whatever axis is averaged over."""
    found = []
    for how in ("scan", "unroll"):
        step, state, xs, weights = normalised(TOTALS[total])
        ys, _ = mg.scan(step, state, xs, how=how)
        grads = mg.gradients((ys * ys).sum(), [xs, *weights])
        found.append([ys.detach().numpy(), *[g.numpy() for g in grads]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    source = mg.scan.plan(step, state, xs).source
    loop = [x for x in body(source, "backward").splitlines() if x.startswith(" " * 16)]
    assert not any("np.square" in line or "axis=(0,)" in line for line in loop) or "batch" in total
    assert "np.square" in source.partition("def backward")[2]

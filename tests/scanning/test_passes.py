"""What single passes do, beyond leaving results as they are: they move what they say they move."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.functional import sigmoid
from minigrad.scanning.passes import ALL
from minigrad.scanning.sink import row_sums
from tests.support.steps import CASES, K, T, weight

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
def test_any_order_of_gates(gates, monkeypatch):
    """Whatever can be fused, results are the same."""
    monkeypatch.setattr("minigrad.scanning.hoist._SMALL", 0)
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


def test_fuse_takes_neighbouring_gates_at_once(monkeypatch):
    """i and f of one sequence go through one sigmoid; of a batch, where they lie in pieces, not."""
    monkeypatch.setattr("minigrad.scanning.hoist._SMALL", 0)
    with_all, without = sources(made("ifgo"))
    assert body(with_all, "forward").count("sigmoid") == 3
    with_all, without = sources(made("ifgo", B=1, H=8))
    assert body(with_all, "forward").count("sigmoid") == 2
    assert body(without["fuse"], "forward").count("sigmoid") == 3


def test_buffers_leave_next_to_no_new_array(lstm):
    """In the loops nearly everything is written into an array that is there."""
    with_all, without = sources(lstm)
    calls = [line for line in body(with_all, "forward").splitlines() if " = np." in line]
    assert len(calls) == 9
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
    with pytest.raises(ValueError, match="buffers, fuse, hoist, sink"):
        mg.scan(lambda x, s: (s, s + x), 0.0, np.ones(2), passes=["layout"])
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


def test_a_small_step_has_its_slopes_taken_out():
    """Where calls cost more than arithmetic, (1 - y) y is computed for all steps at once."""
    case = CASES["lstm"](np.random.default_rng(0))
    plan = mg.scan.plan(case.step, case.state, case.xs)
    assert "np.subtract" not in body(plan.source, "backward")

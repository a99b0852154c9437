"""Several workers share the rows of a batch: the results are those of one."""

import gc
import os
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.functional import layer_norm, log_softmax, softmax
from minigrad.scanning import workers as module
from minigrad.transforms.tree import flatten
from tests.support.steps import CASES, B, H, T, weight


def outcome(step, state, xs, leaves, **options):
    """Outputs, last state, and all gradients."""
    found = flatten(mg.scan(step, state, xs, **options))[0]
    loss = sum(((y * y).sum() for y in found if y.requires_grad), mg.tensor(0.0))
    gradients = mg.gradients(loss, leaves, materialize_grads=True) if loss.requires_grad else []
    return [y.detach().numpy() for y in (*found, *gradients)]


def agree(found, want, rtol=1e-12):
    for a, b in zip(found, want, strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13)


def of_rows(step, state, xs):
    return mg.scan.plan(step, state, xs).explain().splitlines()[-1]


@pytest.mark.parametrize("workers", [2, 3, 7])
@pytest.mark.parametrize("name", CASES)
def test_any_number_of_workers(name, workers):
    """The rows need not be divisible among them, and there may be fewer."""
    case = CASES[name](np.random.default_rng(0))
    want = outcome(case.step, case.state, case.xs, case.leaves)
    agree(outcome(case.step, case.state, case.xs, case.leaves, workers=workers), want)


@pytest.mark.parametrize("how", ["scan", "checkpoint"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_any_number_of_rows(rows, reverse, how):
    """None and one too; with sequences of unequal length, backwards, in windows."""
    rng = np.random.default_rng(1)
    W, h0, xs = weight(rng, H, H), weight(rng, rows, H), weight(rng, T, rows, H)
    lengths = rng.integers(0, T + 1, rows)

    def step(x, h):
        h = np.tanh(h @ W + x)
        return h.sum(axis=-1), h

    options = {"reverse": reverse, "how": how, "lengths": lengths}
    want = outcome(step, h0, xs, [W, h0, xs], workers=1, **options)
    agree(outcome(step, h0, xs, [W, h0, xs], workers=2, **options), want)


# -- what is split, and what is not

rng0 = np.random.default_rng(0)
U, MASK = weight(rng0, H, H), rng0.random((B, H)) < 0.7
HEADS, GAINS = weight(rng0, 5, 2, 5), weight(rng0, H)
EMB = weight(rng0, H, H)


def written(x, h):
    z = h @ U
    z[:, 1:3] = x[:, :2]
    return np.tanh(z)


APART = {
    "product": lambda x, h: np.tanh(h @ U + x),
    "masks of rows": lambda x, h: np.where(MASK, np.tanh(h @ U), x),
    "softmax of columns": lambda x, h: softmax(h @ U, axis=-1) + log_softmax(x, -1),
    "layer norm": lambda x, h: layer_norm(h @ U + x, H) * GAINS,
    "reductions of columns": lambda x, h: h * h.mean(axis=-1, keepdims=True) + x.max(-1)[:, None],
    "heads": lambda x, h: np.einsum("bi,ijk->bjk", h, HEADS).sum(axis=1) + x,
    "reshapes": lambda x, h: (h[:, None] * x.reshape(B, 1, H)).reshape(B, H) @ U,
    "transposes": lambda x, h: np.tanh((U.T @ h.T).T + x),
    "cuts": lambda x, h: np.concatenate([h[:, 2:], x[:, :2]], axis=-1) @ U,
    "stacks": lambda x, h: np.stack([h @ U, x], axis=1).sum(axis=1),
    "axes of length 1": lambda x, h: np.squeeze((h @ U)[:, None] * x[:, None]),
    "writes": written,
    "rows of a table": lambda x, h: EMB[(np.abs(x[:, 0]) * 3).astype(int) % H] * h,
    "sorts": lambda x, h: np.sort(h, axis=-1) + np.cumsum(x, axis=1),
    "repeats": lambda x, h: np.broadcast_to(GAINS, h.shape) * h + x,
    "splits": lambda x, h: np.hstack(np.split(h @ U, [2, 3], axis=1)) + x,
    "stacks of products": lambda x, h: np.tanh((h[:, None] @ U)[:, 0] + x),
    "functions without a gradient": lambda x, h: np.sign(h) + np.floor(x) * h,
}


@pytest.mark.parametrize("name", APART)
def test_rows_apart(name):
    """What works on rows is split, in whatever layout it does that."""
    rng = np.random.default_rng(2)
    h0, xs = weight(rng, B, H), weight(rng, T, B, H)
    leaves = [U, HEADS, GAINS, EMB, h0, xs]

    def step(x, h):
        h = APART[name](x, h)
        return h, h

    assert of_rows(step, h0, xs).startswith(f"workers      up to {B}: no op mixes axis 0 of h")
    want = outcome(step, h0, xs, leaves, workers=1)
    for workers in (2, 3):  # three: one row each
        agree(outcome(step, h0, xs, leaves, workers=workers), want)


@mg.primitive("()->()", vjps=(lambda g: g / np.sqrt(np.sum(g * g)),), name="of_norm_one")
def of_norm_one(x):
    """x, whose cotangent is brought to norm 1"""
    return x + 0


OPS.pop("of_norm_one")  # its rule is no derivative: the properties of all ops are not to meet it
MIXED = {
    "amax": lambda x, h: h * h.max(axis=0),
    "mean": lambda x, h: h - h.mean(axis=0) + x,
    "softmax": lambda x, h: softmax(h, axis=0) @ U,
    "matmul": lambda x, h: (h @ h.T) @ x,
    "cumsum": lambda x, h: np.cumsum(h, axis=0),
    "sort": lambda x, h: np.sort(h, axis=0) * x,
    "roll": lambda x, h: np.roll(h, 1, axis=0) + x,
    "getitem of rows in reverse": lambda x, h: h[::-1] + x,
    "getitem": lambda x, h: h * h[:1] + x,
    "concatenate": lambda x, h: np.concatenate([h[1:], h[:1]], axis=0),
    "reshape": lambda x, h: h.reshape(H, B).T @ np.ones((H, H)) * x,
    "var": lambda x, h: h / np.sqrt(1 + h.var(axis=0)),
    "logsumexp": lambda x, h: h - mg.functional.logsumexp(h, 0),
    "einsum": lambda x, h: h * np.einsum("bi,bi->i", h, x),
    "vector_norm": lambda x, h: h / np.linalg.norm(h, axis=0),
    "of_norm_one": lambda x, h: of_norm_one(h @ U),
    "take": lambda x, h: np.take(h, [1, 0, 0], axis=0) * x,
    "sum": lambda x, h: h * np.sum(h),
}


@pytest.mark.parametrize("name", MIXED)
def test_rows_that_meet(name):
    """The op that lets them meet is named, and one worker runs what several were asked for."""
    rng = np.random.default_rng(3)
    h0, xs = weight(rng, B, H), weight(rng, T, B, H)

    def step(x, h):
        h = np.tanh(MIXED[name](x, h) @ U)  # which mixes the other axis
        return h, h

    line = of_rows(step, h0, xs)
    assert line.startswith(f"workers      one: {name.split()[0]} (")
    assert "mixes axis 0 of" in line
    want = outcome(step, h0, xs, [U, h0, xs], workers=1)
    for a, b in zip(outcome(step, h0, xs, [U, h0, xs], workers=3), want, strict=True):
        np.testing.assert_array_equal(a, b)


def test_outer_products_of_rows():
    """Rows of both sides of a product: each meets each, though nothing is summed over them."""
    xs = np.ones((T, 4, 4))

    def step(x, h):
        return h[:, 0][:, None] * h[:, 0], np.tanh(h @ x)

    assert "rows of axis 0 of h meet each other" in of_rows(step, np.ones((4, 4)), xs)


def test_batches_on_other_axes():
    """The batch need not be the first axis of a state, nor of the first part of it."""
    rng = np.random.default_rng(4)
    w, h0, xs = weight(rng, H, H), weight(rng, H, B), weight(rng, T, H, B)
    far = weight(rng, 2, B)

    def step(x, state):
        n, h, far = state
        h = np.tanh(w @ h + x * far[0])
        return h, (n + 1, h, far[::-1])

    state = (mg.tensor(np.zeros((), int)), h0, far)
    assert "axis 1 of h" in of_rows(step, state, xs)
    leaves = [w, h0, far, xs]
    agree(outcome(step, state, xs, leaves, workers=3), outcome(step, state, xs, leaves, workers=1))


def test_what_has_no_rows_is_counted_once():
    """A result without rows that has a gradient is no matter of shares."""
    rng = np.random.default_rng(5)
    w, h0, xs = weight(rng, H), weight(rng, B, H), weight(rng, T, B, H)

    def step(x, h):
        return {"h": h, "penalty": (w * w).sum()}, np.tanh(h * w + x)

    assert "has not axis 0 of h" in of_rows(step, h0, xs)
    leaves = [w, h0, xs]
    agree(outcome(step, h0, xs, leaves, workers=2), outcome(step, h0, xs, leaves, workers=1))


_UNARY = [
    np.tanh, lambda h: h @ U, lambda h: h.T, lambda h: h[::-1], lambda h: h - h.mean(axis=0),
    lambda h: h - h.max(axis=1, keepdims=True), lambda h: softmax(h, axis=0),
    lambda h: softmax(h, axis=-1), lambda h: np.cumsum(h, axis=0), lambda h: h * h[:, :1],
    lambda h: h * h[:1], lambda h: h.reshape(-1, H, 1)[..., 0], lambda h: h.sum(axis=0) + h,
    lambda h: h.reshape(H, H, order="F"), lambda h: np.einsum("ij->ji", h), lambda h: h * GAINS,
    lambda h: np.where(h > 0, h, 0.1 * h), lambda h: np.roll(h, 1, axis=1), lambda h: U @ h,
]
_BINARY = [np.add, np.multiply, np.matmul, np.maximum, lambda a, b: np.concatenate(
    [a[:, :2], b[:, 2:]], axis=1), lambda a, b: np.where(a > 0, a, b)]


@given(st.lists(st.tuples(
    st.integers(0, len(_UNARY) - 1), st.integers(0, len(_BINARY) - 1), st.integers(0, 9),
), min_size=1, max_size=4))
def test_no_split_changes_a_result(choices):
    """Of random steps, square so that axes can be mistaken for each other."""
    rng = np.random.default_rng(6)
    h0, xs = weight(rng, H, H), weight(rng, 3, H, H)

    def step(x, h):
        values = [x, h]
        for unary, binary, other in choices:
            values.append(np.tanh(_BINARY[binary](
                _UNARY[unary](values[-1]), values[other % len(values)]
            )))
        return values[-1], values[-1]

    leaves = [U, GAINS, h0, xs]
    want = outcome(step, h0, xs, leaves, workers=1)
    for workers in (2, 3):
        agree(outcome(step, h0, xs, leaves, workers=workers), want, rtol=1e-9)


# -- runs


def elman(rng, dtype=np.float64, rows=6):
    W = mg.tensor((0.3 * rng.normal(size=(H, H))).astype(dtype), requires_grad=True)
    return W, np.zeros((rows, H), dtype), rng.normal(size=(T, rows, H)).astype(dtype)


def step_of(W):
    def step(x, h):
        h = np.tanh(h @ W + x)
        return h, h

    return step


def test_the_same_bits_again_and_in_threads():
    """Timing changes nothing, and threads that share a plan do not disturb each other."""
    W, h0, xs = elman(np.random.default_rng(0), np.float32)
    want = outcome(step_of(W), h0, xs, [W], workers=3)
    found = [None] * 4

    def run(k):
        found[k] = [outcome(step_of(W), h0, xs, [W], workers=3) for _ in range(5)]

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for results in found:
        for again in results:
            for a, b in zip(again, want, strict=True):
                np.testing.assert_array_equal(a, b)


def test_draws_are_made_before_the_split():
    """A generator is drawn from as often and as far as by one worker."""
    W, h0, xs = elman(np.random.default_rng(0))
    found = []
    for workers in (1, 2):
        rng = np.random.default_rng(7)

        def step(x, h, rng=rng):
            h = np.tanh(mg.functional.dropout(h, 0.3, rng=rng) @ W + x)
            return h, h

        found.append([*outcome(step, h0, xs, [W], workers=workers), rng.random(1)])
    agree(*found)


def test_second_derivatives():
    """They go through the tape, whoever ran the first pass."""
    W, h0, xs = elman(np.random.default_rng(0))
    found = []
    for workers in (1, 2):
        ys, _ = mg.scan(step_of(W), h0, xs, workers=workers)
        (g,) = mg.gradients((ys * ys).sum(), [W], create_graph=True)
        found.append([mg.gradients((g * g).sum(), [W])[0].numpy()])
    agree(*found)


@pytest.mark.parametrize("row", [0, 5])
def test_an_error_in_a_share(row):
    """It is raised to the caller, whichever worker met it, and the next run is right."""
    W, h0, xs = elman(np.random.default_rng(0))

    def step(x, h):
        h = np.tanh(h @ W + np.log(x))
        return h, h

    good = np.abs(xs) + 1
    want = outcome(step, h0, good, [W], workers=2)
    bad = good.copy()
    bad[3, row] = -1.0
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        mg.scan(step, h0, bad, workers=2)
    for a, b in zip(outcome(step, h0, good, [W], workers=2), want, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("share", [0, 1])
def test_all_workers_have_ended_behind_an_error(share, error):
    """Ctrl-C, which comes to the thread of the caller, too; the lowest share's error counts."""
    ended = []

    def work(k):
        if k >= share:
            raise error(k)
        ended.append(k)

    with pytest.raises(error, match=str(share)):
        module.together(work, 3)
    assert ended == list(range(share))
    assert module.together(lambda k: k, 3) == [0, 1, 2]
    assert threading.active_count() == 1 or not any(
        t.name.startswith("worker") for t in threading.enumerate()
    )


def test_a_thread_that_cannot_be_had(monkeypatch):
    """Where the system gives no thread, the caller does the work."""
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert module.together(lambda k: k, 3) == [0, 1, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_in_a_process_that_was_forked():
    """Nothing is kept between calls that a fork could lose."""
    W, h0, xs = elman(np.random.default_rng(0))
    want = outcome(step_of(W), h0, xs, [W], workers=2)
    child = os.fork()
    if child == 0:
        found = outcome(step_of(W), h0, xs, [W], workers=2)
        os._exit(0 if all(map(np.array_equal, found, want)) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_no_cycle_is_left_by_workers(collector_off):
    """With the garbage collector off memory is flat, behind errors too."""
    W, h0, xs = elman(np.random.default_rng(0))

    def fail(k):
        raise ValueError(f"share {k}")

    def once():
        outcome(step_of(W), h0, xs, [W], workers=2)
        with pytest.raises(ValueError, match="share 0"):
            module.together(fail, 2)

    once()
    gc.collect()
    for _ in range(3):
        outcome(step_of(W), h0, xs, [W], workers=2)
    assert gc.collect() == 0


@pytest.mark.parametrize("workers", [0, -1, True, 2.0, "2", [2]])
def test_not_a_number_of_workers(workers):
    """It is refused by name."""
    with pytest.raises(ValueError, match=r"scan\(workers=.*wanted a number from 1"):
        mg.scan(lambda x, s: (s, s + x), 0.0, np.ones(3), workers=workers)


def test_the_default(monkeypatch):
    """As many as BLAS has threads, where products are worth it; one where nobody can ask."""
    W, h0, xs = elman(np.random.default_rng(0))
    plan = mg.scan.plan(step_of(W), h0, xs)
    arrays = {"state": [h0], "x": [xs], "captured": [W.detach().numpy()]}
    assert module.split(plan, None, arrays) is plan
    monkeypatch.setattr(module, "_WORTH", plan.flops / 4)
    monkeypatch.setattr(module, "blas_threads", lambda: 1)
    assert module.split(plan, None, arrays) is plan
    monkeypatch.setattr(module, "blas_threads", lambda: 2)
    assert isinstance(module.split(plan, None, arrays), module.Split)
    assert module.split(plan, 1, arrays) is plan

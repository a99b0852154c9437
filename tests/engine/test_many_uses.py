"""A weight that is used many times gets the sum of all contributions, however they are summed."""

import sys
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.differentiation import sweep_from
from minigrad.engine.op import OPS
from minigrad.engine.outputs import OneOf

COUNTS = [1, 2, 15, 16, 17, 31, 32, 33, 100]
RNG = np.random.default_rng(0)
W, TABLE = RNG.normal(size=(3, 4)), RNG.normal(size=(6, 4))
XS, GS = RNG.normal(size=(100, 2, 3)), RNG.normal(size=(100, 2, 4))
TOKENS = RNG.integers(0, 6, (100, 2))

# Name: the k-th use of a weight, its value, and what it contributes for the cotangent g (2, 4).
USES = {
    "matmul": (lambda w, k: XS[k] @ w, W, lambda k, g: XS[k].T @ g),
    "matmul from the left": (lambda w, k: (w.T @ XS[k].T).T, W, lambda k, g: XS[k].T @ g),
    "vectors": (lambda w, k: np.stack([XS[k, 0] @ w, XS[k, 1] @ w]), W, lambda k, g: XS[k].T @ g),
    "dot": (lambda w, k: np.dot(XS[k], w), W, lambda k, g: XS[k].T @ g),
    "einsum": (lambda w, k: np.einsum("nk,km->nm", XS[k], w), W, lambda k, g: XS[k].T @ g),
    "linear": (lambda w, k: mg.functional.linear(XS[k], w), W.T, lambda k, g: g.T @ XS[k]),
    "bias": (lambda w, k: k + w, W[0], lambda k, g: g.sum(axis=0)),
    "factor": (lambda w, k: (k + 1) * w, W[0], lambda k, g: (k + 1) * g.sum(axis=0)),
    "rows": (lambda w, k: w[TOKENS[k]], TABLE, lambda k, g: _rows(TOKENS[k], g)),
    "one row": (lambda w, k: w[k % 6], TABLE, lambda k, g: _rows([k % 6], g.sum(0, keepdims=True))),
    "embedding": (
        lambda w, k: mg.functional.embedding(TOKENS[k], w), TABLE, lambda k, g: _rows(TOKENS[k], g)
    ),
}


def _rows(index, g):
    total = np.zeros(TABLE.shape)
    np.add.at(total, index, g)
    return total


def plain_sum(name, count):
    return sum(USES[name][2](k, GS[k]) for k in range(count))


def every_way(loss, w):
    """The gradient by every kind of backward pass."""
    yield "backward", sweep_from([loss], [None], [w], retain_graph=True)[w._node]
    recorded = sweep_from([loss], [None], [w], create_graph=True)[w._node]
    yield "create_graph", recorded.numpy()
    yield "contributions", sum(use.value for use in mg.contributions(loss, [w])[0])
    loss.backward(retain_graph=True)
    yield ".grad", w.grad.numpy()
    loss.backward()
    yield "half of two .grad", w.grad.numpy() / 2


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("name", USES)
def test_one_kind_of_use(name, count):
    """So many uses by one op: the plain sum, whichever way it is computed."""
    use, value, _ = USES[name]
    w = mg.tensor(value, requires_grad=True)
    loss = sum((use(w, k) * GS[k]).sum() for k in range(count))
    wanted = plain_sum(name, count)
    for how, found in every_way(loss, w):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12, err_msg=how)


@pytest.mark.parametrize("count", COUNTS)
def test_mixed_uses(count):
    """A weight (3, 4) used so many times by each of several ops, in turn."""
    names = [n for n in USES if USES[n][1] is W]
    w = mg.tensor(W, requires_grad=True)
    loss = sum((USES[n][0](w, k) * GS[k]).sum() for k in range(count) for n in names)
    loss = loss + (w * w).sum()
    wanted = sum(plain_sum(n, count) for n in names) + 2 * W
    for how, found in every_way(loss, w):
        np.testing.assert_allclose(found, wanted, rtol=1e-10, err_msg=how)


@pytest.mark.parametrize("count", COUNTS)
def test_two_weights_in_turn(count):
    """Each of two weights, of which one is used half as often, gets its own contributions."""
    one, two = (mg.tensor(W * s, requires_grad=True) for s in (1, 2))
    half = (count + 1) // 2
    loss = sum(
        (XS[k] @ one * GS[k]).sum() + ((XS[k] @ two * GS[k]).sum() if k < half else 0)
        for k in range(count)
    )
    loss.backward()
    np.testing.assert_allclose(one.grad, plain_sum("matmul", count), rtol=1e-10)
    np.testing.assert_allclose(two.grad, plain_sum("matmul", half), rtol=1e-10)


@pytest.mark.parametrize("count", COUNTS)
def test_uses_one_after_the_other(count):
    """h ← tanh(h W): the gradient of the repeated product, against BPTT written out."""
    U, h0 = RNG.normal(size=(4, 4)) / 2, GS[0]
    hs = [h0]
    for _ in range(count):
        hs.append(np.tanh(hs[-1] @ U))
    g, total = np.ones((2, 4)), np.zeros((4, 4))
    for before, h in zip(reversed(hs[:-1]), reversed(hs[1:]), strict=True):
        d = g * (1 - h * h)
        total, g = total + before.T @ d, d @ U.T
    w, h = mg.tensor(U, requires_grad=True), mg.tensor(h0, requires_grad=True)
    start = h
    for _ in range(count):
        h = np.tanh(h @ w)
    h.sum().backward()
    np.testing.assert_allclose(w.grad, total, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(start.grad, g, rtol=1e-9, atol=1e-300)


def test_float32_stays_float32():
    """A float32 weight that is used 100 times in float64 products has a gradient in float32."""
    w = mg.tensor(W.astype(np.float32), requires_grad=True)
    sum((XS[k] @ w * GS[k]).sum() for k in range(100)).backward()
    assert w.grad.dtype == np.float32
    np.testing.assert_allclose(w.grad, plain_sum("matmul", 100), rtol=1e-5)


# -- sums over several backward passes


def test_retained_gradients_add_up():
    """As in PyTorch, what ``retain_grad()`` keeps is summed over backward passes, like ``.grad`` of
    a leaf, whether they run through one graph twice or come from two losses."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    y.retain_grad()
    (3 * y).sum().backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad, [3, 3])
    (5 * y).sum().backward(retain_graph=True)
    np.testing.assert_array_equal(y.grad, [8, 8])
    y.backward(np.array([1.0, -1.0]))
    np.testing.assert_array_equal(y.grad, [9, 7])
    np.testing.assert_array_equal(x.grad, [18, 28])


def test_retained_gradients_of_one_of_several_results():
    """Also of a part of an op with several results."""
    a, b = np.split(mg.tensor(np.arange(4.0), requires_grad=True) * 2, 2)
    b.retain_grad()
    for _ in range(2):
        (a * b).sum().backward(retain_graph=True)
    np.testing.assert_array_equal(b.grad, [0, 4])
    assert not b.grad.requires_grad


@pytest.mark.parametrize("size", [1, 3000])
def test_two_threads_add_to_one_gradient(size):
    """No contribution is lost where threads go back to one leaf at the same time: adding large
    arrays lets other threads run, and at small ones the short interval interrupts."""
    rounds, threads = 300, 4
    w = mg.tensor(np.ones(size), requires_grad=True)
    ready = threading.Barrier(threads)
    failed = []

    def work():
        losses = [(w * 2.0).sum() for _ in range(rounds)]
        ready.wait()
        try:
            for loss in losses:
                loss.backward()
        except Exception as error:
            failed.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        running = [threading.Thread(target=work) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert failed == []
    np.testing.assert_array_equal(w.grad, np.full(size, 2.0 * rounds * threads))


def test_many_results_of_one_op():
    """The results of an op hand in their cotangents one by one, none twice, and a total is not
    copied for each: so far T results took O(T²)."""
    x = mg.tensor(RNG.normal(size=(300, 2)), requires_grad=True)
    rows = list(x)
    y = sum((k + 1) * row for k, row in enumerate(rows)) + rows[0] * rows[0]
    for _ in range(2):  # a second pass starts anew
        (g,) = mg.gradients(y.sum(), [x], retain_graph=True)
        wanted = np.repeat(np.arange(1.0, 301)[:, None], 2, axis=1)
        wanted[0] += 2 * x.numpy()[0]
        np.testing.assert_allclose(g.numpy(), wanted)


def test_a_total_of_many_results_grows_in_place():
    """Adding the cotangent of one more result costs the same however many there are."""
    total = OneOf({0: np.ones(2)})
    sums = total.given
    for k in (0, 1, 2):
        total = OneOf({k: np.ones(2)}) + total
    assert total.given is sums
    np.testing.assert_array_equal(total.dense(), [[2, 2], [1, 1], [1, 1]])


def test_results_used_by_rules_and_otherwise():
    """At order 2 a result of an op with several counts twice: where it was used, and where the rule
    names it. The Hessian of Σ yᵢ³ is that of the functions one by one."""

    def rule(g, out):
        return g[0] * out[0] * (1 - out[0]) + g[1] * (1 - out[1] ** 2)

    @mg.primitive("(n)->(n),(n)", name="both_squashed", multiple=True, vjps=(rule,))
    def both_squashed(z):
        """σ(z) and tanh(z)"""
        return 1 / (1 + np.exp(-z)), np.tanh(z)

    def together(z):
        y, n = both_squashed(z)
        return (y**3).sum() + (n**3).sum()

    def apart(z):
        return (mg.functional.sigmoid(z) ** 3).sum() + (np.tanh(z) ** 3).sum()

    z = np.array([0.3, -0.7, 1.1, 0.2])
    try:
        np.testing.assert_allclose(mg.hessian(together)(z), mg.hessian(apart)(z), rtol=1e-10)
    finally:
        OPS.pop("both_squashed")

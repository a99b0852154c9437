"""What is computed once from a weight equals what is computed anew, and goes with the weight."""

import contextlib
import gc
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import kept as module
from minigrad.engine.kept import kept, kept_product, kept_transpose
from minigrad.engine.values import frozen, is_frozen
from rnn import LSTMCell, unroll
from rnn.cells.affine import affine
from tests.support.interrupts import traced


@pytest.fixture
def entries():
    """What is kept now, by key; nothing of it at the start."""
    gc.collect()
    before = set(module._KEPT)
    return lambda: {k: v for k, v in module._KEPT.items() if k not in before}


def weight(*shape, dtype=np.float64):
    return frozen(np.random.default_rng(0).normal(size=shape).astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64])
@pytest.mark.parametrize(
    "rows, K, N",
    [(32, 128, 512), (32, 512, 128), (16, 100, 400), (64, 128, 512), (65, 128, 512), (1, 64, 64),
     (0, 64, 64), (3, 64, 65), (32, 97, 400), (4, 600, 1024), (2, 5, 3)],
)
def test_products_are_products(rows, K, N, dtype):
    """In one block, in several, packed or not: x W and x Wᵀ, at every use."""
    x = np.random.default_rng(1).normal(size=(rows, K)).astype(dtype)
    W, V = weight(K, N, dtype=dtype), weight(N, K, dtype=dtype)
    tolerance = {np.float16: 0.5, np.float32: 1e-3}.get(dtype, 1e-10)
    for _ in range(3):
        for found, wanted in ((kept_product(x, W), x @ W), (kept_product(x, V, True), x @ V.T)):
            assert found.dtype == wanted.dtype
            assert found.shape == wanted.shape
            np.testing.assert_allclose(found, wanted, atol=tolerance)


@pytest.mark.parametrize("order", ["F", "strided"])
def test_other_layouts(order):
    """Of a weight in another layout too."""
    W = weight(128, 512)
    V = frozen(np.asfortranarray(W) if order == "F" else np.repeat(W, 2, axis=1)[:, ::2])
    x = weight(32, 512)
    np.testing.assert_allclose(kept_product(x, V, True), x @ W.T, atol=1e-10)
    np.testing.assert_allclose(kept_product(x[:, :128], V), x[:, :128] @ W, atol=1e-10)


def test_products_that_are_cut(entries):
    """The sizes of a recurrent net do take the other way, and get blocks that begin on a line."""
    W = weight(128, 512, dtype=np.float32)
    kept_product(weight(32, 128, dtype=np.float32), W)
    ((layout, _),) = entries().values()
    assert layout.shape == (4, 128, 128)
    assert layout.__array_interface__["data"][0] % 64 == 0


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_transpose_goes_with_its_matrix(order, entries):
    """Laid out anew at the second use, and no view of the matrix, which would keep it alive."""
    W = np.array(weight(64, 128), order=order)
    for _ in range(3):
        found = kept_transpose(W)
        np.testing.assert_array_equal(found, W.T)
    assert found.flags.c_contiguous
    assert not np.shares_memory(found, W)
    del W
    assert not entries()


def test_made_once(entries):
    """Two weights, one result for both; it goes when one of them goes."""
    a, b, calls = weight(3), weight(3), []

    def total(x, y):
        calls.append(1)
        return x + y

    assert (kept(total, a, b) == a + b).all()
    assert kept(total, a, b) is kept(total, a, b)
    assert len(calls) == len(entries()) == 1
    del a
    assert not entries()
    assert (kept(total, b, b) == 2 * b).all()
    assert len(calls) == 2


def test_what_can_be_written_to_is_not_kept(entries):
    """An array of the caller's, or a view of one, may be another at the next step."""
    W = np.array(weight(128, 512))
    view = W[:]
    view.flags.writeable = False
    x = weight(32, 128)
    for matrix in (W, view):
        before = affine(x, matrix, x, W, None)
        W *= 2
        np.testing.assert_allclose(affine(x, matrix, x, W, None), 2 * before)
        W /= 2
    assert not entries()
    bias, rows, tokens = np.ones(512), W[:5], np.array([1, 1, 4])
    first = affine(tokens, rows, x[:3], W, bias)
    bias += 1
    np.testing.assert_allclose(affine(tokens, rows, x[:3], W, bias), first + 1)


@pytest.mark.parametrize("tokens", [True, False])
def test_a_write_to_a_weight_is_seen(tokens, entries):
    """After a step of an optimizer the cell computes with the new values; the old ones are gone."""
    rng = np.random.default_rng(0)
    cell = LSTMCell(20, 64, rng=0, dtype=np.float64)
    xs = rng.integers(0, 20, (3, 16)) if tokens else rng.normal(size=(3, 16, 20))

    def run():
        cell.zero_grad()
        outputs, _ = unroll(cell, xs)
        outputs.sum().backward()
        return outputs.numpy(), cell.W_hh.grad.numpy()

    run()
    count = len(entries())
    values = {name: np.array(p.data) / 2 for name, p in cell.named_parameters()}
    for p in cell.parameters():
        p.data /= 2
    after, slope = run()
    gc.collect()
    assert 0 < len(entries()) == count
    for name, value in values.items():
        getattr(cell, name).data = value
    again, same = run()
    np.testing.assert_allclose(after, again, rtol=1e-12)
    np.testing.assert_allclose(slope, same, rtol=1e-12)


def test_leaves_are_frozen():
    """The array of a tensor that a user made cannot be written to, by whatever way it came."""
    source = np.ones(3)
    x = mg.tensor(source, requires_grad=True)
    assert is_frozen(x._data)
    assert not is_frozen(source)
    x.data = source
    assert is_frozen(x._data)
    source += 1
    assert x.tolist() == [1, 1, 1]
    readable = source[:]
    readable.flags.writeable = False
    assert not is_frozen(readable)


def test_an_entry_left_behind():
    """An entry whose array is gone, and whose id another array has now, is not trusted: an
    interrupt may have kept it from being dropped."""
    old, new = weight(64, 64), weight(64, 64) + 1
    frozen(new)
    kept(np.negative, old)
    module._KEPT[np.negative, id(new)] = module._KEPT.pop((np.negative, id(old)))
    np.testing.assert_array_equal(kept(np.negative, new), -new)
    np.testing.assert_array_equal(kept(np.negative, new), -new)


def test_an_interrupt_at_any_bytecode(monkeypatch):
    """Ctrl-C anywhere while something is kept, or dropped because its weight goes, leaves nothing
    that the next weight at that address would be computed with."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)     # an interrupt inside a callback

    def act():
        W = weight(64, 64)
        for _ in range(3):
            kept_transpose(W)
            kept(np.negative, W)

    def interrupt(k):
        if k == n:
            raise KeyboardInterrupt

    count = []
    traced(act, count.append)
    assert len(count) > 100
    for n in range(len(count)):
        with contextlib.suppress(KeyboardInterrupt):
            traced(act, interrupt)
        new = frozen(np.full((64, 64), float(n)))
        for _ in range(3):
            np.testing.assert_array_equal(kept_transpose(new), new.T)
            np.testing.assert_array_equal(kept(np.negative, new), -new)

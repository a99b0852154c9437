"""Layers of minigrad.functional against plain NumPy. Their peers are in tests/peers."""

import itertools
import math

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.testing import check_grads
from tests.support.comparing import gradient, leaf, same

rng = np.random.default_rng(11)
X = rng.normal(size=(3, 4))


def test_linear():
    """For a vector, a matrix and a stack; a weight that is used many times gets one product."""
    weight, bias = rng.normal(size=(2, 4)), rng.normal(size=2)
    for x in (X[0], X, rng.normal(size=(2, 3, 4)), np.zeros((0, 4))):
        np.testing.assert_allclose(F.linear(leaf(x), weight, bias).numpy(), x @ weight.T + bias)
    w = leaf(weight)
    uses = F.linear(X, w).sum() + F.linear(X[0], w).sum() + F.linear(np.stack([X, X]), w).sum()
    uses.backward()
    np.testing.assert_allclose(w.grad.numpy(), np.ones((2, 1)) * (3 * X.sum(0) + X[0]))
    with pytest.raises(ValueError, match=r"linear.*\(3, 4\).*\(2, 3\)"):
        F.linear(X, np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"bias has shape \(3,\), wanted \(2,\)"):
        F.linear(X, weight, np.ones(3))


def test_embedding_and_one_hot():
    """Rows that repeat add up; an index outside the table is an error with value and range."""
    weight, index = rng.normal(size=(5, 3)), np.array([[0, 4], [4, 4]])
    w = leaf(weight)
    out = F.embedding(index, w)
    same(out, weight[index])
    out.sum().backward()
    same(w.grad, np.array([1.0, 0, 0, 0, 3.0])[:, None] * np.ones(3))
    for bad in (-1, 5):
        with pytest.raises(IndexError, match=rf"embedding.*{bad}.*0 to 4"):
            F.embedding(np.array([0, bad]), w)
        with pytest.raises(IndexError, match=f"holds {bad}, wanted 0 to 4"):
            F.one_hot(np.array([0, bad]), 5)
    same(F.one_hot(index), np.eye(5, dtype=int)[index])
    assert isinstance(F.one_hot(mg.tensor(index)), mg.Tensor)
    assert F.one_hot(index, 7, dtype=np.float32).shape == (2, 2, 7)
    with pytest.raises(TypeError, match="float64"):
        F.one_hot(np.array([1.0]))
    with pytest.raises(ValueError, match="num_classes"):
        F.one_hot(np.zeros(0, int))


def test_dropout():
    """Zeros with probability p, the mean kept; one seed, one mask; the gradient has that mask."""
    x = np.ones((200, 200), np.float32)
    y = F.dropout(x, 0.3, rng=1)
    assert y.dtype == np.float32
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.7)}
    assert abs(y.mean() - 1) < 0.02
    same(F.dropout(x, 0.3, rng=1), y)
    same(F.dropout(leaf(x), 0.3, rng=np.random.default_rng(1)), y)
    same(gradient(lambda t: F.dropout(t, 0.3, rng=1), x), y)
    for unchanged in (F.dropout(x, 0.3, training=False), F.dropout(x, 0.0)):
        assert unchanged is x
    for p in (-0.1, 1.0, 1.5, math.nan):
        with pytest.raises(ValueError, match="p is"):
            F.dropout(x, p)


def test_layer_norm():
    """Mean 0 and variance 1 over the last axes, then weight and bias."""
    x, weight, bias = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    y = F.layer_norm(x, (3, 4), eps=0)
    np.testing.assert_allclose(y.mean((1, 2)), 0, atol=1e-15)
    np.testing.assert_allclose(y.var((1, 2)), 1)
    np.testing.assert_allclose(F.layer_norm(x, (3, 4), weight, bias, 0), y * weight + bias)
    check_grads(lambda *a: F.layer_norm(a[0], (3, 4), *a[1:]), x, weight, bias)
    check_grads(lambda x: F.layer_norm(x, 4), x)
    same(F.layer_norm(np.full((2, 4), 3.0), 4), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"\(2, 3, 4\).*normalized_shape=\(3,\)"):
        F.layer_norm(x, 3)
    with pytest.raises(ValueError, match="weight has shape"):
        F.layer_norm(x, 4, np.ones(3))


def test_batch_norm():
    """Normalised over all but the channels; the running statistics move, and serve afterwards."""
    x = rng.normal(size=(6, 3, 2))
    mean, var = mg.tensor(np.zeros(3)), mg.tensor(np.ones(3))
    y = F.batch_norm(x, mean, var, training=True, momentum=0.25, eps=0)
    np.testing.assert_allclose(y.mean((0, 2)), 0, atol=1e-15)
    np.testing.assert_allclose(y.var((0, 2)), 1)
    np.testing.assert_allclose(mean.numpy(), 0.25 * x.mean((0, 2)))
    np.testing.assert_allclose(var.numpy(), 0.75 + 0.25 * x.var((0, 2), ddof=1))
    before = mean.numpy().copy()
    y = F.batch_norm(x, mean, var, eps=0)
    wanted = (x - mean.numpy()[:, None]) / np.sqrt(var.numpy()[:, None])
    np.testing.assert_allclose(np.asarray(y.data), wanted)
    same(mean, before)
    check_grads(lambda x, w, b: F.batch_norm(x, None, None, w, b, True), x, np.ones(3), np.zeros(3))
    with pytest.raises(TypeError, match="Tensor"):
        F.batch_norm(x, np.zeros(3), np.ones(3), training=True)
    with pytest.raises(TypeError, match="needed"):
        F.batch_norm(x, None, None)
    with pytest.raises(ValueError, match="one entry"):
        F.batch_norm(x[:1, :, 0], None, None, training=True)
    with pytest.raises(ValueError, match=r"running_mean has shape \(2,\), wanted \(3,\)"):
        F.batch_norm(x, np.zeros(2), np.ones(3))
    with pytest.raises(ValueError, match=r"\(N, C, ...\)"):
        F.batch_norm(x[0, 0], None, None)


def test_failed_batch_norm_moves_nothing():
    """An error leaves both running statistics as they were."""
    mean, var = mg.tensor(np.zeros(3)), mg.tensor(np.ones(3))
    with pytest.raises((TypeError, ValueError)):
        F.batch_norm(rng.normal(size=(4, 3)), mean, var.numpy(), training=True)
    same(mean, np.zeros(3))


def test_masked_fill_keeps_the_dtype():
    """Of x, whatever that of the value, a number, an array or a Tensor, which gets its gradient;
    what the dtype cannot hold is refused."""
    mask = np.array([True, False])
    for dtype in (np.float16, np.float32, np.float64):
        for value in (3, 3.0, np.float64(3), np.array(3), mg.tensor(3.0), mg.tensor(3)):
            y = F.masked_fill(leaf(np.ones(2), dtype), mask, value)
            assert y.dtype == dtype
            assert y.tolist() == [3, 1]
    value = leaf(np.array(2.0))
    x = leaf(np.ones(2), np.float32)
    F.masked_fill(x, mask, value).sum().backward()
    assert value.grad.dtype == np.float64
    assert (value.grad.item(), x.grad.tolist()) == (1, [0, 1])
    for fill in (0.5, mg.tensor(0.5)):
        with pytest.raises(TypeError, match="same_kind"):
            F.masked_fill(mg.tensor([1, 2]), mask, fill)


def test_normalize_and_cosine_similarity():
    """Unit length, -1 to 1; the zero vector gives 0 and a finite gradient."""
    np.testing.assert_allclose(np.linalg.norm(F.normalize(X), axis=1), 1)
    np.testing.assert_allclose(np.abs(F.normalize(X, p=1, dim=0)).sum(0), 1)
    y = rng.normal(size=(3, 4))
    wanted = (X * y).sum(1) / np.linalg.norm(X, axis=1) / np.linalg.norm(y, axis=1)
    np.testing.assert_allclose(F.cosine_similarity(X, y), wanted)
    np.testing.assert_allclose(F.cosine_similarity(X.T, y.T, axis=0), wanted)
    same(F.normalize(X, 1.0, (0, 1)), X / np.abs(X).sum())  # a vector's norm, not a matrix's
    row = np.array([[1.0, 0.0]])
    np.testing.assert_allclose(F.cosine_similarity(row.T, row, dim=0), [0.5**0.5, 0])
    np.testing.assert_allclose(F.cosine_similarity(np.ones((1, 1)), np.ones((1, 2))), [1])
    check_grads(F.cosine_similarity, X[0], y)
    check_grads(F.normalize, X)
    check_grads(F.cosine_similarity, X, y)
    zero = np.zeros((1, 3))
    for f in (F.normalize, lambda x: F.cosine_similarity(x, np.ones((1, 3)))):
        same(f(zero), np.zeros_like(f(zero)))
        assert np.isfinite(gradient(f, zero)).all()


def test_conv2d():
    """Against nested loops, for a stride, a padding and a dilation of each axis, and groups."""
    x, w, b = rng.normal(size=(2, 4, 6, 7)), rng.normal(size=(6, 4, 2, 3)), rng.normal(size=6)
    for (s, z), (p, q), (d, e), groups in itertools.product(
        ((1, 1), (2, 3)), ((0, 0), (2, 1)), ((1, 1), (1, 2)), (1, 2)
    ):
        kernel = w[:, : 4 // groups]
        wide = np.pad(x, ((0, 0), (0, 0), (p, p), (q, q)))
        high, long = (wide.shape[2] - d - 1) // s + 1, (wide.shape[3] - 2 * e - 1) // z + 1
        wanted = np.zeros((2, 6, high, long))
        for o, t, r in np.ndindex(6, high, long):
            first = o // (6 // groups) * (4 // groups)
            seen = wide[:, first : first + 4 // groups, t * s :, r * z :]
            seen = seen[:, :, : d + 1 : d, : 2 * e + 1 : e]
            wanted[:, o, t, r] = (seen * kernel[o]).sum((1, 2, 3))
        options = {"stride": (s, z), "padding": (p, q), "dilation": (d, e), "groups": groups}
        found = F.conv2d(leaf(x), kernel, b, **options)
        np.testing.assert_allclose(found.numpy(), wanted + b[:, None, None])
    check_grads(lambda x, w: F.conv2d(x, w, **options), x[:1], kernel)
    same(F.conv2d(x[0], w), F.conv2d(x, w)[0])
    same(F.conv2d(x[:0], w), np.zeros((0, 6, 5, 5)))
    assert F.conv2d(x, w, padding="same").shape == (2, 6, 6, 7)
    with pytest.raises(ValueError, match=r"conv2d.*wanted \(N, C, H, W\)"):
        F.conv2d(x[0, 0], w)
    with pytest.raises(ValueError, match=r"conv2d.*stride is \(1, 2, 3\), wanted an integer or 2"):
        F.conv2d(x, w, stride=(1, 2, 3))


def test_pooling_of_images():
    """Each entry from the window that it is made of, the last one cut off where ceil_mode is on."""
    x = rng.normal(size=(2, 3, 7, 6))
    for size, step, ceil_mode in itertools.product(((2, 3), (3, 1)), ((1, 2), (3, 2)), (0, 1)):
        shape = [-(-(n - k) // s) + 1 if ceil_mode else (n - k) // s + 1
                 for n, k, s in zip(x.shape[2:], size, step, strict=True)]
        shape = [m - (ceil_mode and (m - 1) * s >= n)
                 for m, n, s in zip(shape, x.shape[2:], step, strict=True)]
        for function, reduction in ((F.max_pool2d, np.max), (F.avg_pool2d, np.mean)):
            wanted = np.empty((2, 3, *shape))
            for i, j in np.ndindex(*shape):
                a, b = i * step[0], j * step[1]
                wanted[:, :, i, j] = reduction(x[:, :, a : a + size[0], b : b + size[1]], (2, 3))
            found = function(x, size, step, ceil_mode=bool(ceil_mode))
            np.testing.assert_allclose(found, wanted)
            check_grads(lambda x, f=function, o=(size, step): f(x, *o), x[0])
    with pytest.raises(ValueError, match=r"max_pool2d.*wanted \(N, C, H, W\)"):
        F.max_pool2d(x[0, 0], 2)
    with pytest.raises(ValueError, match=r"avg_pool2d.*at most half"):
        F.avg_pool2d(x, 2, padding=2)


def test_conv1d():
    """Against four nested loops, for every stride, padding, dilation and number of groups."""
    x, w, b = rng.normal(size=(2, 4, 7)), rng.normal(size=(6, 4, 3)), rng.normal(size=6)
    for stride, padding, dilation, groups in itertools.product((1, 3), (0, 2), (1, 2), (1, 2)):
        kernel = w[:, : 4 // groups]
        wide = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
        steps = (wide.shape[2] - 2 * dilation - 1) // stride + 1
        wanted = np.zeros((2, 6, steps))
        for n, o, t, c, k in np.ndindex(2, 6, steps, 4 // groups, 3):
            channel = o // (6 // groups) * (4 // groups) + c
            wanted[n, o, t] += wide[n, channel, t * stride + k * dilation] * kernel[o, c, k]
        found = F.conv1d(leaf(x), kernel, b, stride, padding, dilation, groups)
        np.testing.assert_allclose(found.numpy(), wanted + b[:, None])
        check_grads(lambda x, w, a=(None, stride, padding, dilation, groups): F.conv1d(x, w, *a),
                    x[:1, :, :6], kernel)
    assert F.conv1d(x, w, padding="same", dilation=2).shape == (2, 6, 7)
    same(F.conv1d(x, w, padding="valid"), F.conv1d(x, w))
    same(F.conv1d(x[0], w, b), F.conv1d(x, w, b)[0])
    same(F.conv1d(x[:0], w), np.zeros((0, 6, 5)))
    for bad, message in (
        ({"weight": w[:, :3]}, "4 channels"), ({"stride": 0}, "at least 1"),
        ({"padding": "same", "stride": 2}, "stride=1"), ({"padding": "full"}, "'full'"),
        ({"dilation": 4}, "spans 9 steps"), ({"bias": np.ones(5)}, "bias has shape"),
        ({"groups": 3}, "groups=3"), ({"weight": w[0]}, r"wanted \(N, C, L\)"),
    ):
        with pytest.raises(ValueError, match=message):
            F.conv1d(**{"input": x, "weight": w, **bad})

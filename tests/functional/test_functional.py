"""minigrad.functional: definitions, tails, and what is refused. Its peers are in tests/peers."""

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
LOGITS, CLASSES = rng.normal(size=(5, 4)), np.array([0, 3, 1, 3, 2])
SHARES, WEIGHT = rng.dirichlet(np.ones(4), 5), rng.uniform(0.5, 2.0, 4)

ACTIVATIONS = {
    "celu": lambda x: max(x, 0.0) + math.expm1(min(x, 0.0)),
    "elu": lambda x: x if x > 0 else math.expm1(x),
    "gelu": lambda x: x * 0.5 * math.erfc(-x / math.sqrt(2)),
    "hardsigmoid": lambda x: min(max(x / 6 + 0.5, 0.0), 1.0),
    "hardtanh": lambda x: min(max(x, -1.0), 1.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "logsigmoid": lambda x: min(x, 0.0) - math.log1p(math.exp(-abs(x))),
    "mish": lambda x: x * math.tanh(max(x, 0.0) + math.log1p(math.exp(-abs(x)))),
    "relu": lambda x: max(x, 0.0),
    "relu6": lambda x: min(max(x, 0.0), 6.0),
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)) if x > -700 else 0.0,
    "silu": lambda x: x / (1 + math.exp(-x)) if x > -700 else 0.0,
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "softsign": lambda x: x / (1 + abs(x)),
    "tanh": math.tanh,
}
# Their values and slopes at -∞ and ∞; the slope is that of the limit.
LIMITS = {
    "celu": (-1, np.inf, 0, 1), "elu": (-1, np.inf, 0, 1), "gelu": (0, np.inf, 0, 1),
    "hardsigmoid": (0, 1, 0, 0), "hardtanh": (-1, 1, 0, 0), "logsigmoid": (-np.inf, 0, 1, 0),
    "leaky_relu": (-np.inf, np.inf, 0.01, 1), "mish": (0, np.inf, 0, 1), "relu": (0, np.inf, 0, 1),
    "relu6": (0, 6, 0, 0), "selu": (-1.7580993408473766, np.inf, 0, 1.0507009873554805),
    "sigmoid": (0, 1, 0, 0), "silu": (0, np.inf, 0, 1), "softplus": (0, np.inf, 0, 1),
    "tanh": (-1, 1, 0, 0),
}


# -- activations


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_their_definitions(name):
    """To the last digits, from -1e4 to 1e4, tails included; the dtype stays, integers become
    floats, nothing warns."""
    f = getattr(F, name)
    x = np.concatenate([np.linspace(-9, 9, 37), [-1e4, -1e3, -50.0, -30.0, 30.0, 1e3, 1e4, 1e-12]])
    # The tail of gelu is e^(-x²/2): the rounding of x/√2 is magnified x² times.
    tolerance = 2e-13 if name == "gelu" else 1e-14
    np.testing.assert_allclose(f(x), [ACTIVATIONS[name](v) for v in x], tolerance, atol=1e-300)
    for dtype in (np.float16, np.float32):
        assert f(leaf(x[:37], dtype)).dtype == dtype
        assert gradient(f, x[:37].astype(dtype)).dtype == dtype
    np.testing.assert_allclose(f(np.array([-2, 0, 3])), f(np.array([-2.0, 0.0, 3.0])))
    same(f(leaf(0.5)), f(np.array([0.5]))[0])
    same(f(leaf(np.zeros((0, 2)))), np.zeros((0, 2)))


@pytest.mark.parametrize("name", LIMITS)
def test_activations_at_infinity(name):
    """Values and slopes are the limits, and NaN stays NaN."""
    f = getattr(F, name)
    low, high, slope_low, slope_high = LIMITS[name]
    ends = np.array([-np.inf, np.inf])
    np.testing.assert_allclose(f(ends), [low, high])
    np.testing.assert_allclose(gradient(f, ends), [slope_low, slope_high])
    assert np.isnan(f(np.array([np.nan]))).all()


def test_sigmoid_keeps_its_digits_in_both_tails():
    """1 / (1 + e⁻ˣ) to relative precision where it is tiny, and 0 where e⁻ˣ overflows."""
    for dtype, tolerance in ((np.float64, 1e-15), (np.float32, 1e-6)):
        x = np.array([-80.0, -50.0, -20.0], dtype)
        np.testing.assert_allclose(F.sigmoid(x), np.exp(x) / (1 + np.exp(x)), rtol=tolerance)
        same(F.sigmoid(np.array([-1e4, 1e4], dtype)), np.array([0, 1], dtype))


def test_activations_with_parameters():
    """Their keywords, and a value that is refused."""
    np.testing.assert_allclose(F.leaky_relu(X, negative_slope=0.5), np.maximum(X, X * 0.5))
    np.testing.assert_allclose(F.elu(X, alpha=2.0), np.where(X > 0, X, 2 * np.expm1(X)))
    np.testing.assert_allclose(F.celu(X, 2.0), np.where(X > 0, X, 2 * np.expm1(X / 2)))
    np.testing.assert_allclose(F.softplus(X, beta=3.0), np.log1p(np.exp(3 * X)) / 3)
    np.testing.assert_allclose(F.hardtanh(X, -0.2, 0.1), X.clip(-0.2, 0.1))
    np.testing.assert_allclose(F.gelu(X, "tanh"), F.gelu(X), atol=2e-3)
    np.testing.assert_allclose(F.glu(X), X[:, :2] / (1 + np.exp(-X[:, 2:])))
    np.testing.assert_allclose(F.glu(leaf(X.T), axis=0).numpy(), F.glu(X).T)
    with pytest.raises(ValueError, match="approximate"):
        F.gelu(X, "cubic")
    with pytest.raises(ValueError, match=r"glu.*\(3, 4\).*dim=0"):
        F.glu(X, 0)
    with pytest.raises(ValueError, match="min_val ≤ max_val"):
        F.hardtanh(X, 1, -1)


def test_softmax_family():
    """Rows sum to 1; dim and axis are one; safe at ±1e4 and in a row of -∞."""
    p = F.softmax(X, dim=0)
    np.testing.assert_allclose(p.sum(0), 1)
    np.testing.assert_allclose(p, np.exp(X) / np.exp(X).sum(0))
    same(F.softmax(X, axis=0), p)
    same(F.softmax(X), F.softmax(X, -1))
    np.testing.assert_allclose(F.softmin(X), F.softmax(-X))
    np.testing.assert_allclose(F.log_softmax(X, 1), np.log(F.softmax(X, 1)))
    np.testing.assert_allclose(F.logsumexp(X, 1, True), np.log(np.exp(X).sum(1, keepdims=True)))
    far = np.array([[1e4, -1e4], [-1e4, -1e4], [-np.inf, 0.0], [-np.inf, -np.inf]])
    same(F.softmax(far), np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.0, 0.0]]))
    same(F.log_softmax(far)[[0, 3]], np.array([[0.0, -2e4], [-np.inf, -np.inf]]))
    for f in (F.softmax, F.log_softmax, lambda x: F.logsumexp(x, 1)):
        assert np.isfinite(gradient(f, far)).all()
        assert f(leaf(X, np.float32)).dtype == np.float32
    same(F.softmax(np.array([1, 1])), np.array([0.5, 0.5]))


# -- layers


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


def test_softmax_family_of_nothing():
    """Of no entries there are no shares, and no error; a quantile of none says that there is
    none."""
    for shape, dim in (((0,), 0), ((3, 0), 1), ((3, 0), -1), ((0, 3), 0), ((0, 3), 1)):
        for f in (F.softmax, F.log_softmax, F.softmin):
            for dtype in (np.float32, np.float64):
                x = leaf(np.zeros(shape), dtype)
                y = f(x, dim)
                assert (y.shape, y.dtype) == (shape, dtype)
                y.sum().backward()
                assert x.grad.shape == shape
    with pytest.raises(IndexError, match="no quantile of no entries"):
        np.quantile(leaf(np.zeros((3, 0))), 0.5, axis=1)
    assert np.quantile(leaf(np.zeros((0, 3))), 0.5, axis=1).shape == (0,)


def test_hardtanh_between_equal_bounds():
    """A constant, of slope 0, as in PyTorch."""
    x = leaf(X)
    y = F.hardtanh(x, 0.5, 0.5)
    same(y.numpy(), np.full_like(X, 0.5))
    y.sum().backward()
    same(x.grad.numpy(), np.zeros_like(X))


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


# -- losses


def cross_entropy(logits, q, weight=None):
    """-Σ w q ln p by the definition, one value a row."""
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return -(q * np.log(p) * (1 if weight is None else weight)).sum(1)


@pytest.mark.parametrize("smoothing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["even", "weighted"])
def test_cross_entropy(weight, smoothing):
    """Indices and probabilities, weights, smoothing, ignored targets, every reduction."""
    f = F.cross_entropy
    one_hot = np.eye(4)[CLASSES]
    w = np.ones(4) if weight is None else weight
    rest = {"weight": weight, "label_smoothing": smoothing}
    for target, q in ((CLASSES, one_hot), (SHARES, SHARES)):
        each = cross_entropy(LOGITS, (1 - smoothing) * q + smoothing / 4, weight)
        total = w[CLASSES].sum() if target is CLASSES else 5
        np.testing.assert_allclose(f(LOGITS, target, reduction="none", **rest), each)
        np.testing.assert_allclose(f(LOGITS, target, reduction="sum", **rest), each.sum())
        np.testing.assert_allclose(f(LOGITS, target, **rest), each.sum() / total)
        np.testing.assert_allclose(
            f(np.stack([LOGITS, LOGITS]).swapaxes(1, 2), np.stack([target, target]) if target
              is CLASSES else np.stack([target, target]).swapaxes(1, 2), reduction="sum", **rest),
            2 * each.sum(),
        )
        check_grads(lambda x, t=target: f(x, t, **rest), LOGITS)
    check_grads(lambda x, t: f(x, t, **rest), LOGITS, SHARES)
    holes = np.where(CLASSES == 3, -100, CLASSES)
    kept = np.flatnonzero(holes >= 0)
    np.testing.assert_allclose(f(LOGITS, holes, **rest), f(LOGITS[kept], CLASSES[kept], **rest))
    np.testing.assert_allclose(f(LOGITS, CLASSES, ignore_index=3, **rest), f(LOGITS, holes, **rest))
    assert (gradient(lambda x: f(x, holes, **rest), LOGITS)[[1, 3]] == 0).all()


def test_cross_entropy_far_out():
    """Logits of ±1e4 and -∞, classes of probability 0, an ignored row of NaN."""
    logits = np.array([[1e4, -1e4, 0.0], [0.0, -np.inf, 0.0]])
    same(F.cross_entropy(logits, np.array([1, 0]), reduction="none"), np.array([2e4, math.log(2)]))
    np.testing.assert_allclose(
        gradient(lambda x: F.cross_entropy(x, np.array([1, 0]), reduction="sum"), logits),
        [[1, -1, 0], [-0.5, 0, 0.5]],
    )
    target = np.array([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5]])
    np.testing.assert_allclose(
        F.cross_entropy(logits, target, reduction="none"), [0, math.log(2)], atol=1e-15
    )
    padded, target = np.array([[1.0, 2.0], [np.nan, np.inf]]), np.array([0, -100])
    for smoothing in (0.0, 0.1):
        def loss(x, smoothing=smoothing):
            return F.cross_entropy(x, target, label_smoothing=smoothing)

        assert np.isfinite(loss(padded))
        for g in (gradient(loss, padded), mg.hessian(loss)(padded)[:, 0, 1]):
            assert np.isfinite(g).all()
            assert (g[1] == 0).all()
    same(F.nll_loss(padded, target), np.array(-1.0))
    assert F.cross_entropy(LOGITS.astype("f4"), CLASSES, WEIGHT).dtype == np.float32
    same(F.cross_entropy(np.array([1, 1]), np.array(0)), np.array(math.log(2)))


BAD_TARGETS = [
    (IndexError, r"class 4, wanted 0 to 3", LOGITS, np.array([0, 4, 1, 1, 1])),
    (IndexError, r"class -1, wanted 0 to 3", LOGITS, np.array([0, -1, 1, 1, 1])),
    (ValueError, r"\(5, 4\) and target \(5, 1\)", LOGITS, CLASSES[:, None]),
    (ValueError, r"\(5, 4\) and target \(4,\)", LOGITS, CLASSES[:4]),
    (ValueError, r"\(5, 4\) and target \(5,\) of dtype float64", LOGITS, CLASSES.astype(float)),
    (TypeError, "bool", LOGITS, CLASSES > 1),
    (ValueError, "no axes", np.float64(1.0), np.array(0)),
    (ValueError, "no target to average", LOGITS, np.full(5, -100)),
    (ValueError, "no target to average", LOGITS[:0], CLASSES[:0]),
]


@pytest.mark.parametrize("case", range(len(BAD_TARGETS)))
def test_bad_targets(case):
    """Classes that do not exist, shapes that do not fit, nothing to average: errors that say so."""
    kind, message, logits, target = BAD_TARGETS[case]
    for f in (F.cross_entropy, F.nll_loss):
        if f is F.nll_loss and target.dtype.kind == "f":
            kind, message = TypeError, "float64"
        with pytest.raises(kind, match=message):
            f(logits, target)


def test_bad_options_of_losses():
    """Reductions, weights and smoothing that do not exist."""
    for f in (F.mse_loss, F.l1_loss, F.huber_loss, F.kl_div, F.binary_cross_entropy_with_logits):
        with pytest.raises(ValueError, match="'average'"):
            f(X, X, reduction="average")
    with pytest.raises(ValueError, match="'average'"):
        F.cross_entropy(LOGITS, CLASSES, reduction="average")
    with pytest.raises(ValueError, match=r"weight has shape \(3,\).*\(4,\)"):
        F.cross_entropy(LOGITS, CLASSES, np.ones(3))
    with pytest.raises(TypeError, match=r"weight\.detach\(\)"):
        F.cross_entropy(LOGITS, CLASSES, leaf(WEIGHT))
    for smoothing in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="label_smoothing"):
            F.cross_entropy(LOGITS, CLASSES, label_smoothing=smoothing)
    with pytest.raises(ValueError, match="delta is 0"):
        F.huber_loss(X, X, delta=0)
    with pytest.raises(ValueError, match=r"pos_weight has shape \(3,\)"):
        F.binary_cross_entropy_with_logits(X, X, pos_weight=np.ones(3))
    with pytest.raises(ValueError, match=r"holds 1\.5; wanted probabilities"):
        F.binary_cross_entropy(np.array([1.5]), np.array([1.0]))


def test_shapes_of_losses_must_be_equal():
    """(4, 1) against (4,) would compare each with each: an error that names both shapes."""
    wide, flat = np.full((4, 1), 0.5), np.full(4, 0.5)
    for f in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy,
              F.binary_cross_entropy_with_logits, F.kl_div):
        with pytest.raises(ValueError, match=r"\(4, 1\) and target \(4,\)"):
            f(leaf(wide), flat)
        with pytest.raises(ValueError, match="no entries"):
            f(flat[:0], flat[:0])
        assert float(f(flat[:0], flat[:0], reduction="sum")) == 0


def test_losses_are_their_definitions():
    """Of the difference, of probabilities, of logits: every value, and every gradient."""
    x, y = rng.normal(size=(2, 3)) * 2, rng.normal(size=(2, 3))
    d, p, t = x - y, 1 / (1 + np.exp(-x)), rng.random((2, 3))
    huber = np.where(np.abs(d) < 0.7, d * d / 2, 0.7 * (np.abs(d) - 0.35))
    entropy = -t * np.log(p) - (1 - t) * np.log(1 - p)
    for found, wanted in (
        (F.mse_loss(x, y), np.mean(d * d)),
        (F.mse_loss(x, y, "none"), d * d),
        (F.l1_loss(x, y, "sum"), np.abs(d).sum()),
        (F.huber_loss(x, y, delta=0.7), huber.mean()),
        (F.smooth_l1_loss(x, y, beta=0.7), huber.mean() / 0.7),
        (F.smooth_l1_loss(x, y, beta=0.0), np.abs(d).mean()),
        (F.binary_cross_entropy(p, t), entropy.mean()),
        (F.binary_cross_entropy(p, t, [1, 2, 3], "sum"), (entropy * [1, 2, 3]).sum()),
        (F.binary_cross_entropy_with_logits(x, t), entropy.mean()),
        (F.binary_cross_entropy_with_logits(x, t, pos_weight=[[2], [3]]),
         np.mean(-t * np.log(p) * [[2], [3]] - (1 - t) * np.log(1 - p))),
        (F.kl_div(np.log(p), t), np.mean(t * (np.log(t) - np.log(p)))),
        (F.kl_div(np.log(p), t, "batchmean"), np.sum(t * (np.log(t) - np.log(p))) / 2),
        (F.kl_div(np.log(p), np.log(t), "sum", True), np.sum(t * (np.log(t) - np.log(p)))),
        (F.mse(x, y), F.mse_loss(x, y)), (F.bce(p, t), F.binary_cross_entropy(p, t)),
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    check_grads(lambda x, y: F.smooth_l1_loss(x, y, beta=0.7), x, y)
    check_grads(lambda p, t: F.binary_cross_entropy(p, t, [1, 2, 3]), p, t)


def test_losses_at_the_ends():
    """log 0 is finite or 0 where the target is 0; logits of ±1e4 keep every digit."""
    p, t = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    same(F.binary_cross_entropy(p, t, reduction="none"), np.array([0.0, 100.0, 100.0, 0.0]))
    assert np.isfinite(gradient(lambda p: F.binary_cross_entropy(p, t), p)).all()
    x = np.array([-1e4, -1e4, 1e4, 1e4, -40.0])
    t = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    same(F.bce_with_logits(x, t, reduction="none"), np.array([0.0, 1e4, 1e4, 0.0, math.exp(-40)]))
    slopes = gradient(lambda x: F.bce_with_logits(x, t, reduction="sum"), x)
    np.testing.assert_allclose(slopes, [0.0, -1.0, 1.0, 0.0, math.exp(-40)], rtol=1e-15)
    log_p = np.log(np.array([0.25, 0.75]))
    np.testing.assert_allclose(F.kl_div(log_p, np.array([0.0, 1.0]), "sum"), -math.log(0.75))
    assert np.isfinite(gradient(lambda q: F.kl_div(q, np.array([0.0, 1.0])), log_p)).all()


def test_losses_can_be_taken_from_everything():
    """Second derivatives: a gradient penalty through a loss, at the numbers of the definition."""

    def loss(x):
        return F.cross_entropy(x, CLASSES, WEIGHT, reduction="sum")

    def penalty(x):
        return np.sum(mg.grad(loss)(x) ** 2)

    def by_hand(x):
        p = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
        return np.sum((np.expand_dims(WEIGHT[CLASSES], 1) * (p - np.eye(4)[CLASSES])) ** 2)

    np.testing.assert_allclose(mg.grad(penalty)(LOGITS), mg.grad(by_hand)(LOGITS), rtol=1e-12)


def test_everything_public_is_tested_and_listed():
    """Every name of the module is callable and says what it computes."""
    for name in F.__all__:
        assert getattr(F, name).__doc__, name

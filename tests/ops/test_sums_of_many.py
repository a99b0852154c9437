"""What sums thousands of entries gives in float16 and float32 what it gives in float64.

The numbers are the same in both, so that all that may differ is rounding: a few units in the last
place of the largest entry. NumPy's own sums lose more along a first axis; their values are NumPy's
here too, and their gradients are right all the same.
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional as F
from minigrad.ops.nn.layers import kept_mean

N = 20_000
RNG = np.random.default_rng(0)
X, Y, V = RNG.uniform(0.5, 1.5, (N, 3)), RNG.uniform(0.5, 1.5, (N, 3)), RNG.uniform(0.5, 1.5, N)
P, NEAR = RNG.uniform(0.2, 0.8, (N, 3)), 1 + (X - 1) * 1e-3
CLASSES, FIRST = RNG.integers(0, 3, N), np.zeros(N, int)
THREE, ROW = np.array([0.5, 1.25, 0.75]), np.array([[0.5, 1.25, 0.75]] * 5)

# Of NumPy: the gradients.
NUMPY = {
    "sum": (lambda x: np.sum(x, 0), X / 16),
    "mean": (lambda x: np.mean(x, 0), X),
    "nanmean": (lambda x: np.nanmean(x, 0), X),
    "var": (lambda x: np.var(x, 0), X),
    "std": (lambda x: np.std(x, 0), X),
    "nanvar": (lambda x: np.nanvar(x, 0), X),
    "nanstd": (lambda x: np.nanstd(x, 0), X),
    "average": (lambda x, w: np.average(x, 0, weights=w), X, V),
    "prod": (lambda x: np.prod(x, 0), NEAR),
    "cumsum": (lambda x: np.cumsum(x, 0), X / 16),
    "cumprod": (lambda x: np.cumprod(x, 0), NEAR),
    "nancumsum": (lambda x: np.nancumsum(x, 0), X / 16),
    "trapezoid": (lambda x: np.trapezoid(x, dx=0.25, axis=0), X / 16),
    "dot": (np.dot, V / 16, V / 16),
    "outer": (np.outer, V, THREE),
    "matmul": (lambda x, y: x.T @ y, X / 16, Y / 16),
    "matmul, a weight": (lambda x, w: x @ w, X, ROW[:3]),
    "einsum": (lambda x, y: np.einsum("ni,nj->ij", x, y), X / 16, Y / 16),
    "tensordot": (lambda x, w: np.tensordot(x, w, 1), X, ROW[:3]),
    "power": (lambda x, p: x**p, X, np.array(1.5)),
    "maximum": (np.maximum, X, np.array(2.0)),
    "hypot": (np.hypot, X, THREE),
    "take": (lambda w: np.take(w, FIRST, 0), ROW),
    "take_along_axis": (lambda w: np.take_along_axis(w, FIRST[:, None], 0), ROW),
    "interp": (lambda f: np.interp(np.full(N, 0.5), np.arange(3.0), f), THREE),
}

# Made here, or of PyTorch: the values too.
OURS = {
    "var, where": (lambda x: np.var(x, 0, where=np.ones((N, 1), bool)), X),
    "mean, where": (lambda x: np.mean(x, 0, where=np.ones((N, 1), bool)), X),
    "norm": (lambda x: np.linalg.norm(x, axis=0), X),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3, axis=0), X),
    "softmax": (lambda x: F.softmax(x, 0), X),
    "log_softmax": (lambda x: F.log_softmax(x, 0), X),
    "logsumexp": (lambda x: F.logsumexp(x, 0), X),
    "logcumsumexp": (lambda x: F.logcumsumexp(x, 0), X),
    "layer_norm": (lambda x: F.layer_norm(x.T, N), X),
    "batch_norm": (lambda x, b: F.batch_norm(x, None, None, None, b, training=True), X, THREE),
    "group_norm": (lambda x: F.group_norm(x.T[None], 3), X),
    "rms_norm": (lambda x: F.rms_norm(x.T, N), X),
    "normalize": (lambda x: F.normalize(x, dim=0), X),
    "cosine_similarity": (lambda x, y: F.cosine_similarity(x, y, 0), X, Y),
    "pairwise_distance": (lambda x, y: F.pairwise_distance(x.T, y.T), X, Y),
    "cross_entropy": (lambda x: F.cross_entropy(x, CLASSES), X),
    "cross_entropy of many classes": (lambda x: F.cross_entropy(x.T, np.array([0, 5, 9])), X),
    "cross_entropy, smoothed": (
        lambda x: F.cross_entropy(x.T, np.array([0, 5, 9]), label_smoothing=0.5), X
    ),
    "mse_loss": (F.mse_loss, X, P),
    "huber_loss": (F.huber_loss, X, P),
    "kl_div": (F.kl_div, X, P),
    "binary_cross_entropy": (F.binary_cross_entropy, P, P[::-1]),
    "linear": (F.linear, X, ROW, np.array([0.5] * 5)),
    "conv1d": (F.conv1d, X.reshape(2, 3, -1), ROW.reshape(5, 3, 1), np.array([0.5] * 5)),
    "embedding": (lambda w: F.embedding(FIRST, w), ROW),
    "getitem": (lambda w: w[FIRST], ROW),
    "gather": (lambda w: F.gather(w, 0, FIRST[:, None]), ROW),
    "scatter_add": (lambda x, s: F.scatter_add(x, 0, FIRST, s), THREE, V / 16),
    "scatter_reduce": (lambda x, s: F.scatter_reduce(x, 0, FIRST, s, "mean"), THREE, V),
    "index_add": (lambda x, s: x.index_add(0, FIRST, s), ROW, X / 16),
    "sum_to_size": (lambda x: x.sum_to_size(1, 3), X / 16),
    "bincount": (lambda w: np.bincount(CLASSES, w), V),
    "prelu": (F.prelu, -X, THREE),
    "avg_pool1d": (lambda x: F.avg_pool1d(x.T[None], N), X),
}


def run(f, arrays):
    """The value, and the gradients for a positive cotangent that does not let them overflow."""
    leaves = [mg.tensor(a, requires_grad=True) for a in arrays]
    y = f(*leaves)
    g = np.random.default_rng(1).uniform(0.5, 1.5, y.shape).astype(np.float16)
    y.backward(g.astype(y.dtype) / max(1, y.size // 4096))
    return [y.numpy(), *(leaf.grad.numpy() for leaf in leaves)]


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", [*NUMPY, *OURS])
def test_many_terms(name, dtype):
    """Value and gradients keep their digits."""
    f, *arrays = {**NUMPY, **OURS}[name]
    low = [a.astype(dtype) for a in arrays]
    found, wanted = run(f, low), run(f, [a.astype(float) for a in low])
    eps = float(np.finfo(dtype).eps)
    for a, b in list(zip(found, wanted, strict=True))[name in NUMPY :]:
        within = np.abs(b) < float(np.finfo(dtype).max)
        error = np.abs(a - b)[within].max(initial=0.0)
        # 51 where OpenBLAS has AVX-512: it adds up the products of a weight's gradient in blocks.
        assert error <= 64 * eps * np.abs(b).max() + float(np.finfo(dtype).smallest_subnormal)


@pytest.mark.parametrize("n", [1, 2, 60, 64, 127, 128, 129, 131, 256, 300, 512, 1000, 20_000])
def test_layer_norm_keeps_its_digits(n):
    """Beside a mean that is far larger than what is left of it, for rows of any length."""
    x = np.random.default_rng(n).normal(1000.0, 3.0, (50, n)).astype(np.float32)
    wide = x.astype(np.float64)
    centred = wide - wide.mean(-1, keepdims=True)
    wanted = centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(F.layer_norm(x, n), wanted, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("n", [3, 64, 100, 256, 384])
def test_means_do_not_overflow_on_the_way(n):
    """Of numbers whose sum is too large the mean is not; and of none, or of NaN, it is NaN."""
    x = np.full((4, n), 3e38, np.float32)
    np.testing.assert_allclose(kept_mean(x, axis=-1), x[:, :1], rtol=1e-6)
    x[1, 0] = np.nan
    assert np.isnan(kept_mean(x, axis=-1)[1]).all()
    assert not np.isnan(kept_mean(x, axis=-1)[0]).any()
    for axis in (0, (0, 1), (-2,), (1,)):
        np.testing.assert_allclose(
            kept_mean(x[2:], axis=axis), x[2:].mean(axis, np.float64, keepdims=True), rtol=1e-6
        )

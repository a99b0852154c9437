"""The special values, in one table: ties, zeros, repeated indices, overflow, -∞, and log 0.

Each line is a function, the point, and the gradient that is wanted there.
"""

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional as F

INF = np.inf


def gradients_at(f, *xs):
    """The gradients of the sum of f at xs, without warnings: they are not the subject here."""
    leaves = [mg.tensor(x, requires_grad=True, dtype=float) for x in xs]
    with np.errstate(all="ignore"):
        y = f(*leaves)
        y.backward(np.ones(y.shape))
    return [x.grad.tolist() for x in leaves]


def branch(function, taken=lambda x: x > 0.5):
    """`function` where it is defined, 0 elsewhere."""
    return lambda x: np.where(taken(x), function(x), 0.0)


POINTS = {
    # Repeated indices accumulate.
    "getitem": (lambda x: x[[0, 0, 2, -3]], [[1, 2, 3]], [[3, 0, 1]]),
    "getitem of rows": (lambda x: x[[1, 1], [0, 0]], [[[1, 2], [3, 4]]], [[[0, 0], [2, 0]]]),
    "take": (lambda x: np.take(x, [1, 1, 1]), [[1, 2, 3]], [[0, 3, 0]]),
    "embedding": (lambda w: F.embedding([2, 2, 0], w), [np.ones((3, 1))], [[[1], [0], [2]]]),
    # Ties share equally.
    "max": (np.max, [[3, 1, 3]], [[0.5, 0, 0.5]]),
    "min": (np.min, [[2, 2, 2, 5]], [[1 / 3, 1 / 3, 1 / 3, 0]]),
    "max along rows": (lambda x: np.max(x, axis=1), [[[1, 1], [0, 2]]], [[[0.5, 0.5], [0, 1]]]),
    "maximum": (np.maximum, [[1, 2], [1, 3]], [[0.5, 0], [0.5, 1]]),
    "minimum": (np.minimum, [[1, 2], [1, 3]], [[0.5, 1], [0.5, 0]]),
    # Products with one zero, and with two.
    "prod with a zero": (np.prod, [[2, 0, 3]], [[0, 6, 0]]),
    "prod with two zeros": (np.prod, [[0, 2, 0]], [[0, 0, 0]]),
    "cumprod with a zero": (lambda x: np.cumprod(x)[-1], [[2, 0, 3]], [[0, 6, 0]]),
    # The branch that where does not take contributes nothing.
    "log": (branch(np.log), [[0, -1, 1]], [[0, 0, 1]]),
    "sqrt": (branch(np.sqrt), [[0, -1, 4]], [[0, 0, 0.25]]),
    "1 / x": (branch(lambda x: 1 / x), [[0, 2]], [[0, -0.25]]),
    "exp": (branch(np.exp, lambda x: x < 1), [[1e4, 0]], [[0, 1]]),
    "power": (branch(lambda x: x**-0.5), [[0, -2, 1]], [[0, 0, -0.5]]),
    "arcsin": (branch(np.arcsin, lambda x: abs(x) < 1), [[0, 1, 2]], [[1, 0, 0]]),
    "where broadcasts": (
        lambda x, y: np.where([[True], [False]], x, y), [[1, 2], 5], [[1, 1], 2]
    ),
    # At 0.
    "norm": (np.linalg.norm, [[0, 0]], [[0, 0]]),
    "norm along rows": (
        lambda x: np.linalg.norm(x, axis=1), [[[0, 0], [3, 4]]], [[[0, 0], [0.6, 0.8]]]
    ),
    "sqrt at 0": (np.sqrt, [0.0], [INF]),
    "abs": (np.abs, [[0, -2]], [[0, -1]]),
    "x ** 2": (lambda x: x**2, [0.0], [0.0]),
    "x ** 1": (lambda x: x**1, [0.0], [1.0]),
    "x ** 0": (lambda x: x**0, [0.0], [0.0]),
    "0 ** y": (lambda y: 0.0**y, [2.0], [0.0]),
    # Far out: the limits, not ∞/∞.
    "sigmoid": (F.sigmoid, [[-1e4, 1e4]], [[0, 0]]),
    "tanh": (np.tanh, [[-1e4, 1e4]], [[0, 0]]),
    "softplus": (F.softplus, [[-1e4, 1e4]], [[0, 1]]),
    "logsigmoid": (F.logsigmoid, [[-1e4, 1e4]], [[1, 0]]),
    "softmax": (lambda x: F.softmax(x, -1)[0], [[-1e4, 1e4]], [[0, 0]]),
    "log_softmax": (lambda x: F.log_softmax(x, -1)[0], [[-1e4, 1e4]], [[1, -1]]),
    "logsumexp": (lambda x: F.logsumexp(x, -1), [[-1e4, 1e4]], [[0, 1]]),
    "logaddexp": (np.logaddexp, [-1e4, 1e4], [0, 1]),
    # -∞: nothing is possible; and where something is, it takes all.
    "logsumexp of -∞": (lambda x: F.logsumexp(x, -1), [[-INF, -INF]], [[0, 0]]),
    "logsumexp with one -∞": (lambda x: F.logsumexp(x, -1), [[-INF, 2]], [[0, 1]]),
    "softmax with one -∞": (lambda x: F.softmax(x, -1)[1], [[-INF, 2]], [[0, 0]]),
    "logaddexp with -∞": (np.logaddexp, [-INF, 1], [0, 1]),
    # log 0 is -∞, with slope ∞.
    "log 0": (np.log, [0.0], [INF]),
    "log1p": (np.log1p, [-1.0], [INF]),
}


@pytest.mark.parametrize("case", POINTS)
def test_gradients_at_special_points(case):
    """At every special point the gradient is the one of the table, and is never NaN."""
    f, xs, wanted = POINTS[case]
    for found, right in zip(gradients_at(f, *xs), wanted, strict=True):
        assert np.allclose(found, right), (found, right)


VALUES = {
    "sigmoid": (F.sigmoid, [-1e4, 0, 1e4], [0, 0.5, 1]),
    "softmax": (lambda x: F.softmax(x, -1), [-1e4, 1e4], [0, 1]),
    "log_softmax": (lambda x: F.log_softmax(x, -1), [-1e4, 1e4], [-2e4, 0]),
    "logsumexp": (lambda x: F.logsumexp(x, -1), [1e4, 1e4], 1e4 + np.log(2)),
    "logsumexp of -∞": (lambda x: F.logsumexp(x, -1), [-INF, -INF], -INF),
    "softplus": (F.softplus, [-1e4, 1e4], [0, 1e4]),
    "prod of nothing": (np.prod, [], 1),
    "sum of nothing": (np.sum, [], 0),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", VALUES)
def test_values_at_special_points(case, dtype):
    """Far out, and for nothing at all, values are the limits, in either precision and no NaN."""
    f, x, wanted = VALUES[case]
    found = f(mg.tensor(np.array(x, dtype)))
    assert found.dtype == dtype
    assert np.allclose(found.numpy(), wanted)


def test_log_of_zero_is_named_in_anomaly_mode():
    """log 0 is -∞ as in NumPy; under detect_anomaly the op is named."""
    x = mg.tensor([1.0, 0.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        assert np.log(x).tolist() == [0.0, -INF]
        with mg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"first Inf .* log"):
            np.log(x)

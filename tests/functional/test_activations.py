"""Activations of minigrad.functional: definitions and tails. Their peers are in tests/peers."""

import math

import numpy as np
import pytest

import minigrad.functional as F
from tests.support.comparing import gradient, leaf, same

rng = np.random.default_rng(11)
X = rng.normal(size=(3, 4))

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

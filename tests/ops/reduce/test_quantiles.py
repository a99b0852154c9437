"""Quantiles by every method of NumPy's, with and without NaN; medians; covariances with weights."""

import itertools
from functools import partial

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message
from tests.support.comparing import gradient, leaf, same

METHODS = [
    "linear", "lower", "higher", "midpoint", "nearest", "hazen", "weibull", "median_unbiased",
    "normal_unbiased", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf",
]
JUMPING = ["lower", "higher", "midpoint", "nearest", "inverted_cdf", "averaged_inverted_cdf",
           "closest_observation"]
X = np.random.default_rng(3).normal(size=(3, 7, 2))
HOLES = np.where(np.random.default_rng(4).random(X.shape) < 0.3, np.nan, X)
FUNCTIONS = [np.quantile, np.nanquantile, np.percentile, np.nanpercentile]
FRACTIONS = dict(zip(FUNCTIONS, FUNCTIONS[:2] * 2, strict=True))  # what each is at a hundredth

CALLS = """
    np.nanmedian(m); np.nanmedian(t, 1); np.nanmedian(t, axis=(0, 2)); np.nanmedian(v, keepdims=1)
    np.median(t, axis=(0, -1), keepdims=True); np.median(s); np.nanmedian(s); np.median(w)
    np.quantile(s, 0.3); np.quantile(t, 0.5, (0, 1)); np.quantile(t, [0.1, 0.6], axis=-1)
    np.quantile(m, np.float32(0.3)); np.quantile(m, [[0.1, 0.2], [0.7, 0.9]], 1); np.quantile(v, [])
    np.quantile(w, 1); np.quantile(w, 0); np.percentile(w, 30); np.percentile(t, (10, 20), 1)
    np.quantile(t, 0.4, 0, None, False, "hazen", True); np.percentile(a=m, q=40, axis=0)
    np.nanquantile(t, 0.3, axis=1, keepdims=True); np.nanpercentile(t, [30, 80], axis=(0, 1))
    np.quantile(w, 0.6, weights=[1, 2, 1, 3], method="inverted_cdf")
    np.quantile(m, 0.6, axis=1, weights=[1, 2, 1], method="inverted_cdf", keepdims=True)
    np.nanquantile(m, [0.2, 0.6], axis=1, weights=[[1, 2, 1]] * 2, method="inverted_cdf")
    np.cov(m); np.cov(m, bias=True); np.cov(m, ddof=0); np.cov(v); np.cov(v, v * v)
    np.cov(m, m * m); np.cov(m.T, rowvar=False); np.cov(m, fweights=[1, 2, 3])
    np.cov(m, aweights=[0.5, 2, 1])
    np.cov(m, None, True, False, 0, [2, 1, 2], [0.5, 2, 1]); np.cov(m, aweights=np.exp(v), ddof=0)
    np.cov(v, w[:3], rowvar=False); np.cov(t[0], t[1], rowvar=False, aweights=[1, 2, 1])
    np.cov(m, dtype=np.float64); np.cov(f); np.corrcoef(m); np.corrcoef(v, w[:3]); np.corrcoef(v)
    np.corrcoef(t[0]); np.corrcoef(t[0], rowvar=False); np.corrcoef(m, m * m, dtype=np.float64)
"""


@pytest.mark.parametrize("call", [c for c in cases(CALLS) if c != "np.cov(f)"])
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_method(function, method):
    """Each of NumPy's methods, along any axes, of one fraction and of several, in every dtype."""
    scale = 100 if "percentile" in function.__name__ else 1
    data = HOLES if "nan" in function.__name__ else X
    for axis, q in itertools.product((None, 1, (0, -2)), (0.0, 0.37, 1.0, [0.2, 0.83])):
        q = np.multiply(q, scale).tolist()
        for dtype in (np.float16, np.float32, np.float64):
            same(function(leaf(data.astype(dtype)), q, axis=axis, method=method),
                 function(data.astype(dtype), q, axis=axis, method=method))
    f = partial(function, axis=0, method=method)
    g = partial(FRACTIONS[function], axis=0, method=method)
    for n in (1, 2, 3, 6):
        x = np.random.default_rng(n).permutation(n * 2).reshape(n, 2) * 1.0
        if function is g.func:
            check_grads(partial(g, q=[0.0, 0.25, 0.5, 0.61, 1.0]), x, full=12)
            continue
        for q in (0.0, 0.25, 0.5, 0.61, 1.0):
            # A percentile is the quantile of a hundredth, which is checked by differences.
            found = gradient(partial(f, q=q * 100), x)
            np.testing.assert_allclose(found, gradient(partial(g, q=q), x))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_gradient_of_the_fraction(function, method):
    """The fraction has a slope where the method interpolates, and the slope 0 where it jumps."""
    scale = 100 if "percentile" in function.__name__ else 1
    data = HOLES if "nan" in function.__name__ else X
    for q in (np.array(0.37), np.array([0.23, 0.83])):
        check_grads(lambda q: function(data, q, axis=1, method=method), q * scale)
        found = gradient(lambda q: function(data, q, axis=1, method=method), q * scale)
        assert found.any() == (method not in JUMPING)


@pytest.mark.parametrize("method", METHODS)
def test_both_gradients_at_once(method):
    """The fraction's slope depends on the entries: mixed second derivatives are right."""
    check_grads(
        lambda x, q: np.quantile(x, q, axis=1, method=method), X[:1], np.array([0.23, 0.47])
    )


def test_ends():
    """At the ends the fraction's slope is that of the last gap."""
    x = np.array([5.0, 1.0, 2.0])
    assert gradient(lambda q: np.quantile(x, q), 1.0) == 2 * 3
    assert gradient(lambda q: np.quantile(x, q), 0.0) == 2 * 1
    assert gradient(lambda q: np.quantile(x, q, method="weibull"), 1.0) == 0


def test_equal_entries_share():
    """Entries of one value share alike, on both sides of the quantile."""
    found = gradient(np.median, [1.0, 2.0, 2.0, 3.0])
    np.testing.assert_allclose(found, [0, 0.5, 0.5, 0])
    found = gradient(lambda x: np.quantile(x, 0.5), [2.0, 1.0, 2.0, 2.0, 7.0])
    np.testing.assert_allclose(found, [1 / 3, 0, 1 / 3, 1 / 3, 0])


def test_nan():
    """A NaN is the quantile, as it is the maximum; the nan-functions leave it out."""
    x = np.array([1.0, np.nan, 3.0])
    np.testing.assert_array_equal(gradient(np.median, x), [0, 1, 0])
    np.testing.assert_array_equal(gradient(np.nanmedian, x), [0.5, 0, 0.5])
    x = leaf([[np.nan, np.nan], [1.0, 2.0]])
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        np.nanmedian(x, axis=1).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[0, 0], [0.5, 0.5]])


@pytest.mark.parametrize(("call", "error", "parts"), [
    ("np.quantile(v, 1.5)", ValueError, ("quantile", "range")),
    ("np.quantile(v, 0.5, method='none')", ValueError, ("quantile", "none")),
    ("np.percentile(v, 50, weights=[1, 2, 3])", ValueError, ("percentile", "inverted_cdf")),
    ("np.nanquantile(v, 0.5, 3)", np.exceptions.AxisError, ("nanquantile", "3")),
    ("np.nanpercentile(v, 50, out=np.zeros(()))", TypeError, ("nanpercentile", "out")),
    ("np.cov(m, fweights=[1, 2.5, 1])", TypeError, ("cov", "whole numbers")),
    ("np.cov(m, fweights=[1, 2])", RuntimeError, ("fweights", "(2,)", "(3,)")),
    ("np.cov(m, aweights=[1, 2, -1])", ValueError, ("cov", "aweights", "negative")),
    ("np.cov(t)", ValueError, ("cov", "3 axes")),
    ("np.cov(m, ddof=0.5)", ValueError, ("cov", "ddof", "integer")),
])
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and what it received."""
    message(call, error, *parts)


def test_too_few_observations():
    """NumPy's warnings and NaN where nothing is left after ddof."""
    for function in (np.cov, lambda x: np.cov(np.asarray(x))):
        with pytest.warns(RuntimeWarning, match="Degrees of freedom"), np.errstate(all="ignore"):
            found = function(mg.tensor([[1.0], [2.0]]))
        assert np.isnan(found).all()


def test_covariance_of_weights():
    """The gradient reaches the weights, and every dtype gives NumPy's."""
    x = X[:, :, 0]
    w = np.random.default_rng(5).uniform(0.5, 2, 7)
    check_grads(lambda x, w: np.cov(x, aweights=w), x, w)
    check_grads(lambda w: np.cov(x, fweights=np.arange(7), aweights=w, ddof=2), w)
    for dtype in (np.float16, np.float32, np.float64):
        low = x.astype(dtype)
        for options in ({}, {"fweights": np.arange(7)}, {"aweights": w}, {"dtype": np.float32}):
            found, wanted = np.cov(leaf(low), **options), np.cov(low, **options)
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-6)
        found, wanted = np.corrcoef(leaf(low)), np.corrcoef(low)
        assert found.dtype == wanted.dtype

"""Reductions and scans: NumPy's values however they are called, and slopes at ties and zeros."""

import itertools
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads
from tests.support.comparing import gradient, leaf, same, tensor

rng = np.random.default_rng(3)
X = rng.normal(size=(2, 3, 4))
HOLES = np.where(rng.random((2, 3, 4)) < 0.3, np.nan, X)
AXES = [None, 0, 1, -1, -3, (0,), (0, 2), (-1, 0), (2, 0, 1), ()]
REDUCTIONS = [np.sum, np.mean, np.prod, np.max, np.min, np.ptp, np.var, np.std, np.median]
MISSING = [np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd]
LAYOUTS = [X, X.astype(np.float32), X.astype(np.float16), np.arange(24).reshape(2, 3, 4), X > 0,
           X[::-1, :, ::2], X.T, X[0, 0, 0]]


def test_reductions_are_numpys():
    """Every axis, keepdims, dtype and layout; as a function and as a method."""
    for function, axis, keepdims in itertools.product(REDUCTIONS, AXES, (False, True)):
        for x in LAYOUTS:
            if x.ndim == 0 and axis not in (None, ()):
                continue
            if x.dtype == bool and function in (np.ptp, np.median):
                continue  # NumPy cannot subtract truth values
            same(function(tensor(x), axis=axis, keepdims=keepdims),
                 function(np.array(x), axis=axis, keepdims=keepdims))
            method = getattr(mg.Tensor, function.__name__, None)
            if method is not None:
                same(method(tensor(x), axis=axis, keepdims=keepdims),
                     function(np.array(x), axis=axis, keepdims=keepdims))


@pytest.mark.filterwarnings("ignore:All-NaN|Mean of empty|Degrees of freedom:RuntimeWarning")
def test_reductions_that_leave_out_nan():
    """They are NumPy's on every axis; what is left out has slope 0, the rest that of the whole."""
    for function, axis, keepdims in itertools.product(MISSING, AXES[:-1], (False, True)):
        same(function(leaf(HOLES), axis=axis, keepdims=keepdims),
             function(HOLES, axis=axis, keepdims=keepdims))
    present = ~np.isnan(HOLES)
    for function in MISSING:
        whole = getattr(np, function.__name__.removeprefix("nan"))
        found = gradient(function, HOLES)
        assert (found[~present] == 0).all()
        np.testing.assert_allclose(found[present], gradient(whole, HOLES[present]), rtol=1e-12)
    for function in (np.nancumsum, np.nancumprod):
        for axis in (None, 0, -1):
            same(function(leaf(HOLES), axis=axis), function(HOLES, axis=axis))
    nothing = np.full((2, 2), np.nan)
    for function in MISSING:
        same(function(leaf(nothing), axis=0), function(nothing, axis=0))
        if function not in (np.nanmax, np.nanmin):  # whose NaN is one of the entries
            same(gradient(lambda x, f=function: f(x, axis=0), nothing), np.zeros((2, 2)))


def test_arguments_by_position_and_by_name():
    """NumPy's order of arguments, `out` among them, and its names for all."""
    t = leaf(X)
    for found, wanted in (
        (np.sum(t, 0, None, None, True), np.sum(X, 0, None, None, True)),
        (t.sum(0, None, None, True), X.sum(0, None, None, True)),
        (np.sum(a=t, axis=1), X.sum(1)),
        (np.var(t, 1, None, None, 1, True), np.var(X, 1, None, None, 1, True)),
        (np.var(t, axis=1, correction=1), np.var(X, axis=1, ddof=1)),
        (t.std(1, ddof=2), X.std(1, ddof=2)),
        (np.max(t, 1, None, True), np.max(X, 1, None, True)),
        (t.cumsum(1), X.cumsum(1)),
        (np.trace(t, 1, 2, 0), np.trace(X, 1, 2, 0)),
        (np.linalg.trace(t), np.linalg.trace(X)),
        (np.mean(t, dtype=np.float32), np.mean(X, dtype=np.float32)),
        (np.sum(leaf(X, np.float16), dtype=np.float64), np.sum(X.astype("f2"), dtype=np.float64)),
        (np.prod(t, axis=(0, 1), dtype=np.float32), np.prod(X, axis=(0, 1), dtype=np.float32)),
    ):
        same(found, wanted)
    assert gradient(lambda x: np.sum(x, dtype=np.float64), X.astype("f4")).dtype == np.float32
    with pytest.raises(ValueError, match="ddof"):
        np.var(t, ddof=1, correction=1)
    with pytest.raises(TypeError, match="too many positional"):
        t.cumsum(1, None, None, None, 5)


def test_options_that_cannot_be_recorded():
    """out= is refused, not dropped, also beside where= and initial=."""
    for options in ({}, {"where": X > 0, "initial": 1.0}):
        for function in (np.sum, np.prod, np.max, np.add.reduce):
            with pytest.raises(NoDerivativeError, match="out"):
                function(leaf(X), out=np.zeros(()), **options)


def test_wrong_axes():
    """Out of range, or twice: NumPy's kind of error, naming op and axis."""
    for function in (np.sum, np.mean, np.max, np.var, np.median, np.cumsum):
        with pytest.raises(np.exceptions.AxisError, match=r"axis.*3"):
            function(leaf(X), axis=3)
    for function in (np.sum, np.prod, np.max):
        with pytest.raises(ValueError, match="duplicate value in 'axis'"):
            function(leaf(X), axis=(0, 0))
    with pytest.raises(np.exceptions.AxisError, match="logsumexp"):
        leaf(X).logsumexp(axis=5)


def test_zero_dimensions_and_empty_arrays():
    """0-d: the value itself, with and without axis where NumPy allows one. Empty: NumPy's result,
    a gradient of the same shape, or NumPy's error naming the op."""
    for function in (np.sum, np.prod, np.max, np.min):
        for axis in (None, 0, -1, ()):
            same(function(leaf(3.0), axis=axis), function(np.float64(3.0), axis=axis))
            same(gradient(lambda x, f=function, a=axis: f(x, axis=a), 3.0), 1.0)
    for function in (np.cumsum, np.cumprod):
        same(function(leaf(3.0)), np.array([3.0]))
        same(gradient(function, 3.0), 1.0)
    empty = np.zeros((2, 0, 3))
    for function in (np.sum, np.prod):
        for axis in (None, 0, 1, (1, 2)):
            same(function(leaf(empty), axis=axis), function(empty, axis=axis))
            same(gradient(lambda x, f=function, a=axis: f(x, axis=a), empty), empty)
    same(np.mean(leaf(empty), axis=0), np.mean(empty, axis=0))
    same(gradient(lambda x: np.var(x, axis=0), empty), empty)
    same(leaf(empty).logsumexp(axis=1), np.full((2, 3), -np.inf))
    with pytest.raises(ValueError, match=r"np\.max\(x: \(2, 0, 3\) float64"):
        np.max(leaf(empty), axis=1)
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        same(np.mean(leaf(empty), axis=1), np.full((2, 3), np.nan))


def test_ties_share_equally():
    """max, min, median and nanmax give each of the entries that reach the value the same share."""
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    same(gradient(np.max, x), np.array([[0, 0.5, 0.5], [0, 0, 0]]))
    same(gradient(lambda x: np.max(x, axis=1), x, 6), np.array([[0, 3.0, 3.0], [2.0, 2.0, 2.0]]))
    same(gradient(lambda x: np.min(x, axis=0), x), np.array([[1.0, 0, 0], [0, 1.0, 1.0]]))
    same(gradient(lambda x: x.max((0, 1)), x), np.array([[0, 0.5, 0.5], [0, 0, 0]]))
    same(gradient(np.nanmax, np.array([np.nan, 1.0, 1.0])), np.array([0.0, 0.5, 0.5]))
    same(gradient(np.median, np.array([2.0, 2.0, 1.0, 3.0, 2.0])), np.array([1, 1, 0, 0, 1]) / 3)
    same(gradient(np.median, np.array([2.0, 2.0, 1.0, 3.0])), np.array([0.5, 0.5, 0, 0]))
    same(gradient(np.ptp, np.array([1.0, 4.0, 4.0])), np.array([-1.0, 0.5, 0.5]))
    assert gradient(np.max, x.astype(np.float32)).dtype == np.float32


def test_nan_in_extremes():
    """A NaN is the maximum of what holds it, and gets its cotangent."""
    x = np.array([[1.0, np.nan], [3.0, 2.0]])
    for function in (np.max, np.min):
        assert np.isnan(function(leaf(x)).item())
        same(gradient(function, x), np.array([[0.0, 1.0], [0.0, 0.0]]))
    same(gradient(lambda x: np.max(x, axis=1), x), np.array([[0.0, 1.0], [1.0, 0.0]]))


@pytest.mark.parametrize("x", [[2, 0, 3], [0, 0, 3], [0, 0, 0], [5], [1, 2, 3, 4, 0]], ids=str)
def test_products_with_zeros(x):
    """prod and cumprod with none, one, two and three zeros: exact, at orders 1 and 2."""
    x = np.array(x, float)
    n = len(x)

    def without(*left_out, upto=n):
        return math.prod(x[i] for i in range(upto) if i not in left_out)

    same(gradient(np.prod, x), np.array([without(i) for i in range(n)], float))
    hessian = [[0.0 if i == j else without(i, j) for j in range(n)] for i in range(n)]
    np.testing.assert_array_equal(mg.hessian(np.prod)(x), hessian)
    jacobian = [[without(i, upto=k + 1) if i <= k else 0.0 for i in range(n)] for k in range(n)]
    np.testing.assert_array_equal(mg.jacobian(np.cumprod)(x), jacobian)
    total = mg.hessian(lambda x: np.sum(np.cumprod(x)))(x)
    wanted = [
        [0.0 if i == j else math.fsum(without(i, j, upto=k + 1) for k in range(max(i, j), n))
         for j in range(n)] for i in range(n)
    ]
    np.testing.assert_array_equal(total, wanted)


def test_products_along_axes():
    """A long product is differentiated at the size that it has, and along any axes."""
    x = np.concatenate([np.full(200, 10.0), np.full(200, 0.1)])
    np.testing.assert_allclose(gradient(np.prod, x), np.prod(x) / x, rtol=1e-10)
    check_grads(lambda x: np.prod(x, axis=(0, 2)), X)
    check_grads(lambda x: np.cumprod(x, axis=1), X)


def test_moments_of_constants():
    """At variance 0: var has slope 0, and so has std, which has none."""
    x = np.full((2, 3), 4.0)
    for function in (np.var, np.std, lambda x: np.std(x, axis=1), np.nanstd):
        same(gradient(function, x), np.zeros((2, 3)))
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        y = np.var(leaf([1.0]), ddof=1)
    assert np.isnan(y.item())


def test_logsumexp():
    """Safe at ±1e4 and at ±∞; 0 in a row of -∞; its gradient is the softmax."""
    for x in ([1e4, 1e4], [-1e4, -1e4 - 1], [0.0, -np.inf]):
        x = np.array(x)
        wanted = x.max() + math.log(np.exp(x - x.max()).sum())
        assert leaf(x).logsumexp().item() == pytest.approx(wanted, rel=1e-15)
        np.testing.assert_allclose(
            gradient(lambda x: x.logsumexp(), x), np.exp(x - wanted), rtol=1e-11
        )
    rows = np.array([[-np.inf, -np.inf], [np.inf, 0.0], [np.inf, np.inf], [1.0, 1.0]])
    same(leaf(rows).logsumexp(1), np.array([-np.inf, np.inf, np.inf, 1 + math.log(2)]))
    np.testing.assert_allclose(gradient(lambda x: x.logsumexp(1), rows),
                               [[0.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.5, 0.5]], rtol=1e-15)
    same(np.logaddexp.reduce(leaf(X), axis=1), leaf(X).logsumexp(1).numpy())
    assert np.isnan(leaf([1.0, np.nan]).logsumexp().item())


def test_reduce_and_accumulate_of_functions():
    """np.add.reduce and its like, whose axis is 0 by default, not all."""
    for function in (np.add, np.multiply, np.maximum, np.minimum):
        same(function.reduce(leaf(X)), function.reduce(X))
        same(function.reduce(leaf(X), axis=None), function.reduce(X, axis=None))
        same(function.reduce(leaf(X), -1, keepdims=True), function.reduce(X, -1, keepdims=True))
    for function in (np.add, np.multiply):
        same(function.accumulate(leaf(X)), function.accumulate(X))
        same(function.accumulate(leaf(X), axis=1), function.accumulate(X, axis=1))
    same(np.logical_and.reduce(leaf(X) > 0), np.logical_and.reduce(X > 0))


def test_scans():
    """cumsum, cumprod and their newer forms, on every axis, with dtype."""
    for function in (np.cumsum, np.cumprod):
        for axis in (None, 0, 1, -1):
            same(function(leaf(X), axis), function(X, axis))
            same(function(leaf(X), axis=axis, dtype=np.float32), function(X, axis, np.float32))
    for name in ("cumulative_sum", "cumulative_prod"):
        if (function := getattr(np, name, None)) is not None:
            for initial in (False, True):
                same(function(leaf(X), axis=1, include_initial=initial),
                     function(X, axis=1, include_initial=initial))
            with pytest.raises(ValueError, match="axis"):
                function(leaf(X))


def test_diff():
    """Any order and axis, with what is prepended and appended; more than there is gives nothing."""
    for n in range(6):
        for axis in (0, 1, -1):
            same(np.diff(leaf(X), n, axis), np.diff(X, n, axis))
            same(gradient(lambda x, n=n, a=axis: np.diff(x, n, a), X[:, :1]).shape, (2, 1, 4))
    same(np.diff(leaf(X), prepend=0, append=X[..., :2]), np.diff(X, prepend=0, append=X[..., :2]))
    check_grads(lambda x, y: np.diff(x, 2, 1, append=y), X, X[:, :2])
    same(np.ediff1d(leaf(X), to_begin=[9.0], to_end=0.0), np.ediff1d(X, to_begin=[9.0], to_end=0.0))
    with pytest.raises(ValueError, match="diff"):
        np.diff(leaf(X), -1)


def test_norms():
    """Vectors of every order, matrices of every kind; slope 0 at 0."""
    vector = X[0, 0]
    for order in (None, 0, 1, 2, 3, 0.5, -1, np.inf, -np.inf):
        same(np.linalg.norm(leaf(vector), order), np.linalg.norm(vector, order))
        found = np.linalg.norm(leaf(X), order, axis=1, keepdims=True)
        np.testing.assert_allclose(found.numpy(), np.linalg.norm(X, order, 1, True), rtol=1e-14)
        if order is not None and order != 0:
            check_grads(lambda x, o=order: np.linalg.norm(x, o, axis=-1), X)
    for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        for axes in ((0, 1), (2, 0), (-1, 1)):
            for keep in (False, True):
                found = np.linalg.norm(leaf(X), order, axes, keep)
                wanted = np.linalg.norm(X, order, axes, keep)
                np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-13)
                assert found.shape == wanted.shape
        check_grads(lambda x, o=order: np.linalg.norm(x, o), X[0])
    same(np.linalg.norm(leaf(X)), np.linalg.norm(X))
    for order in (1, 2, 3, np.inf, None):
        same(gradient(lambda x, o=order: np.linalg.norm(x, o), np.zeros(3)), np.zeros(3))
    for order in (2, 3):  # at 0 it has a slope by convention only, and no second derivative
        assert np.isnan(mg.hessian(lambda x, o=order: np.linalg.norm(x, o))(np.zeros(2))).all()
    np.testing.assert_allclose(gradient(lambda x: np.linalg.norm(x, 3), [0.0, -2.0]), [0, -1])
    for function, options in (("vector_norm", {"ord": 3, "axis": (0, 2)}), ("matrix_norm", {})):
        function = getattr(np.linalg, function)
        np.testing.assert_allclose(function(leaf(X), **options).numpy(), function(X, **options))
    with pytest.raises(ValueError, match="axis"):
        np.linalg.norm(leaf(X), 2)
    with pytest.raises(ValueError, match="'other'"):
        np.linalg.norm(leaf(X[0]), "other")


def test_quantiles():
    """One and several q, every axis; interpolation splits the cotangent by nearness."""
    for axis, keep in itertools.product((None, 0, -1, (0, 2)), (False, True)):
        for q in (0.0, 0.3, 1.0, [0.25, 0.5], [[0.1], [0.9]]):
            same(np.quantile(leaf(X), q, axis=axis, keepdims=keep),
                 np.quantile(X, q, axis=axis, keepdims=keep))
            same(np.percentile(leaf(X), np.multiply(q, 100), axis=axis, keepdims=keep),
                 np.percentile(X, np.multiply(q, 100), axis=axis, keepdims=keep))
    shares = gradient(lambda x: np.quantile(x, 0.3), [4.0, 1.0, 2.0])
    np.testing.assert_allclose(shares, [0, 0.4, 0.6])
    check_grads(lambda x: np.quantile(x, [0.2, 0.7], axis=1), X)


def test_averages_and_covariances():
    """average with weights of either form, as tensors too; cov and corrcoef of rows and columns."""
    weights, w = rng.uniform(1, 2, X.shape), rng.uniform(1, 2, 3)
    same(np.average(leaf(X)), np.average(X))
    same(np.average(leaf(X), 1, w), np.average(X, 1, w))
    for found, wanted in zip(np.average(leaf(X), (0, 2), weights, True),
                             np.average(X, (0, 2), weights, True), strict=True):
        np.testing.assert_allclose(np.asarray(found.data), wanted, rtol=1e-14)
    check_grads(lambda x, w: np.average(x, axis=1, weights=w), X, w)
    with pytest.raises(ZeroDivisionError, match="average"):
        np.average(leaf([1.0, 2.0]), weights=[1, -1])
    with pytest.raises(ValueError, match=r"wanted \(3,\)"):
        np.average(leaf(X), axis=1, weights=np.ones(4))
    m = X[0]
    for options in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 0}, {"y": X[1]}):
        np.testing.assert_allclose(np.cov(leaf(m), **options).numpy(), np.cov(m, **options))
    np.testing.assert_allclose(np.cov(leaf(m[0])).numpy(), np.cov(m[0]))
    np.testing.assert_allclose(np.corrcoef(leaf(m)).numpy(), np.corrcoef(m))
    np.testing.assert_allclose(np.corrcoef(leaf(m[0]), m[1]).numpy(), np.corrcoef(m[0], m[1]))
    check_grads(np.cov, m)
    check_grads(np.corrcoef, m)


def test_signals():
    """convolve and correlate in every mode and order of lengths; interp, trapezoid, gradient."""
    for n, m, mode in itertools.product(range(1, 5), range(1, 5), ("full", "same", "valid")):
        a, v = rng.normal(size=n), rng.normal(size=m)
        for function in (np.convolve, np.correlate):
            np.testing.assert_allclose(function(leaf(a), v, mode).numpy(), function(a, v, mode))
            np.testing.assert_allclose(function(a, leaf(v), mode).numpy(), function(a, v, mode))
            check_grads(lambda a, v, f=function, m=mode: f(a, v, m), a, v)
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([1.0, -1.0, 2.0])
    at = np.array([[-1.0, 0.0, 0.5], [2.5, 3.0, 4.0]])
    np.testing.assert_allclose(np.interp(leaf(at), xp, fp).numpy(), np.interp(at, xp, fp))
    ends = {"left": 7.0, "right": 8.0}
    found = np.interp(at, xp, leaf(fp), **ends)
    np.testing.assert_allclose(found.numpy(), np.interp(at, xp, fp, **ends))
    check_grads(np.interp, np.array([-1.0, 0.5, 2.5, 4.0]), xp, fp)
    for options in ({}, {"dx": 0.5}, {"axis": 0}, {"x": np.array([0.0, 1.0, 3.0, 4.0])}):
        found = np.trapezoid(leaf(X), **options)
        np.testing.assert_allclose(found.numpy(), np.trapezoid(X, **options))
    for spacing in ((), (2.0,), (1.0, 2.0, 3.0)):
        slopes = zip(np.gradient(leaf(X), *spacing), np.gradient(X, *spacing), strict=True)
        for found, wanted in slopes:
            np.testing.assert_allclose(found.numpy(), wanted)
    check_grads(lambda x: np.gradient(x, axis=1), X)
    np.testing.assert_allclose(np.polyval(leaf([2.0, -1.0, 3.0]), X).numpy(), 2 * X * X - X + 3)
    check_grads(np.polyval, np.array([2.0, -1.0, 3.0]), X)
    angles = np.array([0.0, 3.0, -3.0, 6.5, 0.1])
    np.testing.assert_allclose(np.unwrap(leaf(angles)).numpy(), np.unwrap(angles), rtol=1e-14)
    check_grads(np.unwrap, angles)

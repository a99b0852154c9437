"""Functions known at points, and polynomials: against NumPy, with gradients for all that varies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message
from tests.support.comparing import gradient, leaf, same

CALLS = """
    np.interp(0.3, np.cumsum(np.exp(v)), v); np.interp(m, [-2.0, 0, 2], v);
    np.interp(m, [-0.5, 0, 0.3], v, left=s, right=2 * s); np.interp(m, v, w[:3], period=s)
    np.interp(m, v, w[:3], period=1.3); np.interp(v, s.reshape(1), s.reshape(1))
    np.trapezoid(v); np.trapezoid(m, axis=0); np.trapezoid(t, dx=s, axis=1); np.trapezoid(m, v)
    np.trapezoid(t, np.exp(w)); np.trapezoid(t, v, axis=1); np.trapezoid(m, m * m); np.trapezoid(e)
    np.trapezoid(t, t, axis=0); np.trapezoid(y=v, x=None, dx=2)
    np.unwrap(9 * v); np.unwrap(9 * t, axis=0); np.unwrap(9 * m, 4.0); np.unwrap(m, period=0.3)
    np.gradient(v); np.gradient(t); np.gradient(t, 2.0); np.gradient(t, s, axis=1)
    np.gradient(t, 1.0, s, 0.5); np.gradient(t, axis=(0, -1)); np.gradient(t, 1, 2, axis=(2, 0))
    np.gradient(w, np.cumsum(np.exp(w))); np.gradient(t, np.exp(v).cumsum(), axis=1)
    np.gradient(t, 1.0, np.exp(v).cumsum(), [0.0, 1, 4, 5]); np.gradient(w, edge_order=2)
    np.gradient(t, axis=2, edge_order=2); np.gradient(w, np.cumsum(np.exp(w)), edge_order=2)
    np.gradient(w, [0, 1, 4, 9], edge_order=2); np.gradient(t, s, np.exp(v).cumsum(), axis=(0, 1))
    np.gradient(f, axis=0)
    np.polyval(v, w); np.polyval(v, 2); np.polyval([1, 2], m); np.polyval(v, s); np.polyval(t, s)
    np.polyadd(v, w); np.polyadd(w, [1, 2]); np.polyadd(s, v); np.polysub(v, w); np.polysub(1.0, w)
    np.polymul(v, w); np.polymul(v, 2.0); np.polymul(np.concatenate([0 * v, w]), v)
    np.polydiv(w, v); np.polydiv(w, [2.0])
    np.polyder(w); np.polyder(w, 2); np.polyder(w, 0); np.polyder(v, m=3); np.polyder(s.reshape(1))
    np.polyint(w); np.polyint(v, 2); np.polyint(v, 2, s); np.polyint(v, 2, w[:2]);
    np.polyint(v, k=[3]); np.polyint(v, 0)
    np.poly(v); np.poly(q); np.poly(q + q.T); np.poly(s.reshape(1, 1))
    np.vander(v); np.vander(v, 2); np.vander(w, 5, True); np.vander(v, N=3)
    np.polyfit(w, w * w, 1); np.polyfit(w, t[0].T, 2); np.polyfit(v, m[0], 2); np.polyfit(v, m.T, 0)
    np.polyfit([0, 1, 2, 3], w, 1, w=np.exp(w)); np.polyfit(w, t[1].T, 1, None, False, np.exp(w))
    np.polyfit(x=w, y=np.sin(3 * w), deg=1)
    np.convolve(s, s); np.convolve(v, s); np.convolve(v, [1, 2], "same"); np.correlate(v, w, "full")
    np.ediff1d(m); np.ediff1d(m, [1], s); np.ediff1d(s); np.ediff1d(e, to_end=v)
"""


@pytest.mark.parametrize("call", cases(CALLS))
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize(("call", "error", "parts"), [
    ("np.gradient(v, v[:2])", ValueError, ("gradient", "(2,)", "(3,)")),
    ("np.gradient(v, 1, 2)", TypeError, ("gradient", "2 steps")),
    ("np.gradient(v, edge_order=3)", ValueError, ("gradient", "edge_order=3")),
    ("np.gradient(m, axis=0, edge_order=2)", ValueError, ("gradient", "length 2", "3 samples")),
    ("np.gradient(m, axis=5)", np.exceptions.AxisError, ("gradient", "5")),
    ("np.interp(v, v, w)", ValueError, ("interp", "(3,)", "(4,)")),
    ("np.interp(v, v, v, period=0)", ValueError, ("interp", "period")),
    ("np.polyval(s, v)", TypeError, ("polyval",)),
    ("np.polyder(v, -1)", ValueError, ("polyder", "np.polyint")),
    ("np.polyint(v, 3, [1, 2])", ValueError, ("polyint", "2 constants")),
    ("np.polyfit(v, w, 1)", TypeError, ("polyfit", "(4,)", "(3,)")),
    ("np.polyfit(v, v, 1, full=True)", TypeError, ("polyfit", "full=True")),
    ("np.poly(m)", ValueError, ("poly", "(2, 3)")),
    ("np.vander(m)", ValueError, ("vander", "(2, 3)")),
    ("np.correlate(s, v)", ValueError, ("correlate", "()")),
    ("np.ediff1d(mask, to_end=v)", TypeError, ("ediff1d",)),
])
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and what it received."""
    message(call, error, *parts)


def test_interpolation_by_all_it_is_made_of():
    """x, the points, the values there and beyond the ends; on a point the slope to its right."""
    x, xp = np.array([-2.0, 0.3, 1.7, 5.0]), np.array([0.0, 1.0, 3.0])
    fp, ends = np.array([2.0, 1.0, 4.0]), (np.array(0.5), np.array(-0.5))
    check_grads(lambda x, xp, fp, a, b: np.interp(x, xp, fp, a, b), x, xp, fp, *ends)
    assert gradient(lambda x: np.interp(x, xp, [2.0, 1.0, 4.0]), 1.0) == 1.5
    same(np.interp([1.0, 2.0], leaf([0.0, 1.0, 1.0]), [3.0, 4.0, 5.0]), np.array([5.0, 5.0]))


@given(st.integers(1, 4), st.integers(0, 2**16))
def test_characteristic_polynomial(n, seed):
    """Its coefficients are those of NumPy, by eigenvalues."""
    a = np.random.default_rng(seed).normal(size=(n, n))
    np.testing.assert_allclose(np.poly(leaf(a)).numpy(), np.poly(a), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_characteristic_polynomial_of_equal_eigenvalues(n):
    """It is smooth there too."""
    check_grads(np.poly, np.eye(n))


def test_slopes_by_coordinates_that_happen_to_be_even():
    """Coordinates at even distances are coordinates: each has its own gradient."""
    for order in (1, 2):
        check_grads(
            lambda f, x, order=order: np.gradient(f, x, edge_order=order),
            np.array([1.0, 3.0, 2.0, 5.0]), np.array([0.0, 0.5, 1.0, 1.5]),
        )


def test_unwrapping_by_the_period():
    """What is added is whole periods, and their number is the slope."""
    assert gradient(lambda p: np.unwrap(leaf([0.0, 5.0]), period=p).sum(), 4.0) == -1
    same(np.unwrap(leaf([0.0, 5.0]), period=leaf(4.0)), np.unwrap([0.0, 5.0], period=4.0))


def test_poorly_conditioned_fits():
    """NumPy's warning where the points do not tell the coefficients apart, and its answer."""
    x, y = np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    with pytest.warns(np.exceptions.RankWarning):
        wanted = np.polyfit(x, y, 2)
    with pytest.warns(np.exceptions.RankWarning):
        found = np.polyfit(leaf(x), y, 2)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-9)


def test_dtypes():
    """Weights are counted in float64, interpolation is in float64, slopes keep float dtypes."""
    x = np.array([100, 100, 100], np.int8)
    same(np.bincount([0, 0, 1], weights=mg.tensor(x)), np.array([200.0, 100.0]))
    for dtype in (np.float16, np.float32, np.int8):
        low = np.array([1, 2, 4], dtype)
        t = mg.tensor(low)
        for call in (
            lambda a: np.interp(0.5, a, a), lambda a: np.gradient(a, np.array([0.0, 1, 3])),
            lambda a: np.bincount([0, 2, 2], a), lambda a: np.polyval([1, 2], a),
            lambda a: np.polyval(a, 2), lambda a: np.vander(a, 3), lambda a: np.polyint(a),
        ):
            found, wanted = call(t), call(low)
            assert found.dtype == wanted.dtype
            np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-3)

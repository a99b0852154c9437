"""Slopes where they are special: kinks, poles, ends of domains, infinities, far out."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.elementwise.special import erf, erfc
from tests.support.comparing import leaf, same, slope

INF = math.inf
SLOPES = [
    (np.sqrt, 0.0, INF), (np.sqrt, INF, 0.0), (np.cbrt, 0.0, INF), (np.cbrt, -8.0, 1 / 12),
    (np.abs, 0.0, 0.0), (np.abs, -0.0, 0.0), (np.abs, -INF, -1.0), (np.fabs, 0.0, 0.0),
    (np.log, 0.0, INF), (np.log2, 0.0, INF), (np.log10, 0.0, INF), (np.log1p, -1.0, INF),
    (np.log, INF, 0.0), (np.log, 1e-320, INF), (np.reciprocal, 0.0, -INF),
    (np.exp, 1e4, INF), (np.exp, -1e4, 0.0), (np.expm1, -1e4, 0.0), (np.exp2, 1e4, INF),
    (np.tanh, 1e4, 0.0), (np.tanh, -1e4, 0.0), (np.tanh, 0.0, 1.0),
    (np.sinh, 1e4, INF), (np.cosh, -1e4, -INF), (np.cosh, 0.0, 0.0),
    (np.arcsin, 1.0, INF), (np.arcsin, -1.0, INF), (np.arccos, 1.0, -INF), (np.arccosh, 1.0, INF),
    (np.arctanh, 1.0, INF), (np.arctanh, -1.0, INF), (np.arctan, 1e200, 0.0), (np.arctan, INF, 0.0),
    (np.arctan, 1e10, 1e-20), (np.arcsinh, 1e200, 1e-200), (np.arccosh, 1e200, 1e-200),
    (np.sinc, 0.0, 0.0), (np.square, 0.0, 0.0), (np.sign, 3.0, 0.0), (np.floor, 2.0, 0.0),
    (np.round, 0.5, 0.0), (np.trunc, -1.5, 0.0), (np.ceil, 1.0, 0.0), (np.rint, 2.5, 0.0),
    (np.fix, 1.0, 0.0), (np.deg2rad, 180.0, math.pi / 180), (np.rad2deg, 1.0, 180 / math.pi),
    (np.positive, 2.0, 1.0), (np.nan_to_num, math.nan, 0.0), (np.nan_to_num, INF, 0.0),
    (lambda x: x**2, 0.0, 0.0), (lambda x: x**3, 0.0, 0.0), (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**0, 0.0, 0.0), (lambda x: x**0.5, 0.0, INF), (lambda x: x**-1, 0.0, -INF),
    (lambda x: x**2, -3.0, -6.0), (lambda x: x**3.0, -2.0, 12.0), (lambda x: x**0, INF, 0.0),
    (lambda y: np.power(0.0, y), 2.0, 0.0), (lambda y: np.power(0.0, y), 0.0, 0.0),
    (lambda y: np.power(0.0, y), -1.0, -INF), (lambda y: 2**y, 0.0, math.log(2)),
    (lambda x: x / 0.0, 1.0, INF), (lambda y: 1 / y, 0.0, -INF), (lambda y: 0 / y, 2.0, 0.0),
    (lambda x: np.maximum(x, 0), 0.0, 0.5), (lambda x: np.minimum(x, 0), 0.0, 0.5),
    (lambda x: np.maximum(x, x), 3.0, 1.0), (lambda x: np.fmax(x, 0), 0.0, 0.5),
    (lambda x: np.fmin(0, x), 0.0, 0.5), (lambda x: np.fmax(x, math.nan), 2.0, 1.0),
    (lambda x: np.fmax(1.0, x), math.nan, 0.0), (lambda x: np.maximum(x, 1.0), math.nan, 1.0),
    (lambda x: np.maximum(x, math.nan), 1.0, 0.0), (lambda x: np.clip(x, 0, 1), 0.0, 1.0),
    (lambda x: np.clip(x, 0, 1), 1.0, 1.0), (lambda x: np.clip(x, 0, 1), 2.0, 0.0),
    (lambda x: np.clip(3.0, 0, x), 1.0, 1.0), (lambda x: np.clip(-3.0, x, 1), 0.0, 1.0),
    (lambda x: np.clip(0.5, 2, x), 1.0, 1.0), (lambda x: np.clip(0.5, x, -1), 2.0, 0.0),
    (lambda x: np.hypot(x, 0.0), 0.0, 0.0), (lambda x: np.hypot(x, 4.0), 3.0, 0.6),
    (lambda x: np.hypot(x, 1e200), 1e200, math.sqrt(0.5)),
    (lambda x: np.arctan2(x, 0.0), 0.0, 0.0), (lambda x: np.arctan2(x, 1e200), 1.0, 1e-200),
    (lambda x: np.logaddexp(x, 0), 1e4, 1.0), (lambda x: np.logaddexp(x, 0), -1e4, 0.0),
    (lambda x: np.logaddexp(x, -INF), -INF, 0.5), (lambda x: np.logaddexp(x, 0), INF, 1.0),
    (lambda x: np.logaddexp2(x, x), 3.0, 1.0), (lambda x: np.heaviside(x, 0.5), 0.0, 0.0),
    (lambda y: np.heaviside(0.0, y), 0.5, 1.0), (lambda x: x // 2, 4.0, 0.0),
    (lambda y: 7 // y, 2.0, 0.0), (lambda x: x % 3, 7.0, 1.0), (lambda y: 7 % y, 3.0, -2.0),
    (lambda y: -7 % y, 3.0, 3.0), (lambda y: np.fmod(-7, y), 3.0, 2.0),
    (lambda x: np.copysign(x, -1), 2.0, -1.0), (lambda x: np.ldexp(x, 3), 2.0, 8.0),
    (lambda x: np.where(x > 0, x, 2 * x), 0.0, 2.0),
]


@pytest.mark.parametrize("case", range(len(SLOPES)))
def test_slopes_at_special_points(case):
    """Kinks, poles, ends of domains, infinities: the documented slope, without a warning."""
    function, x, wanted = SLOPES[case]
    assert slope(function, x) == pytest.approx(wanted, rel=1e-14, abs=0)


GUARDED = [
    (np.sqrt, 0.0), (np.sqrt, -1.0), (np.log, 0.0), (np.log, -1.0), (np.arcsin, 2.0),
    (lambda x: np.arccosh(1 + x), -1.0), (np.reciprocal, 0.0), (np.exp, 1e4), (np.sinh, 1e4),
    (np.log1p, -1.0),
    (lambda x: 1 / x, 0.0), (lambda x: x / x, 0.0), (lambda x: x**-0.5, 0.0),
    (lambda x: x**0.5, -1.0), (lambda x: 2.0**x, 1e4), (lambda x: x % x, 0.0), (np.cbrt, 0.0),
    (lambda x: np.sqrt(x * x), 0.0),
]


@pytest.mark.parametrize(("function", "bad"), GUARDED, ids=range(len(GUARDED)))
def test_the_branch_not_taken_contributes_nothing(function, bad):
    """np.where(good, f(x), 0) has a finite gradient where f has an infinite slope or is NaN, also
    at order 2, and forward mode is right for the entries beside it."""
    x = np.array([bad, 0.5])

    def f(x):
        with np.errstate(all="ignore"):  # of the forward
            return np.where([False, True], function(x), 0.0)

    gradient = mg.grad(lambda x: np.sum(f(x)))
    wanted = slope(function, 0.5)
    assert gradient(x).tolist() == [0.0, pytest.approx(wanted)]
    assert np.isfinite(mg.grad(lambda x: np.sum(gradient(x)))(x)).all()
    assert mg.jvp(f, (x,), (np.ones(2),))[1].tolist() == [0.0, pytest.approx(wanted)]


def test_where_broadcasts():
    """The gradient of a branch is the sum over the entries that it was broadcast to."""
    x, y = leaf(2.0), leaf([[1.0], [2.0]])
    np.where([True, False, True], x, y).sum().backward()
    assert float(x.grad) == 4.0
    same(y.grad, np.ones((2, 1)))


def test_rounding_has_zero_gradient():
    """A loss behind a step gives gradients of 0, not an error; not even ∞ makes them NaN."""
    for function in (np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.sign):
        x = leaf([0.5, -1.0])
        y = function(x)
        assert y.requires_grad
        y.backward(np.array([np.inf, 1.0]))
        same(x.grad, np.zeros(2))


def test_second_derivative_of_power_in_both_arguments():
    """∂²(xʸ)/∂x∂y = xʸ⁻¹ (1 + y ln x), also at y = 0, where a masked rule would lose it."""
    for x, y in ((2.0, 0.0), (2.0, 1.0), (3.0, -0.5)):
        mixed = mg.grad(mg.grad(np.power), argnums=1)(x, y)
        assert mixed == pytest.approx(x ** (y - 1) * (1 + y * math.log(x)))
    assert mg.grad(mg.grad(lambda x: x**2))(0.0) == 2.0


def test_sinc_to_fourth_order():
    """Derivatives of sinc at 0 are π²ᵏ (-1)ᵏ / (2k + 1), and near 0 nothing cancels."""
    f, orders = np.sinc, []
    for _ in range(4):
        f = mg.grad(f)
        orders.append(f)
    wanted = (0.0, -(math.pi**2) / 3, 0.0, math.pi**4 / 5)
    for f, value in zip(orders, wanted, strict=True):
        assert f(0.0) == pytest.approx(value, rel=1e-14)
        assert f(1e-9) == pytest.approx(value, rel=1e-8, abs=1e-6)
    assert orders[0](1e-5) == pytest.approx(-(math.pi**2) * 1e-5 / 3, rel=1e-9)
    for x in (0.3, 0.6, 0.64, 1.0, 2.5, -4.2):
        z = math.pi * x
        assert orders[0](x) == pytest.approx((math.cos(z) - np.sinc(x)) / x, rel=1e-12)


def test_erf():
    """erf and erfc to a few units in the last place, also deep in the tail; odd, with limits."""
    x = np.concatenate([np.linspace(-6, 6, 2001), np.logspace(-300, 0, 50), [0.5, 4.0, 26.0]])
    np.testing.assert_allclose(erf(x), [math.erf(v) for v in x], rtol=5e-16)
    np.testing.assert_allclose(erfc(x), [math.erfc(v) for v in x], rtol=1e-15)
    same(erf(np.array([-np.inf, np.inf, np.nan, -0.0])), np.array([-1.0, 1.0, np.nan, -0.0]))
    same(erfc(np.array([-np.inf, np.inf, 1e200])), np.array([2.0, 0.0, 0.0]))
    assert erf(leaf(1.0, np.float32)).dtype == np.float32
    assert erf(np.array([1, 2])).dtype == np.float64
    assert slope(erf, 0.0) == pytest.approx(2 / math.sqrt(math.pi))
    assert slope(erf, 1e200) == 0.0

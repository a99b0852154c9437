"""ln Γ and its derivatives, and erf⁻¹: against values known exactly, to the last digits."""

import math

import numpy as np
import pytest

import minigrad.functional as F

EULER, ZETA3 = 0.5772156649015329, 1.2020569031595942


def test_known_values():
    """Factorials, Euler's constant, π² and ζ(3); in the dtype that was given."""
    np.testing.assert_allclose(F.lgamma(np.array([1.0, 2.0, 5.0, 0.5])),
                               [0, 0, math.log(24), math.log(math.pi) / 2], rtol=1e-15, atol=1e-15)
    found = F.digamma(np.array([1.0, 0.5, 2.0]))
    wanted = [-EULER, -EULER - 2 * math.log(2), 1 - EULER]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)
    half = np.array([1.0, 0.5])
    np.testing.assert_allclose(F.polygamma(1, half), [math.pi**2 / 6, math.pi**2 / 2], rtol=1e-14)
    np.testing.assert_allclose(F.polygamma(2, half), [-2 * ZETA3, -14 * ZETA3], rtol=1e-14)
    for f in (F.lgamma, F.digamma, F.erfinv, lambda x: F.polygamma(1, x)):
        for dtype in (np.float16, np.float32, np.float64):
            assert f(np.array([0.5], dtype)).dtype == dtype


@pytest.mark.parametrize("n", range(5))
def test_recurrence(n):
    """ψ₍ₙ₎(x + 1) = ψ₍ₙ₎(x) + (-1)ⁿ n! / xⁿ⁺¹, for negative x and large ones too."""
    x = np.array([-7.3, -2.5, -0.4, 1e-3, 0.3, 0.5, 0.7, 3.0, 30.0, 1e4])
    step = (-1) ** n * math.factorial(n) / x ** (n + 1)
    low, high = F.polygamma(n, x), F.polygamma(n, x + 1)
    scale = np.maximum(np.abs(low), np.abs(step))
    np.testing.assert_allclose((high - low - step) / scale, 0, atol=1e-11)


def test_ends():
    """Poles, infinities and NaN, without a warning."""
    x = np.array([0.0, -0.0, -1.0, np.inf, np.nan])
    np.testing.assert_array_equal(F.lgamma(x), [np.inf, np.inf, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(F.digamma(x), [-np.inf, np.inf, np.nan, np.inf, np.nan])
    np.testing.assert_array_equal(F.polygamma(1, x), [np.inf, np.inf, np.inf, 0, np.nan])
    ends = np.array([1.0, -1.0, 2.0, np.nan, 0.0])
    np.testing.assert_array_equal(F.erfinv(ends), [np.inf, -np.inf, np.nan, np.nan, 0])
    with pytest.raises(ValueError, match="n is -1"):
        F.polygamma(-1, x)


def test_erfinv_is_the_inverse():
    """erf(erf⁻¹(x)) = x, and in the tail erfc of it 1 - x to relative precision."""
    x = np.array([-0.999, -0.3, 1e-300, 1e-9, 0.2, 0.5, 0.8, 0.99])
    np.testing.assert_allclose(F.erf(F.erfinv(x)), x, rtol=1e-14)
    tail = 1 - np.array([1e-3, 1e-8, 1e-13])
    np.testing.assert_allclose(F.erfc(F.erfinv(tail)), 1 - tail, rtol=1e-13)

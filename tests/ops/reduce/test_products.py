"""Slopes of products whose factors are of very different sizes, or 0: finite where they are."""

from fractions import Fraction
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg

NORMAL = 2.0**1022
# Of all sizes; and 0, which must not meet an infinity that is made on the way.
SIZES = st.sampled_from([0.0, 1.0, -2.5, 1e-300, -1e200, 1e300, 1e-200, 3e150, 7e-160])
FACTORS = st.lists(SIZES | st.floats(0.5, 2), min_size=1, max_size=9)
PRODUCTS = {
    "prod": np.prod,
    "method": lambda x: x.prod(),
    "axis": lambda x: np.prod(x[None], axis=1)[0],
    "nanprod": np.nanprod,
    "multiply.reduce": np.multiply.reduce,
    "where": lambda x: np.prod(np.stack([x, x]), where=np.array([[True], [False]])),
}
RUNNING = {
    "cumprod": np.cumprod,
    "nancumprod": np.nancumprod,
    "multiply.accumulate": np.multiply.accumulate,
    "axis": lambda x: np.cumprod(x[:, None], axis=0)[:, 0],
}


def exactly(terms):
    """The sum of products of floats, as a float; None outside of the normal ones."""
    value = sum((prod(map(Fraction, factors)) for factors in terms), Fraction(0))
    return float(value) if value == 0 or 1 / Fraction(NORMAL) < abs(value) < NORMAL else None


def assert_slopes(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        assert not np.isnan(a)
        if b is not None:
            assert a == pytest.approx(b, rel=1e-12, abs=0)


def slopes_of(f, factors, g=None):
    x = mg.tensor(factors, requires_grad=True)
    with np.errstate(all="ignore"):
        f(x).backward(g)
    return x.grad.tolist()


@pytest.mark.parametrize("name", PRODUCTS)
@given(factors=FACTORS)
def test_products(name, factors):
    """Each entry's slope is the product of all others, exactly as in fractions."""
    wanted = [exactly([factors[:k] + factors[k + 1 :]]) for k in range(len(factors))]
    assert_slopes(slopes_of(PRODUCTS[name], factors), wanted)


@pytest.mark.parametrize("name", RUNNING)
@given(factors=FACTORS)
def test_running_products(name, factors):
    """Each entry's slope is the sum over the products that it is in, as in fractions."""
    n = len(factors)
    factors = [abs(factor) for factor in factors]
    wanted = [
        exactly([factors[:k] + factors[k + 1 : j + 1] for j in range(k, n)]) for k in range(n)
    ]
    assert_slopes(slopes_of(RUNNING[name], factors, np.ones(n)), wanted)


def test_second_order():
    """∂²/∂xᵢ∂xⱼ is the product of the rest, also beside zeros and where others overflow."""
    x = np.array([0.0, 1e200, 1e-300, 2e100, 3.0])
    with np.errstate(all="ignore"):
        found = mg.hessian(np.prod)(x)
    for i in range(5):
        for j in range(5):
            rest = [float(v) for k, v in enumerate(x) if k not in (i, j)]
            wanted = 0.0 if i == j else exactly([rest])
            assert wanted is not None
            assert found[i, j] == pytest.approx(wanted, rel=1e-12, abs=0)
    running = mg.hessian(lambda x: np.cumprod(x)[-1])(np.array([0.0, 2.0, 3.0, 0.0]))
    wanted = np.zeros((4, 4))
    wanted[0, 3] = wanted[3, 0] = 6.0
    np.testing.assert_array_equal(running, wanted)


def test_many_factors():
    """A small product of thousands of factors below 1, brought back by large ones."""
    x = np.array([0.6] * 1500 + [2.0**400] * 2)
    found = slopes_of(np.prod, x)
    assert_slopes(found[-2:], [exactly([[0.6] * 1500 + [2.0**400]])] * 2)
    assert_slopes(found[:1], [exactly([[0.6] * 1499 + [2.0**400] * 2])])
    assert_slopes(slopes_of(np.cumprod, x, np.eye(1502)[-1])[:1], found[:1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_low_precision(dtype):
    """In float16 and float32 nothing overflows or vanishes on the way either."""
    large = dtype(np.finfo(dtype).max) / dtype(4)
    x = np.array([large, 1 / large, large, 1 / large], dtype)
    np.testing.assert_allclose(slopes_of(np.prod, x), 1 / x.astype(float), rtol=2e-3)

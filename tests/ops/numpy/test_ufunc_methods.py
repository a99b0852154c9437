"""reduce, accumulate and reduceat of NumPy's functions of two arguments."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message
from tests.support.comparing import gradient

CALLS = """
    np.maximum.accumulate(v); np.maximum.accumulate(t, 1); np.minimum.accumulate(t, axis=-1)
    np.maximum.accumulate(m, 0, float); np.minimum.accumulate(e); np.maximum.accumulate(f, 1)
    np.logaddexp.accumulate(v); np.logaddexp.accumulate(t, axis=1); np.logaddexp2.accumulate(m, -1)
    np.fmax.accumulate(m, 1); np.fmin.accumulate(v); np.hypot.accumulate(m)
    np.subtract.accumulate(m, 1); np.divide.accumulate(q, 1); np.add.accumulate(m, 1, np.float64)
    np.subtract.reduce(v); np.subtract.reduce(m, 1); np.subtract.reduce(m, 0, initial=2.0)
    np.subtract.reduce(s); np.subtract.reduce(m, initial=1.0, where=mask)
    np.divide.reduce(q, axis=-1, keepdims=True); np.copysign.reduce(v)
    np.hypot.reduce(m); np.hypot.reduce(m, axis=None); np.hypot.reduce(t, (0, 2), keepdims=True)
    np.hypot.reduce(m, 1, where=mask); np.hypot.reduce(e); np.hypot.reduce(m, 1, initial=2.0)
    np.fmax.reduce(m); np.fmax.reduce(m, None); np.fmin.reduce(m, 1, initial=0.0, where=mask)
    np.logaddexp.reduce(m); np.logaddexp.reduce(m, 1, where=mask)
    np.logaddexp.reduce(m, None, initial=0.5); np.logaddexp.reduce(e)
    np.logaddexp.reduce(m, keepdims=True); np.logaddexp.reduce(m, 0, float, None, True)
    np.logaddexp2.reduce(m); np.logaddexp2.reduce(m, (0, 1)); np.logaddexp2.reduce(m, 1, where=mask)
    np.hypot.reduce(m, axis=()); np.subtract.reduce(m, ()); np.hypot.reduce(m, axis=(), initial=1.0)
    np.add.reduce(m, 1, float); np.add.reduce(m, axis=()); np.maximum.reduce(m, ())
    np.add.reduceat(w, [0, 2]); np.add.reduceat(w, [0, 3, 1]); np.add.reduceat(t, [1, 0, 2], axis=1)
    np.multiply.reduceat(w, [0, 2], 0); np.maximum.reduceat(t, [0, 2], -1)
    np.subtract.reduceat(w, [1, 3]); np.add.reduceat(w, []); np.logaddexp.reduceat(w, [0, 1])
    np.power.outer(np.exp(v), w); np.hypot.outer(m, w); np.maximum.outer(v, w); np.fmax.outer(m, w)
"""


@pytest.mark.parametrize("call", cases(CALLS))
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize(("call", "error", "parts"), [
    ("np.subtract.reduce(m, None)", ValueError, ("subtract.reduce", "reorderable")),
    ("np.subtract.reduce(e)", ValueError, ("subtract.reduce", "zero-size")),
    ("np.subtract.reduce(m, where=mask)", ValueError, ("subtract.reduce", "initial")),
    ("np.maximum.accumulate(s)", TypeError, ("maximum.accumulate", "scalar")),
    ("np.hypot.accumulate(m, 7)", np.exceptions.AxisError, ("hypot.accumulate", "7")),
    ("np.add.reduceat(w, [7])", IndexError, ("add.reduceat", "7")),
    ("np.add.reduce(m, out=np.zeros(3))", TypeError, ("np.add", "out")),
])
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and its method."""
    message(call, error, *parts)


@pytest.mark.parametrize("function", [np.maximum, np.minimum])
def test_running_extremes_of_equal_entries(function):
    """The cotangent goes to the last entry so far that reaches the extreme; none is lost, and of
    NaN, which stays, each goes to the NaN."""
    sign = 1 if function is np.maximum else -1
    x = sign * np.array([1.0, 3.0, 3.0, 2.0, np.nan, 5.0])
    cotangent = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    found = gradient(function.accumulate, x, cotangent)
    np.testing.assert_array_equal(found, [1, 2, 12, 0, 48, 0])


def test_running_extremes_of_integers():
    """Integers and booleans have no gradient, and NumPy's values."""
    found = np.maximum.accumulate(mg.tensor([1, 3, 2]))
    assert found.tolist() == [1, 3, 3]
    assert found.dtype == int


def test_initial_has_a_gradient():
    """What a reduction begins with is an argument like the others."""
    for ufunc in (np.subtract, np.hypot, np.logaddexp, np.maximum, np.add, np.multiply):
        check_grads(
            lambda x, first, ufunc=ufunc: ufunc.reduce(x, 1, initial=first),
            np.array([[1.0, 2.0], [0.5, 3.0]]), np.array(0.7),
        )

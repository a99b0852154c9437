"""where= and initial= of reductions, and the forms of ufunc.reduce that take them."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, compare, message

CALLS = """
    np.sum(m, where=mask); np.sum(m, axis=0, where=mask); np.sum(m, -1, keepdims=True, where=mask)
    np.sum(m, initial=2.5); np.sum(m, axis=1, initial=2.5, where=mask); np.sum(m, where=mask[:, :1])
    np.sum(m, 0, None, None, True, 2.0, mask); m.sum(where=mask); m.sum(axis=1, initial=1)
    np.sum(t, axis=(0, 2), where=mask[:, :, None]); np.sum(m, where=False); np.sum(m, where=True)
    np.prod(m, where=mask); np.prod(m, axis=0, initial=3.0); m.prod(axis=1, where=mask)
    np.max(m, initial=0.3); np.max(m, axis=0, initial=-9.0, where=mask); m.max(1, initial=0.0)
    np.min(m, initial=0.3); np.min(m, axis=1, keepdims=True, initial=9.0, where=mask)
    np.amax(m, 0, None, False, 0.1, mask); np.amin(m, where=mask, initial=5.0)
    np.mean(m, where=mask); np.mean(m, axis=1, where=mask); m.mean(axis=0, where=mask[:, :1])
    np.var(m, where=mask); np.var(m, axis=1, where=mask, ddof=1); m.var(where=mask, keepdims=True)
    np.std(m, where=mask); m.std(axis=1, where=mask)
    np.add.reduce(m, initial=1.0); np.add.reduce(m, axis=1, where=mask)
    np.multiply.reduce(m, 0, initial=2.0); np.maximum.reduce(m, initial=0.0, where=mask)
    np.var(m, axis=1, mean=m.mean(1, keepdims=True)); np.std(m, mean=s); np.var(m, 0, correction=1)
    np.std(m, axis=0, mean=m[:1], ddof=1); np.var(m, where=mask, mean=s, correction=1)
    np.nansum(m, where=mask)
    np.nansum(m, 0, None, None, True, 1.5, mask); np.nanmean(m, where=mask)
    np.nanmean(m, 1, where=mask); np.nanprod(m, axis=1, initial=2.0, where=mask)
    np.nanmax(m, initial=0.3); np.nanmin(m, axis=1, initial=9.0, where=mask, keepdims=True)
    np.nanvar(m, where=mask); np.nanstd(m, axis=1, where=mask); np.nanvar(m, correction=1)
    np.nanstd(m, 1, correction=1); np.nanvar(m, mean=s); np.nanstd(m, 0, mean=m[:1], ddof=1)
    np.sum(e, initial=2.0); np.max(e, initial=2.0); np.max(e, axis=0, initial=2.0)
    np.min(e, axis=1, initial=2.0); np.prod(e, axis=0, initial=2.0)
"""


@pytest.mark.parametrize("call", cases(CALLS))
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


def test_what_is_left_out_may_be_nan():
    """An entry that where= leaves out has gradient 0, even if it is NaN."""
    x = mg.tensor([1.0, np.nan, 3.0], requires_grad=True)
    np.mean(x * x, where=[True, False, True]).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0, 3])


@pytest.mark.parametrize(
    "function",
    [np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin],
    ids=lambda f: f.__name__,
)
def test_neither_nan_nor_left_out(function):
    """The functions of what is not NaN take where= too: values are NumPy's, and slopes follow."""
    x = np.array([[1.0, np.nan, 3.0, 7.0], [np.nan, 2.0, 5.0, 4.0]])
    where = np.array([True, True, True, False])
    options = {"initial": 2.5} if function in (np.nanmax, np.nanmin, np.nansum) else {}
    compare(function(mg.tensor(x), 1, where=where, **options),
            function(x, 1, where=where, **options))
    check_grads(
        lambda y: function(np.where(np.isnan(x), np.nan, y), 1, where=where, **options),
        np.nan_to_num(x, nan=0.5),
    )


def test_initial_can_require_grad():
    """The gradient of an initial value: 1 in a sum, where it wins in an extreme."""
    def f(m, first):
        return np.sum(m, initial=first) * np.max(m, initial=first)

    check_grads(f, np.array([[0.5, -1.0]]), np.array(2.0))
    check_grads(f, np.array([[0.5, -1.0]]), np.array(0.2))


def test_integers():
    """Integers stay integers, but for a mean."""
    i = np.arange(6).reshape(2, 3)
    options = {"axis": 0, "where": i > 1, "initial": 0}
    for f in (np.sum, np.prod, np.max, np.min):
        compare(f(mg.tensor(i), **options), f(i, **options))
    compare(np.mean(mg.tensor(i), where=i > 1), np.mean(i, where=i > 1))


def test_standard_deviation_of_equal_entries():
    """Its slope is 0, as that of np.std without where=."""
    x = mg.tensor([2.0, 2.0, 5.0], requires_grad=True)
    np.std(x, where=[True, True, False]).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 0)


def test_errors():
    """An extreme of some entries needs initial=; masks are of truth values, and fit."""
    message("np.max(m, where=mask)", ValueError, "initial=")
    message("np.nanmax(m, where=mask)", ValueError, "nanmax", "initial=")
    message("np.sum(m, where=mask * 1.0)", TypeError, "where", "wanted bool")
    message("np.sum(m, where=np.ones((4, 2, 3), bool))", ValueError, "sum", "(4, 2, 3)")
    message("np.sum(m, initial=[1.0, 2.0])", ValueError, "initial", "single number")
    message("np.mean(m, where=mask, out=np.zeros(()))", NoDerivativeError, "np.mean", "out=")
    message("np.sum(m, axis=3, where=mask)", np.exceptions.AxisError, "axis")

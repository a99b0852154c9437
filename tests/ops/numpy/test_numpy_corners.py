"""Corners of NumPy's functions: arguments that it takes or refuses, and so does a Tensor."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import ARRAYS, agrees, cases, compare, evaluate, message, used

CALLS = """
    np.transpose(v, 0); v.transpose(0); np.take(m, [True, False], 0); np.take(m, True, 1)
    np.median(m, axis=[0, 1]); np.median(m, axis=[1]); np.average(m, axis=[0, 1])
    np.quantile(m, 0.3, axis=[0, 1]); np.diff(s, 0); np.diff(m, 0); np.cumulative_sum(s)
    np.cumulative_sum(s, include_initial=True); np.cumulative_prod(s, include_initial=True)
    np.real(m); np.conj(m); np.conjugate(m) * 2; np.real_if_close(m)
    np.linspace(s, 2 * s, 5); np.linspace(v, 3.0, 4); np.linspace(v, 2 * v, 4, axis=1)
    np.linspace(s, v, 4, endpoint=False); np.linspace(1.0, s, 1)
    np.linspace(s, 2.0, 3, dtype=float)
    np.linalg.norm(e, 1); np.linalg.norm(e, 2); np.linalg.norm(e, np.inf); np.linalg.norm(e, "nuc")
    np.linalg.norm(t, 1, (0, -1)); np.linalg.norm(t, 2, (-1, 0), True)
"""


@pytest.mark.parametrize("call", cases(CALLS))
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize(
    "call",
    cases("np.imag(m); np.angle(m); np.angle(m, deg=True); np.tril_indices_from(q); np.isreal(m)"),
)
def test_constants_as_numpy(call):
    """What has no gradient is a constant with NumPy's value."""
    tensors = {n: mg.tensor(ARRAYS[n], requires_grad=True) for n in used(call)}
    compare(evaluate(call, tensors), evaluate(call, ARRAYS))


def test_modf_of_integers():
    """Both parts are floats, as NumPy's."""
    for i in (np.arange(3), np.array([True, False])):
        for found, wanted in zip(np.modf(mg.tensor(i)), np.modf(i), strict=True):
            compare(found, wanted)


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        ("np.where(m, m)", ValueError, ("both or neither",)),
        ("np.clip(m, -1, min=-0.5)", ValueError, ("clip", "one pair")),
        ("np.sort(v, kind='none')", ValueError, ("sort", "none")),
        ("np.pad(v, 1, 'none')", ValueError, ("pad", "none", "reflect")),
        ("np.diff(s, prepend=0.0)", ValueError, ("diff", "at least one axis")),
        ("np.linalg.norm(m, 1, (0, 0))", ValueError, ("norm",)),
        ("np.linalg.norm(m, 1, (0, 0), True)", ValueError, ("norm",)),
        ("np.linalg.norm(m, 'fro', [0, 1])", TypeError, ("norm", "tuple")),
        ("m.reshape()", TypeError, ("reshape",)),
        ("m.sum(unknown=1)", TypeError, ("sum", "unknown")),
        ("np.take(m, 1.5)", TypeError, ("take", "integers")),
        ("np.linspace(s, 2.0, -1)", ValueError, ("linspace", "num")),
        ("np.sum(m, dtype=np.float32, axis=7)", np.exceptions.AxisError, ("sum", "dtype=float32")),
    ],
)
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and what it received."""
    message(call, error, *parts)


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="NumPy before 2.2")
def test_products_of_vectors_and_matrices():
    """matvec and vecmat take matrices where they say matrices."""
    message("np.matvec(v, v)", ValueError, "matvec", "matrices")
    message("np.vecmat(v, v)", ValueError, "vecmat", "matrices")


def test_conjugate_has_a_derivative():
    """Code for complex numbers runs on real ones."""
    check_grads(lambda x: np.sum(np.real(np.conj(x) * x)), np.array([0.5, -2.0]))

"""Entries in new places, functions applied to parts, arrays made of numbers: against NumPy."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message
from tests.support.comparing import gradient, leaf, same

CALLS = """
    np.insert(v, 1, s); np.insert(m, 0, s); np.insert(m, 1, v, axis=0); np.insert(m, [0, 2], 9.0, 1)
    np.insert(v, [0, 0, 3], v); np.insert(v, [2, 0], [5, 6]); np.insert(t, 1, m, axis=2)
    np.insert(m, slice(0, 2), 7, 0); np.insert(v, -1, w);
    np.insert(v, np.array([True, False, True]), 1.0)
    np.insert(m, [1], w[:2, None], axis=1); np.insert(m, 1, w[:2], axis=1); np.insert(e, 0, v, 0)
    np.insert(arr=v, obj=3, values=s); np.insert(m, np.array(1), 2); np.insert(v, [], [])
    np.resize(m, (3, 4)); np.resize(v, 7); np.resize(m, 2); np.resize(v, (0,)); np.resize(s, (2, 2))
    np.trim_zeros(np.concatenate([0 * v, w, 0 * v])); np.trim_zeros(np.append(w, 0.0), "f")
    np.trim_zeros(np.append(0.0, w), trim="b")
    np.lib.stride_tricks.sliding_window_view(w, 2)
    np.lib.stride_tricks.sliding_window_view(m, (2, 2))
    np.lib.stride_tricks.sliding_window_view(t, 3, axis=-1)
    np.lib.stride_tricks.sliding_window_view(t, (2, 2), axis=(0, 2))
    np.lib.stride_tricks.sliding_window_view(t, (2, 1), (1, 1)); np.delete(v, [0, 2])
    np.apply_along_axis(np.sum, 0, m); np.apply_along_axis(np.sort, -1, t); np.delete(t, 1, axis=-1)
    np.apply_along_axis(lambda r: r[:2] * r[0], 1, t); np.apply_along_axis(np.outer, 1, m, [1, 2])
    np.apply_along_axis(np.outer, 0, t, [1, 2, 3]); np.apply_along_axis(np.quantile, 1, m, q=0.4)
    np.apply_over_axes(np.sum, t, [0, 2]); np.apply_over_axes(np.prod, t, 1)
    np.apply_over_axes(np.cumsum, t, (0, -1)); np.apply_over_axes(np.max, t, np.array([0]))
    np.piecewise(m, [m < 0, m >= 0], [lambda x: x * x, np.exp])
    np.piecewise(v, [v > 0, v < 0.2], [np.sin, 2.0]); np.piecewise(v, v > 0, [np.sin, np.cos])
    np.piecewise(s, s > 0, [np.sin, np.cos]); np.piecewise(m, [m > 0], [lambda x, k: k * x, 1], 3)
    np.piecewise(t, [t > 0, t < -1], [lambda x, k=1: x**k, lambda x, k: k * x, np.tanh], k=2)
    np.linspace(s, v, 4, retstep=True); np.linspace(v, w[:3], 3, False, True)
    np.geomspace(np.exp(s), np.exp(v), 4); np.geomspace(np.exp(v), 9.0, 3, axis=1)
    np.geomspace(-np.exp(v), -2.0, 3, endpoint=False); np.geomspace(1.0, np.exp(s), 1)
    np.logspace(v, s, 4); np.logspace(0.0, v, 3, base=2.0, axis=-1); np.logspace(v, w[:3], 3, False)
    np.logspace(s, 2.0, 4, base=np.exp(s)); np.logspace(0, 2, 3, base=np.exp(v))
    np.i0(t); np.i0(9 * s); np.frexp(t)[0]; np.sinc(t)
"""


@pytest.mark.parametrize("call", cases(CALLS))
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize(("call", "error", "parts"), [
    ("np.insert(v, 9, 1.0)", IndexError, ("insert", "9")),
    ("np.insert(m, 0, w, axis=0)", ValueError, ("insert", "(4,)")),
    ("np.resize(v, -1)", ValueError, ("resize", "-1")),
    ("np.trim_zeros(v, 'x')", ValueError, ("trim_zeros", "'x'")),
    ("np.lib.stride_tricks.sliding_window_view(v, 4)", ValueError, ("sliding_window_view", "4")),
    ("np.apply_along_axis(np.sum, 3, m)", np.exceptions.AxisError, ("apply_along_axis", "3")),
    ("np.apply_along_axis(np.sum, 1, e)", ValueError, ("apply_along_axis", "(0, 3)")),
    ("np.apply_over_axes(lambda x, k: np.sum(x), t, [0])", ValueError, ("apply_over_axes", "(1,)")),
    ("np.piecewise(v, [v > 0], [1, 2, 3])", ValueError, ("piecewise", "3 functions")),
    ("np.geomspace(0.0, s, 3)", ValueError, ("geomspace", "0")),
    ("np.geomspace(-1.0, np.exp(s), 3)", ValueError, ("geomspace", "signs")),
])
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and what it received."""
    message(call, error, *parts)


def test_what_is_put_in_has_a_gradient():
    """Inserted values, and constants of pieces, are arguments like the others."""
    check_grads(lambda x, y: np.insert(x, [0, 2], y), np.arange(3.0), np.array([5.0, 7.0]))
    x = np.array([-1.0, 2.0, 3.0])
    check_grads(lambda x, c: np.piecewise(x, [x < 0], [c, np.exp]), x, np.array(0.5))
    t = mg.tensor(x)
    assert gradient(lambda c: np.piecewise(t, [t > 0], [lambda v: v * c]).sum(), 2.0) == 5


def test_functions_may_bring_a_graph():
    """A function that is applied to constants may use a Tensor that requires grad."""
    m = mg.tensor(np.arange(6.0).reshape(2, 3))
    for call, slope in (
        (lambda w: np.apply_along_axis(lambda r: (r * w).sum(), 1, m), 15),
        (lambda w: np.apply_over_axes(lambda x, axis: np.sum(x * w, axis), m, [0]), 15),
        (lambda w: np.piecewise(m, [m > 2], [lambda x: x * w, 0.0]), 12),
    ):
        assert gradient(lambda w, call=call: call(w).sum(), 2.0) == slope


def test_pieces_see_their_entries_alone():
    """What a piece makes of other entries does not matter, infinite slopes and NaN included."""
    found = gradient(lambda x: np.piecewise(x, [x > 0], [np.log, 0.0]), [0.0, -1.0, 2.0])
    np.testing.assert_array_equal(found, [0, 0, 0.5])


def test_dtype_of_what_is_put_in():
    """The dtype of the array stays, as in NumPy."""
    for dtype in (np.float32, np.float16, np.int64, bool):
        a = np.array([1, 0, 1], dtype)
        for call in (
            lambda x: np.insert(x, 1, 2.5), lambda x: np.resize(x, 5), lambda x: np.trim_zeros(x),
            lambda x: np.piecewise(x, [x > 0], [2.5, 0]), lambda x: np.i0(x),
            lambda x: np.apply_along_axis(np.sum, 0, x), lambda x: np.geomspace(x + 1, x + 8, 3),
            lambda x: np.logspace(x, 1, 2), lambda x: np.logspace(0, x, 2),
            lambda x: np.linspace(x, 5, 3, dtype=int),
        ):
            found, wanted = call(mg.tensor(a, requires_grad=a.dtype.kind == "f")), call(a)
            assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
            np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=2e-3)


def test_trimming_zeros():
    """At both ends, of any axis, also where nothing else is left."""
    x = np.zeros((4, 5))
    x[1:3, 2] = [3.0, 4.0]
    for options in ({}, {"trim": "f"}, {"trim": "B"}, {"axis": -1}, {"axis": (0, 1), "trim": "b"}):
        same(np.trim_zeros(leaf(x), **options), np.trim_zeros(x, **options))
    assert np.trim_zeros(leaf(np.zeros(3))).shape == (0,)


def test_made_like_a_tensor():
    """With like= NumPy's functions that make arrays make Tensors, on the graph of their values."""
    w = leaf(3.0)
    np.full((2, 3), w, like=w).sum().backward()
    assert w.grad.item() == 6
    x = np.array([[w, 1.0], [2 * w, w * w]], like=w)
    check_grads(lambda w: np.array([[w, 1.0], [2 * w, w * w]], like=w), np.array(3.0))
    same(x, np.array([[3.0, 1.0], [6.0, 9.0]]))
    same(np.asarray([w, w], dtype=np.float32, like=w), np.array([3, 3], np.float32))
    for function, args in ((np.zeros, ((2, 3),)), (np.ones, (2,)), (np.eye, (2, 3, 1)),
                           (np.identity, (3,)), (np.arange, (1, 7, 2)), (np.tri, (2,))):
        same(function(*args, like=w), function(*args))


def test_bessel_functions():
    """i1 is the slope of i0 everywhere, to the last digits: against power series."""
    x = np.array([-30.0, -2.0, -1e-9, 0.0, 1e-3, 0.5, 4.0, 20.0, 600.0])
    half, terms = np.abs(x) / 2, np.ones_like(x) * np.abs(x) / 2
    total = terms.copy()
    for k in range(1, 900):
        terms = terms * half / k * half / (k + 1)
        total += terms
    np.testing.assert_allclose(gradient(np.i0, x), np.sign(x) * total, rtol=1e-12)

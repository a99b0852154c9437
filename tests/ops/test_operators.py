"""Operators with every kind of other operand, on either side, against NumPy."""

import itertools
import operator

import numpy as np
import pytest

import minigrad as mg

X = np.array([[1.5, 2.0], [0.5, 3.0]])
OTHER = [[2.0, 1.0], [4.0, 0.5]]
BINARY = ["add", "sub", "mul", "truediv", "pow", "matmul"]


@pytest.mark.parametrize("form", [list, tuple, np.array, mg.tensor])
@pytest.mark.parametrize("name", BINARY)
def test_both_sides(name, form):
    """x ∘ y and y ∘ x for lists, tuples, arrays and tensors: values and gradients, by differences
    of NumPy's own operator."""
    f, y = getattr(operator, name), form(OTHER)
    plain, weights = np.array(OTHER), np.array([[1.0, -2.0], [3.0, 0.5]])
    for swapped in (False, True):
        x = mg.tensor(X, requires_grad=True)
        out = f(y, x) if swapped else f(x, y)

        def value(x, swapped=swapped):
            return f(plain, x) if swapped else f(x, plain)

        np.testing.assert_allclose(out.detach(), value(X))
        out.backward(weights)
        for place in np.ndindex(2, 2):
            step = np.zeros((2, 2))
            step[place] = 1e-6
            slope = ((value(X + step) - value(X - step)) * weights).sum() / 2e-6
            assert x.grad.numpy()[place] == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, -1, -2, 0.5, 2.5, 2.0, np.int64(2), np.float64(3)])
def test_powers(n):
    """x ** n for whole and other n: the value, n xⁿ⁻¹ and n (n - 1) xⁿ⁻²."""
    np.testing.assert_allclose((mg.tensor(X) ** n).numpy(), X**n)
    slope = mg.grad(lambda x: (x**n).sum())
    np.testing.assert_allclose(slope(X), n * X ** (n - 1.0), atol=1e-15)
    second = mg.grad(lambda x: mg.grad(lambda x: (x**n).sum())(x).sum())
    np.testing.assert_allclose(second(X), n * (n - 1.0) * X ** (n - 2.0), atol=1e-14)


def test_whole_numbers_have_no_gradient():
    """What is cast to integers on the way does not require grad."""
    x = mg.tensor(X, requires_grad=True)
    for y in (x.sum(dtype=int), np.sum(x, axis=0, dtype=np.int32), np.cumsum(x, dtype=int)):
        assert y.dtype.kind == "i"
        assert not y.requires_grad


MATRIX = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -7.0]])


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, (0, 1), (1, 0), (-1, 0)])
def test_norms_of_a_matrix_that_is_not_square(ord, axis):
    """Sums of columns are not taken for sums of rows: NumPy's norm, with and without axis=."""
    found = np.linalg.norm(mg.tensor(MATRIX, requires_grad=True), ord, axis)
    np.testing.assert_allclose(found.detach(), np.linalg.norm(MATRIX, ord, axis))


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (-1, 0, 1), None])
def test_permutations_of_three_axes(axes):
    """The gradient goes back by the inverse permutation, which differs from it for three axes."""
    values = np.arange(24.0).reshape(2, 3, 4)
    x = mg.tensor(values, requires_grad=True)
    y = np.transpose(x, axes)
    y.backward(np.transpose(values, axes))
    np.testing.assert_array_equal(x.grad, values)


def _broadcastable(shape):
    """All shapes that broadcast to this one: with fewer axes, and with axes of length 1."""
    for rank in range(len(shape) + 1):
        tail = shape[len(shape) - rank :]
        yield from itertools.product(*[(1, n) for n in tail])


@pytest.mark.parametrize("small", list(dict.fromkeys(_broadcastable((2, 3, 4)))), ids=str)
def test_every_way_to_broadcast(small):
    """The gradient of an operand is summed over just the axes along which it was repeated."""
    big = np.arange(24.0).reshape(2, 3, 4)
    values = 1 + np.arange(float(np.prod(small))).reshape(small)
    extra = 3 - len(small)
    repeated = [k for k, n in enumerate((1,) * extra + small) if n == 1]
    repeated = [k for k in repeated if big.shape[k] != 1]
    for f in (lambda x: big * x, lambda x: x * big, lambda x: np.broadcast_to(x, big.shape) * big):
        x = mg.tensor(values, requires_grad=True)
        f(x).sum().backward()
        wanted = big.sum(axis=tuple(repeated), keepdims=True).reshape(small)
        np.testing.assert_array_equal(x.grad, wanted)

"""Which argument a transform differentiates by, and where its results go."""

import numpy as np
import pytest

import minigrad as mg

A, B = np.array([1.0, 2.0]), np.array([3.0, 5.0])


def f(a, b):
    return (a * a * b).sum() + (b**3).sum()


GRADIENTS = [2 * A * B, A * A + 3 * B * B]
HESSIANS = [[np.diag(2 * B), np.diag(2 * A)], [np.diag(2 * A), np.diag(6 * B)]]


@pytest.mark.parametrize("n", [0, 1, -1, -2])
def test_one_argument(n):
    """By position, from the front or from the end: grad, value_and_grad, jacobian, hessian."""
    np.testing.assert_allclose(mg.grad(f, n)(A, B), GRADIENTS[n])
    value, gradient = mg.value_and_grad(f, n)(A, B)
    assert value == f(A, B)
    np.testing.assert_allclose(gradient, GRADIENTS[n])
    np.testing.assert_allclose(mg.jacobian(f, n)(A, B), GRADIENTS[n])
    np.testing.assert_allclose(mg.hessian(f, n)(A, B), HESSIANS[n][n])


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (-1, 0)])
def test_several_arguments(order):
    """In the order in which they are asked for; the Hessian as a tuple of tuples."""
    for found, k in zip(mg.grad(f, order)(A, B), order, strict=True):
        np.testing.assert_allclose(found, GRADIENTS[k])
    for row, i in zip(mg.hessian(f, order)(A, B), order, strict=True):
        for block, j in zip(row, order, strict=True):
            np.testing.assert_allclose(block, HESSIANS[i][j])


@pytest.mark.parametrize("n", [2, 3, -3, (0, 2)])
@pytest.mark.parametrize("transform", [mg.grad, mg.value_and_grad, mg.jacobian, mg.hessian])
def test_no_such_argument(transform, n):
    """The first position that does not exist is refused, and no other argument taken for it."""
    with pytest.raises(ValueError, match="called with 2 positional"):
        transform(f, n)(A, B)


def test_jacobians_are_not_transposed():
    """Rows are results and columns arguments, also of square and of larger shapes."""
    M = np.arange(4.0).reshape(2, 2)
    np.testing.assert_allclose(mg.jacobian(lambda x: M @ x)(A), M)
    T = np.arange(24.0).reshape(2, 3, 4)
    found = mg.jacobian(lambda x: np.einsum("ijk,k->ij", T, x))(np.ones(4))
    np.testing.assert_allclose(found, T)
    X = np.ones((2, 2))
    np.testing.assert_allclose(
        mg.jacobian(lambda x: M @ x)(X), np.einsum("ik,jl->ijkl", M, np.eye(2))
    )


def test_aux():
    """has_aux hands out what the function returned beside its value, as plain arrays."""
    f = mg.value_and_grad(lambda a: ((a * a).sum(), {"a": 3 * a}), has_aux=True)
    (value, aux), gradient = f(A)
    assert value == 5
    np.testing.assert_array_equal(aux["a"], 3 * A)
    assert type(aux["a"]) is np.ndarray
    found, other = mg.grad(lambda a: ((a * a).sum(), "more"), has_aux=True)(A)
    np.testing.assert_array_equal(found, gradient)
    np.testing.assert_array_equal(found, 2 * A)
    assert other == "more"


def test_directions_go_with_their_arguments():
    """jvp with two arguments of one shape, and a direction for each."""
    u, v = np.array([1.0, 0.0]), np.array([0.0, 10.0])
    _, tangent = mg.jvp(lambda a, b: a * a * b, [A, B], [u, v])
    np.testing.assert_allclose(tangent, 2 * A * B * u + A * A * v)


def test_containers_of_unequal_sizes():
    """Leaves go back to their places, whatever is nested before them."""
    tree = {"a": [A, (B, 2 * A)], "b": B, "c": [[3 * A], 4 * B]}

    def loss(t):
        terms = [t["a"][0], t["a"][1][0], t["a"][1][1], t["b"], t["c"][0][0], t["c"][1]]
        return sum(((k + 1) * x).sum() for k, x in enumerate(terms))

    g = mg.grad(loss)(tree)
    found = [g["a"][0], g["a"][1][0], g["a"][1][1], g["b"], g["c"][0][0], g["c"][1]]
    np.testing.assert_array_equal(np.stack(found)[:, 0], [1, 2, 3, 4, 5, 6])
    assert isinstance(g["a"][1], tuple)


def test_the_thread_is_as_it_was():
    """A transform whose function fails leaves the grad mode and the nesting alone."""
    with mg.no_grad():
        with pytest.raises(ZeroDivisionError):
            mg.grad(lambda a: 1 / 0)(A)
        assert not mg.is_grad_enabled()
    assert type(mg.grad(lambda a: (a * a).sum())(A)) is np.ndarray


def test_one_result_twice():
    """A function that returns one tensor twice gets the sum of both cotangents."""
    (y, again), pullback = mg.vjp(lambda a: [a * B] * 2, A)
    np.testing.assert_array_equal(y, again)
    np.testing.assert_array_equal(pullback([np.ones(2), np.full(2, 10.0)])[0], 11 * B)
    x = mg.tensor(A, requires_grad=True)
    y = x * B
    (found,) = mg.gradients([y, y, x], [x], [np.ones(2), np.full(2, 10.0), np.full(2, 100.0)])
    np.testing.assert_array_equal(found, 11 * B + 100)

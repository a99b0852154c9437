"""Equal eigenvalues and singular values: what does not depend on the choice of the vectors has the
right gradient, by formulas that need no decomposition; what depends on it raises."""

import numpy as np
import pytest
from comparing import leaf
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.errors import GradientError


def turned(values, seed):
    """A symmetric matrix with these eigenvalues, equal up to rounding; a symmetric cotangent."""
    rng = np.random.default_rng(seed)
    n = len(values)
    q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    c = rng.normal(size=(n, n))
    return (q * values) @ q.T, c + c.T


def through(f):
    """f of a symmetric matrix, by its eigenvalues."""
    def function(x):
        w, v = np.linalg.eigh((x + x.T) / 2)
        return (v * f(w)) @ v.T

    return function


def gradient(function, x):
    x = leaf(x)
    function(x).backward()
    return x.grad.numpy()


SPECTRA = st.lists(st.sampled_from([0.5, 1.0, 2.5]), min_size=2, max_size=4)
SEEDS = st.integers(0, 2**16)


@given(SPECTRA, SEEDS)
def test_functions_of_the_values(values, seed):
    """Sums over all values of a function: f'(A) for eigenvalues, U f'(S) Vᵀ for singular values."""
    x, _ = turned(values, seed)
    for function, wanted in (
        (lambda x: np.linalg.eigvalsh((x + x.T) / 2).sum(), np.eye(len(x))),
        (lambda x: (np.linalg.eigvalsh((x + x.T) / 2) ** 3).sum(), 3 * x @ x),
        (lambda x: np.log(np.linalg.eigh((x + x.T) / 2)[0]).sum(), np.linalg.inv(x)),
        (lambda x: np.linalg.norm(x, "nuc"), np.eye(len(x))),
        (lambda x: (np.linalg.svdvals(x) ** 2).sum(), 2 * x),
        (lambda x: np.log(np.linalg.svd(x)[1]).sum(), np.linalg.inv(x)),
    ):
        np.testing.assert_allclose(gradient(function, x), wanted, rtol=1e-8, atol=1e-8)


@given(SPECTRA, SEEDS)
def test_functions_of_the_matrix(values, seed):
    """V f(w) Vᵀ with any symmetric cotangent: the matrix itself, its square, its root, its inverse,
    against rules that need no eigenvalues."""
    x, c = turned(values, seed)
    inverse = np.linalg.inv(x)
    for f, wanted in (
        (lambda w: w, c),
        (lambda w: w**2, c @ x + x @ c),
        (lambda w: 1 / w, -inverse @ c @ inverse),
    ):
        found = gradient(lambda x, f=f: (through(f)(x) * c).sum(), x)
        np.testing.assert_allclose(found, wanted, rtol=1e-7, atol=1e-7)
    root = through(np.sqrt)(x)
    found = gradient(lambda x: (through(np.sqrt)(x) * c).sum(), x)
    np.testing.assert_allclose(found @ root + root @ found, c, rtol=1e-7, atol=1e-7)


@given(SPECTRA, SEEDS)
def test_functions_of_the_matrix_through_singular_values(values, seed):
    """U S Vᵀ is the matrix, and U Vᵀ its orthogonal factor, whose derivative is known where the
    matrix is a multiple of the identity: the antisymmetric part over the factor."""
    x, _ = turned(values, seed)
    c = np.random.default_rng(seed).normal(size=x.shape)

    def rebuilt(x):
        u, s, vt = np.linalg.svd(x)
        return ((u * s) @ vt * c).sum()

    np.testing.assert_allclose(gradient(rebuilt, x), c, rtol=1e-7, atol=1e-7)

    def factor(x):
        u, _, vt = np.linalg.svd(x)
        return ((u @ vt) * c).sum()

    found = gradient(factor, 2.0 * np.eye(len(x)))
    np.testing.assert_allclose(found, (c - c.T) / 4, rtol=1e-8, atol=1e-8)


def test_projector_on_an_eigenspace():
    """It does not change within the space; against the formula of perturbation theory."""
    x, c = turned([1.0, 1.0, 3.0], 5)

    def projected(x):
        v = np.linalg.eigh((x + x.T) / 2)[1][:, :2]
        return (v @ v.T * c).sum()

    v = np.linalg.eigh(x)[1]
    p, q = v[:, :2] @ v[:, :2].T, v[:, 2:] @ v[:, 2:].T
    np.testing.assert_allclose(gradient(projected, x), -(p @ c @ q + q @ c @ p) / 2, atol=1e-8)


def test_equal_values_share():
    """The largest of equal eigenvalues is a maximum at a tie: an average over the choices."""
    x, _ = turned([1.0, 3.0, 3.0], 7)
    v = np.linalg.eigh(x)[1][:, 1:]
    found = gradient(lambda x: np.linalg.eigvalsh((x + x.T) / 2)[-1], x)
    np.testing.assert_allclose(found, v @ v.T / 2, atol=1e-8)
    found = gradient(lambda x: np.linalg.norm(x, 2), 4 * np.eye(3))
    np.testing.assert_allclose(found, np.eye(3) / 3, atol=1e-8)


def test_singular_values_of_zero():
    """There they have the slope 0 of |x|, so that a nuclear norm has one gradient: U Vᵀ of what is
    not 0."""
    a, b = np.array([[3.0], [0.0], [4.0]]) / 5, np.array([[0.0], [1.0], [0.0]])
    found = gradient(lambda x: np.linalg.norm(x, "nuc"), 2 * a @ b.T)
    np.testing.assert_allclose(found, a @ b.T, atol=1e-12)
    assert not gradient(lambda x: np.linalg.norm(x, "nuc"), np.zeros((2, 3))).any()


def two_functions_at_once(x):
    w, v = np.linalg.eigh(x)
    square, root = (v * w**2) @ v.T, (v * np.sqrt(w)) @ v.T
    return (square * np.arange(9.0).reshape(3, 3)).sum() + (root * np.eye(3)[::-1]).sum()


@pytest.mark.parametrize("function", [
    lambda x: np.linalg.eigh(x)[1][0, 0],
    lambda x: (np.linalg.eigh(x)[1] ** 3).sum(),
    lambda x: np.linalg.eigh(x)[1][:, 0] @ np.arange(3.0) + np.linalg.eigvalsh(x)[1],
    lambda x: (np.linalg.svd(x)[0] ** 3).sum(),
    lambda x: np.linalg.svd(x)[2][1, 2] * 2.0,
    two_functions_at_once,
], ids=range(6))
def test_what_depends_on_the_choice_raises(function):
    """No finite nonsense: neither where the result depends on the vectors that LAPACK chose, nor
    where the cotangents do not tell (of two functions at once)."""
    for x in (turned([1.0, 1.0, 1.0], 3)[0], np.eye(3)):
        t = leaf(x)
        with pytest.raises(GradientError, match="are equal"):
            function(t).backward()
        assert t.grad is None


def test_one_matrix_of_a_stack():
    """Equal values in one matrix of a stack change nothing for the others."""
    x = np.stack([np.diag([1.0, 2.0, 4.0]), np.eye(3)])
    c = np.random.default_rng(1).normal(size=(3, 3))
    c = c + c.T

    def squared(x):
        w, v = np.linalg.eigh((x + x.mT) / 2)
        return ((v * w[..., None, :] ** 2) @ v.mT * c).sum()

    np.testing.assert_allclose(gradient(squared, x), c @ x + x @ c, atol=1e-8)


def test_second_order():
    """The values have second derivatives of all that is not within a group; through the vectors of
    equal values there is none, and that is said."""
    x, c = turned([1.0, 2.0, 3.5], 9)
    hessian = mg.hvp(lambda x: (np.linalg.eigvalsh((x + x.T) / 2) ** 3).sum(), x, c)
    hessian = hessian[1] if isinstance(hessian, tuple) else hessian
    np.testing.assert_allclose(hessian, 3 * (x @ c + c @ x), atol=1e-8)
    t = leaf(np.eye(3))
    with pytest.raises(GradientError, match="second derivative"):
        (through(np.square)(t) * c).sum().backward(create_graph=True)


def test_a_function_that_is_zero_there():
    """V log(w) Vᵀ of the identity: the cotangent of the vectors is 0, and what it would have told
    is lost. That is said, and no entry of the gradient left out; the values alone go on."""
    c = np.array([[1.0, 0.5], [0.5, 2.0]])
    with pytest.raises(GradientError, match="equal"):
        gradient(lambda x: (through(np.log)(x) * c).sum(), np.eye(2))
    found = gradient(lambda x: np.log(np.linalg.eigh((x + x.T) / 2)[0]).sum(), np.eye(2))
    np.testing.assert_allclose(found, np.eye(2))
    found = gradient(lambda x: (through(np.log)(x) ** 2).sum(), np.eye(2))
    np.testing.assert_array_equal(found, 0)

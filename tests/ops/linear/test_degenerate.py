"""Equal eigenvalues and singular values: what does not depend on the choice of the vectors has the
right gradient, by formulas that need no decomposition; what depends on it raises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.errors import GradientError
from tests.support.comparing import gradient, leaf


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


def turns_and_squares(x):
    w, v = np.linalg.eigh(x)
    return ((v * w**2) @ v.T).sum() + w[-1]


@pytest.mark.parametrize("function", [
    lambda x: np.linalg.eigh(x)[1][0, 0],
    lambda x: (np.linalg.eigh(x)[1] ** 3).sum(),
    lambda x: np.linalg.eigh(x)[1][:, 0] @ np.arange(3.0) + np.linalg.eigvalsh(x)[1],
    lambda x: (np.linalg.svd(x)[0] ** 3).sum(),
    lambda x: np.linalg.svd(x)[2][1, 2] * 2.0,
    lambda x: (np.linalg.eigh(x)[0] ** 2 * np.arange(3.0)).sum() + np.linalg.eigh(x)[1][0, 0],
    lambda x: (np.linalg.eigh(x)[1] ** 4).sum(),
    lambda x: turns_and_squares(x),
], ids=range(8))
def test_what_depends_on_the_choice_raises(function):
    """No finite nonsense where the result depends on the vectors that LAPACK chose: where its slope
    as they turn is not 0, where only its curvature is not, and where the values count by place."""
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


@pytest.mark.parametrize("values", [(1.0, 2.0, 3.5), (1.0, 1.0, 3.0), (2.0, 2.0, 2.0)], ids=str)
def test_second_order(values):
    """Smooth functions of the values have second derivatives, within a group too; a kink has none,
    nor has what comes through the vectors of equal values, and that is said."""
    general, c = turned(values, 9)
    for x in (general, np.diag(values)):
        hessian = mg.hvp(lambda x: (np.linalg.eigvalsh((x + x.T) / 2) ** 3).sum(), x, c)
        np.testing.assert_allclose(hessian, 3 * (x @ c + c @ x), atol=1e-8)
        hessian = mg.hvp(lambda x: -np.log(np.linalg.svdvals(x)).sum(), x, c)
        inverse = np.linalg.inv(x)
        np.testing.assert_allclose(hessian, inverse @ c @ inverse, atol=1e-8)
        hessian = mg.hvp(lambda x: (np.linalg.svdvals(x) ** 4).sum(), x, c)
        wanted = 4 * (c @ x.T @ x + x @ c.T @ x + x @ x.T @ c)
        np.testing.assert_allclose(hessian, wanted, atol=1e-8)
    t = leaf(np.eye(3))
    (through(np.square)(t) * c).sum().backward(create_graph=True)
    with pytest.raises(GradientError, match="second derivative"):
        t.grad.sum().backward()
    with pytest.raises(GradientError, match="kink"):
        mg.hvp(lambda x: np.linalg.eigvalsh(x)[-1], np.eye(3), c)



def spectral(x, *functions):
    w, v = np.linalg.eigh((x + x.T) / 2)
    return [(v * f(w)) @ v.T for f in functions]


def values_and_vectors(x):
    w, v = np.linalg.eigh((x + x.T) / 2)
    return ((v * w**2) @ v.T).sum() + w.sum() + (w**3).sum() ** 2


def factor(x):
    u, s, vt = np.linalg.svd(x)
    return ((u @ vt) * C).sum() + ((u * s**3) @ vt * C.T).sum() * s.sum()


C = np.random.default_rng(11).normal(size=(3, 3))
HOLLOW = np.ones((3, 3)) - np.eye(3)
# What no choice of the vectors changes, though the cotangents of one pass do not tell it apart
# from other things.
ANSWERS = {
    "a function that is 0 there": lambda x: (spectral(x, np.log)[0] * C).sum(),
    "a cotangent with zeros on the diagonal": lambda x: (spectral(x, np.sqrt)[0] * HOLLOW).sum(),
    "two functions": lambda x: (spectral(x, np.square, np.sqrt)[0] * C).sum() + spectral(
        x, np.square, np.sqrt)[1][0, 1],
    "two functions of one decomposition": lambda x: sum(
        (y * c).sum() for y, c in zip(spectral(x, np.square, np.sqrt), (C, HOLLOW), strict=True)),
    "their product": lambda x: (spectral(x, np.log)[0] @ C @ spectral(x, np.exp)[0])[0].sum(),
    "a product of one decomposition": lambda x: np.trace(
        np.linalg.multi_dot([C, *spectral(x, np.log, np.exp), C.T])),
    "values and vectors": values_and_vectors,
    "a nonlinear result": lambda x: np.tanh((spectral(x, np.log)[0] ** 2 * C).sum() + x[0, 1]),
    "the orthogonal factor, and more": factor,
    "a constant": lambda x: (np.linalg.svd(x)[0] @ np.linalg.svd(x)[2]).sum() * 0.0 + sum(
        ((u @ vt) ** 2).sum() for u, _, vt in [np.linalg.svd(x)]),
    "columns of one length": lambda x: (np.linalg.eigh((x + x.T) / 2)[1] ** 2).sum(),
}


@pytest.mark.parametrize("values", [(1, 1, 1), (1, 1, 2), (0.5, 2, 2)], ids=str)
@pytest.mark.parametrize("name", ANSWERS)
def test_what_no_choice_changes(name, values):
    """The gradient is that of finite differences of the whole function, in directions that part the
    values; at the identity, where LAPACK gives its columns, and at a turned matrix."""
    f = ANSWERS[name]
    for x in (np.diag(values).astype(float), turned(values, 4)[0]):
        found = gradient(f, x)
        for seed in range(3):
            e = np.random.default_rng(seed).normal(size=(3, 3))
            h = 1e-5
            slope = (f(x + h * e) - f(x - h * e)) / (2 * h)
            assert (found * e).sum() == pytest.approx(slope, rel=2e-6, abs=2e-6)


def test_other_ways_to_ask():
    """Transforms give the same gradient; jvp too. A matrix beside it in a stack is left alone."""
    f, x = ANSWERS["a function that is 0 there"], np.eye(3)
    wanted, e = gradient(f, x), C @ C
    np.testing.assert_allclose(mg.grad(f)(x), wanted)
    np.testing.assert_allclose(mg.jacobian(f)(x), wanted)
    assert mg.jvp(f, [x], [e])[1] == pytest.approx((wanted * e).sum())
    t = leaf(x)
    np.testing.assert_allclose(mg.gradients(f(t), t, create_graph=True)[0].numpy(), wanted)
    stack = np.stack([x, turned([1.0, 2.0, 3.0], 2)[0]])

    def both(x):
        w, v = np.linalg.eigh((x + x.mT) / 2)
        return ((v * np.log(w)[..., None, :]) @ v.mT * C).sum(axis=(1, 2)).prod()

    found = gradient(both, stack)
    assert (found[0] * e).sum() == pytest.approx((wanted * e).sum() * f(stack[1]), abs=1e-9)


def test_float32():
    """The same to float32's precision."""
    f = ANSWERS["two functions of one decomposition"]
    x, _ = turned([1.0, 1.0, 2.0], 4)
    found = gradient(f, x.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, gradient(f, x), rtol=2e-3, atol=2e-3)

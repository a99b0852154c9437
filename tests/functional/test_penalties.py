"""Penalties on matrices: their values, their gradients, what they lead to, and what is refused."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import GradientError
from minigrad.functional import orthogonality_penalty, spectral_norm_penalty
from minigrad.testing import check_grads

rng = np.random.default_rng(12)
SHAPES = [(1, 1), (4, 4), (5, 3), (3, 5)]


def turned(*values):
    """A square matrix with these singular values."""
    u, v = (np.linalg.qr(rng.normal(size=(len(values), len(values))))[0] for _ in "uv")
    return u * np.array(values) @ v


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("limit", [0.0, 1.0, 1.7, 100.0])
def test_spectral_norm_penalty(shape, limit):
    """The value is the sum over the singular values, by their definition as roots of eigenvalues;
    the gradients of orders 1 and 2 are right."""
    W = 1.5 * rng.normal(size=shape)
    small = W @ W.T if shape[0] < shape[1] else W.T @ W
    sigma = np.sqrt(np.linalg.eigvalsh(small))
    expected = (np.maximum(sigma - limit, 0) ** 2).sum()
    np.testing.assert_allclose(spectral_norm_penalty(W, limit), expected, rtol=1e-12)
    check_grads(lambda W: spectral_norm_penalty(W, limit), W, order=2)


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 3)], ids=str)
def test_orthogonality_penalty(shape):
    """The value is Σ (σ² - 1)²; the gradients of orders 1 and 2 are right."""
    W = rng.normal(size=shape)
    sigma = np.linalg.svd(W, compute_uv=False)
    np.testing.assert_allclose(orthogonality_penalty(W), ((sigma**2 - 1) ** 2).sum(), rtol=1e-12)
    check_grads(orthogonality_penalty, W, order=2)


def test_the_limit_of_no_limit():
    """At limit 0 the penalty is the squared Frobenius norm, and its gradient 2W."""
    W = rng.normal(size=(4, 3))
    np.testing.assert_allclose(spectral_norm_penalty(W, 0), (W**2).sum(), rtol=1e-13)
    np.testing.assert_allclose(mg.grad(lambda W: spectral_norm_penalty(W, 0))(W), 2 * W, rtol=1e-12)


def test_equal_singular_values():
    """Where all singular values are equal, as after an orthogonal start, the gradient is that of
    the squared distance to the ball: 2(W - W/2) at twice an orthogonal matrix, 0 at 0 and at an
    orthogonal one. Second derivatives are those of the gradient, where there are any."""
    Q = turned(1, 1, 1, 1)
    np.testing.assert_allclose(mg.grad(spectral_norm_penalty)(2 * Q), 2 * Q, atol=1e-14)
    check_grads(spectral_norm_penalty, 2 * Q, order=1)
    for W in (Q, np.zeros((3, 3))):
        for penalty in (spectral_norm_penalty, orthogonality_penalty):
            np.testing.assert_allclose(mg.grad(penalty)(W), 0 * W, atol=1e-14)
    E, h = rng.normal(size=(4, 4)), 1e-5
    gradient = mg.grad(spectral_norm_penalty)
    for W in (2 * Q, 2 * np.eye(4)):
        slope = (gradient(W + h * E) - gradient(W - h * E)) / (2 * h)
        np.testing.assert_allclose(mg.hvp(spectral_norm_penalty, W, E), slope, atol=1e-8)
    with pytest.raises(GradientError, match="kink"):
        mg.hessian(lambda W: np.linalg.svdvals(W)[0])(2 * np.eye(2))


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [(spectral_norm_penalty, [1.0, 1.0, 0.5]), (orthogonality_penalty, [1.0, 1.0, 1.0])],
)
def test_what_they_lead_to(penalty, expected):
    """Descent brings the singular values below the limit, or to 1 from both sides; the singular
    vectors stay."""
    W0 = turned(3.0, 1.2, 0.5)
    W = mg.Parameter(W0)
    optimizer = mg.optim.SGD([W], lr=0.02)
    for _ in range(800):
        optimizer.zero_grad()
        penalty(W).backward()
        optimizer.step()
    u, _, vt = np.linalg.svd(W0)
    np.testing.assert_allclose(W.numpy(), u * np.array(expected) @ vt, atol=1e-6)


@pytest.mark.parametrize("penalty", [spectral_norm_penalty, orthogonality_penalty])
def test_types(penalty):
    """A Tensor gives a Tensor, an array an array; float32 stays float32."""
    W = turned(2.0, 0.5)
    assert isinstance(penalty(W), np.ndarray | np.floating)
    found = penalty(mg.tensor(W.astype(np.float32), requires_grad=True))
    assert isinstance(found, mg.Tensor)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.item(), penalty(W), rtol=1e-5)


@pytest.mark.parametrize("penalty", [spectral_norm_penalty, orthogonality_penalty])
def test_what_is_refused(penalty):
    """What is no finite matrix of floats, by the name of the function and of the argument."""
    name = penalty.__name__
    for shape in [(), (3,), (2, 3, 3), (0, 3), (3, 0)]:
        with pytest.raises(ValueError, match=rf"{name}\(weight\): received shape .* a matrix"):
            penalty(np.ones(shape))
    with pytest.raises(TypeError, match=rf"{name}\(weight\): .* wanted floats"):
        penalty(np.eye(3, dtype=int))
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="NaN or Inf"):
            penalty(np.full((2, 2), bad))


def test_limits_and_stacked_gates():
    """Limits that are no number of at least 0, and matrices whose columns are too many."""
    for limit in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"spectral_norm_penalty\(limit\)"):
            spectral_norm_penalty(np.eye(2), limit)
    for limit in ("1", None, True, np.ones(2)):
        with pytest.raises(TypeError, match=r"spectral_norm_penalty\(limit\)"):
            spectral_norm_penalty(np.eye(2), limit)
    with pytest.raises(ValueError, match=r"more columns than rows .*cell.gate\(name\).columns"):
        orthogonality_penalty(np.ones((3, 12)))

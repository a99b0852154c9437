"""Triangular systems, factors with pivots and exponentials, by what defines them."""

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
from minigrad.testing import check_grads

rng = np.random.default_rng(6)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
@pytest.mark.parametrize("unitriangular", [False, True])
def test_solve_triangular(upper, left, unitriangular):
    """A X = B or X A = B; what is not read may be anything, and gets no gradient."""
    a, b = rng.normal(size=(2, 3, 3)) + 3 * np.eye(3), rng.normal(size=(2, 3, 3))
    read = np.tri(3, k=-1 if unitriangular else 0, dtype=bool)
    read = read.T if upper else read
    options = {"upper": upper, "left": left, "unitriangular": unitriangular}
    t = mg.tensor(np.where(read, a, np.nan), requires_grad=True)
    x = F.solve_triangular(t, b, **options)
    full = np.where(read, a, np.eye(3) * unitriangular)
    np.testing.assert_allclose(full @ x.numpy() if left else x.numpy() @ full, b)
    x.sum().backward()
    assert not t.grad.numpy()[:, ~read].any()
    assert np.isfinite(t.grad.numpy()).all()
    check_grads(lambda a, b: F.solve_triangular(a, b, **options), a, b)


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 3), (3, 5), (2, 3, 3), (2, 4, 2), (0, 3, 3)],
                         ids=str)
def test_lu(shape):
    """P L U is the matrix, L and U have the zeros and ones that they should, and no entry of L is
    above 1: pivots are the largest that are left."""
    a = rng.normal(size=shape)
    p, lower, upper = F.lu(a)
    np.testing.assert_allclose(p @ lower @ upper, a)
    np.testing.assert_array_equal(np.tril(lower), lower)
    np.testing.assert_array_equal(np.triu(upper), upper)
    assert (np.diagonal(lower, axis1=-2, axis2=-1) == 1).all()
    assert (np.abs(lower) <= 1 + 1e-12).all()
    packed = mg.tensor(a).lu()
    k = min(shape[-2:])
    np.testing.assert_allclose(np.triu(packed.LU.numpy()[..., :k, :]), upper)
    rows = np.broadcast_to(np.eye(shape[-2]), (*shape[:-2], shape[-2], shape[-2])).copy()
    for place in np.ndindex(shape[:-2]):
        for i, j in enumerate(packed.pivots.numpy()[place] - 1):
            rows[place][[i, j]] = rows[place][[j, i]]
    np.testing.assert_allclose(rows @ a, lower @ upper)
    if 0 not in shape:
        check_grads(lambda a: F.lu(a)[1:], a)
        check_grads(lambda a: (a.lu() if hasattr(a, "lu") else mg.tensor(a).lu()).LU, a)


def test_lu_without_pivots():
    """As it stands, of a matrix that needs none; singular matrices have factors too."""
    a = rng.normal(size=(3, 3)) + 4 * np.eye(3)
    p, lower, upper = F.lu(a, pivot=False)
    np.testing.assert_array_equal(p, np.eye(3))
    np.testing.assert_allclose(lower @ upper, a)
    for a in (np.zeros((3, 3)), np.ones((3, 3)), np.diag([0.0, 1.0, 2.0])):
        p, lower, upper = F.lu(a)
        np.testing.assert_allclose(p @ lower @ upper, a)


def test_matrix_exp():
    """Commuting parts, inverses, nilpotent and skew matrices; of large and small ones."""
    a = rng.normal(size=(2, 4, 4))
    for scale in (1e-8, 1.0, 30.0):
        whole, back = F.matrix_exp(scale * a), F.matrix_exp(-scale * a)
        if scale <= 1:
            np.testing.assert_allclose(whole @ back, np.stack([np.eye(4)] * 2), atol=1e-12)
        half = F.matrix_exp(scale * a / 2)
        np.testing.assert_allclose(half @ half, whole, rtol=1e-8, atol=1e-8 * np.abs(whole).max())
    np.testing.assert_allclose(F.matrix_exp(np.diag([1.0, -2.0, 0.0])), np.diag(
        np.exp([1.0, -2.0, 0.0])))
    turn = F.matrix_exp(np.array([[0.0, -2.0], [2.0, 0.0]]))
    np.testing.assert_allclose(turn, [[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]])
    single = (3 * a).astype(np.float32)
    assert F.matrix_exp(single).dtype == np.float32
    np.testing.assert_array_equal(
        F.matrix_exp(single), F.matrix_exp(single.astype(float)).astype(np.float32)
    )
    assert np.isnan(F.matrix_exp(np.full((2, 2), np.nan))).all()
    assert F.matrix_exp(np.zeros((0, 0))).shape == (0, 0)
    with pytest.raises(np.linalg.LinAlgError, match=r"matrix_exp.*shape \(2, 3\)"):
        F.matrix_exp(mg.tensor(np.zeros((2, 3))))
    check_grads(F.matrix_exp, a[0])


def test_matrix_exp_takes_each_matrix_alone():
    """A large neighbour in the stack, or a large cotangent, costs a small matrix no digit."""
    a = rng.normal(size=(3, 4, 4)) * np.array([1e-3, 1.0, 300.0])[:, None, None]
    a -= 400 * np.eye(4) * np.array([0, 0, 3])[:, None, None]
    g = rng.normal(size=a.shape)
    whole = mg.tensor(a, requires_grad=True)
    F.matrix_exp(whole).backward(g)
    for k in range(3):
        for scale in (1.0, 2.0**400, 2.0**-400):
            alone = mg.tensor(a[k], requires_grad=True)
            out = F.matrix_exp(alone)
            out.backward(scale * g[k])
            np.testing.assert_allclose(out.numpy(), F.matrix_exp(a)[k], rtol=1e-13)
            np.testing.assert_allclose(alone.grad / scale, whole.grad[k], rtol=1e-12)

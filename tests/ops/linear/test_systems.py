"""Least squares, chains of products, conditions, and symmetric forms of np.linalg's functions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message
from tests.support.comparing import leaf

CALLS = """
    np.linalg.lstsq(q, v); np.linalg.lstsq(m.T, v); np.linalg.lstsq(m.T, q); np.linalg.lstsq(m, m)
    np.linalg.lstsq(m, m[:, 0], None); np.linalg.lstsq(m.T, v, rcond=1e-9)
    np.linalg.lstsq(a=u[0], b=u[1], rcond=-1)
    np.linalg.multi_dot([q, p]); np.linalg.multi_dot([m, q, p]); np.linalg.multi_dot([v, q, v])
    np.linalg.multi_dot((v, q, p)); np.linalg.multi_dot([m, q, v]); np.linalg.multi_dot([v, v])
    np.linalg.multi_dot([m, q, p, m.T, m, v]); np.linalg.multi_dot([np.ones((1, 2)), m, q])
    np.linalg.cond(q); np.linalg.cond(m); np.linalg.cond(n); np.linalg.cond(q, 2)
    np.linalg.cond(m, -2); np.linalg.cond(q, "fro"); np.linalg.cond(n, 1); np.linalg.cond(q, -1)
    np.linalg.cond(q, np.inf); np.linalg.cond(n, -np.inf); np.linalg.cond(x=q, p="nuc")
    np.linalg.tensorinv(n.reshape(2, 9)[:, :2].reshape(2, 2, 1), 1); np.linalg.tensorinv(q, ind=1)
    np.linalg.tensorinv((np.eye(6) * 3).reshape(2, 3, 6) + m[:, :, None])
    np.linalg.tensorsolve((np.eye(6) * 3).reshape(2, 3, 6) + m[:, :, None], m)
    np.linalg.tensorsolve(q, v); np.linalg.tensorsolve(q, v, axes=(0,))
    np.linalg.tensorsolve((np.eye(6) * 3).reshape(6, 2, 3) + m, np.ones(6))
    np.linalg.pinv(q + q.T, hermitian=True); np.linalg.pinv(n, 1e-9, True);
    np.linalg.pinv(q, None, True)
    np.linalg.svd(q + q.T, hermitian=True); np.linalg.svd(n, True, False, True)
    np.linalg.svd(q, hermitian=True, compute_uv=False); np.linalg.svd(-n, hermitian=True)
"""


@pytest.mark.parametrize("call", [c for c in cases(CALLS) if "lstsq" not in c])
def test_as_numpy(call):
    """Values, shapes and dtypes are NumPy's, and the gradients are right to order 2."""
    agrees(call)


@pytest.mark.parametrize("shapes", [
    ((3, 3), (3,)), ((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 3), (2,)), ((2, 3), (2, 2)),
])
@pytest.mark.parametrize("rcond", [None, 1e-9, -1])
def test_least_squares(shapes, rcond):
    """The solution, the residuals and the singular values as NumPy's, differentiable in both
    arguments; of too few equations the shortest solution."""
    rng = np.random.default_rng(2)
    a, b = (rng.normal(size=shape) for shape in shapes)
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 1e-4)):
        low = a.astype(dtype), b.astype(dtype)
        found, wanted = np.linalg.lstsq(leaf(low[0]), low[1], rcond), np.linalg.lstsq(*low, rcond)
        assert found[2] == wanted[2]
        for mine, theirs in zip(found, wanted, strict=True):
            mine = np.asarray(mine.detach() if isinstance(mine, mg.Tensor) else mine)
            assert (mine.shape, mine.dtype) == (np.shape(theirs), np.asarray(theirs).dtype)
            np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)
    for part in (0, 3) + ((1,) if shapes[0] == (4, 2) else ()):
        check_grads(lambda a, b, part=part: np.linalg.lstsq(a, b, rcond)[part], a, b)


@given(st.lists(st.integers(1, 4), min_size=3, max_size=6), st.integers(0, 99))
def test_chains(sizes, seed):
    """A chain gives what the products one after the other give."""
    rng = np.random.default_rng(seed)
    chain = [rng.normal(size=shape) for shape in itertools.pairwise(sizes)]
    found = np.linalg.multi_dot([leaf(a) for a in chain])
    wanted = chain[0]
    for a in chain[1:]:
        wanted = wanted @ a
    np.testing.assert_allclose(found.numpy() if not found.requires_grad else found.detach().numpy(),
                               wanted, rtol=1e-9, atol=1e-9)


def test_the_order_of_a_chain():
    """Few multiplications: the vector goes first, so that no two matrices are multiplied."""
    x = leaf(np.ones((6, 6)))
    product = np.linalg.multi_dot([x, np.ones((6, 6)), np.ones((6, 6)), np.ones((6, 1))])
    ops = [node for node in mg.Tape(product.sum()) if node.op]
    shapes = [node.shape for node in ops if node.op.name == "dot"]
    assert shapes == [(6, 1)]


def test_singular_matrices():
    """Their condition is infinite, as NumPy's, whatever the norm."""
    for p in (None, 1, "fro"):
        assert np.linalg.cond(leaf(np.zeros((2, 2))), p).item() == np.inf
    assert np.linalg.matrix_rank(leaf(np.ones((2, 2)))).item() == 1


@pytest.mark.parametrize(("call", "error", "parts"), [
    ("np.linalg.multi_dot([q])", ValueError, ("multi_dot", "at least two")),
    ("np.linalg.multi_dot([q, t, q])", np.linalg.LinAlgError, ("multi_dot", "(2, 3, 4)")),
    ("np.linalg.multi_dot([q, m])", ValueError, ("multi_dot", "(2, 3)")),
    ("np.linalg.multi_dot([q, q], out=np.zeros((3, 3)))", TypeError, ("multi_dot", "out=")),
    ("np.linalg.tensorinv(q, 0)", ValueError, ("tensorinv", "ind")),
    ("np.linalg.tensorinv(t, 1)", np.linalg.LinAlgError, ("tensorinv", "square")),
    ("np.linalg.tensorsolve(t, m)", np.linalg.LinAlgError, ("tensorsolve", "(2, 3, 4)")),
    ("np.linalg.lstsq(v, v)", np.linalg.LinAlgError, ("lstsq", "(3,)")),
    ("np.linalg.cond(m, 1)", np.linalg.LinAlgError, ("cond", "(2, 3)", "square")),
    ("np.linalg.cond(q, 3)", ValueError, ("cond", "p=3")),
])
def test_errors(call, error, parts):
    """NumPy's kind of error, naming the function and what it received."""
    message(call, error, *parts)

"""Products of vectors, matrices and stacks of them against NumPy itself, and the deferred sums."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.observe.contributions import contributions
from minigrad.testing import check_grads
from tests.support.against_numpy import agrees, cases, message

MATMUL = """
v @ v; m @ v; v @ q; m @ q; t @ w; v @ n; n @ v; n @ q; q @ n; n @ n; t @ u[:, 0]; m @ t
t @ w[:, None]
np.matmul(m, q); np.matmul(n, one[0]); n @ one; n[:, None] @ n; e @ q; np.zeros((2, 3)) @ q
m @ np.ones(3); q @ e.T
np.linalg.matmul(q, q); e.T @ e; f @ f.T; np.matmul(v, e.T)
"""

DOT = """
np.dot(v, v); np.dot(m, v); np.dot(v, q); np.dot(m, q); np.dot(s, m); np.dot(m, s); np.dot(s, s)
np.dot(2.0, v); np.dot(v, 2)
np.dot(t, w); np.dot(v, n); np.dot(m, n); np.dot(n, n); np.dot(t, u.T[0].T); np.dot(n, q)
np.dot(t, u[:, :, 0]); np.dot(e, v); np.dot(e, q)
m.dot(q); v.dot(v); np.dot(a=m, b=q); np.dot([[1.0, 2.0, 3.0]], q); np.dot(n, t); np.dot(s, t)
np.vdot(v, v); np.vdot(m, m); np.vdot(s, s); np.vdot(m, m.T); np.vdot(q, [1.0] * 9); np.vdot(e, e)
np.inner(v, v); np.inner(m, v); np.inner(m, q); np.inner(s, m); np.inner(m, 2.0); np.inner(t, w)
np.inner(n, m); np.inner(e, e)
np.outer(v, w); np.outer(m, v); np.outer(s, w); np.outer(a=v, b=[1.0, 2.0]); np.outer(e, v)
np.linalg.outer(v, w)
np.vecdot(v, v); np.vecdot(m, v); np.linalg.vecdot(m, m, axis=0); np.linalg.vecdot(n, v)
np.matvec(m, v); np.matvec(n, v); np.matvec(n, m); np.vecmat(v, q); np.vecmat(m, n)
"""

TENSORDOT = """
np.tensordot(q, q); np.tensordot(t, u, 1); np.tensordot(v, w, 0); np.tensordot(m, q, axes=1)
np.tensordot(t, t, axes=3)
np.tensordot(t, u, ([2, 1], [0, 1])); np.tensordot(t, u, ((0, 1, 2), (2, 1, 0)))
np.tensordot(t, m, (1, 1)); np.tensordot(t, m, ([0], 0))
np.tensordot(t, u, axes=([-1], [0])); np.tensordot(a=m, b=m, axes=((1, 0), (1, 0)))
np.tensordot(s, v, 0); np.tensordot(t, u, ([1, 2], [1, 0]))
np.tensordot(e, q, 1); np.tensordot(e, e, (0, 0)); np.linalg.tensordot(m, q, axes=1)
np.tensordot(t, np.ones(4), 1); np.tensordot(t, t, ([], []))
"""

EINSUM = """
np.einsum("ij,jk->ik", m, q); np.einsum("ij,jk", m, q); np.einsum("ij,kj->ki", m, q)
np.einsum("i,i", v, v); np.einsum("i,j->ji", v, w)
np.einsum("ij->ji", m); np.einsum("ji", m); np.einsum("ij->", m); np.einsum("ij->j", m)
np.einsum("ijk->ki", t); np.einsum("ij", m); np.einsum("ba", m)
np.einsum("ii", q); np.einsum("ii->i", q); np.einsum("bii->b", n); np.einsum("bii->bi", n)
np.einsum("ii,ij->j", q, p); np.einsum("ii,ii->i", q, p)
np.einsum("ij,ij->ij", q, p); np.einsum("ij,ij->i", q, p); np.einsum("ij,ij", q, p)
np.einsum("ij,ji->", q, p); np.einsum("bij,bjk->bik", n, n)
np.einsum("...ij,...jk->...ik", n, q); np.einsum("...ij,...jk", n, n); np.einsum("...i->...", t)
np.einsum("i...->...", t); np.einsum("...ii->...i", n)
np.einsum("...,...->...", m, v); np.einsum("i...,i...", m, m); np.einsum("...i,...i", t, w)
np.einsum("ij...,jk...->ik...", m, q); np.einsum("...", t)
np.einsum("ijk,kjl,il->", t, u, q[:2, :2]); np.einsum("ij,jk,kl->il", m, q, p)
np.einsum("ij,jk,kl->il", m, q, p, optimize=True)
np.einsum("ij,jk,kl->il", m, q, p, optimize="optimal")
np.einsum("ij,jk,kl", m, q, p, optimize=["einsum_path", (1, 2), (0, 1)])
np.einsum("i,i,i->i", v, v, v); np.einsum("i,j,k->kij", v, w, v)
np.einsum("ab,bc,cd,da", m, q, p, m.T); np.einsum("i,i,i,i,i", v, v, v, v, v)
np.einsum("i,->i", v, s); np.einsum(",i", 2.0, v); np.einsum("->", s)
np.einsum("ij,j->i", m, [1.0, 2.0, 3.0]); np.einsum(",,->", s, s, s)
np.einsum("ij,ij->ij", one[0], q); np.einsum("ij,jk->ik", one[0], m)
np.einsum("ijk,ijk->jk", one, n); np.einsum("ij,i->j", one[0].T, v)
np.einsum(m, [0, 1], q, [1, 2], [0, 2]); np.einsum(m, [0, 1], q, [1, 2])
np.einsum(n, [Ellipsis, 0, 0]); np.einsum(t, [0, Ellipsis], [Ellipsis])
np.einsum(" ij , jk -> ik ", m, q); np.einsum("Ab,bC", m, q); np.einsum("ij,jk->ik", e, q)
np.einsum("ij,ik->jk", e, e); np.einsum("ij->i", f)
np.einsum("ij,jk->ik", m, np.ones((3, 2)), order="C", casting="safe"); np.einsum("ij,kl->", m, q)
np.einsum("ij,kl->jl", m, q); np.einsum("ijk,jk->ik", t, t[0])
"""

OTHERS = """
np.kron(v, w); np.kron(m, q); np.kron(v, m); np.kron(m, v); np.kron(t, v); np.kron(s, m)
np.kron(m, [1.0, 2.0]); np.kron(a=v, b=v); np.kron(e, v)
np.cross(v, v[::-1]); np.cross(m, v); np.cross(v, m); np.cross(m, q[:2]); np.cross(t, v, axisa=1)
np.cross(t, t[::-1], axis=1); np.cross(q, p, axisc=0)
np.cross(t, v, axisa=1, axisc=0); np.cross(m[:, None], q); np.linalg.cross(q, p)
np.linalg.cross(q, p, axis=0)
"""


@pytest.mark.parametrize("expression", cases(MATMUL + DOT + TENSORDOT + OTHERS))
def test_as_numpy(expression):
    """Every form of call gives what NumPy gives, and its gradients of order 1 and 2 are right."""
    agrees(expression)


@pytest.mark.parametrize("expression", cases(EINSUM))
def test_einsum_as_numpy(expression):
    """Diagonals, sums, ellipses, implicit results, any number of operands, lengths of 1 that
    broadcast: values as NumPy's, gradients of order 1 and 2 right."""
    agrees(expression)


@pytest.mark.parametrize(("expression", "error", "parts"), [
    ("m @ m", ValueError, ("matmul", "(2, 3)", "mismatch")),
    ("m @ s", ValueError, ("matmul", "(2, 3)", "()")),
    ("t @ u", ValueError, ("matmul", "(2, 3, 4)", "(4, 3, 2)")),
    ("np.matmul(m, q, out=np.zeros((2, 3)))", NoDerivativeError, ("matmul", "out=")),
    ("np.matmul(m, q, dtype=np.float32)", NoDerivativeError, ("matmul", "dtype=")),
    ("np.dot(m, m)", ValueError, ("dot", "(2, 3)", "not aligned")),
    ("np.dot(m, q, np.zeros((2, 3)))", NoDerivativeError, ("dot", "out=")),
    ("np.vdot(v, w)", ValueError, ("vdot", "(3,)", "(4,)", "3 entries")),
    ("np.inner(v, w)", ValueError, ("inner", "(3,)", "(4,)")),
    ("np.linalg.outer(m, v)", ValueError, ("outer", "(2, 3)", "two vectors")),
    ("np.tensordot(m, m, 1)", ValueError, ("tensordot", "(2, 3)", "axes=1")),
    ("np.tensordot(m, m, ([0], [0, 1]))", ValueError, ("tensordot", "1 axes of x with 2 of y")),
    ("np.tensordot(m, m, 3)", ValueError, ("tensordot", "axes=3")),
    ("np.tensordot(m, m, (5, 0))", np.exceptions.AxisError, ("tensordot", "axis 5")),
    ("np.tensordot(m, m, ([1, 1], [1, 1]))", ValueError, ("tensordot", "repeated axis")),
    ("np.einsum('ij,jk->ik', m, m)", ValueError, ("einsum", "'j'", "length 2", "3 elsewhere")),
    ("np.einsum('ij,jk->ik', m)", ValueError, ("einsum", "2 operands", "received 1")),
    ("np.einsum('ijk->i', m)", ValueError, ("einsum", "'ijk'", "operand 0", "(2, 3)")),
    ("np.einsum('i->i', m)", ValueError, ("einsum", "'i'", "operand 0", "(2, 3)")),
    ("np.einsum('ij->ik', m)", ValueError, ("einsum", "'k'")),
    ("np.einsum('ij->ii', m)", ValueError, ("einsum", "'i' twice")),
    ("np.einsum('ii', m)", ValueError, ("einsum", "'i'", "length 2", "3 elsewhere")),
    ("np.einsum('i...->i', m)", ValueError, ("einsum", "ellipsis")),
    ("np.einsum('i1->i', m)", ValueError, ("einsum", "'i1'", "letters")),
    ("np.einsum('i.j', m)", ValueError, ("einsum", "'i.j'", "ellipsis")),
    ("np.einsum('...i,...j', v, w, out=np.ones(2))", NoDerivativeError, ("einsum", "out=")),
    ("np.einsum('ij->ji', m, dtype=np.float32)", TypeError, ("einsum", "float32", "safe")),
    ("np.einsum('a...,b...->ab...', m, t)", ValueError, ("einsum", "ellipsis", "length")),
    ("np.cross(v, w)", ValueError, ("cross", "(3,)", "(4,)", "3 components")),
    ("np.cross(w[:2], w[:2])", ValueError, ("cross", "(2,)", "x[0] * y[1]")),
])
def test_errors_teach(expression, error, parts):
    """What does not fit raises NumPy's kind of error, naming the op, the operand and the shapes."""
    message(expression, error, *parts)


# -- the gradient of a weight as one product


def uses(rng, w, form):
    """Scalar losses that use a weight W (3, 4) in one form of product."""
    k, n = w.shape
    c = {name: rng.normal(size=shape) for name, shape in {
        "rows": (5, k), "stack": (2, 5, k), "deep": (2, 3, 5, k), "vector": (k,), "one": (1, k),
        "none": (0, k), "columns": (n, 5), "right": (2, n, 5), "column": (n,), "empty": (n, 0),
    }.items()}
    return {
        "x @ W": lambda: c["rows"] @ w,
        "3-d x @ W": lambda: c["stack"] @ w,
        "4-d x @ W": lambda: c["deep"] @ w,
        "vector @ W": lambda: c["vector"] @ w,
        "one row @ W": lambda: c["one"] @ w,
        "no rows @ W": lambda: c["none"] @ w,
        "W @ y": lambda: w @ c["columns"],
        "W @ 3-d y": lambda: w @ c["right"],
        "W @ vector": lambda: w @ c["column"],
        "W @ no columns": lambda: w @ c["empty"],
        "W.T @ W": lambda: w.T @ w,
        "W @ W.T": lambda: w @ w.T,
        "dot(x, W)": lambda: np.dot(c["rows"], w),
        "dot(3-d x, W)": lambda: np.dot(c["stack"], w),
        "dot(W, vector)": lambda: np.dot(w, c["column"]),
        "dot(W, 3-d y)": lambda: np.dot(w, c["right"]),
        "stack of W @ y": lambda: np.broadcast_to(w, (2, k, n)) @ c["right"],
    }[form]


FORMS = (
    "x @ W", "3-d x @ W", "4-d x @ W", "vector @ W", "one row @ W", "no rows @ W", "W @ y",
    "W @ 3-d y", "W @ vector", "W @ no columns", "W.T @ W", "W @ W.T", "dot(x, W)",
    "dot(3-d x, W)", "dot(W, vector)", "dot(W, 3-d y)", "stack of W @ y",
)


def three_ways(w, loss):
    """The gradient of a leaf: in one sweep, as the sum of its uses, and recorded."""
    loss().backward()
    swept, w.grad = w.grad.numpy(), None
    apart = sum((np.asarray(u.value) for u in contributions(loss(), [w])[0]), np.zeros(w.shape))
    loss().backward(create_graph=True)
    recorded, w.grad = w.grad.numpy(), None
    return swept, apart, recorded


@pytest.mark.parametrize("form", FORMS)
def test_deferred_sum_is_the_sum(form):
    """XᵀG over all uses of a weight is the sum of their contributions, for every pair of ranks."""
    rng = np.random.default_rng(3)
    w = mg.tensor(rng.normal(size=(3, 4)), requires_grad=True)
    one, two = uses(rng, w, form), uses(rng, w, form)
    swept, apart, recorded = three_ways(w, lambda: (np.tanh(one()).sum() + (two() ** 2).sum()))
    np.testing.assert_allclose(swept, apart, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(swept, recorded, rtol=1e-12, atol=1e-12)


def test_deferred_sum_over_forms():
    """One weight on the left and on the right, in products of all ranks and outside of products."""
    rng = np.random.default_rng(4)
    w = mg.tensor(rng.normal(size=(3, 4)), requires_grad=True)
    every = [uses(rng, w, form) for form in FORMS]
    swept, apart, recorded = three_ways(
        w, lambda: sum(np.tanh(use()).sum() for use in every) + (w * w).sum()
    )
    np.testing.assert_allclose(swept, apart, rtol=1e-12)
    np.testing.assert_allclose(swept, recorded, rtol=1e-12)


def test_deferred_sum_has_the_dtype_of_the_weight():
    """A float32 weight used with float64 data gets a float32 gradient, in whichever order."""
    w = mg.tensor(np.ones((3, 2)), requires_grad=True, dtype=np.float32)
    wide, narrow = np.ones((4, 3)), np.ones((4, 3), np.float32)
    for first, second in ((wide, narrow), (narrow, wide), (wide, wide)):
        w.grad = None
        ((first @ w).sum() + (second @ w).sum()).backward()
        assert w.grad.dtype == np.float32
        assert np.array_equal(w.grad.numpy(), np.full((3, 2), 8))


def test_a_recurrence_saves_one_product():
    """Over T steps the gradient of W_hh is that of the loop written out, to the last digits."""
    rng = np.random.default_rng(5)
    w0, xs = rng.normal(size=(4, 4)) / 2, rng.normal(size=(6, 3, 4))

    def loss(w):
        h = np.zeros((3, 4))
        for x in xs:
            h = np.tanh(x + h @ w)
        return (h * h).sum()

    check_grads(loss, w0)
    w = mg.tensor(w0, requires_grad=True)
    swept, apart, recorded = three_ways(w, lambda: loss(w))
    np.testing.assert_allclose(swept, apart, rtol=1e-12)
    np.testing.assert_allclose(swept, recorded, rtol=1e-12)


def test_einsum_is_matmul():
    """A product of two operands is one op on the tape, not a chain of transposes and sums."""
    x, y = (mg.tensor(np.ones(s), requires_grad=True) for s in ((2, 3), (3, 4)))
    z = np.einsum("ij,jk->ik", x, y)
    assert z._node.op.name == "einsum"
    assert z._node.parents == (x._node, y._node)
    assert z._node.op.params == {"subscripts": z._node.op.params["subscripts"]}


def test_einsum_batches_greek():
    """The axes of an ellipsis stay in front where the result does not place them."""
    x = mg.tensor(np.ones((5, 2, 3)), requires_grad=True)
    assert np.einsum("...ij->...ji", x).shape == (5, 3, 2)
    assert np.einsum("...ij", x).shape == (5, 2, 3)
    assert np.einsum("...ji", x).shape == (5, 3, 2)

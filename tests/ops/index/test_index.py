"""Indexing in every form, the take family, sorting: against NumPy itself."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MutationError, NoDerivativeError
from minigrad.observe.contributions import contributions
from minigrad.ops.index.gathering import (
    gather,
    index_put,
    index_select,
    scatter_add,
    take_along_axis,
)
from minigrad.ops.index.indexing import embedding, index_add
from minigrad.ops.index.sorting import sort
from tests.support.against_numpy import ARRAYS, agrees, cases, evaluate, message, used

BASIC = """
v[0]; v[-1]; m[1]; m[1, 2]; m[-1, -3]; v[:]; v[1:]; v[::2]; v[::-1]; v[-2:]; v[5:]; v[2:1]
m[:, 1]; m[:, 1:]; m[::-1, ::-2]
t[1, :, 2]; t[..., 0]; t[0, ...]; t[..., 1:3]; t[:, None]; t[None]; t[..., None]
t[None, 0, None, :, 1]; t[...]; s[...]; s[()]; s[None]; m[(1, 0)]
t[-1, 1:, ::-1]; e[:]; e[0:5]; e[..., 1]; f[1]; t[np.int64(1)]; t[np.array(1)]; m[np.array(1), 1:]
m[0][1:][::-1]
"""

ADVANCED = """
v[[0, 2]]; v[[0, 0, -1]]; v[np.array([1, 1])]; v[[]]; m[[0, 1, 0]]; m[[1], [2]]; m[[0, 1], [2, 2]]
m[:, [0, 0, 2]]; m[[[0], [1]], [0, 2]]; v[np.array([[0, 1], [2, 2]])]
t[[0, 1], :, [3, 0]]; t[:, [0, 2], [1, 1]]; t[[1], ..., [0]]; t[0, :, [1, 1, 2]]; t[[0, 0], 1]
t[[1, 0, 1], None]; t[None, :, [0, 1]]; t[..., [2, 2], 1:]
t[np.ix_([0, 1], [2, 0], [1, 1, 3])]; t[1:, [0, 0]]; t[[-1, -2], [-3, 1], [0, -4]]; e[:, [0, 1]]
e[[], [0]]; m[range(2)]; m[np.array([0, 1], np.uint8)]
v[v > 0.1]; m[mask]; m[[True, False]]; m[:, [True, False, True]]; t[mask]; t[mask, 1]; t[1, mask[0]]
t[mask[:, 0]]; t[:, mask[1], [0, 3]]; m[mask & (m > 0)]
s[True]; s[False]; v[True]; v[np.bool_(False)]; v[np.array(True)]; m[True, 1]; s[s > 0]; m[~mask]
m[np.zeros((2, 3), bool)]; t[mask, ..., None]
"""

TAKE = """
np.take(v, 1); np.take(v, [0, 0, 2]); np.take(m, [1, 0, 1], axis=0)
np.take(m, [[0, 2], [-1, 0]], 1); np.take(m, 4); np.take(t, [1, 1], axis=-2)
np.take(a=m, indices=[5, 0])
np.take(v, [7, -5, 2], mode="wrap"); np.take(m, [9, -9, 1], axis=1, mode="clip")
np.take(m, [3, -1], 0, None, "wrap"); np.take(s, [0, 0]); np.take(s, 0); np.take(e, [], axis=0)
v.take([0, 0]); m.take([1, 2]); m.take([0, 0, 1], 0); m.take(indices=[-1], axis=1, mode="clip")
np.take(e, [0, 1], axis=1)
np.take_along_axis(m, np.array([[0, 0, 2, 1], [1, 2, 0, 0]]), axis=1)
np.take_along_axis(m, np.array([[0, 1, -1]]), 0)
np.take_along_axis(t, np.argsort(t, axis=1), axis=1)
np.take_along_axis(m, np.array([5, 0, 0]), None)
np.take_along_axis(one, np.array([[[0, 0]]]), axis=2)
np.take_along_axis(v, np.array([2, 2, 0]), axis=-1)
np.compress([True, False, True], v); np.compress([False, True], m, axis=0)
np.compress([0, 1, 1, 0, 1], m); np.compress([1], m, axis=1); v.compress([True, False, True])
m.compress([0, 1], 0)
np.extract(mask, m); np.extract(v > 0.1, v); np.extract([1, 0, 1], v); np.delete(v, 1)
np.delete(m, [0, 2], axis=1); np.delete(m, 0); np.delete(t, slice(None, None, 2), -1)
np.delete(m, [True, False], 0)
np.select([v > 1, v < 0], [v, -v]); np.select([mask, ~mask], [m, 2.0], 5.0)
np.select([mask], [v], s); np.select([m > 0, mask], [m, v], default=1); np.select(mask, m)
np.choose([1, 0, 1], [v, -v]); np.choose(np.array([[0, 1, 2], [2, 1, 0]]), (m, v, s))
np.choose([5, -1, 1], [v, 2 * v], mode="wrap"); np.choose([5, -1, 1], [v, 2 * v], mode="clip")
np.choose([1, 0, 0], m)
np.choose(a=[0, 1, 1], choices=[v, 1.0])
"""

ORDER = """
np.sort(v); np.sort(m); np.sort(m, 0); np.sort(t, axis=1); np.sort(m, axis=None)
np.sort(a=t, axis=-1, kind="stable"); np.sort(v, stable=True); np.sort(e); np.sort(e, axis=0)
np.partition(v, 1)[1]; np.partition(m, 1, axis=0); np.partition(m, 2, axis=None)[2]
np.partition(t, (0, 2), axis=1)[:, [0, 2]]; np.partition(a=w, kth=-1)[-1]
np.partition(w, [1, 2])[1:3]
np.sort(m)[:, ::-1]; np.median(v); np.sort(v[::-1])[[0, -1]]
"""

WITHOUT = """
np.argsort(m); np.argsort(m, axis=0); np.argsort(a=m, axis=None, kind="stable"); m.argsort()
m.argsort(0); np.argpartition(v, 1)[1]; m.argpartition(1, axis=1)[:, 1]
np.searchsorted(np.sort(v), s); np.searchsorted([0.0, 1.0], v, side="right")
np.searchsorted(np.sort(w), v); np.sort(v).searchsorted(0.5); np.lexsort((v, -v)); np.lexsort(m)
np.where(m > 0); np.where(mask, m, 0.0).nonzero(); np.nonzero(m); m.nonzero(); np.argwhere(m > 0)
np.flatnonzero(v); np.argmax(m, 1); np.digitize(v, [0.0, 1.0])
np.unravel_index(np.argmax(m), (2, 3)); np.isin(v, [1.0])
"""


@pytest.mark.parametrize("expression", cases(BASIC + ADVANCED + TAKE + ORDER))
def test_as_numpy(expression):
    """Every form of call gives what NumPy gives, and its gradients of order 1 and 2 are right."""
    agrees(expression)


@pytest.mark.parametrize("expression", cases(WITHOUT))
def test_without_gradient(expression):
    """Positions, ranks and truth values are NumPy's, as Tensors that do not require grad."""
    tensors = {n: mg.tensor(ARRAYS[n], requires_grad=True) for n in used(expression)}
    wanted, found = evaluate(expression, ARRAYS), evaluate(expression, tensors)
    for a, b in zip(found if isinstance(wanted, tuple) else [found],
                    wanted if isinstance(wanted, tuple) else [wanted], strict=True):
        assert isinstance(a, mg.Tensor)
        assert not a.requires_grad
        assert a.dtype == b.dtype
        assert np.array_equal(a.numpy(), b)


@pytest.mark.parametrize(("expression", "error", "parts"), [
    ("v[3]", IndexError, ("getitem", "(3,) float64", "index=3", "out of bounds")),
    ("v[-4]", IndexError, ("getitem", "(3,)", "out of bounds")),
    ("v[[0, 3]]", IndexError, ("getitem", "(3,)", "out of bounds")),
    ("m[0, 1, 2]", IndexError, ("getitem", "(2, 3)", "index=(0, 1, 2)", "too many")),
    ("m[[0, 1], [0, 1, 2]]", IndexError, ("getitem", "(2, 3)", "shape mismatch")),
    ("m[1.0]", IndexError, ("getitem", "(2, 3)", "index=1.0")),
    ("m['a']", IndexError, ("getitem", "(2, 3)", "'a'")),
    ("m[v]", IndexError, ("getitem", "(3,) float64", "integer")),
    ("v[mask]", IndexError, ("getitem", "(3,)", "(2, 3) bool")),
    ("m[..., ...]", IndexError, ("getitem", "(2, 3)", "ellipsis")),
    ("s[0]", IndexError, ("getitem", "()", "index=0")),
    ("np.take(v, 3)", IndexError, ("take", "(3,)", "indices=3")),
    ("np.take(v, [0, 1.5])", TypeError, ("take", "(3,)", "indices=[0, 1.5]")),
    ("np.take(v, 0, axis=1)", np.exceptions.AxisError, ("take", "(3,)", "axis=1")),
    ("np.take(v, 0, mode='edge')", ValueError, ("take", "mode='edge'")),
    ("np.take(v, 0, out=np.zeros(()))", NoDerivativeError, ("take", "out=")),
    ("np.take_along_axis(m, np.array([[0, 5, 0]]), 0)", IndexError, ("take_along_axis", "(2, 3)")),
    ("np.take_along_axis(m, np.array([0, 0]), 1)", ValueError, ("take_along_axis", "(2,)")),
    ("np.take_along_axis(m, m, 1)", IndexError, ("take_along_axis", "(2, 3)", "integer")),
    ("np.compress([[True]], v)", ValueError, ("compress", "(1, 1)", "one axis")),
    ("np.compress([0, 0, 0, 1], v)", IndexError, ("compress", "(3,)", "out of bounds")),
    ("np.delete(v, 5)", IndexError, ("delete", "(3,)", "obj=5")),
    ("np.select([mask], [m, m])", ValueError, ("select", "1 conditions and 2 choices")),
    ("np.select([m], [m])", TypeError, ("select", "float64", "wanted bool")),
    ("np.choose([0, 2, 0], [v, v])", ValueError, ("choose", "a=[0, 2, 0]", "(3,)")),
    ("np.sort(v, axis=1)", np.exceptions.AxisError, ("sort", "(3,)", "axis=1")),
    ("np.sort(s)", np.exceptions.AxisError, ("sort", "()")),
    ("np.sort(v, order='x')", NoDerivativeError, ("sort", "order='x'", "fields")),
    ("np.partition(v, 3)", ValueError, ("partition", "(3,)", "kth=3")),
    ("np.unique(v)", NoDerivativeError, ("np.unique", "equal entries", "np.sort")),
])
def test_errors_teach(expression, error, parts):
    """What does not fit raises NumPy's kind of error, naming op, argument and shapes."""
    message(expression, error, *parts)


def test_tensors_as_indices():
    """Integer and boolean Tensors are indices: alone, in tuples and in lists."""
    x = mg.tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    i, mask = mg.tensor([2, 0, 2]), mg.tensor(np.arange(3) > 0)
    a = np.arange(12.0).reshape(3, 4)
    for found, wanted in (
        (x[i], a[[2, 0, 2]]), (x[:, i], a[:, [2, 0, 2]]), (x[i, i], a[[2, 0, 2], [2, 0, 2]]),
        (x[mask], a[1:]), (x[mask, i[:2]], a[[1, 2], [2, 0]]), (x[i[0]], a[2]),
        (x[1:, i[1]], a[1:, 0]), (x[[i[0], 1]], a[[2, 1]]), (x[mg.tensor(True)], a[None]),
        (x[x > 5], a[a > 5]), (x[x.sum(axis=1) > 10], a[1:]),
        (np.take(x, i, axis=1), a[:, [2, 0, 2]]),
    ):
        assert np.array_equal(found.numpy(), wanted)
        assert found.requires_grad
    (x[i] * np.array([[1.0], [10], [100]])).sum().backward()
    assert np.array_equal(x.grad.numpy(), np.repeat([[10.0], [0], [101]], 4, axis=1))


@pytest.mark.parametrize("size", [4, 600])
@pytest.mark.parametrize("tail", [(), (3,), (2, 3)], ids=str)
def test_repeated_indices_add_up(size, tail):
    """The gradient of x[i] sums over repeats, for few rows and for many, positive or negative; it
    is that of the loop."""
    rng = np.random.default_rng(size)
    index = np.concatenate([rng.integers(-size, size, 40), [0, 0, -1, -1]]).reshape(4, 11)
    x = mg.tensor(rng.normal(size=(size, *tail)), requires_grad=True)
    g = rng.normal(size=(4, 11, *tail))
    x[index].backward(g)
    wanted = np.zeros(x.shape)
    for place in np.ndindex(4, 11):
        wanted[index[place]] += g[place]
    np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-12, atol=1e-14)
    placed = index_add(g, index=index, shape=x.shape)
    np.testing.assert_allclose(placed, wanted, rtol=1e-12, atol=1e-14)


def test_a_nan_stays_in_its_row():
    """A cotangent that is not finite reaches the rows that were picked, and no others."""
    x = mg.tensor(np.zeros((4, 2)), requires_grad=True)
    x[np.array([1, 2, 1])].backward(np.array([[1.0, np.nan], [np.inf, 0], [2, 1]]))
    assert np.array_equal(
        x.grad.numpy(), [[0, 0], [3, np.nan], [np.inf, 0], [0, 0]], equal_nan=True
    )


def test_writes_to_an_index_do_not_reach_the_graph():
    """The caller may reuse an index array: the graph has a copy."""
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for make in (
        lambda i: x[i], lambda i: x[i,], lambda i: np.take(x, i), lambda i: gather(x, 0, i),
        lambda i: np.take_along_axis(x, i, 0), lambda i: index_put(x, i, x[:2] * 2),
        lambda i: scatter_add(x * 0, 0, i, x[:2]), lambda i: index_select(x, 0, i),
        lambda i: np.choose(i, [x[:2], 2 * x[:2]]), lambda i: np.repeat(x[:2], i),
    ):
        index = np.array([0, 1])
        x.grad = None
        y = make(index)
        g = np.arange(1.0, y.size + 1)
        y.backward(g)
        wanted, x.grad = x.grad.numpy().copy(), None
        y = make(index)
        index[:] = 0
        y.backward(g)
        assert np.array_equal(x.grad.numpy(), wanted)


def test_item_assignment_says_what_to_use():
    """x[i] = y on the tape raises and names index_put."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(MutationError, match="index_put"):
        x[0] = 3.0


def test_embedding_is_a_one_hot_product():
    """Rows by number give what a product with one-hot rows gives, gradient included, for few rows
    and for many; several uses are summed as one."""
    rng = np.random.default_rng(3)
    for rows in (5, 700):
        weight, tokens = rng.normal(size=(rows, 3)), rng.integers(0, rows, (2, 4))
        one_hot = np.eye(rows)[tokens]
        w = mg.tensor(weight, requires_grad=True)
        (embedding(tokens, w) ** 2).sum().backward()
        once, w.grad = w.grad.numpy(), None
        ((one_hot @ w) ** 2).sum().backward()
        np.testing.assert_allclose(once, w.grad.numpy(), rtol=1e-12, atol=1e-14)
        w.grad = None
        sum((embedding(t, w) ** 2).sum() for t in tokens).backward()
        np.testing.assert_allclose(w.grad.numpy(), once, rtol=1e-12, atol=1e-14)
        with_graph = (embedding(tokens, w) ** 2).sum()
        w.grad = None
        with_graph.backward(create_graph=True)
        np.testing.assert_allclose(w.grad.numpy(), once, rtol=1e-12, atol=1e-14)
    assert embedding(np.zeros((0, 2), int), w).shape == (0, 2, 3)


# -- order


def test_ties_in_sort():
    """Equal entries keep their order, so that the gradient does not depend on the machine."""
    x = mg.tensor([2.0, 1.0, 2.0, 1.0], requires_grad=True)
    np.sort(x).backward(np.array([1.0, 2.0, 3.0, 4.0]))
    assert np.array_equal(x.grad.numpy(), [3, 1, 4, 2])


def test_nan_goes_last():
    """NaN sorts to the end, as in NumPy, and its cotangent goes back to it."""
    x = mg.tensor([np.nan, 1.0, -1.0], requires_grad=True)
    y = sort(x)
    assert np.array_equal(y.numpy(), [-1, 1, np.nan], equal_nan=True)
    y.backward(np.array([1.0, 2.0, 3.0]))
    assert np.array_equal(x.grad.numpy(), [3, 2, 1])


def test_partition_is_a_partition():
    """All entries are there, the smaller ones first, and the one of the given rank in its place."""
    x = np.random.default_rng(4).permutation(20.0 + np.arange(20))
    for kth in (0, 7, 19, -1, (3, 12)):
        y = np.partition(mg.tensor(x), kth).numpy()
        assert np.array_equal(np.sort(y), np.sort(x))
        for k in np.atleast_1d(kth):
            assert y[k] == np.sort(x)[k]
            assert (y[:k] <= y[k]).all()


def test_unique_of_constants():
    """Without a gradient to lose, unique works, all its results included."""
    values, first, counts = np.unique(
        mg.tensor([2.0, 1.0, 2.0]), return_index=True, return_counts=True
    )
    assert values.tolist() == [1, 2]
    assert first.tolist() == [1, 0]
    assert counts.tolist() == [1, 2]
    assert np.unique(mg.tensor([3, 3])).tolist() == [3]
    if hasattr(np, "unique_counts"):
        assert np.unique_counts(mg.tensor([3, 3])).counts.tolist() == [2]


def test_take_along_axis_defaults_to_the_last():
    """Without an axis, the last one, on every NumPy."""
    x = mg.tensor(np.arange(6.0).reshape(2, 3))
    assert take_along_axis(x, np.array([[2], [0]])).tolist() == [[2], [3]]


@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3), (700, 2)], ids=str)
def test_rows_of_a_leaf_are_summed_at_once(shape):
    """The gradient of x[t] and x[tokens] over many uses is one sum at the end of the sweep; it is
    the sum of the uses, whatever other indices there are beside them."""
    rng = np.random.default_rng(5)
    x = mg.tensor(rng.normal(size=shape), requires_grad=True)
    tokens = rng.integers(-5, 5, (2, 4))

    def loss():
        rows = sum((k * x[k] ** 2).sum() for k in (0, 3, -1, 3))
        return rows + (x[tokens] ** 3).sum() + (x[1:4] ** 2).sum() + np.tanh(x[[0, 0]]).sum()

    loss().backward()
    swept, x.grad = x.grad.numpy(), None
    apart = sum(np.asarray(use.value) for use in contributions(loss(), [x])[0])
    loss().backward(create_graph=True)
    np.testing.assert_allclose(swept, apart, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(swept, x.grad.numpy(), rtol=1e-12, atol=1e-14)

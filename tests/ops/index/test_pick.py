"""PyTorch's gather family and index_put: against loops written out, and by differences."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.ops.index.gathering import gather, index_put, index_select, masked_fill, scatter_add
from minigrad.ops.index.indexing import embedding
from minigrad.testing import check_grads


def test_gather():
    """out[i, j] = x[i, index[i, j]], and the index may be smaller than x in the other axes."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4, 2))
    for axis, shape in ((0, (5, 4, 2)), (1, (3, 1, 2)), (-1, (2, 3, 6)), (2, (0, 4, 1))):
        index = rng.integers(0, x.shape[axis], shape)
        found = gather(mg.tensor(x), axis, index).numpy()
        wanted = np.zeros(shape)
        for place in np.ndindex(shape):
            where = list(place)
            where[axis] = index[place]
            wanted[place] = x[tuple(where)]
        assert np.array_equal(found, wanted)
        if index.size:
            check_grads(lambda a, axis=axis, index=index: gather(a, axis, index), x)
    same = rng.integers(0, 4, (3, 4, 2))
    assert np.array_equal(gather(x, 1, same), np.take_along_axis(x, same, 1))


def test_scatter_add():
    """Entries of the source are added where the index says; it is the transpose of gather."""
    rng = np.random.default_rng(1)
    x, source = rng.normal(size=(3, 4)), rng.normal(size=(4, 6))
    for axis, shape in ((1, (3, 6)), (0, (4, 2)), (-1, (2, 1))):
        index = rng.integers(0, x.shape[axis], shape)
        wanted = x.copy()
        for place in np.ndindex(shape):
            where = list(place)
            where[axis] = index[place]
            wanted[tuple(where)] += source[place]
        np.testing.assert_allclose(scatter_add(x, axis, index, source), wanted, rtol=1e-12)
        check_grads(lambda a, b, i=index, k=axis: scatter_add(a, k, i, b), x, source)
        u, v = rng.normal(size=(3, 4)), rng.normal(size=shape)
        np.testing.assert_allclose(
            (gather(u, axis, index) * v).sum(),
            (u * scatter_add(np.zeros((3, 4)), axis, index, v)).sum(),
        )


@pytest.mark.parametrize(("call", "error", "parts"), [
    (lambda x: gather(x, 1, np.array([[0, 3]])), IndexError, ("gather", "0 to 3", "wanted 0 to 2")),
    (lambda x: gather(x, 1, np.array([[0, -1]])), IndexError, ("gather", "-1 to 0", "0 to 2")),
    (lambda x: gather(x, 1, np.array([0, 1])), ValueError, ("gather", "(2,)", "2 axes")),
    (lambda x: gather(x, 1, np.zeros((3, 1), int)), ValueError, ("gather", "(3, 1)", "(2, 3)")),
    (lambda x: gather(x, 1, np.zeros((2, 1))), TypeError, ("gather", "integers", "float64")),
    (lambda x: gather(x, 2, np.zeros((2, 1), int)), np.exceptions.AxisError, ("gather", "dim=2")),
    (lambda x: scatter_add(x, 1, np.array([[3]]), x), IndexError, ("scatter_add", "wanted 0 to 2")),
    (lambda x: scatter_add(x, 1, np.array([[-1]]), x), IndexError, ("scatter_add", "-1")),
    (lambda x: scatter_add(x, 1, np.zeros((2, 5), int), x), ValueError, ("(2, 5)", "(2, 3)")),
    (lambda x: index_select(x, 1, np.array([3])), IndexError, ("index_select", "wanted 0 to 2")),
    (lambda x: index_select(x, 1, np.array([-1])), IndexError, ("index_select", "-1")),
    (lambda x: index_select(x, 1, np.array([[0]])), ValueError, ("index_select", "(1, 1)")),
    (lambda x: index_select(x, 2, np.array([0])), np.exceptions.AxisError, ("index_select",)),
    (lambda x: masked_fill(x, np.ones((2, 3)), 0), TypeError, ("masked_fill", "wanted bool")),
    (lambda x: masked_fill(x, np.ones((2, 3), bool), [1, 2]), ValueError, ("single number",)),
    (lambda x: index_put(x, 5, 0.0), IndexError, ("index_put", "(2, 3)", "out of bounds")),
    (lambda x: index_put(x, 0, np.ones(4)), ValueError, ("index_put", "(2, 3)", "(4,)")),
    (lambda x: index_put(x.detach().astype(int), 0, 1.5), TypeError, ("index_put", "int64")),
    (lambda x: embedding(np.array([2]), x), IndexError, ("embedding", "wanted 0 to 1")),
    (lambda x: embedding(np.array([-1]), x), IndexError, ("embedding", "-1 to -1")),
    (lambda x: embedding(np.array([0.0]), x), TypeError, ("embedding", "integers")),
    (lambda x: embedding(np.array([0]), x[0]), ValueError, ("embedding", "(V, D)", "(3,)")),
])
def test_errors_of_pytorch_names(call, error, parts):
    """Indices out of range or negative, wrong ranks and dtypes: the error says what is wanted."""
    with pytest.raises(error) as raised:
        call(mg.tensor(np.ones((2, 3)), requires_grad=True))
    for part in parts:
        assert part in str(raised.value), f"{part!r} is not in: {raised.value}"


def test_index_select_and_masked_fill():
    """Slices by number; a number where a mask is true, which keeps dtype and gradient elsewhere."""
    x = np.arange(6.0).reshape(2, 3)
    check_grads(lambda a: index_select(a, 1, np.array([2, 0, 2])), x)
    assert index_select(x, 0, np.array([])[:0].astype(int)).shape == (0, 3)
    assert index_select(x, -1, 1).shape == (2, 1)
    mask = x > 3
    check_grads(lambda a: masked_fill(a, mask, -7.0), x)
    check_grads(lambda a, b: masked_fill(a, mask, b), x, np.array(0.5))
    low = mg.tensor(x.astype(np.float32), requires_grad=True)
    filled = masked_fill(low, mask[:1], -np.inf)
    assert filled.dtype == np.float32
    np.where(np.isfinite(filled), filled, 0).sum().backward()
    assert np.isfinite(low.grad.numpy()).all()


INDICES = {
    "an int": 1,
    "a slice": slice(None, None, 2),
    "a pair": (slice(None), 2),
    "integers": np.array([2, 0]),
    "repeated integers": [0, 2, 0],
    "all repeated": ([1, 1, 1], [2, 2, 2]),
    "a mask": np.array([True, False, True]),
    "a mask of entries": np.arange(12).reshape(3, 4) % 3 == 0,
    "an ellipsis": (..., 1),
    "a mixture": (slice(1), [3, 3, 0]),
    "nothing": [],
}


@pytest.mark.parametrize("name", INDICES)
def test_index_put(name):
    """As x[index] = value on a copy, with what NumPy keeps where places repeat: the last value.
    Gradients of order 1 and 2 for both, also for a value that is broadcast."""
    index = INDICES[name]
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3, 4))
    value = rng.normal(size=x[index].shape)
    for v in (value, np.array(0.5), value[..., :1] if value.ndim else value):
        wanted = x.copy()
        wanted[index] = v
        assert np.array_equal(index_put(x, index, v), wanted)
        added = x.copy()
        np.add.at(added, index, v)
        np.testing.assert_allclose(index_put(x, index, v, accumulate=True), added, rtol=1e-12)
        if not np.size(v):
            continue
        check_grads(lambda a, b: index_put(a, index, b), x, v)
        check_grads(lambda a, b: index_put(a, index, b, accumulate=True), x, v)
    leaf = mg.tensor(x.astype(np.float32), requires_grad=True)
    assert index_put(leaf, index, 1.0).dtype == np.float32

"""Sums of many small numbers: whatever forms a sum of cotangents does so in a wider dtype."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional as F

N = 10_000
INDEX = np.zeros(N, int)

# Functions of a (or of one entry of it) in which N ones are summed for each entry of a.
BROADCAST = {
    "x + b": lambda b: np.zeros((N, 3), b.dtype) + b,
    "b over two axes": lambda b: np.zeros((N // 100, 100, 3), b.dtype) - -b,
    "a column": lambda b: (np.zeros((3, N), b.dtype) + b[:, None]).T,
    "broadcast_to": lambda b: np.broadcast_to(b, (N, 3)),
    "x * b": lambda b: np.ones((N, 3), b.dtype) * b,
    "where": lambda b: np.where(np.ones((N, 1), bool), b, np.zeros((), b.dtype)),
    "linear": lambda b: F.linear(np.zeros((N, 2), b.dtype), np.zeros((3, 2), b.dtype), b),
    "an index": lambda b: b[None][INDEX],
    "an index among others": lambda b: b[None][INDEX[:, None], np.arange(3)],
    "take": lambda b: np.take(b[None], INDEX, axis=0),
    "embedding": lambda b: F.embedding(INDEX, b[None]),
    "tile": lambda b: np.tile(b, (N, 1)),
    "repeat": lambda b: np.repeat(b[None], N, axis=0),
    "stack": lambda b: np.stack([b] * N),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", BROADCAST)
def test_ten_thousand_ones(name, dtype):
    """In float16 a running sum of ones would stop at 2,048."""
    b = mg.tensor(np.ones(3), dtype=dtype, requires_grad=True)
    y = BROADCAST[name](b)
    y.backward(np.ones(y.shape, dtype))
    assert b.grad.dtype == dtype
    np.testing.assert_array_equal(b.grad.numpy(), np.full(3, N, dtype))


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_a_million_rows(dtype, tolerance):
    """The gradient of a bias over a million rows keeps its digits."""
    g = np.random.default_rng(0).uniform(0.5, 1.5, (1_000_000, 2)).astype(dtype)
    b = mg.tensor(np.zeros(2), dtype=dtype, requires_grad=True)
    (np.zeros_like(g) + b).backward(g)
    wanted = g.astype(np.longdouble).sum(axis=0)
    np.testing.assert_allclose(b.grad.numpy(), wanted.astype(float), rtol=tolerance)


MANY = 70_000  # float16 ends at 65,504

SHARED = {
    "mean": np.mean,
    "mean of an axis": lambda x: np.mean(x[None], axis=1)[0],
    "nanmean": np.nanmean,
    "max": np.max,
    "min": np.min,
    "nanmax": np.nanmax,
    "median": np.median,
    "norm": lambda x: np.linalg.norm(x, np.inf),
    "mse": lambda x: F.mse_loss(x, x.numpy() - np.float16(0.5)),
    "l1": lambda x: F.l1_loss(x, x.numpy() - np.float16(0.5)),
}


@pytest.mark.parametrize("name", SHARED)
def test_more_entries_than_float16_can_count(name):
    """A mean, or a maximum that all entries reach, gives each of them 1 / 70,000."""
    x = mg.tensor(np.full(MANY, 0.5), dtype=np.float16, requires_grad=True)  # NumPy's nansum fits
    y = SHARED[name](x)
    assert y.dtype == np.float16
    assert np.isfinite(y.item())
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.full(MANY, np.float16(1 / MANY)))


def test_cross_entropy_of_many():
    """So does the mean loss over 70,000 rows."""
    x = mg.tensor(np.zeros((MANY, 2)), dtype=np.float16, requires_grad=True)
    loss = F.cross_entropy(x, np.zeros(MANY, int))
    assert loss.item() == pytest.approx(np.log(2), rel=1e-3)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy()[0], [-0.5 / MANY, 0.5 / MANY], rtol=0.01)


@pytest.mark.parametrize("use", [np.matmul, np.add])
def test_a_weight_used_often(use):
    """The uses of a weight that wait for each other are summed no worse, and those that do not."""
    one = np.ones((1, 1), np.float16)
    b = mg.tensor(np.zeros((1, 1)), dtype=np.float16, requires_grad=True)
    total = mg.tensor(0.0)
    for _ in range(3_000):
        total = total + use(one, b).sum()
    total.backward()
    assert b.grad.item() == 3_000


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_number_used_often(create_graph):
    """Many uses of one float16 number add up, in float16 too."""
    x = mg.tensor(1.0, dtype=np.float16, requires_grad=True)
    ones = np.ones((), np.float16)
    y = np.stack([x * ones for _ in range(3_000)])
    y.backward(np.ones(3_000, np.float16), create_graph=create_graph)
    assert x.grad.item() == (2_048 if create_graph else 3_000)  # what is recorded is NumPy's sum

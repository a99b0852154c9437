"""What check_grads must find in large functions, and what it must refuse inside and around them."""

import numpy as np
import pytest

from minigrad.testing import CheckRefused, GradientMismatch, check_grads
from tests.support.planted import planted


def wrong_at(k, n, factor=1.001):
    """sin, whose derivative is wrong by a factor at one entry."""
    factors = np.ones(n)
    factors[k] = factor
    return planted(vjps=(lambda g, x: g * np.cos(x) * factors,))(lambda x: np.sin(x))


@pytest.mark.parametrize("n", [65, 500, 3000])
@pytest.mark.parametrize("modes", [("rev",), ("fwd",)])
def test_one_entry_wrong_by_a_thousandth(n, modes):
    """A factor of 1.001 at one entry of a large input is found, and traced to that entry."""
    for k in (0, n // 2, n - 1):
        op, x = wrong_at(k, n), np.random.default_rng(k).uniform(-1, 1, n)
        with pytest.raises(GradientMismatch) as raised:
            check_grads(lambda x, op=op: op(x).sum(), x, order=1, modes=modes)
        assert raised.value.entry == (k,)
        assert raised.value.found / raised.value.expected == pytest.approx(1.001, abs=1e-5)


RIGHT = {
    "a sum of 3000": (lambda x: np.sin(x).sum(), (3000,)),
    "a product": (lambda x: np.prod(1 + 0.1 * x), (300,)),
    "steep": (lambda x: np.exp(3 * x).sum(), (300,)),
    "fast": (lambda x: np.cos(100 * x), (100,)),
    "cancelling": (lambda x: (x + 1e4).sum() - x.sum() + (x * x).sum(), (100,)),
    "matrices": (lambda x: np.tanh(x @ x.T), (12, 9)),
    "singular values": (lambda x: np.linalg.svd(x, compute_uv=False), (9, 9)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_no_false_alarms(name):
    """Right derivatives of large, steep, fast and cancelling functions pass, to order 2."""
    f, shape = RIGHT[name]
    for seed in range(3):
        check_grads(f, np.random.default_rng(seed).normal(size=shape), seed=seed)


def test_float32_inside_is_refused():
    """A function that computes in float32 on the way is refused, naming the op, at any order."""
    x = np.array([0.5, -1.0])
    for f in (
        lambda x: np.tanh(x.astype(np.float32)).astype(np.float64),
        lambda x: np.sum(x, dtype=np.float32) * np.float64(2),
        lambda x: np.split(x.astype(np.float16), 2)[0].astype(float),
    ):
        with pytest.raises(CheckRefused, match=r"the function op \w+ computes in float(16|32)"):
            check_grads(f, x, order=1)


def test_nothing_to_check():
    """A function that returns no array is refused; an array of another byte order is not."""
    with pytest.raises(CheckRefused, match="returned nothing"):
        check_grads(lambda x: None, np.ones(2))
    check_grads(np.tanh, np.array([0.5, -1.0], ">f8"))

"""Which axis is that of the classes: axis 1, as in PyTorch, or the last; sizes never decide."""

import itertools

import numpy as np
import pytest

import minigrad as mg
import minigrad.functional as F
import rnn.losses

SIZES = list(itertools.product((2, 3), repeat=3))


def plain(y, target, axis):
    """-ln softmax(y)[target], the classes on an axis."""
    y = np.moveaxis(y, axis, -1)
    total = np.log(np.exp(y).sum(-1))
    return (total - np.take_along_axis(y, target[..., None], -1)[..., 0]).mean()


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_shape(sizes):
    """functional's is axis 1, rnn.losses' the last, for all sizes, also where both fit; a target
    that fits the other reading alone is refused with the way out."""
    T, B, V = sizes
    rng = np.random.default_rng(0)
    y = rng.normal(size=sizes)
    by_one, by_last = rng.integers(0, B, (T, V)), rng.integers(0, V, (T, B))
    for loss in (F.cross_entropy, lambda y, t: F.nll_loss(F.log_softmax(y, 1), t)):
        assert float(loss(y, by_one)) == pytest.approx(plain(y, by_one, 1))
    assert rnn.losses.cross_entropy(y, by_last).item() == pytest.approx(plain(y, by_last, -1))
    rows = F.cross_entropy(y.reshape(-1, V), by_last.reshape(-1))
    assert float(rows) == pytest.approx(plain(y, by_last, -1))
    if B == V:
        return
    for loss in (F.cross_entropy, F.nll_loss):
        with pytest.raises(ValueError, match=r"axis 1.*rnn\.losses\.cross_entropy, or input\.resh"):
            loss(y, by_last)
    with pytest.raises(ValueError, match="the classes last"):
        rnn.losses.cross_entropy(y, by_one)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_distributions_tell_their_axis(sizes):
    """Probabilities have the shape of the logits in both readings, and sum to 1 along one axis."""
    rng = np.random.default_rng(1)
    y, raw = rng.normal(size=sizes), rng.uniform(0.1, 1, sizes)
    by_one, by_last = (raw / raw.sum(axis=axis, keepdims=True) for axis in (1, -1))
    wanted = -(by_one * (y - np.log(np.exp(y).sum(1, keepdims=True)))).sum(1).mean()
    assert float(F.cross_entropy(y, by_one)) == pytest.approx(wanted)
    t = mg.tensor(y, requires_grad=True)
    with pytest.raises(ValueError, match="distributions along the last axis"):
        F.cross_entropy(t, by_last)
    assert np.isfinite(float(F.cross_entropy(y, raw)))  # weights that sum to nothing in particular
    even = np.full(sizes, 1 / sizes[1])
    assert np.isfinite(float(F.cross_entropy(y, even)))

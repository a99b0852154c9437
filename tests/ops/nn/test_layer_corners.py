"""Options of layers and losses that change few numbers, each against plain NumPy."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import functional as F

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("padding_idx", [None, 0, 2, -1])
def test_the_row_of_the_padding_gets_no_gradient(padding_idx):
    """Its values are looked up like the others, and its gradient is 0."""
    weight = mg.tensor(RNG.normal(size=(4, 2)), requires_grad=True)
    index = np.array([[0, 2], [3, 0]])
    rows = F.embedding(index, weight, padding_idx)
    np.testing.assert_array_equal(rows.detach(), weight.numpy()[index])
    rows.sum().backward()
    wanted = np.array([2.0, 0, 1, 1])
    if padding_idx is not None:
        wanted[padding_idx] = 0
    np.testing.assert_array_equal(weight.grad, wanted[:, None] * np.ones(2))


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_same_padding(size, dilation):
    """As many outputs as inputs; where the zeros are odd in number one more stands behind."""
    x, kernel = RNG.normal(size=7), RNG.normal(size=size)
    total = dilation * (size - 1)
    wide = np.concatenate([np.zeros(total // 2), x, np.zeros(total - total // 2)])
    wanted = [wide[t : t + total + 1 : dilation] @ kernel for t in range(7)]
    found = F.conv1d(x[None, None], kernel[None, None], padding="same", dilation=dilation)
    np.testing.assert_allclose(found[0, 0], wanted)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber(delta):
    """½ d² up to delta and a straight line beyond, which meet there with one slope."""
    d = np.array([-4.0, -3.0, -1.0, -0.5, 0.0, 0.3, 0.5, 2.0, 5.0])
    near = np.abs(d) <= delta
    wanted = np.where(near, d * d / 2, delta * (np.abs(d) - delta / 2))
    zeros = np.zeros(len(d))
    np.testing.assert_allclose(F.huber_loss(d, zeros, "none", delta), wanted)
    np.testing.assert_allclose(F.smooth_l1_loss(d, zeros, "none", delta), wanted / delta)
    slope = mg.grad(lambda d: F.huber_loss(d, zeros, "sum", delta))(d)
    np.testing.assert_allclose(slope, np.where(near, d, delta * np.sign(d)))

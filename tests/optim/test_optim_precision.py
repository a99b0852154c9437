"""Optimizers at the edges of their number types: squares that vanish, and differences of them."""

import math
from fractions import Fraction

import numpy as np
import pytest

from minigrad.engine.tensor import Parameter, Tensor
from minigrad.errors import GradientError
from minigrad.optim import Adagrad, Adam, AdamW, RMSprop

RULES = [Adam, AdamW, RMSprop, Adagrad]


def stepped(rule, dtype, gradient, **options):
    w = Parameter(np.ones(3, dtype), name="w")
    optimizer = rule(w, **options)
    w.grad = Tensor(np.asarray(gradient, dtype))
    return w, optimizer


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("gradient", [[1.0, 0.0, 1.0], [1e-5, 1.0, 1.0], [0.0, 0.0, 0.0]])
def test_an_eps_that_vanishes_is_named(rule, gradient):
    """Where squares vanish in float16, eps=1e-8 does so too, and that is what the error says; with
    the eps that it proposes the same step is finite, and small where the gradient is."""
    w, optimizer = stepped(rule, np.float16, gradient)
    with pytest.raises(GradientError, match=r"'w' would be NaN or Inf; nothing was changed\. eps="):
        optimizer.step()
    assert w.tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(GradientError, match=r"as good as 0 in float16.* such as 0\.001, or train"):
        optimizer.step()
    w, optimizer = stepped(rule, np.float16, gradient, eps=1e-3)
    for _ in range(20):
        optimizer.step()
    change = np.abs(w.numpy().astype(float) - 1.0)
    still = np.asarray(gradient) < 1e-3
    assert np.isfinite(change).all()
    assert (change[still] < 0.25).all()
    assert w.dtype == np.float16


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_eps_at_all(rule, dtype):
    """eps=0 is named too where a gradient is 0; without such entries it does no harm."""
    _, optimizer = stepped(rule, dtype, [1.0, 0.0, 1.0], eps=0.0)
    with pytest.raises(GradientError, match=r"eps=0 is as good as 0 in float.*such as 1e-08"):
        optimizer.step()
    w, optimizer = stepped(rule, dtype, [1.0, -1.0, 1.0], eps=0.0, lr=0.5)
    optimizer.step()
    assert np.isfinite(w.numpy()).all()


@pytest.mark.parametrize("rule", RULES)
def test_eps_is_not_blamed_for_large_gradients(rule):
    """Squares beyond float16's range are the gradient's fault, and the error says so."""
    _, optimizer = stepped(rule, np.float16, [1.0, 6e4, 1.0])
    with pytest.raises(GradientError, match=r"largest gradient is 6e\+04 in float16"):
        optimizer.step()


def exact_variance(g, alpha, t):
    """s − m² of t equal gradients, in exact arithmetic: g²(1 − αᵗ)αᵗ."""
    kept = Fraction(alpha) ** t
    return float(Fraction(float(g)) ** 2 * (1 - kept) * kept)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("alpha", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_centered_rmsprop_over_constant_gradients(dtype, alpha, momentum):
    """The variance of 200 equal gradients tends to 0, and rounding can make it negative: every step
    stays finite, downhill, no longer than ηg/ε; while the variance is well above rounding it is
    the exact one."""
    rounding, g = float(np.finfo(dtype).eps), np.array([1.0, -0.3, 0.7, 1.3, 0.1], dtype)
    w = Parameter(np.zeros(5, dtype))
    eps = 1e-3 if dtype == np.float16 else 1e-5
    optimizer = RMSprop(w, 1e-3, alpha, eps, centered=True, momentum=momentum)
    before, clamped = w.numpy().astype(float), 0
    for t in range(1, 201):
        w.grad = Tensor(g)
        optimizer.step()
        value = w.numpy().astype(float)
        step, before = before - value, value
        assert np.isfinite(value).all()
        assert (step * np.sign(g) >= 0).all()
        longest = 1.02e-3 * np.abs(g) / (eps * (1 - momentum))
        assert (np.abs(step) <= longest + 1e3 * rounding).all()
        state = optimizer.state_dict()
        clamped += int((state["0.square"] < state["0.mean"] ** 2).sum())
        if momentum:
            continue
        for k, gradient in enumerate(g.tolist()):
            variance = exact_variance(gradient, alpha, t)
            if variance > 1e4 * rounding * gradient**2:
                expected = 1e-3 * abs(gradient) / (math.sqrt(variance) + eps)
                allowed = 1e-2 * expected + 4 * rounding * abs(value[k])
                assert abs(abs(step[k]) - expected) <= allowed
    if dtype == np.float32 and alpha == 0.5:
        assert clamped  # else this test would not notice a root of a negative number

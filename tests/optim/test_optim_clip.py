"""Clipping: never larger than asked, never turned, and never over a gradient that is not finite."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import Tensor
from minigrad.engine.tensor import Parameter
from minigrad.errors import GradientError
from minigrad.optim import clip_grad_norm, clip_grad_value

GRADS = st.sampled_from([np.float16, np.float32, np.float64]).flatmap(
    lambda dtype: st.lists(
        hnp.arrays(
            dtype,
            hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False},
        ),
        min_size=1,
        max_size=4,
    )
)


def with_grads(grads, names=()):
    params = [Parameter(np.zeros_like(g)) for g in grads]
    for p, g in zip(params, grads, strict=True):
        p.grad = Tensor(g)
    for p, name in zip(params, names, strict=False):
        p.name = name
    return params


def exact_norm(grads):
    """The norm in Python's exact fractions, as far as a double can say it."""
    flat = [float(x) for g in grads for x in np.asarray(g).ravel()]
    return math.hypot(*flat)


@given(GRADS, st.floats(1e-3, 1e3))
def test_norm_clipping(grads, max_norm):
    """‖g‖ is returned; afterwards it is min(‖g‖, θ), and g has kept its direction."""
    params = with_grads(grads)
    norm = exact_norm(grads)
    if math.isinf(norm):
        with pytest.raises(GradientError, match="too large for a float"):
            clip_grad_norm(params, max_norm)
        return
    eps = np.finfo(grads[0].dtype).eps
    tiny = float(np.finfo(grads[0].dtype).smallest_subnormal)
    assert clip_grad_norm(params, max_norm) == pytest.approx(norm, rel=1e-5, abs=tiny)
    clipped = [p.grad.numpy() for p in params]
    size = sum(g.size for g in grads)
    assert exact_norm(clipped) <= min(norm, max_norm) * (1 + 1e-5 + 4 * eps) + size * tiny
    factor = min(1.0, max_norm / norm) if norm else 1.0
    for g, c in zip(grads, clipped, strict=True):
        assert c.dtype == g.dtype
        np.testing.assert_allclose(c, g.astype(float) * factor, rtol=1e-5 + 4 * eps, atol=tiny)


@given(GRADS, st.floats(1e-3, 1e3))
def test_value_clipping(grads, bound):
    """Every entry ends within [−c, c], and those that were inside are as before."""
    params = with_grads(grads)
    clip_grad_value(params, bound)
    for p, g in zip(params, grads, strict=True):
        np.testing.assert_array_equal(p.grad.numpy(), np.clip(g, -bound, bound), strict=True)


def test_worked_example():
    """One norm over all parameters: (3, 4) and (0, 12) have norm 13, and θ = 6.5 halves both."""
    a, b = with_grads([np.array([3.0, 4.0]), np.array([0.0, 12.0])])
    assert clip_grad_norm([a, b], 6.5) == 13.0
    assert (a.grad.tolist(), b.grad.tolist()) == ([1.5, 2.0], [0.0, 6.0])


def test_no_clipping_leaves_the_gradients_themselves():
    """Below θ, and with θ = inf, the very same gradient tensors stay in place."""
    params = with_grads([np.array([3.0, 4.0])])
    before = params[0].grad
    assert clip_grad_norm(params, 5.0) == 5.0
    assert clip_grad_norm(params, math.inf) == 5.0
    assert params[0].grad is before


def test_gradients_are_replaced_not_written():
    """A gradient array that is shared or kept elsewhere keeps its values."""
    a, b = with_grads([np.array([3.0, 4.0]), np.zeros(2)])
    b.grad = a.grad
    kept = a.grad.numpy()
    clip_grad_norm([a, b], 1.0)
    clip_grad_value([a], 0.1)
    assert kept.tolist() == [3.0, 4.0]


def test_missing_gradients_count_as_zero():
    """Parameters without a gradient do not matter; with none at all the norm is 0."""
    with_grad, without = with_grads([np.array([3.0, 4.0])])[0], Parameter([1.0])
    assert clip_grad_norm([with_grad, without], 1.0) == 5.0
    assert without.grad is None
    assert clip_grad_norm([without], 1.0) == 0.0
    clip_grad_value([without], 1.0)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_non_finite_gradients_are_refused(clip, bad, dtype):
    """A NaN or Inf raises, names its parameter, and leaves every gradient as it was."""
    grads = [np.array([3.0, 4.0], dtype), np.array([1.0, bad], dtype)]
    params = with_grads(grads, ["a", "b"])
    before = [p.grad for p in params]
    with pytest.raises(GradientError, match=rf"{clip.__name__}: .*'b' \(.*among 2\)"):
        clip(params, 1.0)
    assert all(p.grad is g for p, g in zip(params, before, strict=True))


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1e19, 1e30])
def test_extreme_float32_norms(scale):
    """Norms whose squares leave float32 are exact all the same, and clipped all the same."""
    params = with_grads([np.array([3.0, 4.0], np.float32) * np.float32(scale)])
    assert clip_grad_norm(params, 1.0) == pytest.approx(5 * scale, rel=1e-6)
    expected = [0.6, 0.8] if scale > 1 else np.array([3.0, 4.0]) * scale
    np.testing.assert_allclose(params[0].grad.numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
@pytest.mark.parametrize(
    ("bound", "error"),
    [(0.0, ValueError), (-1.0, ValueError), (math.nan, ValueError), ("1", TypeError),
     (None, TypeError), (True, TypeError)],
)
def test_bad_bounds(clip, bound, error):
    """A bound that is no number above 0 is refused by name."""
    with pytest.raises(error, match=rf"{clip.__name__}\(max_.*wanted a finite number above 0"):
        clip(with_grads([np.ones(2)]), bound)


@pytest.mark.parametrize("clip", [clip_grad_norm, clip_grad_value])
def test_bad_parameters(clip):
    """No parameters (a generator used up), one twice, and arrays are refused."""
    w = Parameter([1.0], name="w")
    for params, error, message in [
        (iter(()), ValueError, "an earlier loop has used up"),
        ([w, w], ValueError, "'w' comes twice"),
        ([np.ones(2)], TypeError, "wanted a Tensor"),
    ]:
        with pytest.raises(error, match=f"{clip.__name__}: .*{message}"):
            clip(params, 1.0)

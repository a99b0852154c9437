"""What must be survived at the edges: empty arrays, exploding recurrences, long training."""

import gc

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import AnomalyError, GradientError, MutationError
from minigrad.optim import SGD, clip_grad_norm
from tests.support.comparing import leaf


def test_ten_thousand_steps_without_the_collector(collector_off):
    """With the collector off, no object outlives its training step, forward, backward, update."""
    w, x = leaf(np.eye(2)), np.ones((1, 2))
    optimizer = SGD([w], lr=1e-3, momentum=0.9)
    for step in range(10_000):
        h = np.tanh(np.tanh(x @ w) @ w)
        h.sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        if step == 10:  # what is made once has been made, the functions of the ops among them
            gc.collect()
            before = len(gc.get_objects())
    assert len(gc.get_objects()) - before < 10
    assert gc.collect() == 0


def test_optimizer_step_between_forward_and_backward():
    """A parameter that an optimizer has changed since the forward pass is named at backward."""
    w = leaf(np.array([1.0, 2.0]), name="w")
    optimizer = SGD([w], lr=0.1)
    (w * w).sum().backward()
    loss = (w * w).sum()
    optimizer.step()
    before = w.grad.numpy().copy()
    with pytest.raises(MutationError, match=r"^w was written to .*multiply"):
        loss.backward()
    assert np.array_equal(w.grad.numpy(), before)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0)], ids=str)
def test_empty_arrays(shape):
    """Arrays without entries have a sum of 0 and gradients of their own shape."""
    x = leaf(np.ones(shape))
    y = (np.tanh(x) * x + 1.0).sum()
    assert y.item() == 0
    y.backward()
    assert x.grad.shape == shape


def test_empty_batch():
    """A batch of 0 gives weights a gradient of zeros, not none and not NaN."""
    w = leaf(np.ones((3, 4)))
    (np.ones((0, 3)) @ w).sum().backward()
    assert np.array_equal(w.grad.numpy(), np.zeros((3, 4)))
    with pytest.raises(ValueError, match=r"max\(x: \(0, 3\)"):
        leaf(np.ones((0, 3))).max(axis=0)


def test_axes_that_do_not_exist_or_repeat():
    """An axis out of range, or given twice, raises NumPy's kind of error with the op's name."""
    x = leaf(np.ones((2, 3)))
    for call in (lambda: x.sum(axis=2), lambda: x.mean(axis=(0, -3)), lambda: np.max(x, axis=5)):
        with pytest.raises(np.exceptions.AxisError, match=r"x: \(2, 3\) float64"):
            call()
    with pytest.raises(ValueError, match="duplicate"):
        x.sum(axis=(0, -2))
    assert np.sum(leaf(2.0), axis=0).item() == 2.0
    with pytest.raises(np.exceptions.AxisError):
        np.sum(leaf(2.0), axis=1)


def test_dtypes_that_are_no_numbers():
    """Objects and text are refused with their dtype; complex operands cannot be differentiated."""
    with pytest.raises(TypeError, match="object"):
        mg.tensor(np.array([1, "a"], object))
    with pytest.raises(TypeError, match="<U1"):
        mg.tensor(np.array(["a"]))
    x = leaf(np.ones(2))
    with pytest.raises(TypeError, match=r"multiply\(x: \(2,\) float64, y: \(2,\) <U1\)"):
        x * np.array(["a", "b"])


def test_exploding_recurrence():
    """1,000 steps through a weight of 2: the gradient overflows to Inf, and clipping refuses it."""
    w, h = leaf(2.0, name="w"), mg.tensor(1.0)
    with np.errstate(over="ignore"):
        for t in range(1, 1001):
            with mg.scope("rnn", t=t):
                h = (w * h) * 1.1
        h.backward()
    assert not np.isfinite(w.grad.item())
    before = w.grad.item()
    with pytest.raises(GradientError, match="w"):
        clip_grad_norm([w], 1.0)
    assert w.grad.item() == before or np.isnan(before)
    with mg.detect_anomaly(), np.errstate(over="ignore"):
        h, message = mg.tensor(1.0), r"first Inf in the forward of multiply in rnn\[t="
        with pytest.raises(AnomalyError, match=message):  # noqa: PT012  # it arises at some step
            for t in range(1, 1001):
                with mg.scope("rnn", t=t):
                    h = (w * h) * 1.1

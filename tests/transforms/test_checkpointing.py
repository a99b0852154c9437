"""Checkpoints: every output is checked, and the second run finds the thread as the first did."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import AnomalyError, GradientError
from tests.support.comparing import leaf


@pytest.mark.parametrize("random", range(3))
def test_each_output_is_compared(random):
    """A function of which any one output differs in the second run is refused."""
    rng, x = np.random.default_rng(0), leaf([1.0, 2.0])

    def f(x):
        return [x * (rng.normal() if k == random else k + 2.0) for k in range(3)]

    outputs = mg.checkpoint(f, x)
    with pytest.raises(GradientError, match="computed something else"):
        sum(y.sum() for y in outputs).backward()
    assert x.grad is None


def test_cotangents_of_several_outputs():
    """Each output hands its own cotangent back, where some are used and some are not."""
    for used in ([0], [1], [2], [0, 2], [0, 1, 2]):
        x = leaf([1.0, 2.0])
        outputs = mg.checkpoint(lambda x: (x * 2, x * x, x * x * x), x)
        sum(outputs[k].sum() * 10.0**k for k in used).backward()
        slopes = [np.full(2, 2.0), 2 * x.numpy(), 3 * x.numpy() ** 2]
        np.testing.assert_allclose(x.grad, sum(slopes[k] * 10.0**k for k in used))


def test_the_thread_is_as_it_was():
    """After the backward pass, also one that fails in the second run, under no_grad and outside."""
    for fails in (False, True):
        x, calls = leaf([1.0]), []

        def f(x, fails=fails, calls=calls):
            calls.append(1)
            if fails and len(calls) > 1:
                raise ZeroDivisionError
            return x * x

        loss = mg.checkpoint(f, x).sum()
        with mg.no_grad():
            if fails:
                with pytest.raises(ZeroDivisionError):
                    loss.backward()
            else:
                loss.backward()
            assert not mg.is_grad_enabled()
            assert not (x * 2).requires_grad
        assert mg.is_grad_enabled()
        with mg.scope("other"):
            assert str((x * 2)._node.scope) == "other"


def test_the_second_run_has_the_scope_of_the_first():
    """An anomaly in it is reported with the step in which the function was called."""
    x = leaf([0.0, 1.0])
    with mg.scope("cell", t=3):
        y = mg.checkpoint(np.sqrt, x)
    loss, message = y.sum(), r"in the backward of sqrt in cell\[t=3\]"
    with mg.detect_anomaly(), mg.scope("elsewhere"), pytest.raises(AnomalyError, match=message):
        loss.backward()


def test_under_no_grad_nothing_is_recorded():
    """A checkpoint is no way around no_grad."""
    x = leaf([1.0])
    with mg.no_grad():
        assert not mg.checkpoint(lambda x: x * x, x).requires_grad

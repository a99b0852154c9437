"""Grad mode, scopes and anomaly detection: per thread, and restored whatever happens."""

import inspect
import re
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import AnomalyError
from tests.support.comparing import leaf


def test_no_grad_is_per_thread_and_left_by_exceptions():
    """Another thread keeps recording; an exception restores the mode."""
    x, seen = leaf([1.0]), []
    with mg.no_grad():
        thread = threading.Thread(target=lambda: seen.append((x * 2).requires_grad))
        thread.start()
        thread.join()
        assert not (x * 2).requires_grad
        with mg.enable_grad():
            assert (x * 2).requires_grad
    assert seen == [True]
    with pytest.raises(RuntimeError), mg.no_grad():
        raise RuntimeError
    assert mg.is_grad_enabled()


def test_one_manager_entered_twice():
    """Each exit restores what its own entry found."""
    quiet = mg.no_grad()
    with mg.enable_grad(), quiet:
        with mg.enable_grad(), quiet:
            assert not mg.is_grad_enabled()
        assert not mg.is_grad_enabled()
    assert mg.is_grad_enabled()


def test_no_grad_decorates_functions_and_generators():
    """A decorated generator is in no_grad while it runs, and its caller is not while it waits."""

    @mg.no_grad()
    def evaluate(x):
        return x * 2

    @mg.no_grad()
    def rows(x):
        for _ in range(2):
            sent = yield (x * 2).requires_grad
            assert sent == "hello"
        return "end"

    x = leaf([1.0])
    assert not evaluate(x).requires_grad
    running = rows(x)
    assert next(running) is False
    assert mg.is_grad_enabled()
    assert (x * 2).requires_grad
    assert running.send("hello") is False
    with pytest.raises(StopIteration, match="end"):
        running.send("hello")
    assert mg.is_grad_enabled()


def test_exceptions_thrown_into_a_decorated_generator():
    """throw() and close() reach the generator inside no_grad."""
    log = []

    @mg.no_grad()
    def worker():
        try:
            yield 1
        except ValueError:
            log.append(mg.is_grad_enabled())
            yield 2
        finally:
            log.append("closed")

    running = worker()
    next(running)
    assert running.throw(ValueError()) == 2
    running.close()
    assert log == [False, "closed"]


def test_scopes_nest_and_label():
    """Nodes carry the path and the step of the scopes around them."""
    x = leaf([1.0])
    with mg.scope("encoder", t=3), mg.scope("gate f"):
        y = x * 2
    assert str(y._node.scope) == "encoder[t=3]/gate f"
    assert y._node.scope.step == 3
    assert (x * 2)._node.scope is None
    assert "scope=encoder[t=3]/gate f" in repr(y)


def test_anomaly_forward_names_op_step_and_line():
    """The first NaN or Inf of the forward pass is reported with its op, step and source line."""
    x = leaf([0.0, 1.0])
    with mg.detect_anomaly(), np.errstate(all="ignore"), mg.scope("cell", t=7):
        with pytest.raises(AnomalyError, match=r"first Inf in the forward of log in cell\[t=7\]"):
            np.log(x)
        with pytest.raises(AnomalyError, match=r"test_context\.py:\d+.*multiply|multiply.*\.py:\d"):
            x * np.array([np.nan, 1.0])
        line = inspect.currentframe().f_lineno + 2
        with pytest.raises(AnomalyError, match=rf"multiply.*{re.escape(__file__)}:{line}; "):
            x * np.array([np.nan, 1.0])


def test_anomaly_backward_names_op_step_and_line():
    """An infinite derivative is reported at the op whose rule gave it, with its source line."""
    x = leaf([0.0, 1.0])
    with mg.detect_anomaly(), np.errstate(all="ignore"):
        with mg.scope("cell", t=2):
            y = np.sqrt(x)
        message = r"first Inf in the backward of sqrt in cell\[t=2\].*test_context\.py"
        with pytest.raises(AnomalyError, match=message):
            y.sum().backward()
    assert x.grad is None


def test_two_threads_on_two_graphs_and_on_one_parameter():
    """Concurrent backward passes lose no contribution to a shared leaf."""
    w = leaf([1.0, 2.0])
    failures = []

    def work():
        try:
            for _ in range(50):
                (w * np.array([1.0, 2.0])).sum().backward()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert np.array_equal(w.grad.numpy(), [200.0, 400.0])


def test_anomalies_are_found_whoever_else_watches():
    """Also in a backward pass whose contributions are collected one by one."""
    x = leaf([0.0, 1.0])
    y = np.sqrt(x * 1.0).sum()
    with mg.detect_anomaly(), pytest.raises(AnomalyError, match="backward of sqrt"):
        mg.contributions(y, [x])

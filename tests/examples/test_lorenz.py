"""Lorenz's equations: the method has its order, and gradients grow at the Lyapunov exponent."""

import numpy as np
import pytest

from examples import lorenz


def test_the_order_of_the_method():
    """Half the step, a sixteenth of the error: y' = y over one unit of time."""
    errors = []
    for n in (10, 20, 40):
        y = np.ones((1, 3))
        for _ in range(n):
            y = lorenz.runge_kutta(lambda y: y, y, 1 / n)
        errors.append(abs(y[0, 0] - np.e))
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 16, rtol=0.1)


def test_the_gradient_is_that_of_differences():
    """‖uᵀ ∂s_t/∂s_0‖ by paths that start a little apart."""
    start = lorenz.on_the_attractor(4)
    found = lorenz.growth(0.5, count=4, seed=3)
    u = np.random.default_rng(3).normal(size=(4, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    columns = []
    for k in range(3):
        ends = [lorenz.paths(start + s * 1e-6 * np.eye(3)[k], 50)[-1].numpy() for s in (1, -1)]
        columns.append(((ends[0] - ends[1]) / 2e-6 * u).sum(axis=1))
    np.testing.assert_allclose(found, np.linalg.norm(columns, axis=0), rtol=1e-5)


def test_it_grows_at_the_lyapunov_exponent():
    """The rate, from a few starts, is within a tenth of λ = 0.906."""
    times = np.array([0.0, 3.0, 6.0, 9.0, 12.0])
    norms = np.array([lorenz.growth(max(t, lorenz.DT), count=50) for t in times])
    assert lorenz.rate(times, norms) == pytest.approx(lorenz.LYAPUNOV, rel=0.1)


def test_it_prints_and_draws(capsys, monkeypatch, tmp_path):
    """Run as a program, it shows the growth and draws a path."""
    growth = lorenz.growth
    monkeypatch.setattr(lorenz, "growth", lambda time: growth(time, count=3))
    lorenz.main(tmp_path)
    printed = capsys.readouterr().out
    assert printed.count("‖uᵀ ∂s_t/∂s_0‖") == 11
    assert "the Lyapunov exponent is 0.906" in printed
    assert (tmp_path / "lorenz.png").stat().st_size > 20_000

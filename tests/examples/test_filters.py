"""Filters: as closed forms and textbooks have them; their settings are found by gradient."""

import math

import numpy as np
import pytest

from examples import filters


def test_exponential_smoothing():
    """s_t = (1 - α)ᵗ x_0 + α Σ (1 - α)^(t-k) x_k; the learned α is the one of theory."""
    xs = np.random.default_rng(0).normal(size=20)
    found = filters.smooth(0.3, xs).numpy()
    for t in range(1, 20):
        weights = 0.3 * 0.7 ** (t - np.arange(1, t + 1))
        np.testing.assert_allclose(found[t - 1], 0.7**t * xs[0] + weights @ xs[1 : t + 1])
    rng = np.random.default_rng(1)
    walk = rng.normal(0, 0.5, 1000).cumsum() + rng.normal(0, 1.0, 1000)
    assert abs(filters.learn_alpha(walk, 60) - (math.sqrt(17) - 1) / 8) < 0.06


def test_the_kalman_filter():
    """Filtered means and variances, and the likelihood, are those of the joint normal distribution
    of all positions and measurements, conditioned."""
    q, r, T = 0.4, 1.5, 6
    xs = np.random.default_rng(0).normal(size=T)
    noise = q**2 * np.ones((2, 2))
    covariance = 10.0 * np.eye(2)
    blocks, powers = {}, [np.linalg.matrix_power(filters.F, k) for k in range(T)]
    for t in range(T):
        covariance = filters.F @ covariance @ filters.F.T + noise
        for s in range(t, T):  # cov(state s, state t)
            blocks[s, t] = powers[s - t] @ covariance
    of_positions = np.array([[blocks[max(s, t), min(s, t)][0, 0] for t in range(T)]
                             for s in range(T)])
    of_xs = of_positions + r**2 * np.eye(T)
    means, variances, total = (found.numpy() for found in filters.kalman(q, r, xs))
    for t in range(T):
        gain = np.linalg.solve(of_xs[: t + 1, : t + 1], of_positions[: t + 1, t])
        np.testing.assert_allclose(means[t, 0], gain @ xs[: t + 1], rtol=1e-10)
        wanted = of_positions[t, t] - gain @ of_positions[: t + 1, t]
        np.testing.assert_allclose(variances[t], wanted, rtol=1e-10)
    _, logdet = np.linalg.slogdet(2 * np.pi * of_xs)
    assert total == pytest.approx(-(logdet + xs @ np.linalg.solve(of_xs, xs)) / 2, rel=1e-12)


def test_the_noise_is_learned():
    """The likelihood grows, and the noise of the measurements is found within a tenth."""
    _, xs = filters.track()
    (_, r), totals = filters.learn_noise(xs, updates=40)
    assert totals[-1] > totals[0] + 50
    assert r == pytest.approx(filters.R, rel=0.1)


def test_it_prints_and_draws(capsys, monkeypatch, tmp_path):
    """Run as a program, it compares with theory and truth, and draws the track."""
    few = {"learn_alpha": filters.learn_alpha, "learn_noise": filters.learn_noise}
    for name, learn in few.items():
        monkeypatch.setattr(filters, name, lambda xs, learn=learn: learn(xs, 3))
    filters.main(tmp_path)
    assert "root mean square error" in capsys.readouterr().out
    assert (tmp_path / "filters.png").stat().st_size > 20_000

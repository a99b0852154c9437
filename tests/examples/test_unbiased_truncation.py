"""Tallec 2017: random cuts are unbiased at a price, fixed ones are not."""

import numpy as np
import pytest

from examples import unbiased_truncation as example
from rnn.bptt import power_law
from tests.support.verdicts import assert_all_hold


@pytest.mark.parametrize("p", [0.1, 0.25, 0.6, power_law(4), power_law(2, 2.5)],
                         ids=["0.1", "0.25", "0.6", "power law", "another"])
def test_the_mean_over_every_way_to_cut_is_the_full_gradient(p):
    """To rounding error: all 2^5 ways to cut 6 steps, weighted by their probabilities; and the
    probabilities sum to 1."""
    mean, variance = example.every_way(lambda cut: example.influence(0.3, cut, 6), p, 6)
    assert mean == pytest.approx(example.influence(0.3, example.full, 6), rel=1e-13)
    assert variance > 0
    np.testing.assert_allclose(example.every_way(lambda cut: 1.0, p, 6), [1, 0], atol=1e-15)


@pytest.mark.parametrize("p", [0.1, 0.25, 0.6])
def test_the_variance_grows_with_the_reach(p):
    """What comes back over k steps has the mean 1 and the variance (1 - p)^-k - 1."""
    mean, variance = example.by_lag(p, T=6)
    np.testing.assert_allclose(mean, 1, rtol=1e-13)
    np.testing.assert_allclose(variance, (1 - p) ** -np.arange(6.0) - 1, rtol=1e-11, atol=1e-15)
    assert np.all(np.diff(variance) > 0)


def test_the_gradient_of_the_task_is_its_formula():
    """Of all steps at once: Σ_t (s_t[0] - 1) s_t[0]/θ, and s_t[0]/θ = Σ_{k<t} (Aᵏ u)[0]."""
    n = example.UP + example.DOWN
    signs, A = np.repeat([1.0, -1.0], [example.UP, example.DOWN]), (np.eye(n) + np.eye(n, k=1)) / 2
    per_theta = np.cumsum([(np.linalg.matrix_power(A, k) @ signs)[0] for k in range(example.T)])
    want = np.sum((0.3 * per_theta - 1) * per_theta)
    assert example.influence(0.3, example.full) == pytest.approx(want, rel=1e-12)


def test_draws_agree_with_the_full_gradient_and_fixed_windows_do_not():
    """The mean of 100 draws is within 3 standard errors; that of fixed windows has the other sign
    and is beyond 5."""
    rng = np.random.default_rng(2)
    found = [example.influence(0.3, example.at_random(rng), 16) for _ in range(100)]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    full, fixed = (example.influence(0.3, cut, 16) for cut in (example.full, example.fixed))
    assert abs(np.mean(found) - full) < 3 * error
    assert full * fixed < 0
    assert abs(fixed - full) > 5 * error


def test_it_draws_and_every_statement_holds(monkeypatch, capsys, tmp_path):
    """Run as a program, it ends with its verdict. (With fewer draws and updates.)"""
    claims, learned = example.claims, example.learned
    monkeypatch.setattr(example, "claims", lambda: claims(draws=30, updates=25))
    monkeypatch.setattr(example, "learned", lambda cut, updates=10: learned(cut, updates))
    assert_all_hold(example, tmp_path, capsys)

"""Running sums: one pass is as exact as two, and the gradient of a drawdown finds its two days."""

import numpy as np
import pytest

from examples import running_sums


@pytest.mark.parametrize("centre", [0.0, -3.0, 1e8])
def test_mean_and_variance_of_every_prefix(centre):
    """They are NumPy's of x_1 ... x_t, also where the mean is 1e8 times the spread."""
    xs = centre + np.random.default_rng(0).normal(size=50)
    mean, variance = (found.numpy() for found in running_sums.mean_and_variance(xs))
    for t in range(1, 51):
        np.testing.assert_allclose(mean[t - 1], xs[:t].mean(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(variance[t - 1], xs[:t].var(), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_largest_drawdown(seed):
    """It is that of NumPy's running maximum; its gradient is 1 at the peak, -1 at the trough, and 0
    on all other days."""
    prices = running_sums.random_walk(T=80, seed=seed)
    fall = np.maximum.accumulate(prices) - prices
    np.testing.assert_array_equal(running_sums.drawdown(prices).numpy(), fall)
    largest, gradient = running_sums.largest_drawdown(prices)
    trough = fall.argmax()
    wanted = np.zeros(80)
    wanted[trough], wanted[prices[:trough].argmax()] = -1, 1
    assert largest == fall.max()
    np.testing.assert_array_equal(gradient, wanted)


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it compares the ways to a variance and draws the price."""
    running_sums.main(tmp_path)
    assert "from day 202 to day 241; its gradient there is +1 and -1" in capsys.readouterr().out
    assert (tmp_path / "running_sums.png").stat().st_size > 20_000

"""Pascanu 2013: the bounds on random networks, and the wall at the bifurcation."""

import numpy as np
import pytest

from examples import exploding
from tests.support.verdicts import assert_all_hold


@pytest.mark.parametrize("inputs", [0.01, 1.0, 10.0])
@pytest.mark.parametrize("rate", [0.5, 0.95, 1.5])
def test_the_bound_holds_for_random_networks(rate, inputs):
    """No Jacobian exceeds (λ_1 γ)^k at any lag, and below 1 the norm falls by it at each step."""
    for found, share in exploding.networks(rate, inputs, count=6, seed=1):
        assert 0 <= share <= 1 + 1e-12
        assert found.rate <= rate * (1 + 1e-12)


def test_both_derivatives_of_a_power_are_the_formulas():
    """Of w^t x_0, of first and second order, where the second is 41 times the first."""
    for have, want in exploding.of_one_weight():
        assert have == pytest.approx(want, rel=1e-13)


def test_an_attractor_vanishes_at_the_boundary():
    """Below it x = 5 σ(x) + b has three solutions, above it one: counted on a grid."""
    x = np.linspace(-10, 10, 200_001)
    excess = 5 / (1 + np.exp(-x)) - x
    for b, solutions in ((-1e-5, 3), (1e-5, 1)):
        assert np.count_nonzero(np.diff(np.sign(excess + exploding.boundary() + b))) == solutions


def test_the_wall_is_the_slope_of_the_run():
    """|∂x_T/∂b| is what differences of a run in plain NumPy give, near the wall too."""
    biases, step = exploding.boundary() + np.array([-0.5, 0.0, 0.0156, 0.5]), 1e-7

    def last(b):
        x = -3.0
        for _ in range(50):
            x = 5 / (1 + np.exp(-x)) + b
        return x

    slopes = (last(biases + step) - last(biases - step)) / (2 * step)
    np.testing.assert_allclose(exploding.walls(50, biases), slopes, rtol=1e-5)


def test_the_wall_comes_closer_and_grows():
    """Twice the steps, a quarter of the distance, as near any such bifurcation; and higher."""
    beyond, height = np.transpose(exploding.peaks((25, 50, 100), points=801))
    assert np.all(np.abs(beyond[:-1] / beyond[1:] - 4) < 1)
    assert np.all(height[1:] > 4 * height[:-1])


def test_it_draws_and_every_statement_holds(capsys, tmp_path):
    """Run as a program, it ends with its verdict."""
    assert_all_hold(exploding, tmp_path, capsys)

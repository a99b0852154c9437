"""Truncated BPTT, random cuts and real-time recurrent learning on one problem."""

import functools

import numpy as np
import pytest

from examples import truncation

ONCE = {
    name: functools.cache(getattr(truncation, name))
    for name in ("by_reach", "by_chance", "power_law")
}


@pytest.fixture(autouse=True)
def measured_once(monkeypatch):
    """The program prints what the tests look at: the same numbers, from the same seeds."""
    for name, function in ONCE.items():
        monkeypatch.setattr(truncation, name, function)


def test_the_error_of_truncation_falls_with_the_reach():
    """From 98% and 71° for one step to 0 for all; the numbers are those printed."""
    errors = truncation.by_reach()
    np.testing.assert_allclose(
        errors.relative(),
        [0.9803, 0.9601, 0.7153, 0.4838, 0.2961, 0.1677, 0.0944, 0], atol=5.1e-5,
    )
    np.testing.assert_allclose(
        errors.angle(), [70.9, 71.3, 35.5, 13.7, 9.0, 5.7, 3.9, 0], atol=0.051
    )


def test_random_cuts_are_right_on_average():
    """The error of the mean falls with the number of draws, below that of any fixed window of the
    same mean length; after 100 draws by far."""
    fixed = truncation.by_reach().relative()[truncation.REACHES.index(truncation.K1)]
    for p in (1 / truncation.K1, truncation.power_law(truncation.K1)):
        found = truncation.by_chance(p, truncation.DRAWS)
        one, ten, hundred = (error.relative() for error in found)
        assert one > ten > hundred
        assert hundred < fixed / 3


def test_real_time_recurrent_learning_is_exact():
    """It has no window, and the gradient of full BPTT to rounding error."""
    assert truncation.forward().relative() < 1e-14


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it shows the three ways and writes the error over the reach."""
    truncation.main(tmp_path)
    printed = capsys.readouterr().out
    assert "k2 =  5   0.7153    35.5°" in printed
    assert "power law         n = 100" in printed
    assert (tmp_path / "truncation.png").stat().st_size > 10_000

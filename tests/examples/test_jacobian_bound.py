"""The analytic bound beside what is measured, and four slips of the notes that derive it."""

import numpy as np
import pytest

from examples import jacobian_bound


@pytest.mark.parametrize("gain", [0.9, 1.2, 3.9])
@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "sigmoid", "identity"])
def test_the_bound_holds(nonlinearity, gain):
    """No measured norm exceeds (γ_W γ_h)^k, with γ_h = 1, for the sigmoid ¼."""
    measured, limit = jacobian_bound.beside_the_bound(nonlinearity, gain)
    gamma = 0.25 if nonlinearity == "sigmoid" else 1
    np.testing.assert_allclose(limit, (gain * gamma) ** np.arange(20), rtol=1e-11)
    assert np.all(measured <= limit * (1 + 1e-12))


def test_numbers_beside_the_bound():
    """Norms after 1, 5, 10 and 19 steps, to the digits that the example prints."""
    measured, limit = jacobian_bound.beside_the_bound("tanh", 0.9)
    np.testing.assert_allclose(measured[[1, 5, 10, 19]], [0.8999, 0.5773, 0.3275, 0.1188], 1e-3)
    np.testing.assert_allclose(limit[[1, 5, 10, 19]], [0.9, 0.5905, 0.3487, 0.1351], 1e-3)


def test_the_exponent_of_the_notes_is_one_too_small():
    """From k to t + 1 there are t + 1 - k factors: the printed bound is exceeded, by one γ."""
    have, printed, right = jacobian_bound.exponent()
    assert have == pytest.approx(1.5**4, rel=1e-12)
    assert right == pytest.approx(1.5**4, rel=1e-12)
    assert have > 1.49 * printed


def test_eigenvalues_bound_nothing():
    """All |λ| ≤ 0.8, and still the norm grows more than threefold, above γ_W itself."""
    values, radius, gamma = jacobian_bound.eigenvalues()
    assert radius == pytest.approx(0.8)
    assert values.max() == pytest.approx(3.435, abs=1e-3)
    assert gamma == pytest.approx(2.251, abs=1e-3)
    assert values[1] == pytest.approx(gamma, rel=1e-12)


def test_the_weight_is_transposed():
    """diag(φ') W_hhᵀ is the Jacobian, diag(φ') W_hh is not."""
    right, wrong = jacobian_bound.transposition()
    assert right < 1e-14
    assert wrong > 1


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program, it shows all of this and writes a picture."""
    jacobian_bound.main(tmp_path / "out")
    printed = capsys.readouterr().out
    assert "measured 5.773e-01, at most 5.905e-01" in printed
    assert "the notes allow 1.5^3 = 3.3750" in printed
    assert (tmp_path / "out" / "jacobian_bound.png").stat().st_size > 10_000

"""Powers of a symmetric matrix, and the same run on the Jacobians of a network."""

import numpy as np
import pytest

from examples import power_iteration
from rnn.bptt import jacobian


def test_the_numbers_of_the_notes():
    """Eigenvalues by modulus and alignments after 1, 5, 10 and 20 products are those printed."""
    values, found = power_iteration.symmetric()
    np.testing.assert_allclose(
        values, [-2.81046932, 1.99111341, 0.97150943, 0.48952788, 0.22380105], atol=5.1e-9
    )
    np.testing.assert_allclose(found, [0.695460, 0.969567, 0.998986, 0.999999], atol=5.1e-7)


def test_gradients_of_a_network_align_too():
    """Two random gradients, 81° apart at step T, have one direction 20 steps back: the first right
    singular vector of ∂h_T/∂h_{T-20}, whose second singular value is 2% of the first."""
    rows = power_iteration.recurrent()
    lags, norms, ratios, one, other, both = (np.array(column) for column in zip(*rows, strict=True))
    np.testing.assert_array_equal(lags, [0, 1, 5, 10, 20])
    assert norms[0] == 1
    np.testing.assert_allclose(both, [0.160628, 0.608145, 0.895901, 0.966691, 0.999706], atol=1e-6)
    np.testing.assert_allclose(one[2:], [0.961012, 0.996396, 0.999978], atol=1e-6)
    np.testing.assert_allclose(other[2:], [0.973484, 0.984861, 0.999846], atol=1e-6)
    assert ratios[-1] < 0.02
    assert power_iteration.aligned_networks() == 8


def tangent(u, v):
    """tan of the angle between two directions."""
    cosine = power_iteration.alignment(u, v)
    return np.sqrt(max(0.0, 1 - cosine**2)) / cosine


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lag", [1, 5, 20])
def test_the_ratio_of_singular_values_bounds_the_angle(seed, lag):
    """tan ∠(uJ, v_1) ≤ (σ_2/σ_1) tan ∠(u, u_1), for any gradient u at step T."""
    states = power_iteration.network(seed=seed)
    J = jacobian(states[-1], states[-1 - lag])[0]
    left, values, right = np.linalg.svd(J)
    for u in np.random.default_rng(seed).normal(size=(10, len(J))):
        limit = values[1] / values[0] * tangent(u, left[:, 0])
        assert tangent(u @ J, right[0]) <= limit * (1 + 1e-6) + 1e-7


def test_it_prints_both_runs(capsys):
    """Run as a program, it shows the matrix and the network."""
    power_iteration.main()
    printed = capsys.readouterr().out
    assert "M^20 x aligned with v_1: 0.999999" in printed
    assert "0.999706" in printed

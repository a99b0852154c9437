"""Clipping by one norm over all parameters keeps the direction, and tames an exploding network."""

import math

import numpy as np
import pytest

from examples import clipping
from minigrad.optim import clip_grad_norm


@pytest.mark.parametrize("theta", [0.1, 1.0, 50.0, 92.0, 93.0, 1e4, math.inf])
def test_the_formula(theta):
    """g ← min(1, θ/‖g‖) g, for every parameter with the same ‖g‖."""
    cell, xs, target = clipping.network()
    clipping.backward(cell, xs, target)
    full = clipping.gradients(cell)
    norm = math.sqrt(sum(float((g**2).sum()) for g in full.values()))
    assert norm == pytest.approx(92.744, abs=1e-3)
    assert clip_grad_norm(cell.parameters(), theta) == pytest.approx(norm, rel=1e-13)
    for name, g in clipping.gradients(cell).items():
        np.testing.assert_allclose(g, min(1.0, theta / norm) * full[name], rtol=1e-12)


def test_other_ways_turn_the_step():
    """One norm keeps the direction; a norm for each parameter, or a bound on each entry, do not."""
    norm, found = clipping.clipped()
    assert norm == pytest.approx(92.744, abs=1e-3)
    left, angle = found["one norm"]
    assert left == pytest.approx(1, rel=1e-12)
    assert angle < 1e-5
    left, angle = found["a norm for each parameter"]
    assert left == pytest.approx(math.sqrt(3), rel=1e-12)
    assert angle == pytest.approx(28.1, abs=0.1)
    assert found["each entry"][1] == pytest.approx(52.4, abs=0.1)


def test_training_an_exploding_network():
    """With clipping at 1 the loss falls below a tenth of the first; without, it stays above it."""
    free, norms = clipping.train(math.inf)
    assert max(norms) > 50
    assert free[-1] > free[0]
    clipped, _ = clipping.train(1.0)
    assert clipped[0] == free[0]
    assert clipped[-1] < 0.1 * clipped[0]


def test_it_prints_all_of_it(capsys):
    """Run as a program, it shows the three ways and both trainings."""
    clipping.main()
    printed = capsys.readouterr().out
    assert "one norm                   leaves ‖g‖ = 1.000000, turned by 0.0°" in printed
    assert printed.count("gradient descent with θ") == 2

"""Le 2015 and Arjovsky 2016: what keeps the norm of the gradient, and what only bounds it."""

import numpy as np
import pytest

from examples import norm_keeping as example
from tests.support.verdicts import assert_all_hold

SEEDS = pytest.mark.parametrize("seed", range(3))


@SEEDS
@pytest.mark.parametrize("network", [
    (example.orthogonal, "identity"), (example.identity, "identity"),
    (example.identity, "relu", 1.0, True), (example.permutation, "relu", 1.0, True),
], ids=["orthogonal", "identity", "identity relu", "permutation relu"])
def test_the_norm_is_kept(network, seed):
    """Within [1 - 1e-13, 1 + 1e-13] over 100 steps: linear, or ReLU with every unit on."""
    np.testing.assert_allclose(example.by_lag(*network, seed=seed), 1, rtol=0, atol=1e-13)


@SEEDS
@pytest.mark.parametrize("matrix", [example.orthogonal, example.identity, example.permutation])
def test_with_a_relu_it_never_grows(matrix, seed):
    """At no step, whatever the inputs; and it falls, as units are off."""
    found = example.by_lag(matrix, "relu", seed=seed)
    assert np.all(found[1:] <= found[:-1] * (1 + 1e-13))
    assert found[-1] < 0.9


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.05])
def test_a_multiple_of_the_identity_has_its_powers(scale):
    """‖∂C/∂h_{T-k}‖ = scale^k ‖∂C/∂h_T‖."""
    found = example.by_lag(example.identity, "relu", scale, positive=True)
    np.testing.assert_allclose(found, scale ** np.arange(example.T), rtol=1e-12)


def test_other_matrices_do_not_keep_it():
    """A Gaussian one of the same size explodes or vanishes."""
    found = [example.by_lag(example.gaussian, "identity", seed=seed)[-1] for seed in range(3)]
    assert all(abs(np.log10(ratio)) > 1 for ratio in found)


def test_it_draws_and_every_statement_holds(monkeypatch, capsys, tmp_path):
    """Run as a program, it ends with its verdict. (On two networks of each kind.)"""
    claims = example.claims
    monkeypatch.setattr(example, "claims", lambda: claims(seeds=2))
    assert_all_hold(example, tmp_path, capsys)

"""Hares and lynxes: what the equations conserve is conserved, and their parameters are found."""

import numpy as np
import pytest

from examples import predator_prey as example


def test_what_is_conserved():
    """δ hares - γ ln hares + β lynxes - α ln lynxes stays what it is."""
    u = example.simulate(example.mg.tensor(example.logs_of(example.TRUE))).numpy()
    alpha, beta, gamma, delta = list(example.TRUE.values())[:4]
    conserved = np.exp(u) @ [delta, beta] - u @ [gamma, alpha]
    np.testing.assert_allclose(conserved, conserved[0], rtol=1e-4)


def test_the_gradient_is_that_of_differences():
    """By each of the six parameters, through 50 steps."""
    data, logs = example.counts()[:5], example.logs_of(example.GUESS)
    parameters = example.mg.tensor(logs, requires_grad=True)
    (found,) = example.mg.gradients(example.misfit(parameters, data), [parameters])
    for k in range(6):
        ends = [example.misfit(example.mg.tensor(logs + s * 1e-6 * np.eye(6)[k]), data).item()
                for s in (1, -1)]
        assert found.numpy()[k] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5)


def test_the_parameters_are_found():
    """Fitted to the first ten years, the misfit is that of the errors in the counts, and α, β, γ
    and δ are nearer to the truth than the guess was."""
    data = example.counts()[:10]
    fitted, losses = example.fit(data, updates=80)
    assert losses[-1] < 1.5 * example.ERROR**2 < 0.05 * losses[0]
    true = example.logs_of(example.TRUE)
    assert np.all(abs(fitted.numpy() - true)[:4] < abs(example.logs_of(example.GUESS) - true)[:4])


def test_it_prints_and_draws(capsys, monkeypatch, tmp_path):
    """Run as a program, it lists the parameters and draws the fit."""
    fit = example.fit
    monkeypatch.setattr(example, "fit", lambda data: fit(data, updates=2))
    example.main(tmp_path)
    assert capsys.readouterr().out.count("true") == 7
    assert (tmp_path / "predator_prey.png").stat().st_size > 20_000

"""The cures for vanishing and exploding gradients: what the example says about its figures."""

import numpy as np
import pytest

from examples import cures


def test_gradients_before_training():
    """What is left of the gradient at lag T - 1: exploded, vanished, or kept by a cure."""
    found = {name: cures.train(cure, updates=0).before for name, cure in cures.CURES.items()}
    expected = {
        "large, nothing done": 38, "large, clipping": 38, "large, spectral penalty": 38,
        "large, layer norm": 3.5, "small, clipping": 1.7e-6, "small, layer norm": 1.8e-4,
        "small, skip connections": 4.7e-4, "orthogonal start": 0.096, "orthogonality kept": 0.096,
        "LSTM": 0.56,
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].shape == (cures.T,)
        assert found[name][-1] == pytest.approx(value, rel=0.05), name


def test_a_large_network():
    """Without clipping the weights are lost; clipping alone leaves its singular values as they
    were; with the penalty they come down, and it learns."""
    lost = cures.train(cures.CURES["large, nothing done"])
    assert not lost.error < 1e3
    assert lost.sigma[0] > 100
    clipped = cures.train(cures.CURES["large, clipping"])
    assert clipped.sigma[0] == pytest.approx(3.65, abs=0.15)
    assert clipped.error < 1
    penalised = cures.train(cures.CURES["large, spectral penalty"])
    assert penalised.sigma[0] < 1.6
    assert penalised.sigma[-1] < 0.3
    assert penalised.error < 0.06


def test_orthogonality():
    """From an orthogonal start the task is learned; the singular values spread, or are kept at 1,
    and then the gradient stays within a factor of two or so over all lags."""
    started = cures.train(cures.CURES["orthogonal start"])
    kept = cures.train(cures.CURES["orthogonality kept"])
    assert started.error < 0.03
    assert kept.error < 0.03
    assert started.sigma[0] > 1.1
    assert started.sigma[-1] < 0.97
    np.testing.assert_allclose(kept.sigma, 1, atol=1e-12)
    assert kept.largest < 5
    assert 0.4 < kept.after.min() <= kept.after.max() < 1.1
    assert started.after[-1] > 1.5


def test_a_small_network_learns_nothing():
    """Where the gradient has vanished, training changes nothing of the outcome: 1/3."""
    assert cures.train(cures.CURES["small, clipping"]).error == pytest.approx(1 / 3, abs=0.01)


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints a row for each cure and draws a picture."""
    cures.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    for name in cures.CURES:
        assert printed.count(f"\n{name:<23}  ") == 1
    assert (tmp_path / "cures.png").stat().st_size > 20_000

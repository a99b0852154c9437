"""The example of forecasting: the series, the baselines, and that the network beats them."""

import numpy as np
import pytest

from examples import forecasting
from examples.forecasting import AHEAD, CYCLE, LEARNED, NOISE, TESTED


@pytest.fixture(scope="module")
def values():
    return forecasting.series()


def test_the_series(values, monkeypatch):
    """4,000 values that obey the equation, but for the noise; CYCLE is the lag at which they
    resemble themselves most."""
    assert values.shape == (LEARNED + TESTED,)
    assert values.mean() == pytest.approx(0.93, abs=0.02)
    assert values.std() == pytest.approx(0.226, abs=0.01)
    centred = values - values.mean()
    likeness = [(centred[k:] * centred[:-k]).mean() for k in range(8, 24)]
    assert 8 + int(np.argmax(likeness)) == CYCLE
    monkeypatch.setattr(forecasting, "EVERY", 1)
    monkeypatch.setattr(forecasting, "NOISE", 0.0)
    x = forecasting.series()
    change = (x[2:] - x[:-2])[17:] / 2                  # dx/dt by central differences, at 18, 19, …
    late = x[1:-18]
    found = 0.2 * late / (1 + late**10) - 0.1 * x[18:-1]
    np.testing.assert_allclose(change, found, atol=0.012)


def test_the_baselines(values):
    """Persistence repeats the last value, seasonal-naive the last cycle; neither sees the future,
    and the linear forecast has not seen the tested part either."""
    at = np.arange(LEARNED - 1, LEARNED + 5)
    np.testing.assert_array_equal(forecasting.persistence(values, at)[:, 9], values[at])
    told = forecasting.seasonal(values, at)
    np.testing.assert_array_equal(told[:, 0], values[at + 1 - CYCLE])
    np.testing.assert_array_equal(told[:, -1], values[at])
    changed = values.copy()
    changed[LEARNED + 5 :] = 9.0
    for way in (forecasting.persistence, forecasting.seasonal, forecasting.linear):
        np.testing.assert_array_equal(way(values, at), way(changed, at))
        assert way(values, at).shape == (6, AHEAD)


def test_the_forecasts(values):
    """Up to 16 steps ahead: the errors of the baselines, and after half of the training a GRU that
    is better than the best of them from 2 steps on, and twice as good at 8 and at 16."""
    found = {
        way.__name__: forecasting.errors(values, way)
        for way in (forecasting.persistence, forecasting.seasonal, forecasting.linear)
    }
    for way, expected in {
        "persistence": [0.103, 0.323, 0.434, 0.166], "seasonal": [0.166, 0.166, 0.166, 0.166],
        "linear": [0.0475, 0.0872, 0.1040, 0.1245],
    }.items():
        np.testing.assert_allclose(found[way][[0, 3, 7, 15]], expected, rtol=0.02)
    gru = forecasting.errors(values, forecasting.train(values, updates=200))
    assert (gru > NOISE).all()
    best = np.minimum(np.minimum(found["persistence"], found["seasonal"]), found["linear"])
    assert (gru[1:] < 0.85 * best[1:]).all()
    assert (gru[[7, 15]] < 0.6 * best[[7, 15]]).all()


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints the errors of the four ways and draws them."""
    forecasting.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert "linear              0.0475    0.0872    0.1040    0.1245" in printed
    assert "GRU  " in printed
    assert (tmp_path / "forecasting.png").stat().st_size > 20_000

"""The example of forecasts of real series, and the classical ways that it is compared with."""

import numpy as np
import pytest

from examples import _forecasts as forecasts
from examples import sunspots


@pytest.fixture(scope="module")
def series():
    return forecasts.data()


def test_the_data(series):
    """309 years of sunspots, whose highest is 1957; 61 years of months, the warmest in 1998."""
    spots, sea = series
    assert len(spots.values) == 309
    assert spots.time(spots.values.argmax()) == 1957
    assert len(sea.values) == 12 * 61
    assert int(sea.time(sea.values.argmax())) == 1998
    residuals, usual = forecasts.anomalies(sea, sea.learned)
    np.testing.assert_allclose(residuals + usual[: len(residuals)], sea.values)
    np.testing.assert_allclose(residuals[: sea.learned].reshape(-1, 12).mean(axis=0), 0, atol=1e-9)


WAYS = {
    "seasonal": lambda s, n: forecasts.seasonal_naive(s, n, None),
    "smoothing": lambda s, n: forecasts.smoothing(s, n, (0.2, 0.3)),
    "autoregression": lambda s, n: forecasts.autoregression(s, n, 6),
    "network": lambda s, n: sunspots.network(s, n, (6, 1)),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_knows_the_future(series, way):
    """What comes after a step changes no forecast made there, and what comes after the part learned
    from changes nothing that was learned."""
    for one in series:
        changed = one.values.copy()
        changed[one.learned + 20 :] += 50 * np.sin(np.arange(len(changed) - one.learned - 20))
        known = slice(one.cycle, one.learned + 20)
        for before, after in zip(
            WAYS[way](one, one.learned), WAYS[way](one._replace(values=changed), one.learned),
            strict=True,
        ):
            assert before.shape == (len(one.values), one.cycle)
            np.testing.assert_allclose(before[known], after[known], rtol=1e-4, atol=1e-4)


def test_the_classical_ways():
    """Seasonal-naive repeats the last cycle; smoothing and autoregression forecast without an error
    what obeys their equations. An interval as wide as the errors holds nine of ten."""
    rng = np.random.default_rng(0)
    cycle = np.tile(rng.normal(size=11), 30)
    exact = forecasts.Series("made up", cycle, 11, False, 200, 0, 1)
    for way in (
        forecasts.seasonal_naive(exact, 200, None), forecasts.smoothing(exact, 200, (0.5, 0.5)),
        forecasts.autoregression(exact, 200, 11),
    ):
        error, held = forecasts.scores(exact, way, 20, 300)
        np.testing.assert_allclose(error, 0, atol=1e-9)
        assert held > 0.5
    noise = forecasts.Series("noise", rng.normal(size=4000), 11, False, 3000, 0, 1)
    error, held = forecasts.scores(noise, forecasts.autoregression(noise, 3000, 3), 2999, 3989)
    np.testing.assert_allclose(error, 1, rtol=0.05)
    assert held == pytest.approx(0.9, abs=0.02)
    assert forecasts.chosen(forecasts.autoregression, exact, (3, 11)) == 11


def test_the_forecasts(series):
    """As printed: the network is within a hundredth of autoregression, which was best."""
    for one, expected in zip(series, ([32.99, 29.81], [1.561, 1.014]), strict=True):
        test = one.learned - 1, len(one.values) - one.cycle
        order = forecasts.chosen(forecasts.autoregression, one, sunspots.ORDERS)
        found = [
            np.sqrt((forecasts.scores(one, told, *test)[0] ** 2).mean()) for told in (
                forecasts.seasonal_naive(one, one.learned, None),
                forecasts.autoregression(one, one.learned, order),
                sunspots.network(one, one.learned, (order, 10)),
            )
        ]
        np.testing.assert_allclose(found[:2], expected, rtol=1e-3)
        assert found[2] == pytest.approx(found[1], rel=0.01)


def test_it_prints_and_draws(monkeypatch, capsys, tmp_path):
    """Run as a program it prints errors and coverage of four ways for each series, and draws."""
    monkeypatch.setattr(sunspots, "RATES", (0.1,))
    sunspots.main(tmp_path, updates=(1,), seeds=1)
    printed = capsys.readouterr().out
    assert "autoregression          29.81 ± 0.00     86%   order 9" in printed
    assert printed.count("the GRU's error is") == 2
    assert (tmp_path / "sunspots.png").stat().st_size > 20_000

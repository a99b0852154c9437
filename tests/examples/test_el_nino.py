"""The example of anomalies with labels in a real series."""

import numpy as np
import pytest

from examples import el_nino
from examples._forecasts import anomalies, data


@pytest.fixture(scope="module")
def sea():
    return data()[1]


def test_scores_know_no_future(sea):
    """What comes after a month changes no score up to it."""
    changed = sea.values.copy()
    changed[600:] += 5
    after = sea._replace(values=changed)
    for first, second in (
        (el_nino.moving_z(sea.values, 24), el_nino.moving_z(changed, 24)),
        (el_nino.surprise(sea, updates=1), el_nino.surprise(after, updates=1)),
    ):
        assert first.shape == sea.values.shape
        np.testing.assert_allclose(first[:600], second[:600], rtol=1e-4)
        assert (first[601:] != second[601:]).any()


def test_the_moving_z_score():
    """By hand, and nothing where too few months are known."""
    z = el_nino.moving_z(np.array([1.0, 3.0, 4.0, 5.0]), 2)
    np.testing.assert_allclose(z, [np.nan, np.nan, 2.0, 3.0])


def test_years_and_judgement():
    """A year is from July to June; precision is of the alarms, recall of the El Niños, and the mean
    is harmonic."""
    score = np.zeros(12 * 61)
    score[12 * (1997 - 1950) + 6] = 3.0             # July 1997
    score[12 * (1983 - 1950) + 5] = 2.0             # June 1983
    years = el_nino.by_year(score, 1)
    assert {year: level for year, level in years.items() if level} == {1997: 3.0, 1982: 2.0}
    precision, recall, mean = el_nino.judged({1982, 1997, 1999}, el_nino.TESTED_YEARS)
    assert (precision, recall) == (2 / 3, 2 / 10)
    assert mean == pytest.approx(2 / (1 / precision + 1 / recall))
    assert el_nino.judged(set(), el_nino.TESTED_YEARS) == (0, 0, 0)


def test_what_is_found(sea):
    """As printed: a moving z-score has a harmonic mean of 55%, what is above the season 71%."""
    values, _ = anomalies(sea, el_nino.LEARNED)
    for score, expected in ((el_nino.moving_z(sea.values, 36), 0.55), (values, 0.71)):
        found = el_nino.above(*el_nino.tuned([score]), el_nino.TESTED_YEARS)
        assert el_nino.judged(found, el_nino.TESTED_YEARS)[2] == pytest.approx(expected, abs=0.01)


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints precision and recall of four scores and draws the alarms."""
    el_nino.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert "El Niño in 10 of 30 years" in printed
    assert "above the season      18         56%     100%             71%" in printed
    assert (tmp_path / "el_nino.png").stat().st_size > 20_000

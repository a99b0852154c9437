"""The example of pixels read one after the other."""

import numpy as np
import pytest

from examples import digits


@pytest.fixture(scope="module")
def data():
    return digits.data()


def test_the_data(data):
    """1,797 digits of greys from 0 to 1, of every kind some 180; a row is a step of eight pixels,
    and a pixel one of one."""
    greys, kinds = data
    assert greys.shape == (1797, 64)
    assert (greys.min(), greys.max()) == (0, 1)
    assert np.bincount(kinds).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    rows, pixels = (digits.sequences(greys[:3], width) for width in (8, 1))
    assert rows.shape == (8, 3, 8)
    np.testing.assert_array_equal(rows[2, 1], greys[1, 16:24])
    np.testing.assert_array_equal(pixels[:, 1, 0], greys[1])


def test_a_short_training(data):
    """After some updates it reads half of the test's digits right, row by row."""
    greys, kinds = data
    model = digits.train(greys[: digits.LEARNED], kinds[: digits.LEARNED], 8, 40, 32, 32)
    said = digits.read(model, greys[digits.LEARNED :], 8)
    assert (said == kinds[digits.LEARNED :]).mean() > 0.5


def test_it_prints_and_draws(monkeypatch, capsys, tmp_path):
    """Run as a program it prints three scores and draws what is misread."""
    monkeypatch.setattr(digits, "cross_validated", lambda *_: 1e-3)
    digits.main(tmp_path, updates=1, seeds=1)
    printed = capsys.readouterr().out
    assert "logistic regression    91.8% of 599 digits right" in printed
    assert "GRU, pixel by pixel" in printed
    assert (tmp_path / "digits.png").stat().st_size > 10_000

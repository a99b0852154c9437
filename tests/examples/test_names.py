"""The example of names: what the lists hold, the baseline, and that the network learns."""

import numpy as np
import pytest

from examples import names


@pytest.fixture(scope="module")
def data():
    return names.data()


def test_the_names(data):
    """340 of each of ten languages, none of which is in two lists."""
    known, origins, languages = data
    assert len(languages) == 10
    assert np.bincount(origins).tolist() == [340] * 10
    assert len(set(known)) == len(known)


def test_by_counting():
    """It tells what ends in "ski" from what ends in "en", as log-probabilities."""
    learned, origins = ["nowaski", "kowalski", "virtanen", "nieminen"], np.array([0, 0, 1, 1])
    p = names.by_ngrams(learned, origins, ["malinowski", "makinen"], (2, 0.5))
    np.testing.assert_allclose(np.exp(p).sum(axis=1), 1)
    np.testing.assert_array_equal(p.argmax(axis=1), [0, 1])


def test_a_short_training(data):
    """After some updates a third of the names of the test are right; what a name is told to be does
    not depend on those beside it, nor on a letter that was never seen."""
    known, origins, languages = data
    test = np.arange(len(known)) % 5 == 2
    learned, asked = ([known[k] for k in np.flatnonzero(part)] for part in (~test, test))
    model = names.train(learned, origins[~test], languages, updates=40, hidden=24)
    p = names.tell(model, asked)
    assert (p.argmax(axis=1) == origins[test]).mean() > 0.33
    np.testing.assert_allclose(names.tell(model, [asked[3] + "€"])[0], p[3], rtol=1e-4, atol=1e-5)


def test_it_prints_and_draws(monkeypatch, capsys, tmp_path):
    """Run as a program it prints three scores and draws which languages are mixed up."""
    told = np.zeros((680, 10))
    monkeypatch.setattr(names, "tuned_ngrams", lambda *_: (told, (4, 0.7)))
    names.main(tmp_path, updates=1, seeds=1)
    printed = capsys.readouterr().out
    assert "n-grams    10.0% of 680 names right" in printed
    assert "together" in printed
    assert (tmp_path / "names.png").stat().st_size > 20_000

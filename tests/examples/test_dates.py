"""The example of attention: dates in many notations."""

import datetime

import numpy as np
import pytest

from examples import dates
from examples._dates import NOTATIONS, by_strptime, iso, written
from rnn.losses import cross_entropy


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        (0, "3 March 1987"), (2, "Tuesday, March 3, 1987"), (3, "Tue, 03 Mar 1987"),
        (6, "03/03/1987"), (8, "3.3.87"), (11, "1987年3月3日"), (12, "3. März 1987"),
        (13, "le 3 mars 1987"), (14, "3 de marzo de 1987"), (15, "3/III/87"),
    ],
)
def test_notations(notation, text):
    """One date, as it is written here and there."""
    number = (datetime.date(1987, 3, 3) - datetime.date(1950, 1, 1)).days
    assert written(number, notation) == text
    assert iso(number) == "1987-03-03"


def test_the_rules_and_the_split():
    """strptime reads the notations that have a format, in both halves of the century, and no
    other; every character is known, and no held-out date is learned from."""
    for number in (0, 7000, 20_000, 36_524):
        for k, form in enumerate(NOTATIONS.values()):
            text = written(number, k)
            assert by_strptime(text) == (iso(number) if form else "")
            assert set(text) <= set(dates.CHARACTERS)
    learned, held_out = dates.split(np.random.default_rng(0))
    assert sorted([*learned, *held_out]) == list(range(36_525))
    assert len(held_out) == 7305


def test_teacher_forcing_and_running_free_agree():
    """Whatever the weights are: a network that is given what it has written itself says the same,
    in a batch of padded texts and alone; and attends to no padding."""
    model = dates.train(np.arange(100), updates=1, hidden=8)
    texts = ["3/III/87", "Wednesday, September 30, 1987"]
    said = dates.translate(model, texts)
    assert said == [*dates.translate(model, texts[:1]), *dates.translate(model, texts[1:])]
    tokens = np.array([[dates.ISO.index(c) for c in said[1]]]).T
    before = np.vstack([[[dates.END]], tokens])[:11]
    forced = model(*dates.read(texts[1:]), before).numpy().argmax(axis=2)
    np.testing.assert_array_equal(forced[: len(tokens)], tokens)
    memory, hidden, state = model.encoded(*dates.read(texts))
    weights = model.weights(state.swapaxes(0, 1), memory, hidden).numpy()      # (B, 1, S)
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-5)
    assert (weights[0, 0, len(texts[0]) :] == 0).all()


def test_a_short_training():
    """Some updates take it, on dates that it has never seen, from ln 12 ≈ 2.5 nats a character to
    1.9."""
    held_out = np.arange(50, 36_525, 365)
    texts = [written(n, n % len(NOTATIONS)) for n in held_out]
    wanted = np.array([[*map(dates.ISO.index, iso(n)), dates.END] for n in held_out]).T
    before = np.vstack([np.full(len(texts), dates.END), wanted[:-1]])
    model = dates.train(np.setdiff1d(np.arange(36_525), held_out), updates=25, hidden=24)
    assert cross_entropy(model(*dates.read(texts), before), wanted).item() < 1.9


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints the scores of three ways and draws what is attended to."""
    dates.main(tmp_path, updates=1, asked=32)
    printed = capsys.readouterr().out
    assert "strptime      75.0% of 32 dates never seen" in printed
    assert "\nattention " in printed
    assert (tmp_path / "dates.png").stat().st_size > 20_000

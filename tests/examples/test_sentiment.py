"""The example of sentiment: the reviews are what they are said to be, and order is what counts."""

import numpy as np
import pytest

from examples import sentiment


@pytest.fixture(scope="module")
def data():
    return sentiment.data()


def recommends(sentence):
    """The verdict once more, worked out from the sentence."""
    if sentence.startswith("although "):
        sentence = sentence.split(" , ")[1]
    elif " , but " in sentence:
        sentence = sentence.split(" , but ")[1]
    clause = sentence.split(" , ")[0].split()
    negated = {"not", "never", "hardly", "far", "anything"} & set(clause)
    return int((clause[-1] in sentiment.GOOD) != bool(negated))


def test_the_verdicts(data):
    """Verdicts follow from the sentences by the stated rules; half of them are praise."""
    training, tests = data
    rows = training + tests["new reviews"] + tests["new negations"]
    assert all(recommends(sentence) == verdict for sentence, verdict in rows)
    assert 0.47 < np.mean([verdict for _, verdict in training]) < 0.53


def test_negations_that_are_held_out(data):
    """No review that is learned from has one, every review of the second test has."""
    training, tests = data
    kept = [
        f"{phrase} {adjective}"
        for phrase in sentiment.NEGATED
        for adjective in sentiment.GOOD + sentiment.BAD
        if sentiment.held_out(phrase, adjective)
    ]
    assert len(kept) == 16
    assert not any(pair in sentence for sentence, _ in training for pair in kept)
    for sentence, _ in tests["new negations"]:
        assert any(pair in sentence for pair in kept)


def test_only_reading_in_order_helps(data):
    """Words, and pairs of words, hardly beat guessing, and pairs are misled by new negations; the
    LSTM gets nearly all reviews right, also those."""
    training, tests = data
    found = sentiment.scores(sentiment.train(training), training, tests)
    assert found["new reviews", "words"] < 0.55
    assert found["new reviews", "pairs of words"] < 0.6
    assert found["new negations", "words"] < 0.55
    assert found["new negations", "pairs of words"] < 0.4
    assert found["new reviews", "LSTM"] > 0.99
    assert found["new negations", "LSTM"] > 0.98


def test_it_prints_its_numbers(capsys):
    """Run as a program it reads two sentences and ends with a score for each way and test."""
    sentiment.main(updates=2)
    printed = capsys.readouterr().out
    assert "  the plot was not at all good" in printed
    assert printed.count(", right by ") == 6

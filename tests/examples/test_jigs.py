"""The example of melodies, and the n-grams that it is compared with."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from examples import jigs
from examples._ngrams import Counts, mean_bits


@pytest.fixture(scope="module")
def data():
    return jigs.data()


def test_the_tunes(data):
    """467 tunes, each between two ENDs; a note is a pitch of a fiddle or a flute, or a rest, and
    lasts from half an eighth to six; half of all bars or more are three notes and three."""
    tunes, words = data
    assert len(tunes) == 467
    assert words[0] == ""
    assert all(t[0] == t[-1] == jigs.END and jigs.END not in t[1:-1] for t in tunes)
    notes = [jigs.sounded(word) for word in words[1:]]
    assert {length for _, length in notes} <= {Fraction(k, 2) for k in range(1, 13)}
    assert {pitch for pitch, _ in notes if pitch is not None} <= set(range(55, 89))
    assert jigs.sounded("74*3/2") == (74, Fraction(3, 2))
    assert jigs.sounded("r") == (None, 1)
    lengths = [sum(jigs.sounded(words[k])[1] for k in t[1:-1]) for t in tunes]
    assert np.mean([length % 3 == 0 for length in lengths]) > 0.8


def test_discounted_counts():
    """The probabilities of all tokens after any context sum to 1, and by hand: of "abab" after "a"
    comes "b" with (2 - d)/2 + d/2 · p(b), and p(b) = (2 - d)/3 + 2d/3 · 1/3."""
    counts = Counts(["xabab"], 2, 3)
    for context in ("", "a", "b", "ab", "ba", "zz"):
        total = sum(counts.probability(context, token, 0.6) for token in "abx")
        assert total == pytest.approx(1)
    counts = Counts(["aab"], 1, 3)
    p_b = (1 - 0.6) / 2 + 2 * 0.6 / 2 / 3
    expected = (1 - 0.6) / 2 + 2 * 0.6 / 2 * p_b
    assert counts.probability("a", "b", 0.6) == pytest.approx(expected)
    bits = -np.log2(counts.probability("a", "a", 0.6)) - np.log2(expected)
    assert counts.bits("aab", 0.6) == pytest.approx(bits)
    assert mean_bits(counts, ["aab", "aab"], 0.6) == pytest.approx(bits / 2)


def test_bits_of_the_network(data):
    """For each note and each END, whatever other tunes are in the batch; after some updates fewer
    than if all were equally likely, and what it writes are notes."""
    tunes, words = data
    model = jigs.train(tunes[:300], len(words), updates=12, hidden=24)
    few = tunes[300:320]
    alone = [jigs.network_bits(model, [tune]) * (len(tune) - 1) for tune in few]
    whole = jigs.network_bits(model, few)
    assert whole == pytest.approx(sum(alone) / sum(len(tune) - 1 for tune in few), rel=1e-4)
    assert whole < np.log2(len(words)) - 0.4
    for tune in jigs.improvise(model, 3, np.random.default_rng(0), notes=20):
        assert len(tune) <= 20
        assert jigs.END not in tune


def test_midi(tmp_path):
    """Notes begin where those before end, rests are waited for."""
    mido = pytest.importorskip("mido")
    jigs.midi([(74, Fraction(1)), (None, Fraction(2)), (76, Fraction(3, 2))], tmp_path / "a.mid")
    track = mido.MidiFile(tmp_path / "a.mid").tracks[0]
    times = itertools.accumulate(message.time for message in track)
    sounds = [
        (time, message.type, message.note)
        for time, message in zip(times, track, strict=True) if message.type.startswith("note")
    ]
    assert sounds == [
        (0, "note_on", 74), (225, "note_off", 74), (720, "note_on", 76), (1065, "note_off", 76),
    ]


def test_it_prints_and_draws(monkeypatch, capsys, tmp_path):
    """Run as a program it prints three numbers of bits and draws a tune."""
    monkeypatch.setattr(jigs, "ngram_bits", lambda learned, heard, kinds: (3.535, 2, 0.9))
    monkeypatch.setattr(jigs, "improvise", lambda *_: [[9, 8, 7] * 9])
    jigs.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert "bits for each of 4297 notes of 47 tunes" in printed
    assert "LSTM" in printed
    assert (tmp_path / "jigs.png").stat().st_size > 8_000


def test_the_baseline(data):
    """Two notes before, and the bits that are printed."""
    tunes, words = data
    learned = [tune for k, tune in enumerate(tunes) if k % 10 != 5]
    bits, order, discount = jigs.ngram_bits(learned, tunes[5::10], len(words), (1, 2), (0.9,))
    assert (order, discount) == (2, 0.9)
    assert bits == pytest.approx(3.535, abs=1e-3)

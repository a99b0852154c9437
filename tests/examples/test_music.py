"""The example of music: the lines keep the rules, the bits are what they are said to be."""

import numpy as np
import pytest

from examples import music
from examples.music import CHORUS, NOTES, PITCHES, PROBABILITIES


@pytest.fixture(scope="module")
def data():
    return music.data()


def test_the_rules(data):
    """Every probability is one, and the lines keep the rules as the text states them."""
    assert PROBABILITIES.shape == (CHORUS, NOTES, NOTES)
    np.testing.assert_allclose(PROBABILITIES.sum(axis=2), 1)
    learned, heard = data
    assert learned.shape == (2 * CHORUS, 800)
    assert heard.shape == (2 * CHORUS, 200)
    notes = PITCHES[heard]
    for bar in range(24):
        root = music.BARS[bar % 12]
        beats = notes[4 * bar : 4 * bar + 4]
        above = (beats - root) % 12
        assert np.isin(above[0], (0, 7)).all()
        assert 0.55 < (above[0] == 0).mean() < 0.95
        assert np.isin(above[1:3], (0, 4, 7, 10)).all()
        following = music.BARS[(bar + 1) % 12]
        assert np.isin((beats[3] - following) % 12, (1, 2, 10, 11)).all()
        assert (np.diff(beats, axis=0) != 0).all()
    assert music.forbidden(heard) == [0, 0]


def test_the_bits(data):
    """No model is below the process; counting more notes helps, and knows nothing of the bars. By
    hand: the bits of the frequencies are their cross-entropy."""
    learned, heard = data
    process = music.process_bits(heard)
    assert process == pytest.approx(1.999, abs=1e-3)
    found = [music.counting_bits(learned, heard, order) for order in (0, 1, 2, 3)]
    np.testing.assert_allclose(found, [4.166, 3.237, 2.817, 2.707], atol=2e-3)
    shares = np.bincount(learned[1:].ravel(), minlength=NOTES) / learned[1:].size
    np.testing.assert_allclose(found[0], -np.log2(shares[heard[1:]]).mean(), rtol=1e-3)


def test_a_short_training(data):
    """After a quarter of the training the LSTM is ahead of all that count notes."""
    learned, heard = data
    model = music.train(learned, updates=150)
    bits = music.network_bits(model, heard)
    assert music.process_bits(heard) < bits < 2.7
    notes = music.improvise(model, 5, 50)
    assert notes.shape == (50, 5)
    assert 0 <= notes.min() <= notes.max() < NOTES


def test_midi(tmp_path):
    """The file is a header and one track whose length is right; each note begins and ends once,
    and the last one ends as many quarters after the start as there are notes."""
    notes = music.lines(np.random.default_rng(0), 1)[:, 0]
    music.midi(notes, tmp_path / "a" / "line.mid")
    found = (tmp_path / "a" / "line.mid").read_bytes()
    assert found[:14] == b"MThd\0\0\0\6\0\0\0\1\1\xe0"
    assert found[14:18] == b"MTrk"
    assert int.from_bytes(found[18:22]) == len(found) - 22
    place, clock, on, off, sizes = 22, 0, [], [], {0x90: 2, 0x80: 2, 0xC0: 1}
    while place < len(found):
        wait = 0
        while True:
            byte = found[place]
            wait, place = wait << 7 | byte & 0x7F, place + 1
            if byte < 0x80:
                break
        clock += wait
        kind = found[place]
        size = 1 + found[place + 2] + 1 if kind == 0xFF else sizes[kind]
        data = found[place + 1 : place + 1 + size]
        if kind in (0x90, 0x80):
            (on if kind == 0x90 else off).append((clock, data[0]))
        place += 1 + size
    assert kind == 0xFF
    assert data == b"\x2f\x00"
    assert [pitch for _, pitch in on] == PITCHES[notes].tolist() == [pitch for _, pitch in off]
    assert [time for time, _ in off] == [480 * (k + 1) - 30 for k in range(len(notes))]
    assert [time for time, _ in on] == [480 * k for k in range(len(notes))]


def test_it_prints_and_draws(capsys, tmp_path):
    """Run as a program it prints the bits of all models, and writes a picture and a MIDI file."""
    music.main(tmp_path, updates=1)
    printed = capsys.readouterr().out
    assert "trigrams        2.817" in printed
    assert "the process     1.999" in printed
    assert (tmp_path / "music.png").stat().st_size > 20_000
    assert (tmp_path / "music.mid").read_bytes().startswith(b"MThd")

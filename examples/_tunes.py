"""The tunes of `examples.jigs`: as tokens, as notes, as a picture and as a MIDI file."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from examples._data import FOLDER
from examples._figures import COLOURS, bare, finish, new_figure

__all__ = ["END", "data", "midi", "plot", "sounded"]

END = 0                 # the token that begins a tune and ends it


def data():
    """Tunes as lists of tokens, each from END to END; and the words of the tokens, such as "74",
    "74*2" for a quarter, or "r" for a rest, with END's first."""
    rows = (FOLDER / "jigs.tsv").read_text(encoding="utf-8").splitlines()[1:]
    tunes = [row.split("\t")[3].split() for row in rows]
    words = ["", *sorted({note for tune in tunes for note in tune})]
    number = {word: k for k, word in enumerate(words)}
    return [[END, *(number[note] for note in tune), END] for tune in tunes], words


def sounded(word):
    """The pitch of a note, None for a rest, and how many eighths it lasts."""
    pitch, _, times = word.partition("*")
    return (None if pitch == "r" else int(pitch)), Fraction(times or 1)


def midi(notes, path):
    """A tune as a MIDI file, a dotted quarter to half a second."""
    import mido

    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=333_333)])
    track.append(mido.Message("program_change", program=73))             # a flute
    wait = 0
    for pitch, length in notes:
        ticks = int(length * 240)
        if pitch is not None:
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=wait))
            track.append(mido.Message("note_off", note=pitch, time=ticks - 15))
        wait = 15 if pitch is not None else wait + ticks
    mido.MidiFile(tracks=[track]).save(path)


def plot(notes, path):
    """A tune as a roll, four bars of six eighths to a row."""
    figure = new_figure(9, 6)
    ends = np.cumsum([float(length) for _, length in notes])
    rows = figure.subplots(int(np.ceil(ends[-1] / 24)), 1, sharex=True, sharey=True, squeeze=False)
    for (pitch, length), end in zip(notes, ends, strict=True):
        if pitch is not None:
            begin = end - float(length)
            rows[int(begin // 24), 0].plot([begin % 24 + 0.1, begin % 24 + float(length) - 0.1],
                                           [pitch, pitch], color=COLOURS[0], lw=4)
    for axes in rows[:, 0]:
        axes.set(xlim=(0, 24), xticks=range(0, 25, 6), yticks=(62, 67, 74, 79),
                 yticklabels=("D", "G", "d", "g"))
        axes.grid(color="#dddddd")
        bare(axes)
    rows[-1, 0].set_xlabel("eighths")
    finish(figure, path)

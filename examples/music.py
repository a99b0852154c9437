"""Music: walking bass lines over the twelve-bar blues.

A bass player in a blues walks: four notes to the bar, each bar one chord, twelve bars of

    C7 C7 C7 C7   F7 F7 C7 C7   G7 F7 C7 G7     and round again.

The lines are made up by what teachers of the style say. On the first beat comes the root of the
chord, or now and then its fifth; on the second and third another note of the chord, rather a near
one than a far one; on the fourth a note one or two semitones beside the root of the next bar.

A process that is known has a known entropy, the mean of -log₂ P(note) under its own probabilities,
and no model can do better. An LSTM hears the notes alone, no chords and no bar lines: to do well it
must keep the beat, and know where in the twelve bars it is. Beside it, on lines that it has never
heard: the frequencies of the notes, bigrams and trigrams.

The program writes a chorus of its own, as a picture and as a MIDI file to listen to.

Run it with ``python -m examples.music [FOLDER]``; takes some 15 seconds.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from examples._command import command
from examples._figures import COLOURS, bare, finish, new_figure
from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import LSTM, Readout

LOWEST, HIGHEST = 28, 50        # MIDI numbers: E1, the lowest note of a bass, to D3
PITCHES = np.arange(LOWEST, HIGHEST + 1)
NOTES = len(PITCHES)
C, F, G = 0, 5, 7               # roots, as semitones above C
BARS = (C, C, C, C, F, F, C, C, G, F, C, G)
CHORUS = 4 * len(BARS)          # beats
ROOT, THIRD, FIFTH, SEVENTH = 0, 4, 7, 10
FIFTHS_FIRST = 0.2              # how often the first beat of a bar is the fifth
REACH = 4.0                     # leaps get rarer by a factor e for each REACH semitones


def _probabilities():
    """P(note | beat of the chorus, note before): (CHORUS, NOTES, NOTES)."""
    leap = np.abs(PITCHES[:, None] - PITCHES)
    near = np.exp(-leap / REACH)

    def among(*classes):
        """Notes of these pitch classes, near ones rather: (NOTES before, NOTES)."""
        chosen = near * np.isin(PITCHES % 12, np.array(classes) % 12)
        return chosen / chosen.sum(axis=1, keepdims=True)

    found = []
    for bar, root in enumerate(BARS):
        following = BARS[(bar + 1) % len(BARS)]
        first = (1 - FIFTHS_FIRST) * among(root + ROOT) + FIFTHS_FIRST * among(root + FIFTH)
        inner = among(root + ROOT, root + THIRD, root + FIFTH, root + SEVENTH) * (leap > 0)
        last = among(following - 2, following - 1, following + 1, following + 2) * (leap > 0)
        found += [first, inner, inner, last]
    return np.array([p / p.sum(axis=1, keepdims=True) for p in found])


PROBABILITIES = _probabilities()


def lines(rng, count, choruses=2):
    """Notes from 0 to NOTES - 1: (T, B). Before the first stands, unheard, a low C."""
    before = np.full(count, np.flatnonzero(PITCHES % 12 == C)[0])
    found = []
    for t in range(choruses * CHORUS):
        upto = PROBABILITIES[t % CHORUS, before].cumsum(axis=1)         # (B, NOTES)
        before = (rng.random((count, 1)) > upto[:, :-1]).sum(axis=1)
        found.append(before)
    return np.array(found)


# -- bits for each note but the first of each line, which no model is asked for


def process_bits(notes):
    beats = np.arange(1, len(notes)) % CHORUS
    return -np.log2(PROBABILITIES[beats[:, None], notes[:-1], notes[1:]]).mean()


def counting_bits(learned, notes, order):
    """Of a model that counts what followed the last `order` notes. Every count is raised a little,
    by what does best on a tenth of the lines learned from, kept apart for it."""

    def counts(lines):
        found = np.zeros((NOTES,) * (order + 1))
        first = max(order, 1)       # the note before the first is not known
        indices = [lines[first - k : len(lines) - k].ravel() for k in range(order, -1, -1)]
        np.add.at(found, tuple(indices), 1)
        return found

    def bits(model, asked):
        return -(counts(asked) * np.log2(model)).sum() / counts(asked).sum()

    def model(seen, raised):
        raised_counts = seen + raised
        return raised_counts / raised_counts.sum(axis=-1, keepdims=True)

    apart = learned.shape[1] // 10
    rest = counts(learned[:, apart:])
    kept = learned[:, :apart]
    raised = min((0.01, 0.03, 0.1, 0.3, 1.0), key=lambda r: bits(model(rest, r), kept))
    return bits(model(counts(learned), raised), notes)


def network_bits(model, notes):
    with no_grad():
        scores, _ = model(notes[:-1])
        nats = cross_entropy(scores.reshape(-1, NOTES), notes[1:].ravel()).item()
    return nats / np.log(2)


# -- the network


class Player(Module):
    """Notes (T, B) → scores of the next ones (T, B, NOTES), and the state."""

    def __init__(self, hidden, rng):
        self.layer = LSTM(NOTES, hidden, rng=rng)
        self.head = Readout(hidden, NOTES, rng=rng)

    def forward(self, notes, state=None):
        outputs, state = self.layer(notes, state)
        return self.head(outputs), state


def train(learned, updates=300, hidden=64, seed=0):
    rng = np.random.default_rng(seed)
    model = Player(hidden, rng)
    optimizer = optim.Adam(model.parameters())
    for update in range(updates):
        optimizer.lr = 0.01 * (1 - update / updates)
        notes = learned[:, rng.choice(learned.shape[1], size=16, replace=False)]
        scores, _ = model(notes[:-1])
        loss = cross_entropy(scores.reshape(-1, NOTES), notes[1:].ravel())
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model


def improvise(model, count, beats, seed=0):
    """Lines (beats, count) of the model's own, from a low C on: each note drawn from its P."""
    rng = np.random.default_rng(seed)
    found = [np.full(count, np.flatnonzero(PITCHES % 12 == C)[0])]
    state = None
    with no_grad():
        while len(found) < beats:
            scores, state = model(found[-1][None], state)               # (1, B, NOTES)
            # The largest of the scores with Gumbel noise is a draw from their softmax.
            noise = rng.gumbel(size=(count, NOTES))
            found.append((scores.numpy()[0] + noise).argmax(axis=1))
    return np.array(found)


def forbidden(notes):
    """The fractions of the notes that are impossible where they are, by chorus."""
    beats = np.arange(1, len(notes)) % CHORUS
    wrong = PROBABILITIES[beats[:, None], notes[:-1], notes[1:]] == 0
    return [part.mean() for part in np.split(wrong, range(CHORUS, len(wrong), CHORUS))]


def data():
    """800 lines to learn from and 200 others, of two choruses."""
    return lines(np.random.default_rng(0), 800), lines(np.random.default_rng(1), 200)


# -- what one can see and hear


def midi(notes, path, a_minute=140):
    """One line as a Standard MIDI File, for a fingered bass, a quarter of a note each."""

    def number(value):      # seven bits a byte, the last byte without its eighth
        head = [0x80 | (value >> shift) & 0x7F for shift in (14, 7) if value >> shift]
        return bytes([*head, value & 0x7F])

    ticks, last = 480, 30   # of a quarter; of the silence before the next note
    tempo = struct.pack(">I", 60_000_000 // a_minute)[1:]
    events = b"\x00\xff\x51\x03" + tempo + b"\x00\xc0\x21"
    for k, pitch in enumerate(PITCHES[notes].tolist()):
        events += number(last if k else 0) + bytes([0x90, pitch, 90])
        events += number(ticks - last) + bytes([0x80, pitch, 0])
    events += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, ticks)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + b"MTrk" + struct.pack(">I", len(events)) + events)


def plot(notes, path):
    """A chorus: its notes in the colour of their place in the chord, the chords above."""
    figure = new_figure(11, 4)
    axes = figure.subplots()
    roots = np.repeat(BARS, 4)
    above = (PITCHES[notes] - roots) % 12
    beats = np.arange(1, CHORUS + 1)
    rest = ~np.isin(above, (ROOT, THIRD, FIFTH, SEVENTH))
    names = {"root": above == ROOT, "third": above == THIRD, "fifth": above == FIFTH,
             "seventh": above == SEVENTH, "on the way": rest}
    for colour, (name, chosen) in zip((*COLOURS[:4], "#999999"), names.items(), strict=True):
        axes.bar(beats[chosen], 0.8, 0.9, PITCHES[notes][chosen] - 0.4, color=colour, label=name)
    for bar, root in enumerate(BARS):
        axes.axvline(4 * bar + 0.5, color="#dddddd", lw=1, zorder=0)
        axes.text(4 * bar + 2.5, HIGHEST + 1, f"{'C....F.G'[root]}7", ha="center")
    lows = [pitch for pitch in PITCHES.tolist() if pitch % 12 in (C, F, G)]
    axes.set_yticks(lows, [f"{'C....F.G'[p % 12]}{p // 12 - 1}" for p in lows])
    axes.set(xlabel="beat", xticks=range(1, CHORUS, 4))
    axes.set(xlim=(0.5, CHORUS + 0.5), ylim=(LOWEST - 1, HIGHEST + 3))
    axes.legend(ncols=5, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    bare(axes)
    finish(figure, path)


def main(folder="out", updates=600):
    learned, heard = data()
    model = train(learned, updates)
    print(f"bits for each note of {heard.shape[1]} lines never heard")
    for order, name in enumerate(("frequencies", "bigrams", "trigrams", "four notes")):
        print(f"    {name:<16}{counting_bits(learned, heard, order):.3f}")
    print(f"    {'LSTM':<16}{network_bits(model, heard):.3f}")
    print(f"    {'the process':<16}{process_bits(heard):.3f}")
    notes = improvise(model, 100, 4 * CHORUS)
    print("notes in 100 lines of its own that the rules forbid, by chorus (it has heard two):")
    print("    " + "  ".join(f"{share:.1%}" for share in forbidden(notes)))
    path = Path(folder) / "music.mid"
    midi(notes[:, 0], path)
    print(path)
    try:
        plot(notes[:CHORUS, 0], path.with_suffix(".png"))
        print(path.with_suffix(".png"))
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

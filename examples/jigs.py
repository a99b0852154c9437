"""Jigs: a network that has heard 420 Irish dances writes some of its own, to be heard.

467 double jigs as printed in O'Neill's Music of Ireland (1903): notes in 6/8, each a pitch and how
many eighths it lasts. What counts is how many bits the next note costs, -log₂ p(note), in the tunes
of which none was learned from, one in ten of the book, beside

    uniform    every note that there is, equally likely
    n-grams    what followed the last notes, with absolute discounting; how many notes, and which
               discount, is what does best on a tenth of the tunes learned from

An LSTM reads the notes before, without bars or names. Then it writes eight tunes, and the
longest becomes a picture and, where the package mido is installed, a MIDI file.

Run it with ``python -m examples.jigs [FOLDER]``; takes a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from examples._data import padded
from examples._ngrams import Counts, mean_bits
from examples._training import fit
from examples._tunes import END, data, midi, plot, sounded
from minigrad import no_grad
from minigrad.functional import dropout
from minigrad.module import Module
from rnn import LSTM, Readout, generate, losses, sampled


def ngram_bits(learned, heard, kinds, orders=(1, 2, 3, 4, 5, 6), discounts=(0.5, 0.7, 0.8, 0.9)):
    """The bits of the best order and discount, and these two."""
    apart, rest = learned[::10], [tune for k, tune in enumerate(learned) if k % 10]
    models = {order: Counts(rest, order, kinds) for order in orders}
    order, discount = min(
        ((order, discount) for order in orders for discount in discounts),
        key=lambda setting: mean_bits(models[setting[0]], apart, setting[1]),
    )
    return mean_bits(Counts(learned, order, kinds), heard, discount), order, discount


class Player(Module):
    """Notes (T, B) → scores of the next ones (T, B, kinds)."""

    def __init__(self, kinds, hidden, rng):
        self.layer = LSTM(kinds, hidden, how="scan", rng=rng)
        self.head = Readout(hidden, kinds, rng=rng)
        self.rng = rng

    def forward(self, notes, lengths):
        outputs, _ = self.layer(notes, lengths=lengths)
        return self.head(dropout(outputs, 0.5, training=self.training, rng=self.rng))


def nats(model, tunes, reduction="mean"):
    notes, lengths = padded(tunes, END)
    return losses.cross_entropy(
        model(notes[:-1], lengths - 1), notes[1:], reduction, lengths=lengths - 1
    )


def network_bits(model, tunes):
    with no_grad():
        total = nats(model, tunes, "none").numpy().sum()
    return total / sum(len(tune) - 1 for tune in tunes) / np.log(2)


def train(tunes, kinds, updates=400, hidden=128, seed=0):
    rng = np.random.default_rng(seed)
    model = Player(kinds, hidden, rng)

    def loss():
        return nats(model, [tunes[k] for k in rng.choice(len(tunes), size=32, replace=False)])

    return fit(model, loss, updates, lr=0.01)


def improvise(model, count, rng, notes=140):
    """So many tunes, drawn from the model at temperature 0.8, without the END."""
    with no_grad():
        fed = generate(
            model.layer, model.head, np.full(count, END), steps=notes, stop=END,
            feed=sampled(rng, temperature=0.8),
        ).fed.numpy()
    return [row[: [*row, END].index(END)] for row in fed.T]


def main(folder="out", updates=400):
    tunes, words = data()
    heard = tunes[5::10]
    learned = [tune for k, tune in enumerate(tunes) if k % 10 != 5]
    bits, order, discount = ngram_bits(learned, heard, len(words))
    model = train(learned, len(words), updates)
    print(f"bits for each of {sum(map(len, heard)) - len(heard)} notes of {len(heard)} tunes")
    print(f"    uniform    {np.log2(len(words)):.3f}")
    print(f"    n-grams    {bits:.3f}    {order} notes before, discount {discount}")
    print(f"    LSTM       {network_bits(model, heard):.3f}")
    own = improvise(model, 8, np.random.default_rng(0))
    notes = [sounded(words[note]) for note in max(own, key=len)]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for write, path in ((plot, folder / "jigs.png"), (midi, folder / "jigs.mid")):
        try:
            write(notes, path)
            print(path)
        except ImportError as error:
            print(f"no {path.name}: {error}")


if __name__ == "__main__":
    command(main, __doc__)

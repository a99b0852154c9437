"""Names: from which of ten languages does a surname come?

340 surnames each of ten languages written in Latin letters, none of which is in two of the lists.
A GRU reads the letters in both directions, and its last outputs say which language it is. Every
fifth name is held out for the test. The baseline asks each language's n-grams of letters, with
absolute discounting, how likely they find the name; how many letters, and which discount, is what
does best on a tenth of the names that are learned from.

What to see: with 272 names of each language counting is better than a network, which knows them by
heart before it knows what they share. They err differently, and together they are better than one.
The picture shows which languages are taken for which.

Run it with ``python -m examples.names [FOLDER]``; takes half a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from examples._data import FOLDER, padded
from examples._figures import finish, new_figure
from examples._ngrams import Counts
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import cross_entropy, dropout, log_softmax
from minigrad.module import Module
from rnn import GRU, Readout, last


def data():
    """Names in small letters, the numbers of their languages, and these languages."""
    rows = (FOLDER / "names.tsv").read_text(encoding="utf-8").splitlines()[1:]
    languages, names = zip(*(row.split("\t") for row in rows), strict=True)
    known = sorted(set(languages))
    return [n.lower() for n in names], np.array([known.index(x) for x in languages]), known


def by_ngrams(learned, origins, asked, setting):
    """ln p(language | name) of the names asked for, by an order and a discount: (B, 10)."""
    order, discount = setting
    kinds, found = len(set("".join(learned))) + 1, []
    for language in range(origins.max() + 1):
        own = [f"^{learned[k]}$" for k in np.flatnonzero(origins == language)]
        counts = Counts(own, order, kinds)
        found.append([counts.bits(f"^{name}$", discount) for name in asked])
    return log_softmax(-np.log(2) * np.array(found).T, dim=1)


def tuned_ngrams(learned, origins, asked):
    settings = [(order, discount) for order in (1, 2, 3, 4) for discount in (0.5, 0.7, 0.9)]
    apart = np.arange(len(learned)) % 10 == 0
    rest, kept = ([learned[k] for k in np.flatnonzero(part)] for part in (~apart, apart))

    def right(setting):
        told = by_ngrams(rest, origins[~apart], kept, setting)
        return (told.argmax(axis=1) == origins[apart]).mean()

    setting = max(settings, key=right)
    return by_ngrams(learned, origins, asked, setting), setting


class Reader(Module):
    """Letters (T, B) → scores of the languages (B, 10)."""

    def __init__(self, letters, languages, hidden, rng):
        self.reader = GRU(len(letters), hidden, bidirectional=True, how="scan", rng=rng)
        self.head = Readout(2 * hidden, len(languages), rng=rng)
        self.letters, self.rng = letters, rng

    def forward(self, names):
        tokens, lengths = padded([[self.letters.index(c) for c in name] for name in names], 0)
        outputs, _ = self.reader(tokens, lengths=lengths)
        ends = last(outputs, lengths, directions=2)
        return self.head(dropout(ends, 0.5, training=self.training, rng=self.rng))


def train(names, origins, languages, updates=500, hidden=64, seed=0):
    rng = np.random.default_rng(seed)
    model = Reader(sorted(set("".join(names))), languages, hidden, rng)

    def loss():
        chosen = rng.choice(len(names), size=64, replace=False)
        return cross_entropy(model([names[k] for k in chosen]), origins[chosen])

    return fit(model, loss, updates, lr=0.01)


def tell(model, names):
    """ln p(language | name), (B, 10). What is no letter that was learned is left out."""
    known = ["".join(c for c in name if c in model.letters) for name in names]
    with no_grad():
        return log_softmax(model(known), dim=1).numpy()


def plot(languages, origins, said, path):
    """Which language is taken for which."""
    counts = np.zeros((len(languages), len(languages)), int)
    np.add.at(counts, (origins, said), 1)
    figure = new_figure(7, 6)
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            axes.text(column, row, count, ha="center", va="center",
                      color="white" if row == column else "black")
    places = range(len(languages))
    axes.set_xticks(places, languages, rotation=60, ha="right")
    axes.set_yticks(places, languages)
    axes.set(xlabel="taken for", ylabel="surnames of the test")
    finish(figure, path)


def main(folder="out", updates=500, seeds=3):
    names, origins, languages = data()
    test = np.arange(len(names)) % 5 == 2
    learned, asked = ([names[k] for k in np.flatnonzero(part)] for part in (~test, test))
    counted, (order, discount) = tuned_ngrams(learned, origins[~test], asked)
    heard = [tell(train(learned, origins[~test], languages, updates, seed=k), asked)
             for k in range(seeds)]

    def right(p):
        return (p.argmax(axis=1) == origins[test]).mean()

    shares = ", ".join(f"{right(p):.1%}" for p in heard)
    print(f"n-grams    {right(counted):.1%} of {len(asked)} names right"
          f"    ({order} letters before, discount {discount})")
    print(f"GRU        {np.mean([right(p) for p in heard]):.1%}    (with {seeds} seeds: {shares})")
    both = counted + heard[0]
    print(f"together   {right(both):.1%}    (n-grams and the first GRU, the sum of ln p)")
    path = Path(folder) / "names.png"
    try:
        plot(languages, origins[test], both.argmax(axis=1), path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

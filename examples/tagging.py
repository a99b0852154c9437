"""Many to many, aligned: a syntax highlighter that has learned what Python looks like.

Each character of Python source is tagged as keyword, name, number, string, comment, operator or
space. The source comes with every CPython, and the true tags from its own tokenizer. The network
learns from five modules of the standard library and is tested on three that it never saw.

Whether the "i" of "in" begins a keyword depends on what comes after it ("int" is a name), and
whether a word is part of a string on what came before. So a layer that reads forward alone does
less well than one that reads in both directions. Baselines: the commonest tag of each character,
and of each character together with its neighbours.

The program prints how well each tag is found, and some source in the colours of its tags; the
picture marks what is wrong.

Run it with ``python -m examples.tagging [FOLDER]``; takes some seconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from examples._command import command
from examples._tags import CHARACTERS, TAGS, coloured, plot, text
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import GRU, Readout

LEARNED = ("textwrap", "heapq", "string", "calendar", "colorsys")
TESTED = ("bisect", "fnmatch", "shlex")
WINDOW = 96         # characters that are read at a time


def windows(source, labels):
    """Text cut into windows: characters and tags (T, B). What is left at the end is left out."""
    count = len(source) // WINDOW
    codes = np.array([CHARACTERS.index(c) for c in source])
    return tuple(a[: count * WINDOW].reshape(count, WINDOW).T for a in (codes, labels))


def commonest(learned, tested, around):
    """The commonest tag of each character with `around` neighbours on each side: counts from
    `learned`, tags for `tested`. What was never seen is guessed from the character alone."""

    def contexts(codes, reach):
        padded = np.pad(codes, ((reach, reach), (0, 0)), constant_values=-1)
        views = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=0)
        return [tuple(view) for view in views.reshape(-1, 2 * reach + 1).tolist()]

    guesses = []
    for reach in {0, around}:
        counts = defaultdict(Counter)
        for context, tag in zip(contexts(learned[0], reach), learned[1].ravel(), strict=True):
            counts[context][tag] += 1
        best = {context: counter.most_common(1)[0][0] for context, counter in counts.items()}
        guesses.append([best.get(context, -1) for context in contexts(tested[0], reach)])
    found = np.array(guesses)
    return np.where(found[-1] >= 0, found[-1], found[0]).reshape(tested[0].shape)


class Tagger(Module):
    """Characters (T, B) → scores of the tags (T, B, 7)."""

    def __init__(self, hidden, bidirectional, rng):
        self.reader = GRU(len(CHARACTERS), hidden, bidirectional=bidirectional, how="scan", rng=rng)
        self.head = Readout(self.reader.output_size, len(TAGS), rng=rng)

    def forward(self, characters):
        outputs, _ = self.reader(characters)
        return self.head(outputs)


def train(learned, bidirectional, updates=150, hidden=32, seed=0):
    rng = np.random.default_rng(seed)
    model = Tagger(hidden, bidirectional, rng)

    def loss():
        chosen = rng.choice(learned[0].shape[1], size=16, replace=False)
        characters, targets = (a[:, chosen] for a in learned)
        return cross_entropy(model(characters).reshape(-1, len(TAGS)), targets.reshape(-1))

    return fit(model, loss, updates, lr=0.02)


def predict(model, characters):
    with no_grad():
        return model(characters).numpy().argmax(axis=2)


def right(said, tested):
    """The fraction of the characters that are tagged right, spaces between tokens not counted."""
    counted = tested[1] != TAGS.index("space")
    return (said == tested[1])[counted].mean()


def by_tag(said, tested):
    """Of each tag: its precision, how much of what is said to have it has it, its recall, how much
    of what has it is said to, and how many characters have it."""
    found = {}
    for k, tag in enumerate(TAGS):
        told, true = said == k, tested[1] == k
        both = (told & true).sum()
        found[tag] = both / max(told.sum(), 1), both / true.sum(), true.sum()
    return found


def main(folder="out", updates=150):
    learned, tested = (windows(*text(modules)) for modules in (LEARNED, TESTED))
    print(f"{tested[0].size} characters of modules never seen, tagged right by")
    for name, around in (("the commonest tag of a character", 0), ("and of its neighbours", 1)):
        print(f"    {name:<35}{right(commonest(learned, tested, around), tested):.1%}")
    for name, both in (("a GRU that reads forward", False), ("a GRU in both directions", True)):
        model = train(learned, both, updates)
        said = predict(model, tested[0])
        print(f"    {name:<35}{right(said, tested):.1%}")
    print("\nthe last one by tag    precision    recall    characters")
    for tag, (precision, recall, count) in by_tag(said, tested).items():
        print(f"    {tag:<19}{precision:>8.1%}{recall:>11.1%}{count:>11}")
    shown = slice(20, 30)
    source = "".join(CHARACTERS[k] for k in tested[0].T[shown].ravel())
    told, truth = said.T[shown].ravel(), tested[1].T[shown].ravel()
    print("\n" + coloured(source, told))
    path = Path(folder) / "tagging.png"
    try:
        plot(source, told, truth, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

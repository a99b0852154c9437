"""Many to many, aligned: which characters of a text are inside brackets?

A bracket that is never closed encloses nothing, so whether a character is inside can depend on what
comes after it. A layer that reads forward alone cannot know; one that reads in both directions can.

Run it with ``python -m examples.tagging``.
"""

from __future__ import annotations

import numpy as np

from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import GRU, Readout

CHARACTERS, LONGEST = "ab()", 16
OPENING, CLOSING = CHARACTERS.index("("), CHARACTERS.index(")")
IGNORED = -100  # a target that cross_entropy passes over


def tags(text):
    """1 for what is between the last "(" before it and a ")" after it, with no "(" between."""
    found, opened = [0] * len(text), None
    for k, character in enumerate(text):
        if character == OPENING:
            opened = k
        elif character == CLOSING and opened is not None:
            found[opened + 1 : k] = [1] * (k - opened - 1)
            opened = None
    return found


def texts(rng, count):
    """Texts as characters (T, B), padded with -1; their lengths (B,); their tags (T, B)."""
    lengths = rng.integers(6, LONGEST + 1, size=count)
    characters, targets = np.full((2, LONGEST, count), [[[-1]], [[IGNORED]]])
    for b, length in enumerate(lengths):
        text = rng.choice(len(CHARACTERS), size=length, p=[0.35, 0.35, 0.15, 0.15])
        characters[:length, b], targets[:length, b] = text, tags(text)
    return characters, lengths, targets


class Tagger(Module):
    """Characters (T, B) → scores (T, B, 2) of outside and inside."""

    def __init__(self, hidden, bidirectional, rng):
        self.reader = GRU(len(CHARACTERS), hidden, bidirectional=bidirectional, rng=rng)
        self.head = Readout(self.reader.output_size, 2, rng=rng)

    def forward(self, characters, lengths):
        outputs, _ = self.reader(characters, lengths=lengths)
        return self.head(outputs)


def train(bidirectional, updates=150, seed=0):
    rng = np.random.default_rng(seed)
    model = Tagger(16, bidirectional, rng)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(updates):
        characters, lengths, targets = texts(rng, 32)
        scores = model(characters, lengths)
        loss = cross_entropy(scores.reshape(-1, 2), targets.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def score(model, count=500, seed=1):
    """The fraction of the characters of new texts that are tagged right."""
    characters, lengths, targets = texts(np.random.default_rng(seed), count)
    with no_grad():
        said = model(characters, lengths).numpy().argmax(axis=2)
    return (said == targets)[targets != IGNORED].mean()


def main(updates=150):
    for name, both in (("forward only", False), ("both directions", True)):
        print(f"characters tagged right, reading {name}: {score(train(both, updates)):.2%}")


if __name__ == "__main__":
    main()

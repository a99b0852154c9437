"""Many to one: in which of three made-up languages is a word written?

The languages have the same letters, and use them equally often; they differ in which letter follows
which. So counting letters is no better than guessing, and how well one can do at best is known: by
comparing the probabilities of the word in the three languages (Bayes). A GRU reads the word, of any
length from 4 to 16 letters, and its last output is classified.

Run it with ``python -m examples.many_to_one``.
"""

from __future__ import annotations

import numpy as np

from examples._command import command
from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import GRU, Readout, last

LETTERS, LONGEST = "abcde", 16
SHIFTS = (1, 2, 3)  # language k: the letter SHIFTS[k] further on in the alphabet often comes next
OFTEN = 0.6

RARELY = (1 - OFTEN) / (len(LETTERS) - 1)
FOLLOWS = np.full((len(SHIFTS), len(LETTERS), len(LETTERS)), RARELY)    # P(next | language, letter)
for k, shift in enumerate(SHIFTS):
    for letter in range(len(LETTERS)):
        FOLLOWS[k, letter, (letter + shift) % len(LETTERS)] = OFTEN


def words(rng, count):
    """Words as letters (T, B), padded with -1; their lengths (B,); their languages (B,)."""
    languages = rng.integers(len(SHIFTS), size=count)
    lengths = rng.integers(4, LONGEST + 1, size=count)
    letters = np.full((LONGEST, count), -1)
    letters[0] = rng.integers(len(LETTERS), size=count)
    for t in range(1, LONGEST):
        often = FOLLOWS[languages, letters[t - 1]].cumsum(axis=1)       # (B, letters)
        letters[t] = (rng.random((count, 1)) > often[:, :-1]).sum(axis=1)
    letters[np.arange(LONGEST)[:, None] >= lengths] = -1
    return letters, lengths, languages


def best_guess(letters, lengths):
    """The language in which the word is likeliest."""
    steps = np.log(FOLLOWS[:, letters[:-1], letters[1:]])               # (languages, T - 1, B)
    own = np.arange(1, LONGEST)[:, None] < lengths
    return np.where(own, steps, 0).sum(axis=1).argmax(axis=0)


class Classifier(Module):
    """Letters (T, B) → scores of the languages (B, 3)."""

    def __init__(self, hidden, rng):
        self.reader = GRU(len(LETTERS), hidden, how="scan", rng=rng)
        self.head = Readout(hidden, len(SHIFTS), rng=rng)

    def forward(self, letters, lengths):
        outputs, _ = self.reader(letters, lengths=lengths)              # (T, B, H)
        return self.head(last(outputs, lengths))


def train(updates=250, seed=0):
    rng = np.random.default_rng(seed)
    model = Classifier(16, rng)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(updates):
        letters, lengths, languages = words(rng, 64)
        loss = cross_entropy(model(letters, lengths), languages)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def score(model, count=2000, seed=1):
    """The fractions of new words that the model, and the best possible guess, get right."""
    letters, lengths, languages = words(np.random.default_rng(seed), count)
    with no_grad():
        said = model(letters, lengths).numpy().argmax(axis=1)
    return (said == languages).mean(), (best_guess(letters, lengths) == languages).mean()


def main(updates=250):
    right, best = score(train(updates))
    print(f"languages of 2,000 new words: {right:.1%} right; at best {best:.1%}; guessing 33.3%")


if __name__ == "__main__":
    command(main, __doc__)

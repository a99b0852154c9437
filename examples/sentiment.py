"""Sentiment: does this one-sentence review recommend the film?

The reviews are made up by a small grammar in which words alone say nothing: what counts is what a
word such as "hardly" does to the next adjective, and which half of the sentence has the last word.

    the plot was hardly dull                                              +
    the songs were far from clever, but the cast was never dull           +
    although the cast was great, the story was not particularly moving    -

In "A, but B" and "although A, B" it is B that counts, in "A, although B" it is A; A and B disagree.
Praise and blame are equally frequent, negated as often as not. Some pairs of negation and adjective
("never moving") occur in no review that is learned from and in every review that is tested: to get
them right, what a negation does has to have been learned from the others.

Baselines: naive Bayes on words, and on pairs of neighbouring words, which knows what "hardly dull"
means but not which half counts, and takes "never moving" for praise, as "moving" mostly is.

Run it with ``python -m examples.sentiment``; takes some seconds.
"""

from __future__ import annotations

import itertools

import numpy as np

from examples._command import command
from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import LSTM, Readout, last

GOOD = ["good", "great", "funny", "moving", "clever", "charming", "fresh", "gripping"]
BAD = ["bad", "dull", "silly", "boring", "weak", "clumsy", "stale", "shallow"]
PLAIN = ("was", "was very", "was really", "was particularly")
NEGATED = ("was not", "was never", "was hardly", "was not very", "was not particularly",
           "was not at all", "was far from", "was anything but")
THINGS = ["film", "plot", "cast", "story", "ending", "music", "dialogue", "pace"]
WORDS = sorted({*GOOD, *BAD, *" ".join((*PLAIN, *NEGATED)).split(), *THINGS, "the", "but",
                "although", ","})
INDEX = {word: k for k, word in enumerate(WORDS)}


def held_out(phrase, adjective):
    """Whether this negation of this adjective is kept from training: an eighth of all of them."""
    return (NEGATED.index(phrase) + (GOOD + BAD).index(adjective)) % len(NEGATED) == 0


def clause(rng, positive, new):
    """A clause that praises or blames; with `new`, by a negation that is kept from training."""
    negated = new or rng.random() < 0.5
    while True:
        phrase = str(rng.choice(NEGATED if negated else PLAIN))
        adjective = str(rng.choice(GOOD if positive != negated else BAD))
        if not negated or held_out(phrase, adjective) == new:
            return f"the {rng.choice(THINGS)} {phrase} {adjective}"


def review(rng, new=False):
    """(sentence, whether it recommends the film). new: what decides is a held-out negation."""
    positive = bool(rng.random() < 0.5)
    counts, other = clause(rng, positive, new), clause(rng, not positive, False)
    form = rng.integers(4)
    sentence = (
        counts, f"{other} , but {counts}", f"although {other} , {counts}",
        f"{counts} , although {other}",
    )[form]
    return sentence, int(positive)


def reviews(rng, count, new=False):
    return [review(rng, new) for _ in range(count)]


def padded(rows):
    """Words (T, B), padded with -1; the lengths (B,); the verdicts (B,)."""
    sentences = [sentence.split() for sentence, _ in rows]
    lengths = np.array([len(sentence) for sentence in sentences])
    words = np.full((lengths.max(), len(rows)), -1)
    for b, sentence in enumerate(sentences):
        words[: len(sentence), b] = [INDEX[word] for word in sentence]
    return words, lengths, np.array([verdict for _, verdict in rows])


def naive_bayes(training, rows, pairs=False):
    """The verdict that makes the words of a sentence likeliest, or with `pairs` its pairs of
    neighbouring words; each count is raised by one."""

    def contents(sentence):
        words = sentence.split()
        return set(itertools.pairwise(words)) if pairs else set(words)

    counts = {}
    for sentence, verdict in training:
        for item in contents(sentence):
            counts.setdefault(item, np.ones(2))[verdict] += 1
    totals = np.bincount([verdict for _, verdict in training], minlength=2) + 2.0
    step = {item: np.log(count / totals) for item, count in counts.items()}
    return np.array([
        sum((step[item] for item in contents(sentence) if item in step), np.zeros(2)).argmax()
        for sentence, _ in rows
    ])


class Reader(Module):
    """Words (T, B) → scores (B, 2) of blame and praise."""

    def __init__(self, hidden, rng):
        self.reader = LSTM(len(WORDS), hidden, rng=rng)
        self.head = Readout(hidden, 2, rng=rng)

    def forward(self, words, lengths):
        outputs, _ = self.reader(words, lengths=lengths)                # (T, B, H)
        return self.head(last(outputs, lengths))


def train(training, updates=300, hidden=32, seed=0):
    rng = np.random.default_rng(seed)
    model = Reader(hidden, rng)
    optimizer = optim.Adam(model.parameters())
    for update in range(updates):
        optimizer.lr = 0.02 * (1 - update / updates)
        batch = [training[k] for k in rng.choice(len(training), size=64, replace=False)]
        words, lengths, verdicts = padded(batch)
        loss = cross_entropy(model(words, lengths), verdicts)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model


def verdicts(model, rows):
    words, lengths, _ = padded(rows)
    with no_grad():
        return model(words, lengths).numpy().argmax(axis=1)


def data():
    """4,000 reviews to learn from, 1,000 others, and 1,000 decided by negations never seen."""
    return (
        reviews(np.random.default_rng(0), 4000),
        {"new reviews": reviews(np.random.default_rng(1), 1000),
         "new negations": reviews(np.random.default_rng(2), 1000, new=True)},
    )


def scores(model, training, tests):
    """The fractions that are right, by test and way."""
    found = {}
    for test, rows in tests.items():
        right = np.array([verdict for _, verdict in rows])
        ways = {
            "words": naive_bayes(training, rows),
            "pairs of words": naive_bayes(training, rows, pairs=True),
            "LSTM": verdicts(model, rows),
        }
        found |= {(test, way): (said == right).mean() for way, said in ways.items()}
    return found


def main(updates=300):
    training, tests = data()
    model = train(training, updates)
    for sentence in (
        "the plot was not at all good",
        "although the plot was far from good , the ending was anything but stale",
    ):
        said = "+" if verdicts(model, [(sentence, 0)])[0] else "-"
        print(f"{said}  {sentence}")
    for (test, way), score in scores(model, training, tests).items():
        print(f"{test}, right by {way}: {score:.1%}")


if __name__ == "__main__":
    command(main, __doc__)

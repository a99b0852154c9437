"""Japanese vowels: who of nine men is it that says "ae"?

640 utterances of two vowels, each of 7 to 29 frames of 12 numbers, coefficients of the sound's
spectrum. Of every man 30 utterances are learned from; the other 370 are the test, as its authors
have split it. A GRU reads in both directions and says at every frame who it is; the answer for an
utterance is the man for whom the mean of log p over its frames is highest. The batches are ragged:
behind the end of an utterance stands NaN, and nothing of it gets anywhere.

Two baselines, each with its setting chosen by cross-validation on what is learned from:

    logistic regression     on the mean and the standard deviation of each coefficient
    dynamic time warping    the nearest utterance, where both may be stretched in time

Run it with ``python -m examples.japanese_vowels [FOLDER]``; takes half a minute.

Kudo, Toyama and Shimbo, Multidimensional curve classification using passing-through regions,
Pattern Recognition Letters 20 (1999).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._baselines import cross_validated, logistic_regression, nearest_warped
from examples._command import command
from examples._data import arrays, padded
from examples._figures import COLOURS, bare, finish, line, new_figure
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import log_softmax
from minigrad.module import Module
from rnn import GRU, Readout, losses

MEN, CHANNELS, LEARNED = 9, 12, 270
NOISE = 0.3                 # added to what is learned from, in standard deviations


def data():
    """Utterances, a list of (T, 12), by the mean and deviation of those learned from; and men."""
    file = arrays("japanese_vowels.npz")
    utterances = np.split(file["frames"], np.cumsum(file["lengths"].astype(int))[:-1])
    known = np.concatenate(utterances[:LEARNED])
    scaled = [(u - known.mean(axis=0)) / known.std(axis=0) for u in utterances]
    return scaled, file["speakers"].astype(int) - 1


# -- baselines


def features(utterances):
    return np.array([[*u.mean(axis=0), *u.std(axis=0)] for u in utterances])


# -- the network


class Listener(Module):
    """Frames (T, B, 12) → at each of them scores of the men (T, B, 9)."""

    def __init__(self, hidden, rng):
        self.reader = GRU(CHANNELS, hidden, bidirectional=True, how="scan", rng=rng)
        self.head = Readout(2 * hidden, MEN, rng=rng)

    def forward(self, frames, lengths):
        outputs, _ = self.reader(frames, lengths=lengths)
        return self.head(outputs)


def train(learned, men, updates=200, hidden=48, batch=54, seed=0):
    rng = np.random.default_rng(seed)
    model = Listener(hidden, rng)

    def loss():
        chosen = rng.choice(len(learned), size=batch, replace=False)
        frames, lengths = padded([learned[k] for k in chosen], np.nan)
        frames += NOISE * rng.normal(size=frames.shape)
        wanted = np.broadcast_to(men[chosen], frames.shape[:2])         # the same at every frame
        return losses.cross_entropy(model(frames, lengths), wanted, lengths=lengths)

    return fit(model, loss, updates, lr=0.01)


def listen(model, utterances):
    """log p of each man at each frame, NaN behind the end: (T, B, 9)."""
    frames, lengths = padded(utterances, np.nan)
    with no_grad():
        found = log_softmax(model(frames, lengths)).numpy()
    within = np.arange(len(found))[:, None] < lengths                   # (T, B)
    return np.where(within[:, :, None], found, np.nan)


def plot(heard, who, said, path):
    """What is thought at each frame of an utterance; who is taken for whom."""
    figure = new_figure(9, 4)
    belief, taken = figure.subplots(1, 2)
    for man, p in enumerate(np.exp(heard).T, start=1):
        belief.plot(np.arange(1, len(p) + 1), p, label=man, **line(man - 1))
    belief.set(title="p of each man, in an unsure case", xlabel="frame", ylim=(0, 1.05))
    belief.legend(fontsize=8, frameon=False, ncols=2)
    bare(belief)
    counts = np.zeros((MEN, MEN), int)
    np.add.at(counts, (who, said), 1)
    taken.imshow(np.sqrt(counts), cmap="Blues")
    for (row, column), count in np.ndenumerate(counts):
        if count:
            taken.text(column, row, count, ha="center", va="center", fontsize=8,
                       color="white" if row == column else COLOURS[1])
    taken.set(title="370 utterances of the test", xlabel="taken for", ylabel="spoken by",
              xticks=range(MEN), yticks=range(MEN), xticklabels=range(1, MEN + 1),
              yticklabels=range(1, MEN + 1))
    finish(figure, path)


def main(folder="out", updates=200, seeds=3):
    utterances, men = data()
    learned, asked = utterances[:LEARNED], utterances[LEARNED:]
    known, who = men[:LEARNED], men[LEARNED:]
    seen = features(learned)
    decay = cross_validated(logistic_regression, (1e-4, 1e-3, 1e-2, 1e-1), seen, known)
    said = logistic_regression(seen, known, features(asked), decay)
    print(f"logistic regression     {(said == who).mean():.1%} of 370 utterances right")
    print(f"dynamic time warping    {(nearest_warped(learned, known, asked) == who).mean():.1%}")
    right = []
    for seed in range(seeds):
        heard = listen(train(learned, known, updates, seed=seed), asked)
        said = np.nanmean(heard, axis=0).argmax(axis=1)
        right.append((said == who).mean())
    print(f"GRU                     {np.mean(right):.1%}  (with {seeds} seeds: "
          + ", ".join(f"{share:.1%}" for share in right) + ")")
    path = Path(folder) / "japanese_vowels.png"
    try:
        least = np.nanmean(heard, axis=0).max(axis=1).argmin()          # of which it is unsure
        plot(heard[: len(asked[least]), least], who, said, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

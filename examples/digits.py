"""Handwritten digits, read row by row and pixel by pixel.

1,797 digits of 13 people, 8 × 8 pixels of 17 greys. A GRU reads a digit in both directions, as 8
rows or as 64 pixels one after the other, and its last outputs say which it is. To see that a digit
is a 9 from its pixels it has to know after 64 steps what it has seen in the first. The first two
thirds, in the order of the file, are learned from, and the rest, much of it by other people, is the
test. What is learned from is blurred by noise, so that it is not learned by heart.

The baseline is logistic regression on the 64 pixels, with a penalty chosen by cross-validation.

Run it with ``python -m examples.digits [FOLDER]``; takes a minute.

Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI Machine Learning Repository
(1998). Pixel by pixel: Le, Jaitly and Hinton, A simple way to initialize recurrent networks of
rectified linear units (2015).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._baselines import cross_validated, logistic_regression
from examples._command import command
from examples._data import FOLDER
from examples._figures import finish, new_figure
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import cross_entropy
from minigrad.module import Module
from rnn import GRU, Readout, last

LEARNED = 1198
NOISE = 0.2                 # of the greys, which are from 0 to 1


def data():
    """Greys (1797, 64), and which digits they are."""
    table = np.loadtxt(FOLDER / "digits.csv.gz", delimiter=",", dtype=np.float32)
    return table[:, :64] / 16, table[:, 64].astype(int)


def sequences(greys, width):
    """Digits as sequences of so many pixels at a time: (64 / width, B, width)."""
    return greys.reshape(len(greys), -1, width).swapaxes(0, 1)


class Reader(Module):
    """Pixels (T, B, width) → scores of the digits (B, 10)."""

    def __init__(self, width, hidden, rng):
        self.reader = GRU(width, hidden, bidirectional=True, how="scan", rng=rng)
        self.head = Readout(2 * hidden, 10, rng=rng)

    def forward(self, pixels):
        outputs, _ = self.reader(pixels)
        return self.head(last(outputs, directions=2))


def train(greys, digits, width, updates, hidden, batch, seed=0):
    rng = np.random.default_rng(seed)
    model = Reader(width, hidden, rng)

    def loss():
        chosen = rng.choice(len(greys), size=batch, replace=False)
        pixels = sequences(greys[chosen], width)
        noise = NOISE * rng.normal(size=pixels.shape).astype(np.float32)
        return cross_entropy(model(pixels + noise), digits[chosen])

    return fit(model, loss, updates, lr=0.01)


def read(model, greys, width):
    with no_grad():
        return model(sequences(greys, width)).numpy().argmax(axis=1)


def plot(greys, digits, said, path):
    """Those of the test that are misread pixel by pixel, with what they are taken for."""
    figure = new_figure(9, 4)
    axes = figure.add_subplot()
    axes.set_axis_off()
    wall = np.zeros((3 * 11, 8 * 11))
    for place, k in enumerate(np.flatnonzero(said != digits)[:24]):
        top, left = 11 * (place // 8), 11 * (place % 8)
        wall[top + 3 : top + 11, left + 1 : left + 9] = greys[k].reshape(8, 8)
        axes.text(left + 4.5, top + 2, f"{digits[k]}, read as {said[k]}", ha="center", fontsize=8)
    axes.imshow(wall, cmap="Greys")
    finish(figure, path)


def main(folder="out", updates=1200, seeds=2):
    greys, digits = data()
    learned, asked = greys[:LEARNED], greys[LEARNED:]
    known, wanted = digits[:LEARNED], digits[LEARNED:]
    decay = cross_validated(logistic_regression, (1e-4, 1e-3, 1e-2, 1e-1), learned, known)
    said = logistic_regression(learned, known, asked, decay)
    print(f"logistic regression    {(said == wanted).mean():.1%} of {len(asked)} digits right")
    for name, width, hidden, batch in (("row by row", 8, 96, 64), ("pixel by pixel", 1, 64, 32)):
        right = []
        for seed in range(seeds):
            model = train(learned, known, width, updates, hidden, batch, seed)
            said = read(model, asked, width)
            right.append((said == wanted).mean())
        shares = ", ".join(f"{share:.1%}" for share in right)
        print(f"GRU, {name:<17} {np.mean(right):.1%}  (with {seeds} seeds: {shares})")
    path = Path(folder) / "digits.png"
    try:
        plot(asked, wanted, said, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

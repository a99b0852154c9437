"""Dates in many notations → ISO 8601, by an encoder, a decoder and attention.

"3. März 1987", "le 3 mars 1987", "3/III/87" and "Tue, 03 Mar 1987" are all 1987-03-03. A GRU reads
the characters in both directions; another writes the ten characters of the ISO date, and looks at
each of them back at what the first has read: its state scores the encoder's outputs by a bilinear
form, and their mean by the softmax of the scores is read beside the state (Luong, Pham and Manning,
2015). The network is told nothing of months, languages or digits.

The dates are those of 1950 to 2049; a year of two digits is one of these. A fifth of the dates is
never shown in training, in no notation. Two baselines:

    strptime        of the standard library, with the formats of the twelve notations that it knows
    no attention    the same encoder and decoder, trained as long, with the last state alone

Run it with ``python -m examples.dates [FOLDER]``; takes a minute.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from examples._data import padded
from examples._dates import CHARACTERS, COUNT, NOTATIONS, by_strptime, iso, written
from examples._figures import finish, new_figure
from examples._training import fit
from minigrad import no_grad
from minigrad.functional import softmax
from minigrad.module import Module
from rnn import GRU, Readout, generate, greedy, join_directions, losses

ISO = "-0123456789"
END = len(ISO)                          # the token that the decoder ends with, and starts from


def split(rng):
    """The numbers of the dates, in training and held out."""
    numbers = rng.permutation(COUNT)
    return numbers[COUNT // 5 :], numbers[: COUNT // 5]


def read(texts):
    return padded([[CHARACTERS.index(c) for c in text] for text in texts], 0)


class Translator(Module):
    """Characters (S, B) → scores of the ISO characters (T, B, 12)."""

    def __init__(self, hidden, rng, attends=True):
        self.encoder = GRU(len(CHARACTERS), hidden, bidirectional=True, how="scan", rng=rng)
        self.decoder = GRU(END + 1, 2 * hidden, how="scan", rng=rng)
        self.score = Readout(2 * hidden, 2 * hidden, bias=False, rng=rng)
        self.head = Readout((4 if attends else 2) * hidden, END + 1, rng=rng)
        self.attends = attends

    def encoded(self, characters, lengths):
        outputs, state = self.encoder(characters, lengths=lengths)      # (S, B, 2H)
        hidden = np.arange(len(characters)) >= lengths[:, None]         # (B, S)
        return outputs.swapaxes(0, 1), hidden, join_directions(state)

    def weights(self, h, memory, hidden):
        """How much each of the decoder's states (B, T, 2H) attends to what: (B, T, S)."""
        scores = self.score(h) @ memory.swapaxes(1, 2)
        return softmax(np.where(hidden[:, None], -1e9, scores), axis=2)

    def said(self, h, memory, hidden):
        if self.attends:
            h = np.concatenate([h, self.weights(h, memory, hidden) @ memory], axis=2)
        return self.head(h)

    def forward(self, characters, lengths, before):
        memory, hidden, state = self.encoded(characters, lengths)
        outputs, _ = self.decoder(before, state)                        # (T, B, 2H)
        return self.said(outputs.swapaxes(0, 1), memory, hidden).swapaxes(0, 1)


def translate(model, texts):
    """What the model writes for them, running free."""
    with no_grad():
        memory, hidden, state = model.encoded(*read(texts))
        fed = generate(
            model.decoder, lambda h: model.said(h[:, None], memory, hidden)[:, 0],
            np.full(len(texts), END), state, steps=11, feed=greedy, stop=END,
        ).fed.numpy()                                                   # (T, B)
    return ["".join(ISO[c] for c in row[: [*row, END].index(END)]) for row in fed.T]


def train(numbers, updates=800, hidden=48, seed=0, attends=True):
    rng = np.random.default_rng(seed)
    model = Translator(hidden, rng, attends)

    def loss():
        chosen = rng.choice(numbers, size=64, replace=False)
        texts = [written(n, rng.integers(len(NOTATIONS))) for n in chosen]
        wanted = np.array([[*map(ISO.index, iso(n)), END] for n in chosen]).T   # (11, B)
        before = np.vstack([np.full(64, END), wanted[:-1]])
        return losses.cross_entropy(model(*read(texts), before), wanted)

    return fit(model, loss, updates, lr=0.01)


def plot(model, numbers, path):
    """For some notations, how much the decoder attends to what when it writes."""
    figure = new_figure(12, 6)
    panels = figure.subplots(2, 3).flat
    for axes, number, notation in zip(panels, numbers, (2, 3, 8, 12, 14, 15), strict=False):
        text, answer = written(number, notation), iso(number)
        before = np.array([END, *map(ISO.index, answer)])[:, None]
        with no_grad():
            memory, hidden, state = model.encoded(*read([text]))
            h = model.decoder(before, state)[0].swapaxes(0, 1)
            weights = model.weights(h, memory, hidden)[0].numpy()       # (11, S)
        axes.imshow(weights, cmap="Greys", vmin=0, vmax=1)
        axes.set_xticks(range(len(text)), text, fontsize=8)
        axes.set_yticks(range(11), [*answer, "end"], fontsize=8)
    finish(figure, path)


def main(folder="out", updates=800, asked=2000):
    numbers, held_out = split(np.random.default_rng(0))
    held_out = held_out[:asked]
    texts = [written(n, k % len(NOTATIONS)) for k, n in enumerate(held_out)]
    wanted = [iso(n) for n in held_out]
    model = train(numbers, updates)
    ways = {
        "strptime": [by_strptime(text) for text in texts],
        "no attention": translate(train(numbers, updates, attends=False), texts),
        "attention": translate(model, texts),
    }
    for text, said in zip(texts[: len(NOTATIONS)], ways["attention"], strict=False):
        print(f"{text:>28} -> {said}")
    for way, said in ways.items():
        right = np.mean([s == w for s, w in zip(said, wanted, strict=True)])
        print(f"{way:<13} {right:.1%} of {asked} dates never seen, right to the last character")
    path = Path(folder) / "dates.png"
    try:
        plot(model, held_out, path)
        print(path)
    except ImportError as error:
        print(f"no picture: {error}")


if __name__ == "__main__":
    command(main, __doc__)

"""Encoder and decoder: from Roman numerals to decimal digits.

One GRU reads the numeral; another starts from its state and writes the number, digit by digit,
until it writes the end. In training it reads the true digits (teacher forcing); then it runs free.
A fifth of the numbers from 1 to 999 is never shown in training.

A simple baseline adds up what the symbols stand for, wherever they stand: right for VI, wrong for
IV. The network has to learn where a symbol stands, and is not even told what any of them is worth.

Run it with ``python -m examples.encoder_decoder``.
"""

from __future__ import annotations

import numpy as np

from examples._command import command
from minigrad import no_grad, optim
from minigrad.functional import cross_entropy
from rnn import GRU, Readout, Seq2Seq, losses

SYMBOLS, DIGITS = "IVXLCDM", "0123456789"
END = len(DIGITS)       # the token that the decoder ends with, and starts from
VALUES = {
    "M": 1000, "CM": 900, "D": 500, "CD": 400, "C": 100, "XC": 90, "L": 50, "XL": 40, "X": 10,
    "IX": 9, "V": 5, "IV": 4, "I": 1,
}


def roman(number):
    text = ""
    for symbol, value in VALUES.items():
        text += symbol * (number // value)
        number %= value
    return text


def padded(rows):
    """Tokens (T, B), padded with -1, and lengths (B,)."""
    lengths = np.array([len(row) for row in rows])
    tokens = np.full((lengths.max(), len(rows)), -1)
    for b, row in enumerate(rows):
        tokens[: len(row), b] = row
    return tokens, lengths


def sources(numbers):
    return padded([[SYMBOLS.index(s) for s in roman(n)] for n in numbers])


def targets(numbers):
    return padded([[*map(DIGITS.index, str(n)), END] for n in numbers])


def split(rng):
    """The numbers from 1 to 999, in training and held out."""
    numbers = rng.permutation(np.arange(1, 1000))
    return numbers[200:], numbers[:200]


def translator(hidden, rng):
    encoder = GRU(len(SYMBOLS), hidden, how="scan", rng=rng)
    decoder = GRU(len(DIGITS) + 1, hidden, how="scan", rng=rng)
    return Seq2Seq(encoder, decoder, Readout(hidden, len(DIGITS) + 1, rng=rng), start=END, rng=rng)


def loss_of(model, numbers):
    """The mean over the numbers of the negative log-likelihood of their digits."""
    (source, ends), (target, target_ends) = sources(numbers), targets(numbers)
    scores = model(source, target, ends, target_ends)                   # (T, B, 11)
    T, B, Q = scores.shape
    known = np.maximum(target, 0)       # what stands for padding is not counted
    nats = cross_entropy(scores.reshape(T * B, Q), known.reshape(T * B), reduction="none")
    return losses.over_time(nats.reshape(T, B), "sum", target_ends)


def train(updates=300, hidden=48, seed=0):
    rng = np.random.default_rng(seed)
    training, held_out = split(rng)
    model = translator(hidden, rng)
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for update in range(updates):
        optimizer.lr = 0.02 * (1 - update / updates)
        loss = loss_of(model, rng.choice(training, size=64, replace=False))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model, training, held_out


def translate(model, numbers):
    """What the model writes for these numbers' numerals, as texts."""
    source, ends = sources(numbers)
    with no_grad():
        written = model.generate(source, ends, steps=5, stop=END).fed.numpy()    # (T, B)
    return ["".join(DIGITS[d] for d in row[: [*row, END].index(END)]) for row in written.T]


def score(texts, numbers):
    """The fraction of the numbers that are translated right, digit by digit and to the end."""
    return np.mean([text == str(number) for text, number in zip(texts, numbers, strict=True)])


def added_up(numbers):
    """The baseline: the sum of what the symbols stand for, as texts."""
    return [str(sum(VALUES[symbol] for symbol in roman(number))) for number in numbers]


def main(updates=300):
    model, training, held_out = train(updates)
    for number in held_out[:5]:
        print(f"{roman(number):>12} -> {translate(model, [number])[0]}  ({number})")
    print(
        f"translated right: {score(translate(model, training), training):.1%} of the 799 numbers "
        f"seen in training, {score(translate(model, held_out), held_out):.1%} of the 200 others; "
        f"by adding up the symbols {score(added_up(held_out), held_out):.1%} of these"
    )


if __name__ == "__main__":
    command(main, __doc__)

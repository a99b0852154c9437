"""One report on a whole model: where an encoder and a decoder get their gradient from.

An encoder reads eight letters, a decoder writes them down again, in the same order. All that the
decoder knows of the letters is the last state of the encoder, and all that the encoder learns comes
back through it: through one step of the encoder for its last letter, through eight for its first.

The report takes the gradient of every weight apart by step. Before training, nearly all of the
encoder's gradient is about the last two or three letters: its half-life is short, as of any network
that has not yet learned to remember. Training lengthens it; with reading in reverse, a known trick
(Sutskever, Vinyals and Le, 2014), the letters that are written first are the ones that were read
last, so that they are learned from the start.

Run it with ``python -m examples.gradient_report [DIRECTORY]``; it also writes the picture of the
report, as it is after training.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from examples._command import command
from minigrad import optim
from minigrad.functional import cross_entropy
from rnn import GRU, Readout, Seq2Seq
from rnn.bptt import report

LETTERS, LENGTH, HIDDEN, START = 6, 8, 32, 6


def copier(seed=0):
    """An encoder, a decoder and a readout; the decoder starts from the token START."""
    rng = np.random.default_rng(seed)
    encoder = GRU(LETTERS, HIDDEN, how="scan", rng=rng)
    decoder = GRU(LETTERS + 1, HIDDEN, how="scan", rng=rng)
    return Seq2Seq(encoder, decoder, Readout(HIDDEN, LETTERS, rng=rng), start=START, rng=rng)


def loss_of(model, rng, reverse, batch=64):
    """The mean cross-entropy of the letters, read in reverse or not, for a random batch."""
    letters = rng.integers(LETTERS, size=(LENGTH, batch))                  # (T, B)
    scores = model(letters[::-1] if reverse else letters, letters)         # (T, B, LETTERS)
    return cross_entropy(scores.reshape(-1, LETTERS), letters.reshape(-1))


def train(updates, reverse, seed=0):
    """The reports before and after training."""
    model, rng = copier(seed), np.random.default_rng(seed + 1)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    reports = [report(loss_of(model, rng, reverse), model)]
    for _ in range(updates):
        optimizer.zero_grad()
        loss_of(model, rng, reverse).backward()
        optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return [*reports, report(loss_of(model, rng, reverse), model)]


def main(folder="out", updates=300):
    runs = {way: train(updates, way == "in reverse") for way in ("in order", "in reverse")}
    print("Before training:", runs["in order"][0].table("weights"), sep="\n")
    print(f"\nWhat each step gives to the gradient of the encoder's W_xh, t = 1 to {LENGTH}, in %:")
    for way, reports in runs.items():
        for when, found in zip(("before", "after"), reports, strict=True):
            row = found["encoder.cell.W_xh"]
            parts = " ".join(f"{round(100 * part):3}" for part in row.parts)
            words = f"read {way:<10} {when:<6}  loss {found.loss:.2f}"
            print(f"{words}  {parts}   half-life {row.half_life:g}")
    after = runs["in reverse"][1]
    print("\nThe update gate of the encoder, step by step, after training in reverse:")
    print(after["encoder.cell.W_hh[z]"])
    path = Path(folder) / "gradient_report.png"
    after.plot(path)
    print(f"\nwrote {path}")


if __name__ == "__main__":
    command(main, __doc__)

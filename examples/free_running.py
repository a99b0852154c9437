"""A network that writes, as one scan: what it wrote is a part of the state.

A GRU learns the embedded Reber grammar (``rnn.tasks``), in which a string ends with the symbol with
which it began, six or more steps before. Then it writes strings by itself. ``rnn.generate`` does so
step by step, with every op on the tape; here the step, with the choice of the next symbol in it, is
traced once and runs as one compiled loop. To choose is an argmax, and so is to draw: with g from
the Gumbel distribution, argmax(logits + g) is a sample of softmax(logits) (Gumbel 1954). So the
inputs of the scan are noise: zeros give greedy decoding, g gives samples. No beam, no branch.

Run it with ``python -m examples.free_running``.
"""

from __future__ import annotations

import time

import numpy as np

import minigrad as mg
from examples._command import command
from rnn import GRUCell, Readout, generate, greedy, unroll
from rnn.losses import cross_entropy
from rnn.tasks import EmbeddedReber

TASK = EmbeddedReber()
STEPS = 40  # few strings are longer


class Writer(mg.Module):
    """Symbols (T, B) → logits (T, B, 7) for the symbols that follow."""

    def __init__(self, hidden=24, rng=0):
        self.cell = GRUCell(7, hidden, rng=rng)
        self.head = Readout(hidden, 7, rng=rng)

    def forward(self, tokens):
        return self.head(unroll(self.cell, tokens, how="scan")[0])

    def write(self, noise):
        """Symbols (T, B) that follow a first "B", with noise (T, B, 7) added to the logits."""

        def step(noise, state):
            token, h = state
            output, h = self.cell(token, h)
            token = (self.head(output) + noise).argmax(axis=-1)
            return token, (token, h)

        batch = noise.shape[1]
        start = np.zeros(batch, int), self.cell.initial_state(batch)
        with mg.no_grad():
            return mg.scan(step, start, noise.astype(np.float32))[0].numpy()


def train(updates=600, batch=64, seed=0):
    rng = np.random.default_rng(seed)
    model = Writer(rng=rng)
    optimizer = mg.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(updates):
        tokens, targets, lengths, _ = TASK.draw(batch, rng)
        loss = cross_entropy(model(tokens), np.maximum(targets, 0), lengths=lengths)
        optimizer.zero_grad()
        loss.backward()
        mg.optim.clip_grad_norm(model.parameters(), 1.0)
        optimizer.step()
    return model


def strings(tokens):
    """What was written, from "B" to the second E: the first ends the inner string."""
    found = []
    for column in tokens.T:
        text = "B" + "".join(TASK.symbols[token] for token in column)
        end = text.find("E", text.find("E") + 1)
        found.append(text[: end + 1] if end > 0 else text)
    return found


def grammatical(string):
    try:
        TASK.continuations(string)
    except ValueError:
        return False
    return True


def main(updates=600):
    model, rng = train(updates), np.random.default_rng(1)
    print(f"greedy   {strings(model.write(np.zeros((STEPS, 1, 7))))[0]}")
    written = strings(model.write(rng.gumbel(size=(STEPS, 500, 7))))
    for string in written[:5]:
        print(f"sampled  {string}{'' if grammatical(string) else '   (not of the grammar)'}")
    print(f"{np.mean([*map(grammatical, written)]):.0%} of 500 samples are of the grammar")
    noise = np.zeros((1000, 1, 7))
    model.write(noise)  # the first call makes the plan
    start = time.perf_counter()
    compiled = model.write(noise)
    between = time.perf_counter()
    with mg.no_grad():
        stepwise = generate(model.cell, model.head, np.zeros(1, int), steps=1000, feed=greedy).fed
    end = time.perf_counter()
    print(f"1,000 symbols by scan and by rnn.generate, "
          f"{'the same' if np.array_equal(compiled, stepwise.numpy()) else 'NOT the same'}: "
          f"{1e3 * (between - start):.0f} ms and {1e3 * (end - between):.0f} ms")


if __name__ == "__main__":
    command(main, __doc__)

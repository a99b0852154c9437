"""Draw a small Elman, LSTM and GRU network over five steps, with the ledger on the taps.

Run it with ``python -m examples.draw_unrolled [FOLDER]``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import minigrad as mg
import rnn
from examples._command import command


def unrolled(cell, steps=5, seed=0):
    """The loss Σ_t ½‖y_t - target_t‖², y_t = h_t W_hy, of a cell run on random inputs."""
    rng = np.random.default_rng(seed)
    head = mg.Parameter(rng.normal(size=(cell.output_size, 2)), name="W_hy", dtype=cell.dtype)
    xs = rng.normal(size=(steps, 1, cell.input_size))
    targets = rng.normal(size=(steps, 1, 2))
    outputs, _ = rnn.unroll(cell, xs)
    ys = rnn.each_step(lambda h: h @ head, outputs, name="output")
    losses = rnn.each_step(lambda y, d: 0.5 * ((y - d) ** 2).sum(), ys, targets, name="loss")
    return sum(losses)


def main(folder="out"):
    Path(folder).mkdir(parents=True, exist_ok=True)
    for kind in (rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell):
        picture = mg.draw(unrolled(kind(2, 3, rng=0)), ledger=True)
        for ending in ("svg", "png"):
            print(picture.save(Path(folder) / f"{kind.name}.{ending}"))


if __name__ == "__main__":
    command(main, __doc__)

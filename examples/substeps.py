"""Substeps: a cell that is a differential equation, solved twice by the midpoint rule at each step.

dh/dt = -h + tanh(x W_xh + h W_hh + b_h), from one input to the next in n substeps.
Run it with ``python -m examples.substeps``.
"""

from __future__ import annotations

import numpy as np

import rnn
from examples._command import command
from rnn.testing import check_cell


class MidpointCell(rnn.Cell):
    """State: h (B, H). substeps: n, into which the time 1 between two inputs is cut."""

    gates = ("h",)
    substeps = 2

    def slope(self, x, h):
        return np.tanh(self.preactivation(x, h)) - h

    def step(self, x, h):
        dt = 1 / self.substeps
        for _ in range(self.substeps):
            middle = h + 0.5 * dt * self.slope(x, h)
            h = h + dt * self.slope(x, middle)
        return h, h


def reference(cell, x, h):
    """A step in plain NumPy."""
    def slope(h):
        return np.tanh(x @ cell.gate("h").W_xh + h @ cell.gate("h").W_hh + cell.gate("h").b_h) - h

    h = h + slope(h + slope(h) / 4) / 2
    h = h + slope(h + slope(h) / 4) / 2
    return h, h


def errors(counts=(1, 2, 4, 8, 16), exact=256):
    """The error of h after 5 inputs by the number of substeps: a quarter for twice as many."""
    cell, found = MidpointCell(2, 3, dtype=float, rng=0), {}
    xs = np.random.default_rng(1).normal(size=(5, 1, 2))
    for cell.substeps in (*counts, exact):
        found[cell.substeps] = rnn.unroll(cell, xs)[1].numpy()
    return {n: float(np.abs(found[n] - found[exact]).max()) for n in counts}


def main(examples=5):
    for n, error in errors().items():
        print(f"{n:>2} substeps: error {error:.1e}")
    check_cell(MidpointCell, reference=reference, examples=examples)


if __name__ == "__main__":
    command(main, __doc__)

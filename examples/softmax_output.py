"""The gradient of a softmax output layer, taken apart by time step.

    o_t = h_t W_hy + b_y,    ŷ_t = softmax(o_t),    L = -Σ_t log ŷ_t[y_t]

    ∂L/∂W_hy = Σ_t h_t ⊗ (ŷ_t - y_t),    ∂L/∂b_y = Σ_t (ŷ_t - y_t)

with y_t one-hot. The error of softmax and cross-entropy together is the difference of two
distributions, so every term of the sum is an outer product that one can read: the ledger shows
them, one for each step. Notes that derive this print (ŷ_t - y_t) ⊗ h_t, the transpose: with
o_t = h_t W_hy, as they have it, W_hy is (H, V), and so is its gradient.

Run it with ``python -m examples.softmax_output``.
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
import rnn
from examples._command import command
from minigrad.functional import cross_entropy, softmax
from rnn.bptt import ledger

T, HIDDEN, CLASSES = 4, 3, 5


def run(seed=0):
    """A small network over one sequence: h_t and ŷ_t as arrays, the targets, the live loss."""
    rng = np.random.default_rng(seed)
    cell = rnn.ElmanCell(2, HIDDEN, dtype=float, rng=rng)
    W = mg.Parameter(rng.normal(size=(HIDDEN, CLASSES)), name="W_hy")
    b = mg.Parameter(rng.normal(size=CLASSES), name="b_y")
    targets = rng.integers(CLASSES, size=(T, 1))
    hs, _ = rnn.unroll(cell, rng.normal(size=(T, 1, 2)))
    logits = rnn.each_step(lambda h: h @ W + b, hs, name="output")
    losses = rnn.each_step(cross_entropy, logits, targets, name="loss")
    predicted = softmax(np.stack([o.numpy() for o in logits]), axis=-1)
    return hs.numpy()[:, 0], np.asarray(predicted)[:, 0], targets[:, 0], sum(losses), (W, b)


def compare():
    """The terms of both gradients: by the formulas, and out of the ledger; (T, ...) each."""
    hs, predicted, targets, loss, params = run()
    errors = predicted - np.eye(CLASSES)[targets]                        # (T, V)
    by_formula = {"W_hy": np.einsum("th,tv->thv", hs, errors), "b_y": errors}
    return by_formula, ledger(loss, params)


def main():
    by_formula, found = compare()
    for name, terms in by_formula.items():
        print(f"∂L/∂{name}, terms t = 1 to {T}")
        print("    ‖by the formula‖  ", *(f"{np.linalg.norm(g):.9f}" for g in terms))
        print("    ‖by the tape‖     ", *(f"{norm:.9f}" for norm in found.norms(name)))
        print(f"    largest difference {np.abs(terms - found[name]).max():.0e}, of the sums "
              f"{np.abs(terms.sum(axis=0) - found.total(name)).max():.0e}")
    print("∂L/∂b_y", np.array2string(found.total("b_y"), precision=6), "sums to",
          f"{abs(found.total('b_y').sum()):.0e}: softmax does not see a shift of all logits")


if __name__ == "__main__":
    command(main, __doc__)

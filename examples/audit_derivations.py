"""Two hand derivations from teaching material, audited: their mistakes, found automatically.

`audit` gets the numbers that a derivation leads to, and a model. It tells which gradients are wrong
and at which steps, and by which slip one arrives at just these numbers. The two derivations are
those of ``examples.scalar_rnn`` and ``examples.counting``, where the slips are explained at length;
here nobody tells the audit what to look for.

Run it with ``python -m examples.audit_derivations [FOLDER]``; it draws both audits there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

import minigrad as mg
import rnn
from examples import counting, scalar_rnn
from examples._command import command
from rnn.bptt import audit, rtrl


def scalar():
    """The scalar tanh network of the notes, as arguments of `audit`."""
    cell = rnn.ElmanCell(1, 1, biases=0, dtype=float)
    cell.gate("h").W_xh = [[scalar_rnn.WEIGHTS["W_xh"]]]
    cell.gate("h").W_hh = [[scalar_rnn.WEIGHTS["W_hh"]]]
    W_hy = mg.Parameter([[scalar_rnn.WEIGHTS["W_hy"]]], name="W_hy")

    def loss(h, t):
        return 0.5 * ((h @ W_hy - scalar_rnn.Y[t - 1]) ** 2).sum()

    return {"cell": cell, "xs": np.reshape(scalar_rnn.X, (3, 1, 1)), "loss": loss, "params": W_hy}


def one_to_many():
    """The linear network of the slides on counting, as arguments of `audit`."""
    cell = rnn.ElmanCell(3, 2, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh = counting.WEIGHTS["U"]
    cell.gate("h").W_hh = counting.WEIGHTS["W"]
    V = mg.Parameter(counting.WEIGHTS["V"], name="W_hy")

    def loss(h, t):
        return ((h @ V - counting.Y[t - 1]) ** 2).sum()

    return {"cell": cell, "xs": counting.X[:, None], "loss": loss, "params": V}


def slides():
    """The gradients of the slides, by the names that they have here."""
    _, found = counting.slide_gradients(counting.WEIGHTS)
    return {"W_xh": found["U"], "W_hh": found["W"], "W_hy": found["V"]}


def audits():
    """The audits, by title."""
    return {
        "The notes, worked out in full precision by their own rule": audit(
            lambda: scalar_rnn.by_hand(slip=True), **scalar()
        ),
        "The same, as printed: four digits, rounded on the way": audit(
            scalar_rnn.PRINTED, **scalar(), rtol=3e-3
        ),
        "∂L/∂h_t of the notes, as printed": audit(
            {"h": [0.0496, 0.2224, 0.2256]}, **scalar(), rtol=3e-3
        ),
        "The notes' derivation with the index put right": audit(
            lambda: scalar_rnn.by_hand(slip=False), **scalar()
        ),
        "The slides on counting": audit(slides, **one_to_many()),
    }


def main(folder="out"):
    for title, found in audits().items():
        print(f"== {title}\n{found}\n")
    print("== A second opinion: real-time recurrent learning, which never goes back through time")
    for title, model in (("notes", scalar()), ("slides", one_to_many())):
        forward = rtrl(**model)
        print(f"   {title}: agrees with the tape: {audit(dict(forward), **model).agrees}")
    drawn = list(audits().values())
    for name, found in (("notes", drawn[0]), ("slides", drawn[-1])):
        path = Path(folder) / f"audit_{name}.png"
        found.plot(path)
        print(path)


if __name__ == "__main__":
    command(main, __doc__)

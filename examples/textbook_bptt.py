"""A textbook that is right: the total and the immediate derivative, told apart by the ledger.

The chapter on backpropagation through time of *Dive into Deep Learning* takes a network without
activations,

    h_t = W_hx x_t + W_hh h_{t-1},    o_t = W_qh h_t,    L = (1/T) Σ_t ℓ(o_t, y_t),

and arrives at

    ∂L/∂W_hh = Σ_t ∂L/∂h_t h_{t-1}ᵀ,    ∂L/∂h_t = W_hhᵀ ∂L/∂h_{t+1} + W_qhᵀ ∂L/∂o_t.

A reader objected (d2l-ai/d2l-en, issue 2616): h_{t-1} depends on W_hh too, so ∂h_t/∂W_hh is more
than h_{t-1}. It is, if one means the *total* derivative dh_t/dW_hh. But ∂L/∂h_t is total already:
it holds all paths from h_t to the loss. So what follows it must be the *immediate* derivative, at
fixed h_{t-1}; what goes through h_{t-1} is in the terms of earlier steps. There are two right
readings and one wrong one:

    A  Σ_t  dL/dh_t (total)     · ∂h_t/∂W_hh (immediate)     the book, term by term the ledger
    B  Σ_t  ∂ℓ_t/∂h_t (of ℓ_t)  · dh_t/dW_hh (total)         right too: real-time recurrent learning
    C  Σ_t  dL/dh_t (total)     · dh_t/dW_hh (total)         the objection

In C the path from the loss of step i to the use of W_hh at step s is counted for every t between
them, i - s + 1 times instead of once: so C is Σ (i - s + 1) G[i, s] of the two-time table.

Run it with ``python -m examples.textbook_bptt``.
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
import rnn
from examples._command import command
from rnn.bptt import audit, ledger, rtrl, two_time

T, K, H, Q = 4, 2, 3, 1


def model():
    """The network of the chapter, for one sequence, as arguments of `audit`. Weights are stored
    transposed here, as rows are multiplied: h_t = x_t W_xh + h_{t-1} W_hh."""
    rng = np.random.default_rng(0)
    cell = rnn.ElmanCell(K, H, nonlinearity="identity", biases=0, dtype=float)
    cell.gate("h").W_xh, cell.gate("h").W_hh = rng.normal(size=(K, H)), rng.normal(size=(H, H))
    W_hq = mg.Parameter(rng.normal(size=(H, Q)), name="W_hq")
    xs, ys = rng.normal(size=(T, 1, K)), rng.normal(size=(T, 1, Q))

    def loss(h, t):
        return 0.5 * ((h @ W_hq - ys[t - 1]) ** 2).sum() / T

    return {"cell": cell, "xs": xs, "loss": loss, "params": W_hq}, ys


def readings():
    """The terms of ∂L/∂W_hh by step in the three readings, in plain NumPy: (T, H, H) each."""
    arguments, ys = model()
    cell, xs, W_hq = arguments["cell"], arguments["xs"][:, 0], arguments["params"].numpy()
    W_xh, W_hh = cell.W_xh.numpy(), cell.W_hh.numpy()
    h = [np.zeros(H)]
    for x in xs:
        h.append(x @ W_xh + h[-1] @ W_hh)
    errors = [(h[t] @ W_hq - ys[t - 1, 0]) @ W_hq.T / T for t in range(1, T + 1)]    # ∂ℓ_t/∂h_t
    deltas = [errors[-1]]                                                            # dL/dh_t
    for t in range(T - 1, 0, -1):
        deltas.insert(0, errors[t - 1] + deltas[0] @ W_hh.T)
    eye = np.eye(H)
    total, totals = np.zeros((H, H, H)), []                  # [i, j, k]: dh_t[k] / dW_hh[i, j]
    for t in range(1, T + 1):
        immediate = h[t - 1][:, None, None] * eye            # h_{t-1}[i] if j = k
        total = immediate + total @ W_hh
        totals.append(total)
    return {
        "A": np.stack([np.outer(h[t], deltas[t]) for t in range(T)]),
        "B": np.stack([d @ e for d, e in zip(totals, errors, strict=True)]),
        "C": np.stack([d @ e for d, e in zip(totals, deltas, strict=True)]),
    }


def by_the_tape():
    """The ledger's G_t of W_hh, the two-time table G[i, s], and real-time recurrent learning's
    terms by loss."""
    arguments, _ = model()
    cell, losses = arguments["cell"], []
    for t, (h, _) in enumerate(rnn.steps(cell, arguments["xs"]), 1):
        with mg.scope("loss", t=t):
            losses.append(arguments["loss"](h, t))
    return (
        ledger(sum(losses), cell)["W_hh"], two_time(losses, cell.W_hh).values,
        rtrl(**arguments).by_loss["W_hh"],
    )


def main():
    found = readings()
    terms, table, by_loss = by_the_tape()
    print("∂L/∂W_hh, entry (1, 1), term by term, t = 1 to", T)
    rows = {
        "A  the book": found["A"], "   ledger": terms, "B  by loss": found["B"],
        "   rtrl": by_loss, "C  the objection": found["C"],
    }
    for name, values in rows.items():
        numbers = "  ".join(f"{v:12.9f}" for v in values[:, 0, 0] + 0.0)
        print(f"  {name:<18}{numbers}   sum {values[:, 0, 0].sum():12.9f}")
    steps = np.arange(T)
    often = np.maximum(np.subtract.outer(steps, steps) + 1, 0)
    counted = np.einsum("is,isjk->jk", often, table)
    print("Σ (i − s + 1) G[i, s]:", f"{counted[0, 0]:.9f}", "which is C\n")
    arguments, _ = model()
    for name in "AC":
        print(f"Reading {name}:", audit({"W_hh": found[name].sum(axis=0)}, **arguments), "\n")


if __name__ == "__main__":
    command(main, __doc__)

"""A hand-derived gradient, audited: the scalar tanh RNN over three steps.

    h_t = tanh(W_xh x_t + W_hh h_{t-1}),  o_t = W_hy h_t,  L = ½ Σ (o_t - y_t)²

A set of lecture notes works this out by hand and prints ∂L/∂W_hh = 0.1128 and ∂L/∂W_xh = 0.1125.
The tape says otherwise. The slip is one index: going back from step t+1 to step t, the notes
multiply by tanh' at step t, (1 - h_t²), where the chain rule has it at step t+1, (1 - h_{t+1}²).

Run it with ``python -m examples.scalar_rnn``.
"""

from __future__ import annotations

import numpy as np

import minigrad as mg
from examples._command import command

X = (0.5, 0.1, 0.4)
Y = (0.4, 0.2, 0.1)
WEIGHTS = {"W_xh": 0.6, "W_hh": 0.9, "W_hy": 0.8}
PRINTED = {"W_xh": 0.1125, "W_hh": 0.1128, "W_hy": 0.1014}  # what the notes say


def forward(weights, x=X, y=Y):
    """The states, outputs and losses of every step, as tensors on one graph."""
    h, states, outputs, losses = mg.tensor(0.0), [], [], []
    for t, (x_t, y_t) in enumerate(zip(x, y, strict=True), start=1):
        with mg.scope("rnn", t=t):
            h = np.tanh(weights["W_xh"] * x_t + weights["W_hh"] * h)
            states.append(h)
        with mg.scope("output", t=t):
            outputs.append(weights["W_hy"] * h)
        with mg.scope("loss", t=t):
            losses.append(0.5 * (outputs[-1] - y_t) ** 2)
    return states, outputs, losses


def tensors():
    """The three weights, as leaves with their names."""
    return {name: mg.tensor(w, requires_grad=True, name=name) for name, w in WEIGHTS.items()}


def ledger():
    """For each weight, the contribution of every step to its gradient: ∂L/∂W = Σ_t G_t."""
    weights = tensors()
    *_, losses = forward(weights)
    uses = mg.contributions(sum(losses), list(weights.values()))
    return {
        name: [float(next((u.value for u in found if u.t == t), 0.0)) for t in (1, 2, 3)]
        for name, found in zip(weights, uses, strict=True)
    }


def two_time(name="W_hh"):
    """G[t, s]: the loss of step t through the use of a weight at step s."""
    weights = tensors()
    *_, losses = forward(weights)
    table = np.zeros((3, 3))
    for row, loss in enumerate(losses):
        for use in mg.contributions(loss, [weights[name]])[0]:
            table[row, use.t - 1] = use.value
    return table + 0.0  # no negative zeros


def state_gradients():
    """∂L/∂h_t for every step."""
    states, _, losses = forward(tensors())
    for h in states:
        h.retain_grad()
    sum(losses).backward()
    return [h.grad.item() for h in states]


def by_hand(slip):
    """The notes' recursion in full precision, with their slip or without it."""
    w_xh, w_hh, w_hy = WEIGHTS.values()
    h = [0.0]
    for x_t in X:
        h.append(float(np.tanh(w_xh * x_t + w_hh * h[-1])))
    found, delta = dict.fromkeys(WEIGHTS, 0.0), 0.0  # delta is ∂L/∂h_{t+1}
    for t in (3, 2, 1):
        error = w_hy * h[t] - Y[t - 1]
        ahead = 0.0 if t == 3 else h[t] if slip else h[t + 1]
        delta = error * w_hy + delta * w_hh * (1 - ahead**2)
        through_tanh = delta * (1 - h[t] ** 2)
        found["W_xh"] += through_tanh * X[t - 1]
        found["W_hh"] += through_tanh * h[t - 1]
        found["W_hy"] += error * h[t]
    return found


def main():
    weights = tensors()
    states, outputs, losses = forward(weights)
    loss = sum(losses)
    loss.backward(retain_graph=True)
    slipped, corrected = by_hand(slip=True), by_hand(slip=False)
    print("h_t  ", *(f"{h.item():.9f}" for h in states))
    print("o_t  ", *(f"{o.item():.9f}" for o in outputs))
    print(f"L     {loss.item():.9f}\n")
    print("gradient  notes   their rule, exactly  with (1 - h_{t+1}²)  the tape")
    for name, w in weights.items():
        print(
            f"∂L/∂{name}  {PRINTED[name]:.4f}  {slipped[name]:<19.9f}  {corrected[name]:<19.9f}  "
            f"{w.grad.item():.9f}"
        )
    print("\nThe dropped term: tanh' of step t+1. The notes put tanh' of step t in its place:")
    print("    δh_t = δo_t W_hy + δh_{t+1} W_hh (1 - h_t²)        as printed")
    print("    δh_t = δo_t W_hy + δh_{t+1} W_hh (1 - h_{t+1}²)    the chain rule\n")
    print("The sum over time, taken apart (t = 1, 2, 3):")
    for name, terms in ledger().items():
        print(f"    {name}  " + "  ".join(f"{g: .9f}" for g in terms))
    print("\nLoss of step t (row) through the use of W_hh at step s (column):")
    for row in two_time():
        print("    " + "  ".join(f"{g:.9f}" for g in row))
    print("\n∂L/∂h_t  " + "  ".join(f"{g:.9f}" for g in state_gradients()))


if __name__ == "__main__":
    command(main, __doc__)

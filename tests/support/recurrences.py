"""Recurrences of all kinds for the layout to cope with, drawn by Hypothesis."""

import numpy as np
from hypothesis import strategies as st

import minigrad as mg
from tests.support.pictures import parameter

NAMES = ("W_xh", "W_hh", "b_h", "U", "encoder.cell.W_xh", "a_very_long_parameter_name")
SCOPES = ("cell", "layer", "a scope with a long name")


@st.composite
def losses(draw):
    """The loss of up to three layers: forward or backward in time, with shared weights, skip
    connections, attention, learned or detached states, declared inputs or none, and a head."""
    T, depth = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    weights = [parameter(name, 3, 3) for name in NAMES]
    skip, attend, cut = draw(st.booleans()), draw(st.booleans()), draw(st.integers(0, 8))
    below = []
    for _ in range(depth):
        below.append(_layer(draw, T, below, weights, skip, attend, cut))
    return _head(draw, T, below, weights)


def _layer(draw, T, below, weights, skip, attend, cut):
    backward, declared = draw(st.booleans()), draw(st.booleans())
    used = draw(st.lists(st.sampled_from(weights), min_size=1, max_size=4))
    inputs, name = draw(st.integers(0, 3)), draw(st.sampled_from(SCOPES))
    states = [mg.tensor(np.zeros((2, 3))) for _ in range(draw(st.integers(1, 2)))]
    if draw(st.booleans()):
        states[0] = mg.Parameter(np.ones((2, 3)), name=draw(st.sampled_from([None, "h_0"])))
    context = np.stack(below[-1]).sum(axis=0) if attend and below else 0.0
    results = [None] * T
    for t in range(T, 0, -1) if backward else range(1, T + 1):
        if t == cut:
            states = [state.detach() for state in states]
        entering = dict(zip("hc", states, strict=False)) if declared else {}
        entering |= {x: np.ones(3) for x in "xyz"[:inputs]}
        with mg.scope(name, t=t, **entering):
            z = sum(states) + context
            for layer in below if skip else below[-1:]:
                z = z + layer[t - 1]
            for weight in used:
                z = z @ weight
            states = [np.tanh(z * (k + 1)) for k in range(len(states))]
        results[t - 1] = states[0]
    return results


def _head(draw, T, layers, weights):
    kind = draw(st.sampled_from(["each step", "stacked", "last", "two layers"]))
    W, hs = parameter("W_hy", 3, 2), layers[-1]
    if kind == "stacked":
        return ((np.stack(hs) @ W + parameter("b_y", 2)) ** 2).mean()
    if kind == "last":
        with mg.scope("readout"):
            y = hs[-1] @ W
        with mg.scope("penalty"):
            penalty = (weights[0] * weights[0]).sum()
        return (y * y).sum() + penalty
    if kind == "two layers":
        return sum((h * h).sum() for h in [*layers[0], *hs])
    total, target = [], draw(st.booleans())
    for t in range(1, T + 1):
        with mg.scope("output", t=t):
            y = hs[t - 1] @ W
        with mg.scope("loss", t=t, **({"target": np.ones(2)} if target else {})):
            total.append((y * y).sum())
    return sum(total)

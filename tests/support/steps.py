"""Steps to scan: cells of the package, and steps of a user's own, each with its inputs."""

from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
import rnn
from minigrad.functional import layer_norm, sigmoid

T, B, K, H = 6, 3, 4, 5


class Case(NamedTuple):
    """A step, the first state, inputs (T, ...), and all that gets a gradient."""

    step: Any
    state: Any
    xs: Any
    leaves: list[mg.Tensor]


def weight(rng, *shape):
    return mg.tensor(rng.normal(size=shape), requires_grad=True)


def of_cell(make):
    def case(rng):
        cell = make()
        state = tuple(weight(rng, B, n) for n in cell.state_sizes.values())
        xs = weight(rng, T, B, cell.input_size)
        return Case(
            cell.step, state[0] if len(state) == 1 else state, xs,
            [*cell.parameters(), *state, xs],
        )

    return case


def tokens(rng):
    cell = rnn.LSTMCell(K, H, dtype=float, rng=1)
    state = (weight(rng, B, H), weight(rng, B, H))
    return Case(cell.step, state, rng.integers(0, K, (T, B)), [*cell.parameters(), *state])


def own_lstm(rng):
    """A layer-normalised LSTM with peepholes, as a user would write it."""
    W, U, b = weight(rng, K, 4 * H), weight(rng, H, 4 * H), weight(rng, 4 * H)
    p = weight(rng, 3, H)
    h0, c0, xs = weight(rng, B, H), weight(rng, B, H), weight(rng, T, B, K)

    def step(x, state):
        h, c = state
        z = layer_norm(x @ W, 4 * H) + layer_norm(h @ U, 4 * H) + b
        i, f, g, o = np.split(z, 4, axis=-1)
        i, f = sigmoid(i + p[0] * c), sigmoid(f + p[1] * c)
        c = f * c + i * np.tanh(g)
        h = sigmoid(o + p[2] * c) * np.tanh(c)
        return {"h": h, "gates": [i, f]}, (h, c)

    return Case(step, (h0, c0), xs, [W, U, b, p, h0, c0, xs])


def containers(rng):
    """Nested states and inputs, an integer among them, and a part of the state that is counted."""
    W, emb = weight(rng, H, H), weight(rng, K, H)
    state = {"h": weight(rng, B, H), "far": [weight(rng, B, H), mg.tensor(np.zeros(B, int))]}
    xs = (rng.integers(0, K, (T, B)), {"scale": weight(rng, T, B, 1)})

    def step(x, state):
        tokens, more = x
        far, n = state["far"]
        h = np.tanh(emb[tokens] * more["scale"] + state["h"] @ W)
        return (h.sum(axis=-1), n), {"h": h, "far": [far * 0.5 + h, n + 1]}

    return Case(step, state, xs, [W, emb, state["h"], state["far"][0], xs[1]["scale"]])


def branches(rng):
    """Control flow that depends on options, and a choice of entries that depends on values."""
    W, b = weight(rng, H, H), weight(rng, H)
    h0, xs = weight(rng, B, H), weight(rng, T, B, H)

    def step(x, h, layers=3):
        for k in range(layers):
            h = h @ W + (x if k == 0 else b)
            h = np.where(h > 0, h, 0.1 * h) if k % 2 else np.maximum(h, -0.5)
        return h.max(axis=0), h

    return Case(step, h0, xs, [W, b, h0, xs])


def running(rng):
    """No weight, and a state that is a number."""
    s0, xs = weight(rng), weight(rng, T)
    return Case(lambda x, s: (s + x, 0.9 * s + x), s0, xs, [s0, xs])


def constant_start(rng):
    """A first state without a gradient; the weight gives the later ones theirs."""
    W = weight(rng, H, H)
    return Case(
        lambda x, h: (h, np.tanh(h @ W + x)), np.zeros((B, H)), rng.normal(size=(T, B, H)), [W]
    )


def selection(rng):
    """Slopes that are infinite where nothing is chosen."""
    w = weight(rng, H)
    s0 = mg.tensor(np.zeros((B, H)), requires_grad=True)
    xs = weight(rng, T, B, H)

    def step(x, s):
        root = np.where(s > 0, np.sqrt(np.where(s > 0, s, 1.0)), 0.0)
        return root, root * 0.5 + np.abs(x * w) * (s >= 0)

    return Case(step, s0, xs, [w, s0, xs])


CASES = {
    "elman": of_cell(lambda: rnn.ElmanCell(K, H, dtype=float, rng=0)),
    "relu": of_cell(lambda: rnn.ElmanCell(K, H, nonlinearity="relu", dtype=float, rng=0)),
    "lstm": of_cell(lambda: rnn.LSTMCell(K, H, dtype=float, rng=0)),
    "lstm2": of_cell(lambda: rnn.LSTMCell(K, H, biases=2, clip=0.7, dtype=float, rng=0)),
    "gru": of_cell(lambda: rnn.GRUCell(K, H, dtype=float, rng=0)),
    "gru_before": of_cell(lambda: rnn.GRUCell(K, H, reset="before", dtype=float, rng=0)),
    "mgu": of_cell(lambda: rnn.MGUCell(K, H, dtype=float, rng=0)),
    "peephole": of_cell(lambda: rnn.PeepholeLSTMCell(K, H, dtype=float, rng=0)),
    "layer_norm": of_cell(lambda: rnn.LayerNormLSTMCell(K, H, dtype=float, rng=0)),
    "projected": of_cell(
        lambda: rnn.ProjectedLSTMCell(K, H, projection_size=2, dtype=float, rng=0)
    ),
    "skip": of_cell(lambda: rnn.SkipCell(rnn.GRUCell(K, H, dtype=float, rng=0), lag=2)),
    "tokens": tokens, "own_lstm": own_lstm, "containers": containers, "branches": branches,
    "running": running, "constant_start": constant_start, "selection": selection,
}

"""Steps of recurrences that are drawn at random, for ``check_scan``.

A drawn step is a short program: each line applies an op to results before it, in a batch (B, H).
What it is made of stands in the table below; weights, constants and gates are drawn with it.
"""

from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad.functional import dropout, embedding, layer_norm, sigmoid, softplus


class DrawnStep(NamedTuple):
    """The arguments of ``check_scan``: a step, its first state, its inputs, what it draws from."""

    step: Any
    state: Any
    xs: Any
    rng: list[np.random.Generator]


class Drawing:
    """What lines are drawn from: sizes, and the generator of this step."""

    def __init__(self, rng, B, H):
        self.rng, self.B, self.H = rng, B, H

    def weight(self, *shape):
        """What gets a gradient, mostly."""
        value = self.rng.normal(size=shape) / 2
        return mg.tensor(value, requires_grad=self.rng.random() < 0.9)


def product(d):
    W = d.weight(d.H, d.H)
    return lambda a, b: a @ W


def affine(d):
    W, U, bias = d.weight(d.H, d.H), d.weight(d.H, d.H), d.weight(d.H)
    return lambda a, b: a @ W + b @ U + bias


def turned(d):
    W = d.weight(d.H, d.H)
    return lambda a, b: np.einsum("bh,kh->bk", a, W)


def activation(d):
    f = [np.tanh, sigmoid, softplus, np.sin, np.arctan, np.abs][d.rng.integers(6)]
    return lambda a, b: f(a)


def elementwise(d):
    number = float(d.rng.normal())
    own = d.weight(d.H)
    array = d.rng.normal(size=(d.B, d.H))
    forms = [
        lambda a, b: a * b, lambda a, b: a - number * b, lambda a, b: a * own + b,
        lambda a, b: a / (1 + b * b), lambda a, b: np.maximum(a, b), lambda a, b: a + array[:1] * b,
        lambda a, b: np.where(a > b, a, number * b), lambda a, b: np.clip(a, -0.9, 0.9) + 0 * b,
    ]
    return forms[d.rng.integers(len(forms))]


def gates(d):
    W, U, bias = d.weight(d.H, 3 * d.H), d.weight(d.H, 3 * d.H), d.weight(3 * d.H)
    f, g = [(sigmoid, np.tanh), (sigmoid, sigmoid), (np.tanh, sigmoid)][d.rng.integers(3)]

    def gated(a, b):
        p, q, r = np.split(a @ W + b @ U + bias, 3, axis=-1)
        p = f(p)
        return p * b + (1 - p) * g(q) * f(r)

    return gated


def slices(d):
    k = int(d.rng.integers(0, d.H + 1))
    forms = [
        lambda a, b: np.concatenate([a[:, :k], b[:, k:]], axis=1), lambda a, b: a[:, ::-1] * b,
        lambda a, b: np.roll(a, k, axis=1), lambda a, b: a[:, [0]] + b,
        lambda a, b: np.stack([a, b]).mean(axis=0), lambda a, b: a.reshape(-1, 1, d.H)[:, 0] + b,
    ]
    return forms[d.rng.integers(len(forms))]


def reduced(d):
    forms = [
        lambda a, b: a - a.mean(axis=1, keepdims=True), lambda a, b: layer_norm(a, d.H) + b,
        lambda a, b: a * b.sum(axis=-1)[:, None] / d.H, lambda a, b: a.max(axis=1)[:, None] * b,
        lambda a, b: np.cumsum(a, axis=1) / d.H + b, lambda a, b: a + 0.1 * b.mean(axis=0),
    ]
    return forms[d.rng.integers(len(forms))]


LINES = [
    (product, 2), (affine, 2), (turned, 1), (activation, 3), (elementwise, 4), (gates, 2),
    (slices, 2), (reduced, 1),
]


def drawn_step(seed, lines=6):
    """A step that is drawn at random, with its arguments; one seed always gives the same.

    lines: how many ops, or short groups of ops, it has.
    """
    rng = np.random.default_rng(seed)
    B, H, T = (int(n) for n in rng.integers((1, 1, 1), (4, 5, 7)))
    d = Drawing(rng, B, H)
    parts, tokens, draws = int(rng.integers(1, 4)), rng.random() < 0.3, rng.random() < 0.2
    kinds = [make for make, often in LINES for _ in range(often)]
    program = []
    for k in range(int(rng.integers(1, lines + 1))):
        a, b = rng.integers(0, parts + 1 + k, 2)
        program.append((kinds[rng.integers(len(kinds))](d), int(a), int(b)))
    leaving = [int(k) for k in rng.integers(0, parts + 1 + len(program), parts + 2)]
    table, counted, own = d.weight(3, H), rng.random() < 0.2, np.random.default_rng(seed)

    def step(x, state):
        found = [embedding(x["token"], table) if tokens else x, *state["parts"]]
        if draws:
            found[0] = dropout(found[0], 0.3, rng=own)
        for line, a, b in program:
            found.append(line(found[a], found[b]))
        *new, first, second = (found[k] for k in leaving)
        new = [np.tanh(v) for v in new]
        after = {"parts": new, "n": state["n"] + 1} if counted else {"parts": new}
        return ((first, {"sum": second.sum(axis=-1)}), after)

    xs = {"token": rng.integers(0, 3, (T, B))} if tokens else rng.normal(size=(T, B, H))
    first = {"parts": [rng.normal(size=(B, H)) for _ in range(parts)]}
    state = {**first, "n": np.zeros(B, int)} if counted else first
    return DrawnStep(step, state, xs, [own] if draws else [])

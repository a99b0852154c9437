"""Cells whose state is a structure: memory matrices, stacks, counters, cells inside cells."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
import rnn
from minigrad.functional import softmax
from rnn.cells.state import unpack


class FastWeights(rnn.Cell):
    """A dict: h, and a matrix A that remembers what h was (Ba et al. 2016, without the norm)."""

    gates = ("h",)

    def initial_state(self, batch):
        H = self.hidden_size
        return {"h": np.zeros((batch, H), self.dtype), "A": np.zeros((batch, H, H), self.dtype)}

    def step(self, x, state):
        h, A = state["h"], state["A"]
        A = 0.9 * A + 0.5 * h[:, :, None] * h[:, None, :]                # (B, H, H)
        h = np.tanh(self.preactivation(x, h) + (h[:, None, :] @ A)[:, 0])
        return h, {"A": A, "h": h}


class Stack(NamedTuple):
    rows: Any      # (B, D, H)
    pointer: Any   # (B,), integers
    full: Any      # (B, D), booleans


class StackCell(rnn.Cell):
    """A named tuple: rows of memory, an integer pointer to the next one, and which are taken."""

    gates = ("h",)
    depth = 3

    def initial_state(self, batch):
        return Stack(
            np.zeros((batch, self.depth, self.hidden_size), self.dtype),
            np.zeros(batch, int), np.zeros((batch, self.depth), bool),
        )

    def step(self, x, state):
        rows, pointer, full = state
        here = np.equal(np.arange(self.depth), pointer[:, None])         # (B, D)
        seen = np.where(full[:, :, None], rows, 0.0).sum(axis=1)         # (B, H)
        h = np.tanh(self.preactivation(x, seen))
        rows = np.where(here[:, :, None], h[:, None, :], rows)
        return h, Stack(rows, (pointer + 1) % self.depth, full | here)


class Counting(rnn.Cell):
    """A tuple with declared names: h, and how many steps each sequence has taken."""

    gates = ("h",)
    states = ("h", "n")

    def initial_state(self, batch):
        return np.zeros((batch, self.hidden_size), self.dtype), np.zeros(batch, int)

    def step(self, x, state):
        h, n = state
        rate = 1 / (1.0 + n[:, None])
        h = (1 - rate) * h + rate * np.tanh(self.preactivation(x, h))
        return h, (h, n + 1)


class SharedCount(rnn.Cell):
    """A dict with one count of steps for all sequences."""

    gates = ("h",)

    def initial_state(self, batch):
        return {"h": np.zeros((batch, self.hidden_size), self.dtype), "t": 0}

    def step(self, x, state):
        h = np.tanh(self.preactivation(x, state["h"]) * 0.9 ** state["t"])
        return h, {"h": h, "t": state["t"] + 1}


@dataclass
class Traces:
    fast: Any
    slow: Any


class TwoSpeeds(rnn.Cell):
    """A dataclass: two averages of what comes in."""

    gates = ("h",)

    def initial_state(self, batch):
        zeros = np.zeros((batch, self.hidden_size), self.dtype)
        return Traces(zeros, zeros)

    def step(self, x, state):
        fast = np.tanh(self.preactivation(x, state.fast + state.slow))
        slow = 0.9 * state.slow + 0.1 * fast
        return fast * slow + fast, Traces(fast, slow)


class TwoCells(rnn.Cell):
    """A dict of the states of cells: an LSTM above a GRU."""

    def __init__(self, input_size, hidden_size, *, dtype=np.float32, rng=None):
        super().__init__(input_size, hidden_size, dtype=dtype)
        rng = np.random.default_rng(rng)
        self.cells = [
            rnn.GRUCell(input_size, hidden_size, dtype=dtype, rng=rng),
            rnn.LSTMCell(hidden_size, hidden_size, dtype=dtype, rng=rng),
        ]

    def initial_state(self, batch):
        return {"cells": [cell.initial_state(batch) for cell in self.cells]}

    def step(self, x, state):
        new = []
        for cell, own in zip(self.cells, state["cells"], strict=True):
            x, own = cell(x, own)
            new.append(own)
        return x, {"cells": new}


class Midpoint(rnn.Cell):
    """Two substeps: dh/dt = tanh(W x + U h) - h by the midpoint rule."""

    gates = ("h",)

    def slope(self, x, h):
        return np.tanh(self.preactivation(x, h)) - h

    def step(self, x, h):
        middle = h + 0.25 * self.slope(x, h)
        h = h + 0.5 * self.slope(x, middle)
        return h, h


class Sampling(rnn.Cell):
    """A dict with a generator: in training h is drawn around its mean."""

    gates = ("h",)

    def __init__(self, *sizes, rng=None, **options):
        super().__init__(*sizes, rng=rng, **options)
        self.rng = np.random.default_rng(rng)

    def initial_state(self, batch):
        return {"h": np.zeros((batch, self.hidden_size), self.dtype), "rng": self.rng}

    def step(self, x, state):
        h = np.tanh(self.preactivation(x, state["h"]))
        if self.training:
            h = h + 0.1 * state["rng"].normal(size=h.shape).astype(self.dtype)
        return h, {"h": h, "rng": state["rng"]}


class Attending(rnn.Cell):
    """A dict with what is attended to, of any length: rows that no step changes."""

    gates = ("h",)

    def initial_state(self, batch):
        H = self.hidden_size
        return {
            "h": np.zeros((batch, H), self.dtype), "memory": np.zeros((batch, 2, H), self.dtype)
        }

    def step(self, x, state):
        h, memory = state["h"], state["memory"]
        scores = (memory @ h[:, :, None])[:, :, 0]                       # (B, S)
        read = (softmax(scores, axis=1)[:, :, None] * memory).sum(axis=1)
        h = np.tanh(self.preactivation(x, h + read))
        return h, {"h": h, "memory": memory}


NESTED = {
    "fast weights": FastWeights, "stack": StackCell, "counting": Counting,
    "shared count": SharedCount, "two speeds": TwoSpeeds, "two cells": TwoCells,
    "midpoint": Midpoint, "sampling": Sampling, "attending": Attending,
}
"""By name, classes of cells that take (K, H, dtype=..., rng=...)."""


T, B, K, H = 4, 2, 3, 3
XS = np.random.default_rng(0).normal(size=(T, B, K))


def made(kind, **options):
    return kind(K, H, dtype=float, rng=1, **options)


def arrays(state):
    return [p.detach().numpy() for p in unpack(state) if isinstance(p, mg.Tensor)]


def agree(found, wanted, rtol=1e-9):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)
        assert a.dtype == b.dtype


def results(layer, xs=XS, **options):
    """Outputs, last state and gradients of two calls, the state of one handed on to the other."""
    _, state = layer(xs, **options)
    outputs, last = layer(xs, state, **options)
    loss = (outputs**2).sum()
    for part in unpack(last):
        if isinstance(part, mg.Tensor) and part.dtype.kind == "f":
            loss = loss + (part * part).sum()
    loss.backward()
    return [outputs.numpy(), *arrays(last), *(p.grad.numpy() for p in layer.parameters())]

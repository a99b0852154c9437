"""The cells whose derivations are audited, as a user would write them: eight kinds, in 12 forms.

Each has a derivation by hand in `derivations`, under the same name, which knows nothing of these.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

import minigrad as mg
from minigrad.functional import layer_norm, sigmoid, softmax
from rnn import Cell

K, H, A = 2, 3, 3    # inputs, units, and places that attention looks at


class Own(Cell):
    """A cell that makes its parameters by their shapes."""

    shapes: ClassVar[dict[str, tuple[int, ...]]] = {}

    def __init__(self, rng):
        super().__init__(K, H, dtype=float)
        for name, shape in self.shapes.items():
            setattr(self, name, mg.Parameter(rng.normal(size=shape)))


class Elman(Own):
    shapes: ClassVar = {"W": (K, H), "U": (H, H), "b": (H,)}

    def step(self, x, h):
        h = np.tanh(x @ self.W + h @ self.U + self.b)
        return h, h


class LeakySkip(Own):
    shapes: ClassVar = {"W": (K, H), "U": (H, H), "b": (H,), "S": (K, H)}

    def step(self, x, h):
        u = np.tanh(x @ self.W + h @ self.U + self.b)
        h = 0.7 * h + 0.3 * u
        return h + x @ self.S, h


_GATES = {"W": (K, 4 * H), "U": (H, 4 * H), "b": (4 * H,)}


class LSTM(Own):
    shapes: ClassVar = _GATES
    states = ("h", "c")

    def step(self, x, state):
        h, c = state
        z = x @ self.W + h @ self.U + self.b
        i, f, o = sigmoid(z[:, :H]), sigmoid(z[:, H:2 * H]), sigmoid(z[:, 3 * H:])
        g = np.tanh(z[:, 2 * H:3 * H])
        c = f * c + i * g
        u = np.tanh(c)
        h = o * u
        return h, (h, c)


class Peephole(Own):
    shapes: ClassVar = {**_GATES, "p": (H,), "q": (H,), "r": (H,)}
    states = ("h", "c")

    def step(self, x, state):
        h, c = state
        z = x @ self.W + h @ self.U + self.b
        i = sigmoid(z[:, :H] + self.p * c)
        f = sigmoid(z[:, H:2 * H] + self.q * c)
        g = np.tanh(z[:, 2 * H:3 * H])
        c = f * c + i * g
        o = sigmoid(z[:, 3 * H:] + self.r * c)
        u = np.tanh(c)
        h = o * u
        return h, (h, c)


class Coupled(Own):
    shapes: ClassVar = {"W": (K, 3 * H), "U": (H, 3 * H), "b": (3 * H,)}
    states = ("h", "c")

    def step(self, x, state):
        h, c = state
        z = x @ self.W + h @ self.U + self.b
        f, o = sigmoid(z[:, :H]), sigmoid(z[:, 2 * H:])
        g = np.tanh(z[:, H:2 * H])
        c = f * c + (1 - f) * g
        u = np.tanh(c)
        h = o * u
        return h, (h, c)


class NoForget(Own):
    shapes: ClassVar = {"W": (K, 3 * H), "U": (H, 3 * H), "b": (3 * H,)}
    states = ("h", "c")

    def step(self, x, state):
        h, c = state
        z = x @ self.W + h @ self.U + self.b
        i, o = sigmoid(z[:, :H]), sigmoid(z[:, 2 * H:])
        g = np.tanh(z[:, H:2 * H])
        c = c + i * g
        u = np.tanh(c)
        h = o * u
        return h, (h, c)


_THREE = {"Wr": (K, H), "Wz": (K, H), "Wn": (K, H), "Ur": (H, H), "Uz": (H, H), "Un": (H, H)}


class GRUAfter(Own):
    shapes: ClassVar = {**_THREE, "bn": (H,)}

    def step(self, x, h):
        r = sigmoid(x @ self.Wr + h @ self.Ur)
        z = sigmoid(x @ self.Wz + h @ self.Uz)
        m = h @ self.Un + self.bn
        n = np.tanh(x @ self.Wn + r * m)
        h = z * h + (1 - z) * n
        return h, h


class GRUBefore(Own):
    shapes: ClassVar = {**_THREE, "bn": (H,)}

    def step(self, x, h):
        r = sigmoid(x @ self.Wr + h @ self.Ur)
        z = sigmoid(x @ self.Wz + h @ self.Uz)
        k = r * h
        n = np.tanh(x @ self.Wn + k @ self.Un + self.bn)
        h = (1 - z) * h + z * n
        return h, h


class MGU(Own):
    shapes: ClassVar = {
        "Wf": (K, H), "Uf": (H, H), "bf": (H,), "Wn": (K, H), "Un": (H, H), "bn": (H,)
    }

    def step(self, x, h):
        f = sigmoid(x @ self.Wf + h @ self.Uf + self.bf)
        k = f * h
        n = np.tanh(x @ self.Wn + k @ self.Un + self.bn)
        h = (1 - f) * h + f * n
        return h, h


class Normalised(Own):
    shapes: ClassVar = {"W": (K, H), "U": (H, H), "gain": (H,), "b": (H,)}

    def step(self, x, h):
        a = x @ self.W + h @ self.U
        h = np.tanh(layer_norm(a, H, self.gain, self.b, eps=0.1))
        return h, h


class Attention(Own):
    """It looks at the entries of its input, of which each has a row of its own."""

    shapes: ClassVar = {"Q": (H, A), "U": (H, H), "b": (H,), "W": (A, H)}

    def __init__(self, rng):
        super().__init__(rng)
        self.input_size = A

    def step(self, x, h):
        q = h @ self.Q
        p = softmax(q * x, axis=1)
        v = p * x
        h = np.tanh(v @ self.W + h @ self.U + self.b)
        return h, h


class ODE(Own):
    """dh/dt = -h + tanh(x W + h U + b), two steps of Euler for one of the sequence."""

    shapes: ClassVar = {"W": (K, H), "U": (H, H), "b": (H,)}

    def step(self, x, h):
        u = np.tanh(x @ self.W + h @ self.U + self.b)
        k = h + 0.4 * (u - h)
        v = np.tanh(x @ self.W + k @ self.U + self.b)
        h = k + 0.4 * (v - k)
        return h, h


CELLS = {
    "Elman": Elman, "leaky with skip": LeakySkip, "LSTM": LSTM, "LSTM, peepholes": Peephole,
    "LSTM, coupled gates": Coupled, "LSTM of 1997": NoForget, "GRU, reset after": GRUAfter,
    "GRU, reset before": GRUBefore, "MGU": MGU, "layer-normalised": Normalised,
    "attention over inputs": Attention, "ODE, two substeps": ODE,
}

"""The standard cells as plain NumPy functions that read their weights gate by gate, by name.

They are independent of the cells' code: a cell that stores or splits its gates in another order
than it declares, or applies a gate in another place, differs from its reference.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached

from ..cells import (
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LayerNormLSTMCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
    ResidualCell,
    SkipCell,
    ZoneoutCell,
)
from ..cells.state import unpack

__all__ = ["REFERENCES", "reference_of"]


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def biases(cell: Any, gate: Any) -> tuple[Any, Any]:
    """The bias beside x W_xh and the one beside h W_hh."""
    if cell.biases == 2:
        return gate.b_xh, gate.b_hh
    return (gate.b_h if cell.biases else 0.0), 0.0


def from_x(cell: Any, name: str, x: Any) -> Any:
    gate = cell.gate(name)
    return x @ gate.W_xh + biases(cell, gate)[0]


def from_h(cell: Any, name: str, h: Any) -> Any:
    gate = cell.gate(name)
    return h @ gate.W_hh + biases(cell, gate)[1]


def sums(cell: Any, x: Any, h: Any) -> dict[str, Any]:
    """The pre-activation of every gate."""
    return {name: from_x(cell, name, x) + from_h(cell, name, h) for name in cell.gates}


FUNCTIONS: dict[str, Any] = {
    "tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sigmoid": sigma,
    "identity": lambda z: z, "hard_sigmoid": lambda z: np.clip(z / 6 + 0.5, 0, 1),
    "hard_sigmoid_02": lambda z: np.clip(z / 5 + 0.5, 0, 1), "softsign": lambda z: z / (1 + abs(z)),
    "softplus": lambda z: np.log(1 + np.exp(z)), "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1),
}


def through(chosen: Any, z: Any) -> Any:
    """φ(z): by its name, or by a function, which may want a Tensor."""
    return FUNCTIONS[chosen](z) if isinstance(chosen, str) else detached(chosen(Tensor(z)))


def clipped(cell: Any, z: Any) -> Any:
    return z if cell.clip is None else np.minimum(np.maximum(z, -cell.clip), cell.clip)


def gated(cell: Any, z: Any) -> Any:
    """The gate's activation of its pre-activation, clipped."""
    return through(cell.recurrent_activation, clipped(cell, z))


def candidate(cell: Any, z: Any) -> Any:
    """The candidate's activation of its pre-activation, clipped."""
    return through(cell.activation, clipped(cell, z))


def elman(cell: Any, x: Any, h: Any) -> Any:
    z = sums(cell, x, h)["h"]
    h = through(cell.nonlinearity, clipped(cell, z))
    return h, h


def lstm(cell: Any, x: Any, state: Any) -> Any:
    h, c = state
    z = sums(cell, x, h)
    c = gated(cell, z["f"]) * c + gated(cell, z["i"]) * candidate(cell, z["g"])
    h = gated(cell, z["o"]) * through(cell.activation, c)
    return h, (h, c)


def lstm_1997(cell: Any, x: Any, state: Any) -> Any:
    h, c = state
    z = sums(cell, x, h)
    c = c + gated(cell, z["i"]) * candidate(cell, z["g"])
    h = gated(cell, z["o"]) * through(cell.activation, c)
    return h, (h, c)


def coupled_lstm(cell: Any, x: Any, state: Any) -> Any:
    h, c = state
    z = sums(cell, x, h)
    i = gated(cell, z["i"])
    c = (1 - i) * c + i * candidate(cell, z["g"])
    h = gated(cell, z["o"]) * through(cell.activation, c)
    return h, (h, c)


def peephole_lstm(cell: Any, x: Any, state: Any) -> Any:
    h, c = state
    z = sums(cell, x, h)
    i, f = (gated(cell, z[k] + w.numpy() * c) for k, w in (("i", cell.w_ci), ("f", cell.w_cf)))
    c = f * c + i * candidate(cell, z["g"])
    h = gated(cell, z["o"] + cell.w_co.numpy() * c) * through(cell.activation, c)
    return h, (h, c)


def layer_norm_lstm(cell: Any, x: Any, state: Any) -> Any:
    h, c = state

    def normal(a: Any) -> Any:
        mean, variance = a.mean(axis=1, keepdims=True), a.var(axis=1, keepdims=True)
        return (a - mean) / np.sqrt(variance + cell.eps)

    widths = {name: cell.gate(name).columns for name in cell.gates}
    at_x = normal(np.concatenate([x @ cell.gate(g).W_xh for g in cell.gates], axis=1))
    at_h = normal(np.concatenate([h @ cell.gate(g).W_hh for g in cell.gates], axis=1))
    z = at_x * cell.gain_x.numpy() + at_h * cell.gain_h.numpy()
    by_gate = {g: z[:, s] + (cell.gate(g).b_h if cell.biases else 0) for g, s in widths.items()}
    c = gated(cell, by_gate["f"]) * c + gated(cell, by_gate["i"]) * candidate(cell, by_gate["g"])
    h = gated(cell, by_gate["o"]) * through(
        cell.activation, normal(c) * cell.gain_c.numpy() + cell.b_c.numpy()
    )
    return h, (h, c)


def projected_lstm(cell: Any, x: Any, state: Any) -> Any:
    full, (_, c) = lstm(cell, x, state)
    h = full @ cell.W_hp.numpy()
    return h, (h, c)


def gru(cell: Any, x: Any, h: Any) -> Any:
    r, z = (gated(cell, from_x(cell, g, x) + from_h(cell, g, h)) for g in "rz")
    if cell.reset == "after":
        n = candidate(cell, from_x(cell, "n", x) + r * from_h(cell, "n", h))
    else:
        n = candidate(cell, from_x(cell, "n", x) + from_h(cell, "n", r * h))
    kept = z if cell.update == "keep" else 1 - z
    h = kept * h + (1 - kept) * n
    return h, h


def mgu(cell: Any, x: Any, h: Any) -> Any:
    f = gated(cell, from_x(cell, "f", x) + from_h(cell, "f", h))
    n = candidate(cell, from_x(cell, "n", x) + from_h(cell, "n", f * h))
    h = (1 - f) * h + f * n
    return h, h


# -- wrappers, around the reference of what they wrap


def _inner(cell: Any, x: Any, parts: Any) -> Any:
    """(output, parts of the state) of the wrapped cell."""
    inner = reference_of(cell.cell)
    assert inner is not None  # or the wrapper would have none
    output, state = inner(cell.cell, x, parts[0] if len(parts) == 1 else tuple(parts))
    return output, unpack(state)


def _state(parts: Any) -> Any:
    return parts[0] if len(parts) == 1 else tuple(parts)


def residual(cell: Any, x: Any, state: Any) -> Any:
    output, parts = _inner(cell, x, unpack(state))
    return output + x, _state(parts)


def skip(cell: Any, x: Any, state: Any) -> Any:
    n = len(cell.cell.state_sizes)
    h, *others = state[:n]
    past = state[n:]
    output, parts = _inner(cell, x, ((h + past[-1]) / 2, *others))
    return output, (*parts, h, *past[:-1])


def zoneout(cell: Any, x: Any, state: Any) -> Any:
    """In evaluation."""
    output, parts = _inner(cell, x, unpack(state))
    rates = cell.rates.values()
    mixed = [
        rate * old + (1 - rate) * new
        for rate, old, new in zip(rates, unpack(state), parts, strict=True)
    ]
    shown = next((m for m, new in zip(mixed, parts, strict=True) if new is output), output)
    return shown, _state(mixed)


def dropout(cell: Any, x: Any, state: Any) -> Any:
    """In evaluation."""
    n = len(cell.cell.state_sizes)
    output, parts = _inner(cell, x, state[:n])
    return output, (*parts, *state[n:])


REFERENCES: dict[type[Cell], Any] = {
    ElmanCell: elman, LSTMCell: lstm, LSTM1997Cell: lstm_1997, CoupledLSTMCell: coupled_lstm,
    PeepholeLSTMCell: peephole_lstm, LayerNormLSTMCell: layer_norm_lstm,
    ProjectedLSTMCell: projected_lstm, GRUCell: gru, MGUCell: mgu, ResidualCell: residual,
    SkipCell: skip, ZoneoutCell: zoneout, DropoutCell: dropout,
}
"""Cell class → ``reference(cell, x, state) -> (output, state)`` on arrays."""


def reference_of(cell: Cell) -> Any:
    """The reference of a cell, None for a class of the user's; a subclass may mean another."""
    inner = getattr(cell, "cell", None)
    if isinstance(inner, Cell) and reference_of(inner) is None:
        return None
    return REFERENCES.get(type(cell))

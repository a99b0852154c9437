"""A plain NumPy forward pass of weights, one line for each formula: what ``explain`` runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .reading import Array
from .weights import CellWeights

__all__ = ["forward", "zero_state"]

_PHI: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "sigmoid": lambda a: _sigmoid(a),
    "identity": lambda a: a,
    "hard_sigmoid": lambda a: np.clip(a / 6 + 0.5, 0, 1),
    "hard_sigmoid_02": lambda a: np.clip(0.2 * a + 0.5, 0, 1),
    "softsign": lambda a: a / (1 + np.abs(a)),
    "softplus": lambda a: np.logaddexp(0, a),
    "elu": lambda a: np.where(a > 0, a, np.expm1(np.minimum(a, 0))),
}


def _through(cell: CellWeights, name: str, a: Array) -> Array:
    return _PHI[name](a if cell.clip is None else np.clip(a, -cell.clip, cell.clip))


def _gate(cell: CellWeights, a: Array) -> Array:
    return _through(cell, cell.recurrent_activation, a)


def _candidate(cell: CellWeights, a: Array) -> Array:
    return _through(cell, cell.activation, a)


def zero_state(cell: CellWeights, batch: int) -> list[Array]:
    """h (B, R), and c (B, H) of an LSTM, all 0."""
    widths = [cell.state_size, cell.hidden_size][: 2 if cell.kind == "lstm" else 1]
    return [np.zeros((batch, width), cell.dtype) for width in widths]


def forward(cell: CellWeights, xs: Array, state: Sequence[Array]) -> Array:
    """The outputs (T, B, R) for inputs (T, B, K), from a state (h,) or (h, c)."""
    steps: dict[str, Callable[..., Any]] = {"rnn": _rnn, "lstm": _lstm, "gru": _gru, "mgu": _gru}
    step = steps[cell.kind]
    cell = cell.standard() if cell.kind == "mgu" else cell
    outputs = []
    for x in xs:
        state = step(cell, x, *state)
        outputs.append(state[0])
    return np.stack(outputs)


def _sigmoid(a: Array) -> Array:
    return np.exp(-np.logaddexp(0, -a))  # without overflow


def _sums(cell: CellWeights, x: Array, h: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """By gate what comes from x, with the first bias, and what comes from h, with the second."""
    first, second = [*cell.biases, *[np.zeros(1, cell.dtype)] * 2][:2]
    G = len(cell.gates)
    from_x = np.split(x @ cell.W_xh + first, G, axis=-1)
    from_h = np.split(h @ cell.W_hh + second, G, axis=-1)
    return dict(zip(cell.gates, from_x, strict=True)), dict(zip(cell.gates, from_h, strict=True))


def _rnn(cell: CellWeights, x: Array, h: Array) -> tuple[Array, ...]:
    from_x, from_h = _sums(cell, x, h)
    return (_through(cell, cell.nonlinearity, from_x["h"] + from_h["h"]),)


def _lstm(cell: CellWeights, x: Array, h: Array, c: Array) -> tuple[Array, ...]:
    from_x, from_h = _sums(cell, x, h)
    z = {gate: from_x[gate] + from_h[gate] for gate in cell.gates}
    seen = {gate: cell.peepholes.get(gate, 0) for gate in "ifo"}
    i = _gate(cell, z["i"] + seen["i"] * c)
    f: Any = {"none": 1, "coupled": 1 - i}.get(cell.forget)
    if cell.forget == "gate":
        f = _gate(cell, z["f"] + seen["f"] * c)
    c = f * c + i * _candidate(cell, z["g"])
    h = _gate(cell, z["o"] + seen["o"] * c) * _PHI[cell.activation](c)
    return (h if cell.projection is None else h @ cell.projection, c)


def _gru(cell: CellWeights, x: Array, h: Array) -> tuple[Array, ...]:
    from_x, from_h = _sums(cell, x, h)
    r, z = (_gate(cell, from_x[gate] + from_h[gate]) for gate in "rz")
    if cell.reset == "after":
        inner = r * from_h["n"]
    else:
        inner = (r * h) @ cell.gate("n")["W_hh"]
        inner = inner + (cell.gate("n")["b_hh"] if len(cell.biases) == 2 else 0)
    n = _candidate(cell, from_x["n"] + inner)
    return (z * h + (1 - z) * n if cell.update == "keep" else (1 - z) * h + z * n,)

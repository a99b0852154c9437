"""The notes' layout: for each gate one matrix on h and x joined together, and one bias.

Texts differ in what stands first, [h, x] or [x, h], and on which side: W_f·[h, x], with matrices
(H, H+K), or [x, h] W_f, with matrices (K+H, H). The side shows in the shape; the order does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .cells import weights_of
from .reading import Array, common_dtype, listed, mapping, numbers, turned, wanted_shape
from .weights import GATES, CellWeights, Weights

__all__ = [
    "Named", "biases_of", "by_part", "from_gates", "joined_parts", "kind_and_gates", "to_gates",
]

_KEY = re.compile(r"(W|b)(?:_([^\W_]))?|(b_[xh])([^\W_])")
# What texts call the gates; ``to_gates`` writes the first name.
_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "rnn": {"h": ("", "h")},
    "lstm": {"i": ("i",), "f": ("f",), "g": ("C", "c", "g"), "o": ("o",)},
    "gru": {"r": ("r",), "z": ("z", "u"), "n": ("h", "n")},
    "mgu": {"f": ("f",), "n": ("h", "n")},
}


def from_gates(
    matrices: Mapping[str, Any],
    kind: str | None = None,
    *,
    concat: str,
    reset: str = "before",
    update: str = "new",
    forget: str = "none",
    nonlinearity: str = "tanh",
) -> Weights:
    """The parameters of a cell from one matrix for each gate, to the last bit.

    matrices: W_i, W_f, W_C, W_o (C also c or g) of an LSTM; W_r, W_z, W_h (h also n) of a GRU; W of
        a vanilla RNN; W_f, W_h of a minimal gated unit; and as many biases b_i, b_f and so on, or
        none. Matrices are (H, H+K) or (K+H, H), biases (H,). In a GRU the state that W_h sees is
        r ⊙ h (reset="before"), or r is put on after the product.
    kind: "rnn", "lstm", "gru" or "mgu"; by default what the names say.
    concat: "hx" if the matrices act on [h, x], "xh" for [x, h]. ``explain`` finds out which.
    reset, update: of a GRU, as in ``rnn.GRUCell``; the defaults are h̃ = tanh(W_h·[r ⊙ h, x] + b_h)
        and h = (1 - z) ⊙ h + z ⊙ h̃. Many texts say in words that z keeps: update="keep".
    forget: of an LSTM without W_f: "none" (f = 1) or "coupled" (f = 1 - i).
    nonlinearity: of an RNN.

    Raises ValueError that names the matrix, its shape and the shape wanted.

    >>> W = {f"W_{g}": np.ones((3, 8)) for g in "fiCo"}
    >>> from_gates(W, concat="hx").cell()
    LSTMCell(5, 3, gates=i f g o, biases=0)  96 parameters
      W_xh: (5, 12) float64
      W_hh: (3, 12) float64
    """
    _check_concat("from_gates", concat)
    parts = by_part(mapping(matrices, "from_gates", "a dictionary with W_f, b_f and so on"))
    known = kind_and_gates(parts.get("W", {}), kind)
    if known is None:
        raise ValueError(
            f"from_gates: received matrices of {listed(parts.get('W', ()))}; wanted W_i, W_f, W_C, "
            f"W_o (an LSTM), W_r, W_z, W_h (a GRU), W (an RNN) or W_f, W_h (a minimal gated unit)"
        )
    kind, gates = known
    W_xh, W_hh = joined_parts(gates, concat)
    weights = CellWeights(
        kind, W_xh, W_hh, biases_of(parts, kind, tuple(gates), W_hh), tuple(gates),
        nonlinearity=nonlinearity if kind == "rnn" else "tanh",
        reset=reset if kind == "gru" else "after",
        update=update if kind == "gru" else "keep",
        forget=forget if kind == "lstm" and "f" not in gates else "gate",
    )
    return Weights(((weights,),))


def _check_concat(owner: str, concat: str) -> None:
    if concat not in ("hx", "xh"):
        raise ValueError(f"{owner}(concat={concat!r}): wanted 'hx' for [h, x] or 'xh' for [x, h]")


Named = dict[str, tuple[str, Array]]  # by gate: the key that the user gave, and the array


def by_part(given: Mapping[str, Any]) -> dict[str, Named]:
    """The arrays by what they are (W, b, or b_x and b_h) and the name of their gate."""
    parts: dict[str, Named] = {}
    arrays: dict[str, Array] = {}
    for key, value in given.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError(
                f"from_gates: {key!r} is no name of a matrix or a bias; wanted names such as W_f "
                f"and b_f"
            )
        what, name, split, split_name = match.groups()
        arrays[key] = numbers(value, f"from_gates: {key!r}")
        parts.setdefault(what or split, {})[name or split_name or ""] = (key, arrays[key])
    common_dtype(arrays, "from_gates")
    return parts


def kind_and_gates(matrices: Named, kind: str | None = None) -> tuple[str, Named] | None:
    """The kind of cell that has gates of these names, and the matrices by its names of them.

    An LSTM may lack f. None if there is no such kind.
    """
    for known in _NAMES if kind is None else [kind] if kind in _NAMES else []:
        gates = _translated(matrices, known)
        missing = GATES[known] if gates is None else set(GATES[known]) - gates.keys()
        if gates is not None and (not missing or (known == "lstm" and missing == {"f"})):
            return known, gates
    return None


def _translated(given: Named, kind: str) -> Named | None:
    """`given` with this kind's names of the gates; None if one is unknown, or comes twice."""
    gate_of = {name: gate for gate, names in _NAMES[kind].items() for name in names}
    gates = {gate_of[name]: item for name, item in given.items() if name in gate_of}
    return gates if len(gates) == len(given) else None


def joined_parts(gates: Named, concat: str) -> tuple[Array, Array]:
    """W_xh and W_hh from the matrices of the gates."""
    _, first = next(iter(gates.values()))
    if first.ndim != 2 or 0 in first.shape or first.shape[0] == first.shape[1]:
        key = next(iter(gates.values()))[0]
        raise ValueError(
            f"from_gates: {key!r} has shape {first.shape}; wanted (H, H+K) or (H+K, H)"
        )
    H, joined = sorted(first.shape)
    rows = []
    for key, matrix in gates.values():
        wanted_shape(matrix, first.shape, f"from_gates: {key!r}", "the shape of the first matrix")
        rows.append(turned(matrix) if matrix.shape[0] == H else matrix)
    whole = np.concatenate(rows, axis=1)                                 # (H+K, G·H)
    if concat == "hx":
        return whole[H:].copy(), whole[:H].copy()
    return whole[: joined - H].copy(), whole[joined - H :].copy()


def biases_of(
    parts: Mapping[str, Named], kind: str, order: tuple[str, ...], W_hh: Array
) -> tuple[Array, ...]:
    """The biases, if there are any, with the gates in the order of the matrices."""
    names = [what for what in ("b", "b_x", "b_h") if what in parts]
    if names not in ([], ["b"], ["b_x", "b_h"]):
        raise ValueError(
            "from_gates: wanted one bias for each gate (b_f), none, or two (b_xf and b_hf)"
        )
    biases = []
    for what in names:
        gates = _translated(parts[what], kind)
        if gates is None or set(gates) != set(order):
            keys = listed(key for key, _ in parts[what].values())
            raise ValueError(
                f"from_gates: received the biases {keys}; wanted one for each matrix, or none"
            )
        for key, bias in gates.values():
            wanted_shape(bias, (len(W_hh),), f"from_gates: {key!r}", "(H,)")
        biases.append(np.concatenate([gates[gate][1] for gate in order]))
    return tuple(biases)


def to_gates(thing: Any, *, concat: str, side: str = "right") -> dict[str, Array]:
    """The parameters of a cell as one matrix for each gate, named as the notes name them.

    thing: a cell, or what a reader such as ``from_torch`` returned, of one layer in one direction.
    concat: "hx" for matrices that act on [h, x], "xh" for [x, h].
    side: "right" for [h, x] W_f with matrices (H+K, H), "left" for W_f·[h, x] with (H, H+K).

    The keys are W_i, W_f, W_C, W_o; W_r, W_z, W_h; W; or W_f, W_h; and b_i and so on. A cell with
    two biases gives both, b_xi and b_hi; ``weights.with_biases(1)`` adds them up first. Where r
    of a GRU acts and what z means is not written into matrices: tell the reader.
    Raises ValueError for several layers or directions, peepholes and projections.

    >>> from rnn import LSTMCell
    >>> {name: array.shape for name, array in to_gates(LSTMCell(5, 3), concat="hx").items()}
    {'W_i': (8, 3), 'W_f': (8, 3), 'W_C': (8, 3), 'W_o': (8, 3),
     'b_i': (3,), 'b_f': (3,), 'b_C': (3,), 'b_o': (3,)}
    """
    _check_concat("to_gates", concat)
    if side not in ("right", "left"):
        raise ValueError(f"to_gates(side={side!r}): wanted 'right' or 'left' of the joined vector")
    cell = weights_of(thing, "to_gates").only()
    for what in ("peepholes", "projection"):
        if what in cell.conventions():
            raise ValueError(f"to_gates: this layout has no place for the {what} of the cell")
    if functions := cell.functions():
        raise ValueError(f"to_gates: this layout has no place for {', '.join(functions)}")
    names = {gate: _NAMES[cell.kind][gate][0] for gate in cell.gates}
    matrices, biases = {}, {}
    for gate, name in names.items():
        blocks = cell.gate(gate)
        both = [blocks["W_hh"], blocks["W_xh"]]
        whole = np.concatenate(both if concat == "hx" else both[::-1])   # (H+K, H)
        matrices[f"W_{name}" if name else "W"] = whole if side == "right" else turned(whole)
        if "b_h" in blocks:
            biases[f"b_{name}" if name else "b"] = blocks["b_h"].copy()
        for half in ("b_xh", "b_hh"):
            if half in blocks:
                biases[f"{half[:-1]}{name or 'h'}"] = blocks[half].copy()
    return {**matrices, **biases}

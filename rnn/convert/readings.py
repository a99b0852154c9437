"""Every way to read given arrays as the weights of one cell.

Shapes leave much open: a square matrix may be transposed, four blocks of rows may be gates in any
of 24 orders. Each way that the shapes allow is a `Reading`: weights, and the convention in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import NamedTuple

import numpy as np

from .gates import biases_of, by_part, joined_parts, kind_and_gates
from .operators import ONNX_NAMES
from .reading import Array, turned
from .weights import GATES, CellWeights

__all__ = ["Reading", "readings", "renamed"]

_FORGETS = {"gate": "LSTM", "none": "LSTM without a forget gate", "coupled": "LSTM, f = 1 - i"}
_RESETS = {"after": "after the product: r ⊙ (h W)", "before": "before the product: (r ⊙ h) W"}
_UPDATES = {"keep": "z keeps: z ⊙ h + (1 - z) ⊙ n", "new": "z renews: (1 - z) ⊙ h + z ⊙ n"}


@dataclass(frozen=True, eq=False)
class Reading:
    """One way to read the arrays.

    weights: the arrays, read in this way. told: the convention in words, by property.
    layout: "rows" or "columns", where the gates of separate matrices lie; "joined"; or "gates".
    """

    weights: CellWeights
    told: dict[str, str]
    layout: str

    @property
    def frameworks(self) -> tuple[str, ...]:
        """The frameworks with this convention, with the call that reads it."""
        w = self.weights
        gru = f", reset={w.reset!r}, update={w.update!r}" if w.kind == "gru" else ""
        phi = f", nonlinearity={w.nonlinearity!r}" if w.nonlinearity != "tanh" else ""
        if self.layout == "gates":
            order = "hx" if "[h, x]" in self.told["weights"] else "xh"
            forget = f", forget={w.forget!r}" if w.forget == "coupled" else ""
            options = f"concat={order!r}{gru}{phi}{forget}"
            return (f"per-gate matrices: from_gates(weights, {options})",)
        if w.kind == "mgu" or w.forget != "gate" or w.update != "keep":
            return ()
        order, after, bare = "".join(w.gates), w.reset == "after", not w.peepholes
        found = []
        if self.layout == "rows":
            common = order in ("h", "ifgo", "rzn") and w.nonlinearity in ("tanh", "relu")
            if common and after and bare:
                found.append(f"PyTorch: from_torch(state_dict{phi})")
            if order in ("h", "iofg", "zrn") and tuple(w.peepholes) in ((), ("i", "o", "f")):
                given = ", linear_before_reset=1" if gru and after else ""
                activations = f", activations=[{ONNX_NAMES[w.nonlinearity]!r}]" if phi else ""
                found.append(f"ONNX: from_onnx(arrays{given}{activations})")
        if self.layout == "columns" and order in ("h", "ifgo", "zrn") and bare:
            given = f", reset_after={after}" if gru and not w.biases else ""
            found.append(f"Keras: from_keras(weights{given}{phi})")
        if self.layout == "joined" and order == "igfo" and bare:
            found.append("TensorFlow 1: BasicLSTMCell")
        return tuple(found)


def readings(named: Mapping[str, Array], K: int, H: int) -> list[Reading]:
    """All readings of the arrays as a cell with inputs of width K and H units."""
    by_gate = _gate_readings(named, K, H)
    return by_gate or [
        reading for roles in _assignments(named, K, H) for reading in _expanded(roles, H)
    ]


# -- one matrix for each gate


def _gate_readings(named: Mapping[str, Array], K: int, H: int) -> list[Reading]:
    try:
        parts = by_part(named)
    except ValueError:
        return []
    known = kind_and_gates(parts.get("W", {}))
    if known is None or any(sorted(a.shape) != [H, H + K] for _, a in known[1].values()):
        return []
    kind, gates = known
    found = []
    for concat, text in (("hx", "[h, x]"), ("xh", "[x, h]")):
        W_xh, W_hh = joined_parts(gates, concat)
        biases = biases_of(parts, kind, tuple(gates), W_hh)
        keys = ", ".join(key for key, _ in gates.values())
        left = next(iter(gates.values()))[1].shape[0] == H
        told = {"weights": f"{keys}: {f'W·{text}' if left else f'{text} W'}"}
        cell = CellWeights(
            kind, W_xh, W_hh, biases, tuple(gates),
            forget="none" if kind == "lstm" and "f" not in gates else "gate",
        )
        found += [
            Reading(other, _model(other) | told | _gru_words(other), "gates")
            for other in _senses(cell)
        ]
    return found


def renamed(found: Sequence[Reading]) -> Iterator[Reading]:
    """The readings of one matrix for each gate with the gates' names permuted."""
    for reading in found:
        gates = reading.weights.gates
        for order in permutations(gates):
            if reading.layout == "gates" and order != gates:
                meaning = ", ".join(
                    f"{was} is {now}" for was, now in zip(gates, order, strict=True) if was != now
                )
                told = {**reading.told, "gates": meaning}
                yield Reading(replace(reading.weights, gates=order), told, "gates")


# -- gates side by side


class _Role(NamedTuple):
    """What an array may be: "x", "h", "xh" or "hx" (joined), "b", "bb" (two biases), "p"."""

    what: str
    G: int
    array: Array  # as in CellWeights
    text: str
    layout: str = ""


def _roles(key: str, array: Array, K: int, H: int) -> Iterator[_Role]:
    """Everything that the shape of an array allows it to be."""
    a = array[0] if array.ndim == 3 and len(array) == 1 else array
    name = f"{key!r} {array.shape}"
    for G in (1, 2, 3, 4):
        if a.ndim == 2:
            for what, rows, v in (("x", K, "x"), ("h", H, "h"), ("xh", K + H, "[x, h]"),
                                  ("hx", K + H, "[h, x]")):
                columns, across = ("joined", "joined") if len(what) == 2 else ("columns", "rows")
                if a.shape == (rows, G * H):
                    yield _Role(what, G, a, f"{name}: {v} W", columns)
                if a.shape == (G * H, rows):
                    yield _Role(what, G, turned(a), f"{name}: {v} Wᵀ", across)
        flat = a.ravel() if a.ndim == 1 or (a.ndim == 2 and 1 in a.shape) else None
        if flat is not None and flat.shape == (G * H,):
            yield _Role("b", G, flat, repr(key))
        if a.shape == (2, G * H) or (flat is not None and flat.shape == (2 * G * H,)):
            yield _Role("bb", G, a.reshape(2, G * H), repr(key))
        if flat is not None and G == 4 and flat.shape == (3 * H,):
            yield _Role("p", G, flat, repr(key))


def _assignments(named: Mapping[str, Array], K: int, H: int) -> Iterator[list[_Role]]:
    """One role for each array, so that together they are the weights of a cell."""
    allowed = (
        {"matrices": m, "biases": b}
        for m in (["h", "x"], ["xh"], ["hx"])
        for b in ([], ["b"], ["b", "b"], ["bb"])
    )
    patterns = [sorted(a["matrices"] + a["biases"]) for a in allowed]
    for roles in product(*(list(_roles(key, a, K, H)) for key, a in named.items())):
        whats = sorted(role.what for role in roles if role.what != "p")
        peepholes = len(roles) - len(whats)
        if len({role.G for role in roles}) == 1 and whats in patterns and peepholes <= 1:
            yield list(roles)


def _expanded(roles: list[_Role], H: int) -> Iterator[Reading]:
    """The readings that differ in the model and the order of the gates."""
    by_what = {role.what: role for role in roles}
    if "x" in by_what:
        x, h = by_what["x"], by_what["h"]
        told = {"input weights": x.text, "recurrent weights": h.text}
        W_xh, W_hh = x.array, h.array
        layout = x.layout if x.layout == h.layout else "mixed"
    elif "xh" in by_what:
        role, layout = by_what["xh"], "joined"
        W_xh, W_hh, told = role.array[:-H], role.array[-H:], {"weights": role.text}
    else:
        role, layout = by_what["hx"], "joined"
        W_xh, W_hh, told = role.array[H:], role.array[:H], {"weights": role.text}
    biases = [pair for role in roles for pair in _biases(role)]
    for cell in _kinds(roles[0].G, W_xh, W_hh):
        order = {"gate order": " ".join(cell.gates)} if len(cell.gates) > 1 else {}
        for with_b, words in _biased(cell, biases):
            for full, seen in _peepholed(with_b, by_what.get("p")):
                every = {**_model(full), **told, **order, **_gru_words(full), **words, **seen}
                yield Reading(full, every, layout)


def _kinds(G: int, W_xh: Array, W_hh: Array) -> Iterator[CellWeights]:
    """The cells with so many gates, in every order of them, without biases."""
    for kind, gates in GATES.items():
        forgets = ("gate", "none", "coupled") if kind == "lstm" else ("gate",)
        for forget in forgets:
            names = [g for g in gates if forget == "gate" or g != "f"]
            for order in permutations(names) if len(names) == G else ():
                cell = CellWeights(kind, W_xh, W_hh, (), order, forget=forget)
                yield from _senses(cell) if forget == "gate" else [cell]


def _senses(cell: CellWeights) -> Iterator[CellWeights]:
    """The same arrays with every nonlinearity, reset, update and lack of a forget gate."""
    if cell.kind == "rnn":
        for phi in ("tanh", "relu", "sigmoid", "identity"):
            yield replace(cell, nonlinearity=phi)
    elif cell.kind == "gru":
        for reset, update in product(_RESETS, _UPDATES):
            yield replace(cell, reset=reset, update=update)
    elif cell.forget != "gate":
        for forget in ("none", "coupled"):
            yield replace(cell, forget=forget)
    else:
        yield cell


def _biases(role: _Role) -> list[tuple[str, Array]]:
    """The bias vectors in an array, with names."""
    if role.what == "b":
        return [(role.text, role.array)]
    if role.what == "bb":
        first, second = role.array
        return [(f"{role.text} (1st half)", first), (f"{role.text} (2nd half)", second)]
    return []


def _biased(
    cell: CellWeights, biases: list[tuple[str, Array]]
) -> Iterator[tuple[CellWeights, dict[str, str]]]:
    """The cell with its biases, in every place that makes a difference, and the words for it."""
    if not biases:
        yield cell, {"biases": "none"}
    elif cell.kind == "gru" and cell.reset == "after":
        zeros = np.zeros_like(biases[0][1])
        first, second = [*biases, ("none", zeros)][:2]
        for (name, outside), (within, inside) in ((first, second), (second, first)):
            words = {"biases": f"with x {name}; with h, inside r ⊙ (...), {within}"}
            yield replace(cell, biases=(outside, inside)), words
    else:
        words = {"biases": " + ".join(name for name, _ in biases)}
        yield replace(cell, biases=tuple(vector for _, vector in biases)), words


def _peepholed(
    cell: CellWeights, role: _Role | None
) -> Iterator[tuple[CellWeights, dict[str, str]]]:
    if role is None:
        yield cell, {}
        return
    for order in permutations("ifo"):
        peepholes = dict(zip(order, np.split(role.array, 3), strict=True))
        words = f"{role.text} for {' '.join(order)}"
        yield replace(cell, peepholes=peepholes), {"peepholes": words}


def _model(cell: CellWeights) -> dict[str, str]:
    names = {
        "rnn": f"RNN, {cell.nonlinearity}", "gru": "GRU", "mgu": "minimal gated unit",
        "lstm": _FORGETS[cell.forget],
    }
    return {"model": names[cell.kind]}


def _gru_words(cell: CellWeights) -> dict[str, str]:
    if cell.kind != "gru":
        return {}
    return {"reset": _RESETS[cell.reset], "update": _UPDATES[cell.update]}

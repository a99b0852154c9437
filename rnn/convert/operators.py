"""ONNX's operators RNN, LSTM and GRU: one operator a layer, its directions in the first axis.

Matrices are transposed (a row per unit), gates lie in the rows in the order i o f c or z r h. B has
both biases side by side, P the peepholes in the order i o f. A GRU keeps h where z = 1, and resets
before the product unless ``linear_before_reset`` is set. (ONNX operator schemas, opset 22.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..cells.activations import ACTIVATIONS
from .cells import weights_of
from .reading import Array, common_dtype, listed, mapping, numbers, turned, wanted_shape
from .weights import GATES, CellWeights, Weights, kind_of

__all__ = ["ONNX_NAMES", "Operator", "from_onnx", "to_onnx"]

_ORDER = {"rnn": ("h",), "lstm": ("i", "o", "f", "g"), "gru": ("z", "r", "n")}
_PEEPHOLES = ("i", "o", "f")
_DIRECTIONS = ("forward", "reverse", "bidirectional")
_TYPES = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
ONNX_NAMES = {name: known.onnx[0] for name, known in ACTIVATIONS.items()}
"""What ONNX calls the activations of ``rnn.cells``."""

_USUAL = {"rnn": ["tanh"], "lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"]}
_CONSTANTS = {"HardSigmoid": (0.2, 0.5), "Affine": (np.nan, np.nan), "Elu": (1.0,)}


class Operator(NamedTuple):
    """One ONNX operator: a layer in one or two directions.

    op_type: "RNN", "LSTM" or "GRU".
    arrays: its inputs W (D, G·H, K), R (D, G·H, H), B (D, 2·G·H) and P (D, 3·H), as far as it has
        them, with D directions.
    attributes: its attributes by name.

    >>> arrays = {"W": np.ones((1, 3, 5)), "R": np.ones((1, 3, 3))}
    >>> from_onnx(Operator("RNN", arrays, {"activations": ["Relu"]})).only().nonlinearity
    'relu'
    """

    op_type: str
    arrays: dict[str, Array]
    attributes: dict[str, Any]


def from_onnx(
    operators: Any, kind: str | None = None, *, merge: str | None = "concat", **attributes: Any
) -> Weights:
    """The parameters of ONNX's recurrent operators, to the last bit.

    operators: the arrays of one operator (a dictionary with W, R and perhaps B and P); an
        ``Operator``; or a list of either, one a layer from the bottom.
    kind: "rnn", "lstm" or "gru"; by default what the operator or the shapes say (1, 4 or 3 blocks
        of H rows).
    attributes: of operators given as dictionaries: linear_before_reset (a GRU's, 0 by default as in
        ONNX), input_forget (an LSTM's, 0 by default), direction, clip, activations with
        activation_alpha and activation_beta.
    merge: what the graph does with two directions, as in ``rnn.Recurrent``.

    An operator with direction="reverse" becomes a layer with reverse=True (and its cell alone runs
    forward, as all cells do). Raises ValueError that names the array, its shape and the shape
    wanted, and for attributes that no cell here has, such as activations without a name in
    ``rnn.cells``.

    >>> arrays = {"W": np.ones((1, 9, 5)), "R": np.ones((1, 9, 3)), "B": np.ones((1, 18))}
    >>> from_onnx(arrays, linear_before_reset=1)
    Weights(gru 5 → 3, float64, gates=z r n, biases=2, reset=after, update=keep)
    """
    several = isinstance(operators, Sequence) and not isinstance(operators, Operator)
    rows, reverse = [], set()
    for number, operator in enumerate(operators if several else [operators]):
        owner = f"from_onnx: operator {number}" if several else "from_onnx"
        this = operator if isinstance(operator, Operator) else Operator("", operator, attributes)
        rows.append(_read(this, kind, owner))
        reverse.add(_text(this.attributes.get("direction")) == "reverse")
    if not rows:
        raise ValueError("from_onnx: received no operator")
    if len(reverse) > 1:
        raise ValueError("from_onnx: some operators run in reverse, some do not; wanted all alike")
    return Weights(tuple(rows), merge, reverse == {True})


def _read(operator: Operator, kind: str | None, owner: str) -> tuple[CellWeights, ...]:
    """The weights of one operator by direction."""
    types = {name: k for k, name in _TYPES.items()}
    if operator.op_type:
        if operator.op_type not in types or kind not in (None, types[operator.op_type]):
            wanted = types if kind is None else [_TYPES.get(kind, kind)]
            raise ValueError(f"{owner} is {operator.op_type!r}; wanted {listed(wanted)}")
        kind = types[operator.op_type]
    given = {
        key: numbers(value, f"{owner}: {key!r}")
        for key, value in mapping(operator.arrays, owner, "a dictionary with W, R, B, P").items()
    }
    if not {"W", "R"} <= given.keys() <= {"W", "R", "B", "P"}:
        raise ValueError(f"{owner}: received {listed(given)}; wanted 'W', 'R' and perhaps 'B', 'P'")
    for key in "WR":
        if given[key].ndim != 3 or 0 in given[key].shape or len(given[key]) > 2:
            raise ValueError(
                f"{owner}: {key!r} has shape {given[key].shape}; wanted (directions, G·H, size)"
            )
    common_dtype(given, owner)
    W, R, B, P = given["W"], given["R"], given.get("B"), given.get("P")
    D, rows, H = R.shape
    kind = kind_of(rows, H, kind, f"{owner}: 'R' has shape {R.shape}")
    G = len(GATES[kind])
    wanted_shape(W, (D, rows, W.shape[2]), f"{owner}: 'W'", f"(D, {G}·H, K)")
    if B is not None:
        wanted_shape(B, (D, 2 * rows), f"{owner}: 'B'", f"(D, 2·{G}·H)")
    if P is not None:
        if kind != "lstm":
            raise ValueError(f"{owner}: 'P' are peepholes, which only an LSTM has")
        wanted_shape(P, (D, 3 * H), f"{owner}: 'P'", "(D, 3·H)")
    fields = _fields(kind, operator.attributes, D, H, owner)
    cells = []
    for d in range(D):
        cell = CellWeights(
            kind, turned(W[d]), turned(R[d]),
            () if B is None else tuple(part.copy() for part in np.split(B[d], 2)),
            _ORDER[kind],
            peepholes={} if P is None else {
                gate: part.copy() for gate, part in zip(_PEEPHOLES, np.split(P[d], 3), strict=True)
            },
        )
        if fields.get("forget") == "coupled":
            cell = _without_forget_gate(cell)
        cells.append(replace(cell, **fields))
    return tuple(cells)


def _fields(
    kind: str, attributes: Mapping[str, Any], D: int, H: int, owner: str
) -> dict[str, Any]:
    """The attributes of an operator as fields of CellWeights."""
    fields: dict[str, Any] = {}
    for name, value in attributes.items():
        value = _text(value)
        if name == "direction":
            fits = (value == "bidirectional") == (D == 2) and value in _DIRECTIONS
            wanted = f"{listed(_DIRECTIONS)}, with two directions in the arrays where it says so"
        elif name == "hidden_size":
            fits, wanted = value == H, f"{H}, as R has"
        elif name == "linear_before_reset" and kind == "gru":
            fits, wanted = value in (0, 1), "0 or 1"
            fields["reset"] = "after" if value else "before"
        elif name == "input_forget" and kind == "lstm":
            fits, wanted = value in (0, 1), "0 or 1"
            fields["forget"] = "coupled" if value else "gate"
        elif name == "activations":
            fits, wanted = _activations(kind, attributes, D, fields)
        elif name in ("activation_alpha", "activation_beta"):
            fits, wanted = "activations" in attributes, "them with activations"
        elif name == "clip":
            fits, wanted = value > 0, "a number above 0"
            fields["clip"] = float(value)
        elif name == "layout":
            fits, wanted = value in (0, 1), "0 or 1"  # the layout of inputs, not of parameters
        else:
            fits, wanted = False, "none: no cell here has it"
        if not fits:
            raise ValueError(f"{owner}: {name}={value!r}; wanted {wanted}")
    if kind == "gru":
        fields.setdefault("reset", "before")
    return fields


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _activations(
    kind: str, attributes: Mapping[str, Any], D: int, fields: dict[str, Any]
) -> tuple[bool, str]:
    """Whether a cell can have these activations (then `fields` get them), and what was wanted."""
    alphas, betas = (
        [float(number) for number in attributes.get(f"activation_{which}") or ()]
        for which in ("alpha", "beta")
    )
    found = []
    for name in map(_text, attributes["activations"]):
        constants = [
            own.pop(0) if own else usual
            for own, usual in zip((alphas, betas), _CONSTANTS.get(name, ()), strict=False)
        ]
        found.append(next((
            ours for ours, known in ACTIVATIONS.items()
            if known.onnx[0] == name and np.allclose(constants, known.onnx[1], rtol=1e-6, atol=0)
        ), None))
    each = found[: len(found) // D]
    count = len(_USUAL[kind])
    fits = len(each) == count and found == each * D and None not in each
    fits = fits and len(set(each[1:])) <= 1
    if fits and kind == "rnn":
        fields["nonlinearity"] = each[0]
    elif fits:
        fields["recurrent_activation"], fields["activation"] = each[:2]
    names = listed(dict.fromkeys(ONNX_NAMES.values()))
    same = ", the last two the same" * (kind == "lstm")
    return fits, (
        f"{count} for each direction{same}, of {names}, with the alpha and beta that "
        f"rnn.cells.activations has"
    )


def _without_forget_gate(cell: CellWeights) -> CellWeights:
    """A coupled LSTM: with input_forget=1 the block f of ONNX's arrays is not used."""
    peepholes = {gate: vector for gate, vector in cell.peepholes.items() if gate != "f"}
    return replace(cell, peepholes=peepholes).by_gate(
        lambda blocks: {g: block for g, block in blocks.items() if g != "f"}, forget="coupled"
    )


def to_onnx(thing: Any) -> list[Operator]:
    """The parameters of a cell or layer as ONNX operators, one for each layer from the bottom.

    thing: a cell; a layer; cells by layer and direction; or what a reader such as ``from_torch``
        returned.

    One bias becomes the first half of B, and the other half is 0. Two stay two. z of an
    update="new" GRU is rewritten to the same function, and so are an LSTM without a forget gate and
    a minimal gated unit. A coupled LSTM is written with input_forget=1 and, for programs that
    ignore it, the equal forget gate. Raises ValueError for projections, which ONNX has not.

    >>> from rnn import GRUCell
    >>> operator, = to_onnx(GRUCell(5, 3))
    >>> operator.op_type, operator.attributes
    ('GRU', {'hidden_size': 3, 'direction': 'forward', 'linear_before_reset': 1})
    >>> {name: array.shape for name, array in operator.arrays.items()}
    {'W': (1, 9, 5), 'R': (1, 9, 3), 'B': (1, 18)}
    """
    weights = weights_of(thing, "to_onnx")
    return [_written(row, weights.reverse) for row in weights.layers]


def _written(given: tuple[CellWeights, ...], reverse: bool) -> Operator:
    first = given[0]
    if first.projection is not None:
        raise ValueError("to_onnx: ONNX's LSTM has no projection")
    cells = [cell.standard().with_update("keep") for cell in given]
    kind = cells[0].kind
    two = any(cell.biases for cell in cells)
    cells = [cell.ordered(_ORDER[kind]).with_biases(2 if two else 0) for cell in cells]
    arrays = {
        "W": np.stack([cell.W_xh.T for cell in cells]),
        "R": np.stack([cell.W_hh.T for cell in cells]),
    }
    if two:
        arrays["B"] = np.stack([np.concatenate(cell.biases) for cell in cells])
    if any(cell.peepholes for cell in cells):
        zeros = np.zeros(first.hidden_size, first.dtype)
        arrays["P"] = np.stack([
            np.concatenate([cell.peepholes.get(gate, zeros) for gate in _PEEPHOLES])
            for cell in cells
        ])
    D = len(cells)
    attributes: dict[str, Any] = {
        "hidden_size": first.hidden_size,
        "direction": "bidirectional" if D == 2 else _DIRECTIONS[reverse],
    }
    if kind == "gru":
        attributes["linear_before_reset"] = int(cells[0].reset == "after")
    if first.forget == "coupled":
        attributes["input_forget"] = 1
    if first.clip is not None:
        attributes["clip"] = first.clip
    chosen = [first.nonlinearity]
    if kind != "rnn":
        chosen = [first.recurrent_activation, *[first.activation] * (len(_USUAL[kind]) - 1)]
    if chosen != _USUAL[kind]:
        attributes |= _named([ACTIVATIONS[name].onnx for name in chosen] * D)
    return Operator(_TYPES[kind], arrays, attributes)


def _named(activations: Sequence[tuple[str, tuple[float, ...]]]) -> dict[str, Any]:
    """The attributes that say which activations an operator has."""
    alphas = [constants[0] for _, constants in activations if constants]
    betas = [constants[1] for _, constants in activations if len(constants) > 1]
    return {
        "activations": [name for name, _ in activations],
        **({"activation_alpha": alphas} if alphas else {}),
        **({"activation_beta": betas} if betas else {}),
    }

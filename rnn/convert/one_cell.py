"""One cell from its weights, and the weights of one cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad import Parameter
from minigrad.state import fit, refuse

from ..cells import (
    Cell,
    CoupledLSTMCell,
    DropoutCell,
    ElmanCell,
    GRUCell,
    LSTM1997Cell,
    LSTMCell,
    MGUCell,
    PeepholeLSTMCell,
    ProjectedLSTMCell,
)
from ..cells.activations import name_of
from ..cells.wrappers import Wrapper
from .cell_weights import CellWeights

__all__ = ["build", "core_of", "describe", "write"]

# For each class of cells, the fields of CellWeights that distinguish it.
_CLASSES: dict[type[Cell], dict[str, str]] = {
    ElmanCell: {"kind": "rnn"},
    LSTMCell: {"kind": "lstm"},
    LSTM1997Cell: {"kind": "lstm", "forget": "none"},
    CoupledLSTMCell: {"kind": "lstm", "forget": "coupled"},
    PeepholeLSTMCell: {"kind": "lstm"},
    ProjectedLSTMCell: {"kind": "lstm"},
    GRUCell: {"kind": "gru"},
    MGUCell: {"kind": "mgu"},
}
_DECLARED = ("reset", "update")
_FUNCTIONS = ("nonlinearity", "activation", "recurrent_activation")
_BIASES = ("b_h", "b_xh", "b_hh")
_COMPUTING = (
    "step", "preactivation", "sums", "clipped", "squashed", "phi", "project", "input_part",
    "state_part", "state_block",
)


def core_of(cell: Cell, owner: str) -> tuple[Cell, dict[str, str]]:
    """The cell that has the parameters, without wrappers, and the fields that distinguish it."""
    while isinstance(cell, DropoutCell):  # in evaluation mode it is the cell inside
        cell = cell.cell
    for known, fields in _CLASSES.items():
        same = (
            getattr(type(cell), name, None) is getattr(known, name, None) for name in _COMPUTING
        )
        if isinstance(cell, known) and all(same):
            return cell, fields
    name = type(cell).__name__
    inside = "; its .cell has one" if isinstance(cell, Wrapper) else ""
    raise ValueError(
        f"{owner}: {name} computes a step of its own, which no other framework's layer does{inside}"
    )


def describe(cell: Cell, owner: str) -> CellWeights:
    """The parameters of one cell, as they are now, with its conventions."""
    core, fields = core_of(cell, owner)
    arrays = {name: array.copy() for name, array in core.state_dict().items()}
    declared = core.conventions()
    peepholes = {g: arrays.pop(f"w_c{g}") for g in "ifo" if f"w_c{g}" in arrays}
    weights = CellWeights(
        W_xh=arrays.pop("W_xh"),
        W_hh=arrays.pop("W_hh"),
        biases=tuple(arrays.pop(name) for name in _BIASES if name in arrays),
        gates=core.gates,
        peepholes=peepholes,
        projection=arrays.pop("W_hp", None),
        **fields,
        **{name: declared[name] for name in _DECLARED if name in declared},
        **_functions(core, owner),
        clip=core.clip,
    )
    if arrays:
        raise ValueError(
            f"{owner}: {type(core).__name__} has the parameters {', '.join(arrays)}, for which "
            f"other frameworks' layers have no place"
        )
    return weights


def _functions(cell: Cell, owner: str) -> dict[str, str]:
    """The names of the cell's activations."""
    found = {name: getattr(cell, name) for name in _FUNCTIONS if hasattr(cell, name)}
    for name, chosen in found.items():
        if not isinstance(chosen, str):
            raise ValueError(
                f"{owner}: the {name} of {type(cell).__name__} is a function, {name_of(chosen)}, "
                f"for which other frameworks' layers have no name"
            )
    return found


def build(weights: CellWeights) -> Cell:
    """A new cell with these weights, in their dtype."""
    make: Callable[..., Cell]
    options: dict[str, Any] = {}
    if weights.kind == "rnn":
        make, options = ElmanCell, {"nonlinearity": weights.nonlinearity}
    elif weights.kind == "gru":
        make, options = GRUCell, {"reset": weights.reset, "update": weights.update}
    elif weights.kind == "mgu":
        make = MGUCell
    elif weights.projection is not None:
        make, options = ProjectedLSTMCell, {"projection_size": weights.state_size}
    elif weights.peepholes:
        make = PeepholeLSTMCell
    else:
        lstms: dict[str, type[Cell]] = {"none": LSTM1997Cell, "coupled": CoupledLSTMCell}
        make = lstms.get(weights.forget, LSTMCell)
    if weights.kind != "rnn":
        options["activation"] = weights.activation
        options["recurrent_activation"] = weights.recurrent_activation
    options["clip"] = weights.clip
    cell = make(
        weights.input_size, weights.hidden_size, biases=len(weights.biases), dtype=weights.dtype,
        rng=0, **options,
    )
    write([("", cell, weights)], cast=False)
    return cell


def write(cells: Iterable[tuple[str, Cell, CellWeights]], *, cast: bool) -> None:
    """Write weights into existing cells, all or none: where one does not fit, nothing is changed.

    cells: (the name in messages, the cell, its new weights)."""
    places: dict[str, Parameter] = {}
    arrays: dict[str, Any] = {}
    for at, cell, weights in cells:
        core, _ = core_of(cell, "load")
        places |= {at + name: p for name, p in core.named_parameters()}
        fitted = _fitted(weights, describe(core, "load"), at)
        arrays |= {at + name: array for name, array in fitted.arrays().items()}
    found = fit(places, arrays, cast=cast)
    refuse("load", found.faults)
    for name, array in found.arrays.items():
        places[name].data = array


def _fitted(weights: CellWeights, like: CellWeights, at: str) -> CellWeights:
    """`weights` in the conventions of `like`."""
    same = weights
    if (like.kind, like.forget) == ("lstm", "gate"):
        same = same.standard()
        if like.peepholes:
            missing = {g: np.zeros(same.hidden_size, same.dtype) for g in like.peepholes}
            same = replace(same, peepholes={**missing, **same.peepholes})
    elif like.kind == "gru":
        same = same.standard().with_update(like.update)
    for field in (
        "kind", "nonlinearity", "forget", "reset", "activation", "recurrent_activation", "clip",
    ):
        mine, theirs = getattr(like, field), getattr(same, field)
        if mine != theirs:
            raise ValueError(
                f"load: {at}the target has {field}={mine!r}, the weights {field}={theirs!r}"
            )
    for what, mine, theirs in (
        ("inputs", like.input_size, same.input_size),
        ("units", like.hidden_size, same.hidden_size),
        ("outputs", like.state_size, same.state_size),
    ):
        if mine != theirs:
            raise ValueError(f"load: {at}the target has {mine} {what}, the weights {theirs}")
    if like.peepholes.keys() != same.peepholes.keys():
        raise ValueError(f"load: {at}the target has no peepholes, the weights have")
    count = len(like.biases)
    try:
        return same.ordered(like.gates).with_biases(count)
    except ValueError as error:
        raise ValueError(f"load: {at}the target has {count} biases; {error}") from error

"""Weights from cells and layers, and into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cells import Cell
from ..layers import Recurrent
from .cell_weights import CellWeights
from .one_cell import describe, write
from .weights import Weights

__all__ = ["grid_of", "load", "weights_of"]


def weights_of(thing: Any, owner: str = "weights_of") -> Weights:
    """The parameters of cells or layers, as they are now, with their conventions.

    thing: a cell; a layer, or anything else with its cells by layer and direction as ``.cells``;
        a list of cells, one a layer, or of pairs of them (forwards, backwards); or Weights, which
        come back as they are.

    A learned initial state is not among them: other frameworks' layers have none, and are given
    ``layer.initial_state(batch)`` when they are called.

    Raises TypeError for anything else, ValueError for cells that are none of those that other
    frameworks have, such as one with a ``step`` of its own.

    >>> from rnn import GRUCell
    >>> weights_of(GRUCell(5, 3, reset="before"))
    Weights(gru 5 → 3, float32, gates=r z n, biases=1, reset=before, update=keep)
    """
    if isinstance(thing, Weights):
        return thing
    if isinstance(thing, CellWeights):
        return Weights(((thing,),))
    rows = tuple(
        tuple(describe(cell, owner) for cell in directions) for directions in grid_of(thing, owner)
    )
    if isinstance(thing, Recurrent):
        return Weights(rows, thing.merge, thing.reverse)
    merge = getattr(thing, "merge", "concat")
    return Weights(rows, merge if isinstance(merge, str) else "concat")


def grid_of(thing: Any, owner: str) -> list[list[Cell]]:
    """The cells of `thing` by layer and direction."""
    if isinstance(thing, Cell):
        return [[thing]]
    inside = getattr(thing, "cells", thing)
    rows = [
        list(row) if isinstance(row, list | tuple) else [row]
        for row in (inside if isinstance(inside, list | tuple) else ())
    ]
    if not rows or not all(row and all(isinstance(c, Cell) for c in row) for row in rows):
        arrays = isinstance(inside, Mapping | list | tuple) and inside is thing
        hint = (
            "; arrays are read by from_torch, from_keras, from_onnx or from_gates first" * arrays
        )
        raise TypeError(
            f"{owner}: received {type(thing).__name__}; wanted a cell, a layer, or cells by layer "
            f"and direction, such as [[forward_0, backward_0], [forward_1, backward_1]]{hint}"
        )
    return rows


def load(target: Any, weights: Any, *, cast: bool = False) -> None:
    """Write weights into existing cells or layers, or raise and change nothing.

    target: a cell, a layer, or cells by layer and direction.
    weights: what a reader such as ``from_torch`` returned, or another cell or layer.
    cast: convert another precision, such as float64 where float32 is wanted.

    The order of gates, the sense of z and the number of biases become those that the target
    declares. Raises ValueError where the two compute different things or have different sizes,
    StateDictError where an array does not fit.

    >>> from rnn import LSTMCell
    >>> from rnn.convert import from_torch, to_torch
    >>> theirs = to_torch(LSTMCell(5, 3, biases=2))
    >>> cell = LSTMCell(5, 3, biases=1)
    >>> load(cell, from_torch(theirs))
    >>> bool((cell.b_h.numpy()[3:6] == (theirs["bias_ih"] + theirs["bias_hh"])[3:6]).all())
    True
    """
    grid, given = grid_of(target, "load"), weights_of(weights, "load")
    mine, theirs = [len(row) for row in grid], [len(row) for row in given.layers]
    if mine != theirs:
        raise ValueError(
            f"load: the target has {len(mine)} layer(s) of {mine[0]} direction(s), the weights "
            f"{len(theirs)} of {theirs[0]}"
        )
    write(
        [
            (f"layer {layer}{' reverse' * direction} " * (mine != [1]), cell, weights)
            for layer, row in enumerate(zip(grid, given.layers, strict=True))
            for direction, (cell, weights) in enumerate(zip(*row, strict=True))
        ],
        cast=cast,
    )

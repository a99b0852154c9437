"""A stack of cells, by layer and by direction in each: how it is made of what a user passes, and
how the outputs of two directions are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import as_size
from minigrad.module import Module

from ..cells import Cell

__all__ = ["MERGES", "grid_of", "merged_width"]

Grid = list[list[Cell]]

MERGES: dict[str | None, Callable[[Tensor, Tensor], Any]] = {
    "concat": lambda forward, reverse: np.concatenate([forward, reverse], axis=-1),
    "sum": lambda forward, reverse: forward + reverse,
    "mul": lambda forward, reverse: forward * reverse,
    "ave": lambda forward, reverse: (forward + reverse) * 0.5,
    None: lambda forward, reverse: (forward, reverse),
}
"""By Keras' names. None: they stay two."""

_WANTED = (
    "wanted a Cell, such as LSTMCell(input_size, hidden_size); a list of cells, or of pairs of "
    "them (forward, reverse), one for each layer; or a function that makes a cell for inputs of a "
    "given width, such as lambda K: LSTMCell(K, 8)"
)


def grid_of(
    cell: Any, input_size: Any, num_layers: Any, bidirectional: bool, merge: str | None, owner: str
) -> Grid:
    """The cells that the arguments of ``Recurrent`` mean, or an error that says what is wrong."""
    layers = None if num_layers is None else as_size(num_layers, "num_layers", owner)
    if callable(cell) and not isinstance(cell, Module | type):
        return _made(cell, input_size, layers or 1, bidirectional, merge, owner)
    if isinstance(cell, Cell):
        grid = [[cell]]
    elif isinstance(cell, list | tuple) and cell:
        grid = [list(row) if isinstance(row, list | tuple) else [row] for row in cell]
    else:
        what = f"the class {cell.__name__}" if isinstance(cell, type) else type(cell).__name__
        raise TypeError(f"{owner}(cell): received {what}; {_WANTED}")
    _check(grid, merge, owner)
    if input_size is not None:
        raise ValueError(f"{owner}(input_size=...): only a function that makes cells needs it")
    if layers not in (None, len(grid)) or (bidirectional and len(grid[0]) == 1):
        raise ValueError(
            f"{owner}(cell, num_layers={num_layers}, bidirectional={bidirectional}): the cell or "
            f"cells given are {_size(grid)}; for more of them pass a function that makes one, such "
            f"as lambda K: LSTMCell(K, 8), or a list"
        )
    return grid


def merged_width(row: Sequence[Cell], merge: str | None) -> int:
    """The width of the outputs of a layer; of each of them where they stay two."""
    return sum(cell.output_size for cell in row) if merge == "concat" else row[0].output_size


def _made(
    make: Callable[[int], Any], input_size: Any, layers: int, both: bool, merge: str | None,
    owner: str,
) -> Grid:
    if input_size is None:
        raise TypeError(f"{owner}(function): wanted input_size= too, the width of its inputs")
    width = as_size(input_size, "input_size", owner)
    grid: Grid = []
    for _ in range(layers):
        grid.append([make(width) for _ in range(1 + both)])
        _check(grid, merge, owner)
        width = merged_width(grid[-1], merge)
    return grid


def _check(grid: Grid, merge: str | None, owner: str) -> None:
    """Raise if the cells cannot work together."""
    for row in grid:
        for cell in row:
            if not isinstance(cell, Cell):
                raise TypeError(f"{owner}(cell): a cell is {type(cell).__name__}; {_WANTED}")
    counts = sorted({len(row) for row in grid})
    if len(counts) > 1 or counts[0] not in (1, 2):
        raise ValueError(
            f"{owner}(cell): the layers have {', '.join(map(str, counts))} cells; wanted one each, "
            f"or a pair (forward, reverse) each"
        )
    first = grid[0][0]
    if merge != "concat" and counts == [1]:
        raise ValueError(
            f"{owner}(merge={merge!r}): there is one direction, so nothing to merge; leave it out"
        )
    if merge is None and len(grid) > 1:
        raise ValueError(
            f"{owner}(merge=None): the outputs of two directions stay two, which the next layer "
            f"cannot read; wanted one layer"
        )
    width = first.input_size
    for layer, row in enumerate(grid):
        for cell in row:
            if cell.dtype != first.dtype:
                raise ValueError(
                    f"{owner}(cell): layer {layer} is of {cell.dtype}, layer 0 of {first.dtype}"
                )
            if cell.input_size != width:
                below = f"layer {layer - 1} gives outputs" if layer else "the other takes inputs"
                raise ValueError(
                    f"{owner}(cell): a cell of layer {layer} takes inputs of width "
                    f"{cell.input_size}, and {below} of width {width}"
                )
        if merge != "concat" and row[0].output_size != row[1].output_size:
            raise ValueError(
                f"{owner}(merge={merge!r}): the two directions of layer {layer} give outputs of "
                f"widths {row[0].output_size} and {row[1].output_size}; wanted one width"
            )
        width = merged_width(row, merge)


def _size(grid: Grid) -> str:
    layers = "1 layer" if len(grid) == 1 else f"{len(grid)} layers"
    return f"{layers} in {'one direction' if len(grid[0]) == 1 else 'two directions'}"

"""Which layers a flat list of Keras' arrays is, as ``model.get_weights()`` gives it.

A list has no names, so its shapes must tell where a layer begins and which arrays belong to a
backward layer. Where they can be read in several ways, that is an error, not a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["grouped"]


class _Reading(NamedTuple):
    """One way to read a flat list: `size` arrays a cell, cells by layer and direction."""

    size: int
    layers: int
    directions: int

    def __str__(self) -> str:
        kind = "Bidirectional layer" if self.directions == 2 else "layer"
        many = f"{self.layers} {kind}{'s' * (self.layers > 1)}"
        return f"{many} {'with' if self.size == 3 else 'without'} a bias"

    def cut(self, arrays: Sequence[Any]) -> list[list[Any]]:
        """The arrays of each layer."""
        step = self.size * self.directions
        return [list(arrays[start : start + step]) for start in range(0, len(arrays), step)]


def grouped(
    arrays: Sequence[Any], bidirectional: bool | None, merge: str | None
) -> list[list[Any]]:
    """The arrays of each layer: two or three of one in one direction, twice that of two.

    bidirectional: what is known of the layers; None for nothing. merge: of the directions.
    Raises ValueError where the shapes allow no reading, or several; then it names them all.
    """
    shapes = [np.shape(array) for array in arrays]
    found = [
        reading for reading in _readings(shapes, merge)
        if bidirectional in (None, reading.directions == 2)
    ]
    if len(found) == 1:
        return found[0].cut(arrays)
    if not found:
        return _as_one_layer(arrays, bidirectional)
    ways = ", or ".join(map(str, found))
    sides = {reading.directions for reading in found}
    flag = "pass bidirectional=True or bidirectional=False, or " if len(sides) == 2 else ""
    raise ValueError(
        f"from_keras: the shapes of these {len(arrays)} arrays fit {ways}, and nothing tells which;"
        f" {flag}nest the list, one list for each layer: {_nested(found[0], len(arrays))} or "
        f"{_nested(found[1], len(arrays))} (in a Bidirectional's the backward arrays follow the "
        f"forward ones)"
    )


def _nested(reading: _Reading, count: int) -> str:
    """How the list is nested for a reading, as code."""
    step = reading.size * reading.directions
    return f"[{', '.join(f'w[{start}:{start + step}]' for start in range(0, count, step))}]"


def _as_one_layer(arrays: Sequence[Any], bidirectional: bool | None) -> list[list[Any]]:
    """A list that fits nothing, as one layer, of which the array that is wrong can be named."""
    wanted = {None: (2, 3, 4, 6), False: (2, 3), True: (4, 6)}[bidirectional]
    if len(arrays) in wanted:
        return [list(arrays)]
    raise ValueError(
        f"from_keras: received {len(arrays)} arrays; wanted kernel, recurrent_kernel, perhaps "
        f"bias, or twice that for a Bidirectional; or those of several layers, the outputs of each "
        f"as wide as the inputs of the next; or a list of lists, one for each layer"
    )


def _readings(shapes: Sequence[tuple[int, ...]], merge: str | None) -> Iterator[_Reading]:
    """Every way in which shapes, in this order, are those of layers one above the other."""
    for size in (2, 3):
        cells = [shapes[start : start + size] for start in range(0, len(shapes), size)]
        if len(shapes) % size or not all(_is_cell(cell) for cell in cells):
            continue
        for directions in (1, 2):
            layers = [cells[k : k + directions] for k in range(0, len(cells), directions)]
            if len(cells) % directions == 0 and _are_stacked(layers, merge):
                yield _Reading(size, len(layers), directions)


def _is_cell(shapes: Sequence[tuple[int, ...]]) -> bool:
    """Whether these are shapes of kernel (K, G·H), recurrent_kernel (H, G·H), perhaps bias."""
    kernel, recurrent, *bias = shapes
    if len(kernel) != 2 or len(recurrent) != 2 or 0 in kernel + recurrent:
        return False
    H, width = recurrent
    fits = kernel[1] == width and width in (H, 3 * H, 4 * H)
    return fits and all(
        shape == (width,) or (shape == (2, width) and width == 3 * H) for shape in bias
    )


def _are_stacked(layers: Sequence[Sequence[Any]], merge: str | None) -> bool:
    """Whether the outputs of each layer are as wide as the inputs of the next."""
    width = layers[0][0][0][0]
    for row in layers:
        (_, (H, G_H)) = row[0][:2]
        if any(kernel != (width, G_H) or own != (H, G_H) for kernel, own, *_ in row):
            return False
        width = H * len(row) if merge == "concat" else H
    return True

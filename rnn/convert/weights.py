"""Weights: the parameters of stacked recurrent layers, one ``CellWeights`` for each cell.

Every converter reads some layout into this one or writes this one into some layout, so none of
them knows another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from minigrad.console import printable

from ..layers import Recurrent
from ..layers.stack import MERGES
from .cell_weights import GATES, CellWeights, kind_of
from .one_cell import build

__all__ = ["GATES", "CellWeights", "Weights", "kind_of"]


_COMMON = (
    "kind", "dtype", "nonlinearity", "reset", "forget", "activation", "recurrent_activation",
    "clip",
)


@dataclass(frozen=True, eq=False)
class Weights:
    """The parameters of stacked recurrent layers, each in one or two directions.

    layers: ``layers[layer][direction]``, direction 0 forwards, 1 backwards. The layers are of one
        kind and the inputs of each are the outputs of the one below.
    merge: what becomes of the outputs of two directions, as in ``rnn.Recurrent``.
    reverse: whether the one direction of the layers is that from the last input to the first.

    What the readers (``from_torch`` and so on) return. ``cell()``, ``cells()`` and ``layer()``
    make cells and layers of it, ``rnn.convert.load`` writes it into existing ones, and the writers
    (``to_torch`` and so on) take it as they take a cell.

    >>> import numpy as np
    >>> below = CellWeights("rnn", np.ones((5, 3)), np.ones((3, 3)))
    >>> above = CellWeights("rnn", np.ones((3, 2)), np.ones((2, 2)))
    >>> Weights(((below,), (above,)))
    Weights(rnn 5 → 3 → 2, float64, gates=h, biases=0, nonlinearity=tanh)
    """

    layers: tuple[tuple[CellWeights, ...], ...]
    merge: str | None = "concat"
    reverse: bool = False

    def __post_init__(self) -> None:
        if self.merge not in MERGES:
            raise ValueError(f"merge={self.merge!r}: wanted one of {', '.join(map(repr, MERGES))}")
        counts = {len(directions) for directions in self.layers}
        if len(counts) != 1 or not counts <= {1, 2}:
            raise ValueError("a layer has one direction or two, and all layers equally many")
        if self.reverse and counts == {2}:
            raise ValueError("reverse=True: the layers have two directions, of which one is")
        if self.merge is None and len(self.layers) > 1 and counts == {2}:
            raise ValueError("merge=None: two outputs are no inputs of a next layer")
        first = self.layers[0][0]
        width = first.input_size
        for number, directions in enumerate(self.layers):
            for cell in directions:
                for name in _COMMON:
                    here, there = getattr(cell, name), getattr(first, name)
                    if here != there:
                        raise ValueError(
                            f"layer {number} has {name} {here}, layer 0 {there}; wanted one in all "
                            f"layers and directions"
                        )
                if cell.input_size != width or cell.state_size != directions[0].state_size:
                    raise ValueError(
                        f"layer {number} takes inputs of width {cell.input_size} and gives "
                        f"{cell.state_size}; wanted inputs of width {width}, as the layer below "
                        f"gives, and equal sizes in both directions"
                    )
            width = directions[0].state_size
            width *= len(directions) if self.merge == "concat" else 1

    @property
    def kind(self) -> str:
        """The kind of all cells."""
        return self.layers[0][0].kind

    @property
    def bidirectional(self) -> bool:
        """Whether the layers have two directions."""
        return len(self.layers[0]) == 2

    def all(self) -> Iterator[CellWeights]:
        """Every cell's weights: layer by layer, forwards before backwards."""
        return (cell for directions in self.layers for cell in directions)

    def map(self, change: Callable[[CellWeights], CellWeights]) -> Weights:
        """`change` applied to every cell's weights."""
        return replace(self, layers=tuple(tuple(map(change, row)) for row in self.layers))

    def only(self) -> CellWeights:
        """The weights of the one cell; ValueError if there are several."""
        if len(self.layers) > 1 or self.bidirectional:
            raise ValueError(
                f"{self!r} has more than one cell; use cells(), which gives them by layer and "
                f"direction"
            )
        return self.layers[0][0]

    def with_biases(self, count: int) -> Weights:
        """See ``CellWeights.with_biases``."""
        return self.map(lambda cell: cell.with_biases(count))

    def with_update(self, update: str) -> Weights:
        """See ``CellWeights.with_update``."""
        return self.map(lambda cell: cell.with_update(update))

    def standard(self) -> Weights:
        """See ``CellWeights.standard``."""
        return self.map(CellWeights.standard)

    def cell(self) -> Any:
        """A new ``rnn`` cell with these weights, in their dtype; ValueError if not of one cell."""
        self.only()
        return self.cells()[0][0]

    def cells(self) -> list[list[Any]]:
        """New cells with these weights: ``cells()[layer][direction]``."""
        return [[build(cell) for cell in directions] for directions in self.layers]

    def layer(self, **options: Any) -> Any:
        """A new ``rnn.Recurrent`` made of new cells with these weights.

        options: further arguments of Recurrent, such as batch_first.
        """
        merge = self.merge if self.bidirectional else "concat"
        return Recurrent(self.cells(), merge=merge, reverse=self.reverse, **options)

    @printable
    def __repr__(self) -> str:
        first = self.layers[0][0]
        sizes = [first.input_size, *(row[0].hidden_size for row in self.layers)]
        notes = [f"{first.kind} {' → '.join(map(str, sizes))}", str(first.dtype)]
        notes += ["bidirectional"] * self.bidirectional + ["reverse"] * self.reverse
        notes += [
            f"{key}={' '.join(value) if isinstance(value, tuple) else value}"
            for key, value in first.conventions().items()
        ]
        return f"Weights({', '.join(notes)})"

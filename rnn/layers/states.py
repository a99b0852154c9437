"""The states of all cells of a layer as one value, and back: ``Layout``.

Of one cell it is what the cell has. Of a stack it is what PyTorch has: for every part, h or (h, c),
one tensor (N, B, H) over the N = layers · directions cells, layer by layer, forward before reverse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Parameter, Tensor, tensor

from ..cells import Cell, State
from ..cells.state import described, pack, unpack

__all__ = ["Layout"]

MASKS = ("mask_x", "mask_h")
"""What a DropoutCell has in its state beside what it remembers."""


def remembered(cell: Cell) -> dict[str, int]:
    """The parts of a cell's state that are no dropout masks, with their widths."""
    return {name: width for name, width in cell.state_sizes.items() if name not in MASKS}


class Layout:
    """How a layer takes and gives the states of its cells.

    cells: in the order of their states, each with the prefix of its learned states' names.
    owner: of the messages.
    alone: the state is that of the one cell, masks and all. Otherwise it is stacked, part by
        part; or, where the cells' states have different parts or sizes, a tuple of states by cell.
        Dropout masks are then no part of it: they are drawn at each call.
    batch_first: a stacked part is (B, N, H).
    """

    def __init__(
        self, cells: Mapping[str, Cell], *, owner: str, alone: bool, batch_first: bool
    ) -> None:
        self.prefixes, self.cells = list(cells), list(cells.values())
        self.owner, self.alone, self.batch_first = owner, alone, batch_first
        self.sizes = remembered(self.cells[0])
        self.stacked = not alone and all(remembered(cell) == self.sizes for cell in self.cells)

    # -- the initial states

    def learnable(self) -> dict[str, Parameter]:
        """Zeros (H,) for every part of the state of every cell; each sequence starts from them."""
        return {
            f"{prefix}{name}_0": Parameter(np.zeros(width, cell.dtype))
            for prefix, cell in zip(self.prefixes, self.cells, strict=True)
            for name, width in remembered(cell).items()
        }

    def initial(self, batch: int, learned: Mapping[str, Parameter]) -> list[State]:
        """The state of every cell before the first step: learned, or what the cell starts from."""
        states: list[State] = []
        for prefix, cell in zip(self.prefixes, self.cells, strict=True):
            own = cell.initial_state(batch)
            if learned:
                found: list[Any] = []
                for name, part in zip(cell.state_sizes, unpack(own), strict=True):
                    value = learned.get(f"{prefix}{name}_0")
                    found.append(part if value is None else np.broadcast_to(value, part.shape))
                own = pack(tuple(found))
            states.append(own)
        return states

    # -- from one value to the states of the cells

    def split(self, state: Any, batch: int) -> list[State]:
        """The state of every cell, as its ``step`` takes it."""
        if self.alone:
            return [self.cells[0].as_state(state, batch)]
        given = self._unstacked(state, batch) if self.stacked else self._listed(state)
        return [
            self._with_masks(cell, found, batch)
            for cell, found in zip(self.cells, given, strict=True)
        ]

    def _with_masks(self, cell: Cell, found: tuple[Any, ...], batch: int) -> State:
        names = cell.state_sizes
        if len(found) == len(remembered(cell)) < len(names):
            given = iter(found)
            fresh = unpack(cell.initial_state(batch))
            found = tuple(
                part if name in MASKS else next(given)
                for name, part in zip(names, fresh, strict=True)
            )
        return cell.as_state(pack(found), batch)

    def _listed(self, state: Any) -> list[tuple[Any, ...]]:
        count = len(self.cells)
        if not isinstance(state, tuple | list) or len(state) != count:
            raise TypeError(
                f"{self.owner}: the state is {described(state)}; the states of its cells differ in "
                f"their parts or sizes, so wanted a tuple of {count}, one for each cell; "
                f"initial_state(batch) makes one"
            )
        return [tuple(one) if isinstance(one, tuple | list) else (one,) for one in state]

    def _unstacked(self, state: Any, batch: int) -> list[tuple[Any, ...]]:
        count, several = len(self.sizes), isinstance(state, tuple | list)
        if several != (count > 1) or (several and len(state) != count):
            names = ", ".join(self.sizes)
            wanted = f"the tuple ({names})" if count > 1 else f"{names} alone"
            raise TypeError(
                f"{self.owner}: the state is {described(state)}; wanted {wanted}, as the layer "
                f"returns it; initial_state(batch) makes one"
            )
        rows = [
            self._rows(part, name, batch)
            for part, name in zip(state if several else [state], self.sizes, strict=True)
        ]
        return list(zip(*rows, strict=True))

    def _rows(self, part: Any, name: str, batch: int) -> tuple[Tensor, ...]:
        """A stacked part as one Tensor (B, H) a cell."""
        value = part if isinstance(part, Tensor) else tensor(part)
        sizes = {"cells": len(self.cells), "B": batch, "H": self.sizes[name]}
        axes = ("B", "cells", "H") if self.batch_first else tuple(sizes)
        wanted = tuple(sizes[axis] for axis in axes)
        if value.shape != wanted:
            text = (
                f"{self.owner}: state {name} has shape {value.shape}, wanted {wanted}, that is "
                f"({', '.join(axes)})"
            )
            if value.shape == (wanted[1], wanted[0], wanted[2]):
                text += f", because batch_first={self.batch_first} is said of states too"
            elif value.ndim == len(axes) and value.shape[axes.index("B")] != batch:
                text += (
                    ". A state carried over belongs to the sequences it was computed from; start "
                    "others without it"
                )
            raise ValueError(text)
        rows = value.swapaxes(0, 1) if self.batch_first else value
        return rows.unbind()

    # -- one sequence without the axis of the batch

    def with_batch(self, state: Any) -> Any:
        """The state of one sequence, (cells, H) or (H,), as that of a batch of one."""
        wanted = "(cells, H)" if self.stacked else "(H,)"

        def added(part: Any) -> Any:
            value = part if isinstance(part, Tensor) else tensor(part)
            if value.ndim != 1 + self.stacked:
                raise ValueError(
                    f"{self.owner}: the input has no axis of the batch, and a part of the state "
                    f"has shape {value.shape}; wanted {wanted}, without one too"
                )
            return np.expand_dims(value, self._batch_axis)

        return _mapped(added, state)

    def without_batch(self, state: Any) -> Any:
        """The inverse of `with_batch`."""
        return _mapped(lambda part: part[:, 0] if self._batch_axis else part[0], state)

    @property
    def _batch_axis(self) -> int:
        return 1 if self.stacked and not self.batch_first else 0

    def may_be_of(self, state: Any, batch: int) -> bool:
        """Whether a state could be that of so many sequences."""
        axis = self._batch_axis
        return any(np.shape(part)[axis : axis + 1] == (batch,) for part in _leaves(state))

    # -- and back

    def join(self, states: Sequence[State]) -> Any:
        """One value from the states of all cells."""
        if self.alone:
            return states[0]
        kept = [
            tuple(
                part
                for name, part in zip(cell.state_sizes, unpack(state), strict=True)
                if name not in MASKS
            )
            for cell, state in zip(self.cells, states, strict=True)
        ]
        if not self.stacked:
            return tuple(map(pack, kept))
        axis = 1 if self.batch_first else 0
        joined: tuple[Any, ...] = tuple(np.stack(rows, axis) for rows in zip(*kept, strict=True))
        return pack(joined)


def _leaves(state: Any) -> Iterator[Any]:
    if isinstance(state, tuple | list):
        for one in state:
            yield from _leaves(one)
    else:
        yield state


def _mapped(function: Callable[[Any], Any], state: Any) -> Any:
    """`function` of every part of a state."""
    if isinstance(state, tuple | list):
        return tuple(_mapped(function, one) for one in state)
    return function(state)

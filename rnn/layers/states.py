"""The states of all cells of a layer as one value, and back: ``Layout``.

Of one cell it is what the cell has. Of a stack it is what PyTorch has: for every part, h or (h, c),
one tensor (N, B, H) over the N = layers · directions cells, layer by layer, forward before reverse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import Parameter, Tensor, tensor

from ..cells import Cell, State
from ..cells.forms import Form, Held
from ..cells.state import described, pack, repacked, unpack

__all__ = ["Layout"]

MASKS = ("mask_x", "mask_h")
"""What a DropoutCell has in its state beside what it remembers."""


def remembered(cell: Cell) -> Form:
    """What a cell's states look like without dropout masks."""
    form = cell.state_form
    parts = {name: part for name, part in form.parts.items() if name not in MASKS}
    return form if len(parts) == len(form.parts) else Form(parts, pack(tuple(parts)), True)


class Layout:
    """How a layer takes and gives the states of its cells.

    cells: in the order of their states, each with the prefix of its learned states' names.
    owner: of the messages.
    alone: the state is that of the one cell, masks and all. Otherwise it is stacked, part by
        part; or, where the cells' states have different parts or sizes, or parts without rows, a
        tuple of states by cell. Dropout masks are then no part of it: they are drawn at each call.
    batch_first: a stacked part is (B, N, H).
    """

    def __init__(
        self, cells: Mapping[str, Cell], *, owner: str, alone: bool, batch_first: bool
    ) -> None:
        self.prefixes, self.cells = list(cells), list(cells.values())
        self.owner, self.alone, self.batch_first = owner, alone, batch_first
        self.forms = list(map(remembered, self.cells))
        self.form = self.forms[0]
        alike = all(form.parts == self.form.parts for form in self.forms)
        self.stacked = not alone and alike and self.form.by_row

    # -- the initial states

    def learnable(self) -> dict[str, Parameter]:
        """What every real part of the state of every cell starts from, mostly zeros (H,); each
        sequence starts from them."""
        return {
            f"{prefix}{name}_0": Parameter(form.start(name))
            for prefix, form in zip(self.prefixes, self.forms, strict=True)
            for name in form.real
        }

    def initial(self, batch: int, learned: Mapping[str, Parameter]) -> list[State]:
        """The state of every cell before the first step: learned, or what the cell starts from."""
        states: list[State] = []
        for prefix, cell in zip(self.prefixes, self.cells, strict=True):
            own = cell.as_state(None, batch)
            if learned:
                found: list[Any] = []
                for name, part in zip(cell.state_names(own), unpack(own), strict=True):
                    value = learned.get(f"{prefix}{name}_0")
                    found.append(part if value is None else np.broadcast_to(value, part.shape))
                own = repacked(found, own)
            states.append(own)
        return states

    # -- from one value to the states of the cells

    def split(self, state: Any, batch: int) -> list[State]:
        """The state of every cell, as its ``step`` takes it."""
        if self.alone:
            return [self.cells[0].as_state(state, batch)]
        given = self._unstacked(state, batch) if self.stacked else self._listed(state, batch)
        return [
            self._with_masks(cell, found, batch)
            for cell, found in zip(self.cells, given, strict=True)
        ]

    def _with_masks(self, cell: Cell, found: Sequence[Any], batch: int) -> State:
        form = cell.state_form
        if len(found) == len(remembered(cell).parts) < len(form.parts):
            given = iter(found)
            fresh = unpack(cell.initial_state(batch))
            found = [
                part if name in MASKS else next(given)
                for name, part in zip(form.parts, fresh, strict=True)
            ]
        return cell.as_state(form.put(found), batch)

    def _listed(self, state: Any, batch: int) -> list[Sequence[Any]]:
        return [
            (tuple(one) if isinstance(one, tuple | list) else (one,)) if form.flat
            else form.split(one, batch, type(cell).__name__)
            for one, form, cell in zip(self._by_cell(state), self.forms, self.cells, strict=True)
        ]

    def _by_cell(self, state: Any) -> Sequence[Any]:
        count = len(self.cells)
        if not isinstance(state, tuple | list) or len(state) != count:
            raise TypeError(
                f"{self.owner}: the state is {described(state)}; the states of its cells differ in "
                f"their parts or sizes, so wanted a tuple of {count}, one for each cell; "
                f"initial_state(batch) makes one"
            )
        return state

    def _unstacked(self, state: Any, batch: int) -> list[Sequence[Any]]:
        pairs = zip(self._parts(state, batch), self.form.parts.items(), strict=True)
        rows = [self._rows(part, name, held, batch) for part, (name, held) in pairs]
        return list(zip(*rows, strict=True))

    def _parts(self, state: Any, batch: int) -> list[Any]:
        """The parts of a stacked state."""
        count, several = len(self.form.parts), isinstance(state, tuple | list)
        if not self.form.flat:
            return self.form.split(state, batch, self.owner)
        as_many = not several or len(state) == count
        if several != self.form.several or not as_many or isinstance(state, dict):
            names = ", ".join(self.form.parts)
            wanted = f"the tuple ({names})" if self.form.several else f"{names} alone"
            raise TypeError(
                f"{self.owner}: the state is {described(state)}; wanted {wanted}, as the layer "
                f"returns it; initial_state(batch) makes one"
            )
        return list(state) if several else [state]

    def _rows(self, part: Any, name: str, held: Held, batch: int) -> tuple[Tensor, ...]:
        """A stacked part as one Tensor (B, H) a cell."""
        value = part if isinstance(part, Tensor) else tensor(part)
        own = held.of(batch)[1:]
        axes = ("B", "cells") if self.batch_first else ("cells", "B")
        sizes = {"cells": len(self.cells), "B": batch}
        first = tuple(sizes[axis] for axis in axes)
        wanted = (*first, *own)
        if value.ndim != len(wanted) or value.shape[: 2 if not held.exact else None] != (
            wanted if held.exact else first
        ):
            letters = ["H"] if len(own) == 1 else list(map(str, own))
            text = (
                f"{self.owner}: state {name} has shape {value.shape}, wanted {wanted}, that is "
                f"({', '.join((*axes, *letters))})"
            )
            if value.shape == (wanted[1], wanted[0], *own):
                text += f", because batch_first={self.batch_first} is said of states too"
            elif value.ndim == len(wanted) and value.shape[axes.index("B")] != batch:
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
        if self.alone:
            return self.cells[0].with_batch(state)
        if not self.stacked:
            pairs = zip(self.forms, self._by_cell(state), strict=True)
            return tuple(form.with_batch(one, self.owner) for form, one in pairs)
        added: list[Any] = []
        for part, held in zip(self._parts(state, 1), self.form.parts.values(), strict=True):
            value = part if isinstance(part, Tensor) else tensor(part)
            if value.ndim != len(held.of(1)):
                raise ValueError(
                    f"{self.owner}: the input has no axis of the batch, and a part of the state "
                    f"has shape {value.shape}; wanted (cells, H), without one too"
                )
            added.append(np.expand_dims(value, self._batch_axis))
        return self.form.put(added)

    def without_batch(self, state: Any) -> Any:
        """The inverse of `with_batch`."""
        if self.alone:
            return self.cells[0].without_batch(state)
        if not self.stacked:
            pairs = zip(self.forms, state, strict=True)
            return tuple(form.without_batch(one) for form, one in pairs)
        parts = [part[:, 0] if self._batch_axis else part[0] for part in unpack(state)]
        return repacked(parts, state)

    @property
    def _batch_axis(self) -> int:
        return 1 if self.stacked and not self.batch_first else 0

    def may_be_of(self, state: Any, batch: int) -> bool:
        """Whether a state could be that of so many sequences."""
        axis = self._batch_axis
        return any(np.shape(part)[axis : axis + 1] == (batch,) for part in unpack(state))

    # -- and back

    def join(self, states: Sequence[State]) -> Any:
        """One value from the states of all cells."""
        if self.alone:
            return states[0]
        kept = [
            [
                part
                for name, part in zip(cell.state_names(state), unpack(state), strict=True)
                if name not in MASKS
            ]
            for cell, state in zip(self.cells, states, strict=True)
        ]
        if not self.stacked:
            pairs = zip(kept, self.forms, strict=True)
            return tuple(form.put(parts) for parts, form in pairs)
        axis = 1 if self.batch_first else 0
        joined = [np.stack(rows, axis) for rows in zip(*kept, strict=True)]
        return self.form.put(joined)

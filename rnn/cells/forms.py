"""What the states of a cell look like, and a state that is given as the cell takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, tensor
from minigrad.scanning.generators import GENERATORS
from minigrad.transforms.tree import flatten, flatten_like

from .state import State, as_array, described, is_flat, pack, repacked, unpack

__all__ = ["Form", "Held", "form_of", "form_of_sizes"]


class Held(NamedTuple):
    """One part of a state: its shape for one sequence, and its dtype.

    shape: None for what all sequences share. dtype: None for a generator of random numbers.
    exact: whether the shape has to be this one; else only as many axes.
    """

    shape: tuple[int, ...] | None
    dtype: np.dtype[Any] | None
    exact: bool

    def of(self, batch: int) -> tuple[int, ...]:
        """The shape for so many sequences."""
        return () if self.shape is None else (batch, *self.shape)


class Form(NamedTuple):
    """What the states of a cell look like: their parts by name, and a state as an example.

    flat: whether a state is one array, or a plain tuple or list of them.
    """

    parts: dict[str, Held]
    like: Any
    flat: bool

    @property
    def several(self) -> bool:
        """Whether a flat state is a tuple or a list."""
        return isinstance(self.like, tuple | list)

    @property
    def real(self) -> dict[str, Held]:
        """The parts that can have a gradient."""
        return {k: p for k, p in self.parts.items() if p.dtype is not None and p.dtype.kind == "f"}

    @property
    def by_row(self) -> bool:
        """Whether every part has rows of its own for each sequence."""
        return all(part.shape is not None for part in self.parts.values())

    def put(self, parts: Sequence[Any]) -> State:
        """The state with these parts."""
        if not self.flat:
            return flatten(self.like)[1](list(parts))
        return type(self.like)(parts) if self.several else parts[0]

    def start(self, name: str) -> Any:
        """The values with which a part begins, for one sequence."""
        held = self.parts[name]
        example = dict(zip(self.parts, unpack(self.like), strict=True))[name]
        if isinstance(example, Tensor):
            return np.array(example.numpy() if held.shape is None else example.numpy()[0])
        return np.zeros(held.shape or (), held.dtype)

    def split(self, state: Any, batch: int, owner: str) -> list[Any]:
        """The parts of a state of this form for so many sequences, in order, or a TypeError."""
        if not self.flat:
            try:
                return flatten_like(state, self.like, f"{owner}: the state")
            except ValueError as error:
                raise TypeError(f"{error}; {owner}.initial_state(batch) makes one") from None
        if not self.several:
            if not isinstance(state, tuple | dict):
                return [state]
            wanted = f"{', '.join(self.parts)} alone"
        else:
            if isinstance(state, tuple | list) and len(state) == len(self.parts):
                return list(state)
            wanted = (
                f"the tuple ({', '.join(self.parts)}), each ({batch}, size); "
                f"{owner}.initial_state(batch) makes one of zeros"
            )
        raise TypeError(f"{owner}: the state is {described(state)}; wanted {wanted}")

    def fitted(self, state: Any, batch: int, owner: str) -> State:
        """A state as a cell takes it: every part with its rows and its dtype."""
        pairs = zip(self.split(state, batch, owner), self.parts.items(), strict=True)
        return self.put([_fitted(part, name, held, batch, owner) for part, (name, held) in pairs])

    def with_batch(self, state: Any, owner: str) -> State:
        """The state of one sequence, h (H,) and so on, as that of a batch of one."""
        pairs = zip(self.split(state, 1, owner), self.parts.values(), strict=True)
        return self.put([_with_row(part, held, owner) for part, held in pairs])

    def without_batch(self, state: State) -> State:
        """The state of the one sequence in a batch of one."""
        pairs = zip(unpack(state), self.parts.values(), strict=True)
        return repacked([p if held.shape is None else p[0] for p, held in pairs], state)


@lru_cache(maxsize=256)
def form_of_sizes(sizes: tuple[tuple[str, Any], ...], dtype: np.dtype[Any]) -> Form:
    """The form of a flat state: each part with its width, or with its shape for one sequence."""
    shapes = {name: n if isinstance(n, tuple) else (n,) for name, n in sizes}
    parts = {name: Held(shape, dtype, True) for name, shape in shapes.items()}
    return Form(parts, pack(tuple(parts)), True)


def form_of(state: Any, names: Sequence[str], sizes: Mapping[str, Any]) -> Form:
    """The form of the states that are as this one, of a batch of one.

    sizes: by name; a part has to have the shape that is declared for it, if any is.
    """
    parts = {}
    for name, part in zip(names, unpack(state), strict=True):
        if isinstance(part, GENERATORS):
            parts[name] = Held(None, None, False)
        else:
            shape = part.shape[1:] if part.ndim else None
            parts[name] = Held(shape, part.dtype, shape in (sizes.get(name), (sizes.get(name),)))
    return Form(parts, state, is_flat(state))


def _with_row(part: Any, held: Held, owner: str) -> Any:
    if held.shape is None:
        return part
    value = part if isinstance(part, Tensor) else tensor(part)
    if value.ndim != len(held.shape):
        wanted = "(H,)" if len(held.shape) == 1 else held.shape
        raise ValueError(
            f"{owner}: the input has no axis of the batch, and a part of the state has shape "
            f"{value.shape}; wanted {wanted}, without one too"
        )
    return value[None]


def _fitted(part: Any, name: str, held: Held, batch: int, owner: str) -> Any:
    wanted = held.of(batch)
    if isinstance(part, Tensor) and part.shape == wanted and part.dtype == held.dtype:
        return part
    if held.dtype is None or isinstance(part, GENERATORS):
        if held.dtype is not None or not isinstance(part, GENERATORS):
            kind = "a generator of random numbers" if held.dtype is None else "an array"
            raise TypeError(f"{owner}: state {name} is {described(part)}; wanted {kind}")
        return part
    value = as_array(part)
    if value is None:
        raise TypeError(f"{owner}: state {name} is {described(part)}; wanted an array of numbers")
    fits = value.shape == wanted if held.exact else (
        value.ndim == len(wanted) and value.shape[:1] == wanted[:1]
    )
    if not fits:
        raise ValueError(_misfit(name, value.shape, wanted, owner))
    if value.dtype.kind not in "biuf":
        raise TypeError(f"{owner}: state {name} has dtype {value.dtype}; wanted real numbers")
    if not np.can_cast(value.dtype, held.dtype, "same_kind"):
        raise TypeError(f"{owner}: state {name} has dtype {value.dtype}, wanted {held.dtype}")
    return value.astype(held.dtype)


def _misfit(name: str, shape: tuple[int, ...], wanted: tuple[int, ...], owner: str) -> str:
    hint = ""
    if len(shape) == len(wanted) and shape and shape[1:] == wanted[1:]:
        hint = (
            f". The input has batch size {wanted[0]}, the state {shape[0]}: a state carried over "
            f"belongs to the sequences it was computed from, so start the new ones from "
            f"initial_state({wanted[0]})"
        )
    return f"{owner}: state {name} has shape {shape}, wanted {wanted}{hint}"

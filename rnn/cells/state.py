"""The state of a cell: one tensor, or a flat tuple of them; and what a state has to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import Tensor, tensor

__all__ = [
    "State", "described", "fitted", "flat", "pack", "unpack", "with_batch", "without_batch",
]

State = Tensor | tuple[Tensor, ...]


def unpack(state: Any) -> tuple[Any, ...]:
    """The parts of a state, one or several: h as (h,), and (h, c) as it is."""
    if isinstance(state, tuple):
        return state
    return tuple(state) if isinstance(state, list) else (state,)


def pack(parts: tuple[Tensor, ...]) -> State:
    """The state that has these parts: h of (h,), and (h, c) as it is."""
    return parts[0] if len(parts) == 1 else parts


def with_batch(state: Any, owner: str) -> Any:
    """The state (H,) of one sequence, each part of it, as that of a batch of one: (1, H)."""
    if isinstance(state, tuple | list):
        return tuple(with_batch(part, owner) for part in state)
    value = state if isinstance(state, Tensor) else tensor(state)
    if value.ndim != 1:
        raise ValueError(
            f"{owner}: the input has no axis of the batch, and a part of the state has shape "
            f"{value.shape}; wanted (H,), without one too"
        )
    return value[None]


def without_batch(state: State) -> State:
    """The state of the one sequence in a batch of one."""
    return pack(tuple(part[0] for part in unpack(state)))


# -- what a state has to be


def flat(state: Any, method: str) -> State:
    """`state`, which a method of the user's class returned, as a Tensor or a tuple of them."""
    whole = tuple(state) if isinstance(state, list) else state
    for k, part in enumerate(unpack(whole)):
        if not isinstance(part, Tensor):
            at = f"part {k} of " * isinstance(whole, tuple)
            raise TypeError(
                f"{method} returned {described(part)} as {at}its state; wanted one Tensor, or a "
                f"flat tuple of Tensors, whose names the class declares, as in states = ('h', 'c')"
            )
    return whole


def fitted(
    state: Any, sizes: Mapping[str, int], batch: int, dtype: np.dtype[Any], owner: str
) -> State:
    """`state` as a cell takes it: its parts by name, each (batch, size), cast to `dtype`."""
    names = ", ".join(sizes)
    if len(sizes) > 1 and (not isinstance(state, tuple | list) or len(state) != len(sizes)):
        raise TypeError(
            f"{owner}: the state is {described(state)}; wanted the tuple ({names}), each "
            f"({batch}, size); {owner}.initial_state(batch) makes one of zeros"
        )
    if len(sizes) == 1 and isinstance(state, tuple | dict):
        raise TypeError(f"{owner}: the state is {described(state)}; wanted {names} alone")
    given = [state] if len(sizes) == 1 else state
    parts = []
    for part, (name, width) in zip(given, sizes.items(), strict=True):
        value = part if isinstance(part, Tensor) else tensor(part)
        if value.shape != (batch, width):
            raise ValueError(_misfit(name, value.shape, (batch, width), owner))
        if value.dtype.kind not in "biuf":
            raise TypeError(f"{owner}: state {name} has dtype {value.dtype}; wanted real numbers")
        parts.append(value if value.dtype == dtype else value.astype(dtype))
    return pack(tuple(parts))


def _misfit(name: str, shape: tuple[int, ...], wanted: tuple[int, int], owner: str) -> str:
    hint = ""
    if len(shape) == 2 and shape[1] == wanted[1]:
        hint = (
            f". The input has batch size {wanted[0]}, the state {shape[0]}: a state carried over "
            f"belongs to the sequences it was computed from, so start the new ones from "
            f"initial_state({wanted[0]})"
        )
    return f"{owner}: state {name} has shape {shape}, wanted {wanted}{hint}"


def described(value: Any) -> str:
    """A value in an error message: its type, and the shapes in it."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    shape = getattr(value, "shape", None)
    return f"one {type(value).__name__}" + ("" if shape is None else f" of shape {shape}")

"""The state of a cell: one tensor, or a tuple of them."""

from __future__ import annotations

from typing import Any

from minigrad import Tensor, tensor

__all__ = ["State", "pack", "unpack", "with_batch", "without_batch"]

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

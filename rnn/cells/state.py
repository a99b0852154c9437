"""The state of a cell: one tensor, or a tuple of them."""

from __future__ import annotations

from minigrad import Tensor

__all__ = ["State", "parts", "whole"]

State = Tensor | tuple[Tensor, ...]


def parts(state: State) -> tuple[Tensor, ...]:
    """The parts of a state, one or several."""
    return state if isinstance(state, tuple) else (state,)


def whole(given: tuple[Tensor, ...]) -> State:
    """The state that has these parts."""
    return given[0] if len(given) == 1 else given

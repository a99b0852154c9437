"""One cell over one sequence in either direction, each sequence of the batch up to its own end.

It is ``rnn.unroll`` with those two things added: the same scopes, with t the place in the
sequence also where time runs backward, and the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import Tensor, scope, tensor

from ..cells import Cell, State
from ..cells.wrappers import parts, whole
from ..unroll import _check_state  # the same check, at the same place
from .lengths import Array

__all__ = ["Run", "run"]


class Run(NamedTuple):
    """outputs and states: by place in the sequence; last: the state that was computed last."""

    outputs: list[Tensor]
    states: list[State]
    last: State


def run(
    cell: Cell,
    inputs: Sequence[Tensor],
    state: State | None,
    name: str,
    *,
    start: int = 1,
    reverse: bool = False,
    own: Array | None = None,
) -> Run:
    """Run `cell` over T Tensors (B, K).

    state: the state before the first step that is run. start: the number of the first input.
    reverse: from the last input to the first.
    own: booleans (T, B), as ``own_steps`` makes them. A sequence keeps its state, and has outputs
        0, at steps that are not its own; so in reverse it begins at its own last step. A step
        that is nobody's is not run.
    """
    T, B = len(inputs), len(inputs[0])
    state = cell.as_state(state, B)
    names = tuple(cell.state_sizes)
    before = start + T if reverse else start - 1
    entering = {
        f"{part}_{before}": value
        for part, value in zip(names, parts(state), strict=True)
        if not value.requires_grad
    }
    nothing = tensor(np.zeros((B, cell.output_size), cell.dtype))
    outputs, states = [nothing] * T, [state] * T
    checked = False
    for k in reversed(range(T)) if reverse else range(T):
        x, here = inputs[k], None if own is None else own[k]
        if here is None or here.any():
            if not x.requires_grad:
                entering["x"] = x
            with scope(name, t=start + k, **entering):
                outputs[k], new = cell.checked_step(x, state)
                if not checked:
                    _check_state(cell, new, B)
                if here is not None and not here.all():
                    outputs[k] = _chosen(here, outputs[k], nothing)
                    pairs = zip(parts(new), parts(state), strict=True)
                    new = whole(tuple(_chosen(here, after, old) for after, old in pairs))
            state, entering, checked = new, {}, True
            for part, value in zip(names, parts(state), strict=True):
                node = value._node
                if node is not None and node.plan is not None and node.name is None:
                    node.put(name=part)
        states[k] = state
    return Run(outputs, states, state)


def _chosen(here: Array, new: Tensor, old: Tensor) -> Tensor:
    """The rows of `new` where `here`, else those of `old`."""
    if new is old:
        return new
    chosen: Any = np.where(here[:, None], new, old)
    return chosen if isinstance(chosen, Tensor) else tensor(chosen)

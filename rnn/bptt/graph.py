"""Measuring on a live graph: cotangents pulled from some of its tensors back to others.

The graph is kept, so that one can measure again; nothing is written to any ``.grad``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.differentiation import sweep_from
from minigrad.engine.node import Node
from minigrad.engine.tensor import wrap
from minigrad.errors import GradientError
from minigrad.observe.packing import unpacked

__all__ = [
    "as_states", "label", "pull_back", "state_tensors", "step_of",
    "units", "without_constants",
]

Array = np.ndarray[Any, Any]


def pull_back(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Any],
    targets: Sequence[Tensor],
    *,
    stop_at_targets: bool = False,
) -> list[Array]:
    """Σ cotangentᵀ ∂output/∂target for each target; zeros where no path leads there.

    stop_at_targets: hold the other targets fixed, so that a path counts for the first one that it
        meets.
    """
    live = [(o, g) for o, g in zip(outputs, cotangents, strict=True) if o.requires_grad]
    found: dict[Node, Any] = {}
    if live:
        given, weights = zip(*live, strict=True)
        found = sweep_from(
            given, weights, targets, retain_graph=True, stop_at_targets=stop_at_targets
        )
    return [
        np.asarray(found[t._node]) if t._node in found else np.zeros(t.shape, t.dtype)
        for t in targets
    ]


def units(tensors: Sequence[Tensor]) -> Iterator[list[Array]]:
    """The unit cotangents of some tensors: one for each entry of all of them."""
    for k, chosen in enumerate(tensors):
        for i in range(chosen.size):
            cotangents = [np.zeros(t.shape, t.dtype) for t in tensors]
            cotangents[k].reshape(-1)[i] = 1
            yield cotangents


def state_tensors(state: Any, function: str, argument: str) -> tuple[Tensor, ...]:
    """The tensors of a state, each the one that the recurrence went on with.

    A state that was taken out of the stacked outputs of ``unroll``, as in ``outputs[3]``, is a
    copy that leads nowhere; it stands for the state that was stacked.
    """
    given = tuple(state) if isinstance(state, tuple | list) else (state,)
    for part in given:
        if not isinstance(part, Tensor):
            raise TypeError(
                f"{function}({argument}): received {type(part).__name__}; wanted a Tensor of a "
                f"live graph, or a tuple of them such as (h, c)"
            )
    if not given:
        raise ValueError(f"{function}({argument}): received no tensors; wanted at least one")
    return tuple(_original(part, function, argument) for part in given)


def without_constants(states: list[Any]) -> list[Any]:
    """States of one sequence, without the parts that no step changes, such as dropout masks."""
    if len(states) < 2 or not all(isinstance(state, tuple | list) for state in states):
        return states
    first = states[0]
    constant = {
        id(part)
        for part in first
        if isinstance(part, Tensor)
        and part._node is None
        and all(any(part is other for other in state) for state in states)
    }
    if len(constant) == len(first):
        return states
    return [tuple(part for part in state if id(part) not in constant) for state in states]


def _original(state: Tensor, function: str, argument: str) -> Tensor:
    node = state._node
    if node is None:
        raise GradientError(
            f"{function}({argument}): {state._label()} does not require grad, so the graph does "
            f"not know it. For the initial state, pass one to unroll that does: "
            f"minigrad.tensor(np.zeros((B, H)), requires_grad=True)"
        )
    found = unpacked(node)
    return state if found is None or found is node else wrap(state._data, found)


def as_states(states: Any, function: str) -> list[tuple[Tensor, ...]]:
    """A sequence of states, or the stacked outputs (T, B, H) of ``unroll``, as states with parts.

    Each has as many parts as the first.
    """
    if isinstance(states, Tensor):
        states = states.unbind() if states.ndim else [states]
    found = [
        state_tensors(state, function, f"states[{k}]")
        for k, state in enumerate(without_constants(list(states)))
    ]
    if not found:
        raise ValueError(f"{function}(states): received no states; wanted at least one")
    for k, state in enumerate(found):
        if len(state) != len(found[0]):
            raise ValueError(
                f"{function}(states): states[{k}] has {len(state)} parts, states[0] "
                f"{len(found[0])}; wanted the same of all"
            )
    return found


def step_of(state: Sequence[Tensor]) -> int | None:
    """The time step in which a state was computed, if its scope has one."""
    node = state[0]._node
    return None if node is None or node.scope is None else node.scope.step


def label(state: Sequence[Tensor], index: str) -> str:
    """A state in formulas: its name and step, such as h_3 or (h_3, c_3); else h with `index`."""
    step = step_of(state)
    mark = index if step is None else str(step)
    if len(mark) > 1:
        mark = f"{{{mark}}}"
    names = [f"{part.name or 'h'}_{mark}" for part in state]
    return names[0] if len(names) == 1 else f"({', '.join(names)})"

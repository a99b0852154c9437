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
from minigrad.scanning.generators import GENERATORS
from minigrad.transforms.tree import children

from ..cells.state import unpack

__all__ = [
    "as_states", "constants", "label", "leaves_of", "pull_back", "state_tensors", "step_of",
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


def state_tensors(
    state: Any, function: str, argument: str, some: bool = False
) -> tuple[Tensor, ...]:
    """The tensors of a state, each the one that the recurrence went on with; those that can have a
    gradient, without counters and the like. some: one of them on the graph will do.

    A state that was taken out of the stacked outputs of ``unroll``, as in ``outputs[3]``, is a
    copy that leads nowhere; it stands for the state that was stacked.
    """
    given = [part for part in unpack(state) if not isinstance(part, GENERATORS)]
    for part in given:
        if not isinstance(part, Tensor):
            raise TypeError(
                f"{function}({argument}): received {type(part).__name__}; wanted a Tensor of a "
                f"live graph, or a structure of them such as (h, c)"
            )
    given = [part for part in given if part.dtype.kind == "f"] or given
    if not given:
        raise ValueError(f"{function}({argument}): received no tensors; wanted at least one")
    constant = some and any(part.requires_grad for part in given)
    return tuple(
        part if constant and not part.requires_grad else _original(part, function, argument)
        for part in given
    )


def leaves_of(state: Any) -> Any:
    """The leaves of a state of several parts; another one as it is."""
    return state if children(state) is None else unpack(state)


def without_constants(states: list[Any]) -> list[Any]:
    """States of one sequence, without the parts that no step changes, such as dropout masks.

    Those of several parts are tuples of their leaves.
    """
    states = list(map(leaves_of, states))
    constant = constants(states)
    if not constant:
        return states
    return [tuple(part for part in state if id(part) not in constant) for state in states]


def constants(states: Sequence[Any]) -> set[int]:
    """The ids of what all of several states hold, each a tuple, and no graph knows; of none if that
    is all that they hold."""
    if len(states) < 2 or not all(isinstance(state, tuple) for state in states):
        return set()
    found = {
        id(part)
        for part in states[0]
        if isinstance(part, Tensor)
        and part._node is None
        and all(any(part is other for other in state) for state in states)
    }
    return set() if len(found) == len(states[0]) else found


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


def label(state: Sequence[Tensor], index: str, names: Sequence[str] = ()) -> str:
    """A state in formulas: its name and step, such as h_3 or (h_3, c_3); else h with `index`.

    names: for parts that have none of their own.
    """
    step = step_of(state)
    mark = index if step is None else str(step)
    if len(mark) > 1:
        mark = f"{{{mark}}}"
    others = names or [""] * len(state)
    words = [
        f"{part.name or other or 'h'}_{mark}" for part, other in zip(state, others, strict=True)
    ]
    return words[0] if len(words) == 1 else f"({', '.join(words)})"

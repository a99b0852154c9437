"""What to tell when a backward pass cannot be right: which op, which step, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AnomalyError, MutationError, describe
from .context import local

if TYPE_CHECKING:
    from .node import Node

__all__ = ["check_finite", "check_written", "freed_message", "watching"]


def check_written(node: Node, i: int, leaf: Node) -> None:
    """Raise if a leaf was written to after `node` had saved its value."""
    plan: Any = node.plan
    if getattr(leaf, "written", 0) < node.key and plan.op.argument(i) in plan.keep:
        raise MutationError(
            f"{leaf.name or f'a tensor of shape {leaf.shape}'} was written to (by an optimizer "
            f"step, .data or an in-place operator) after op {node} had used it, so its gradient "
            f"would mix two values; call backward() before the write, or run the forward again"
        )


def freed_message(node: Node, visited: Sequence[Node]) -> str:
    """Why a backward pass met a freed node, and what to do; `visited` are the nodes before it."""
    user = next((n for n in visited if node in n.parents), None)
    if user is None:
        head = f"the graph behind {node} was freed by an earlier backward pass"
    else:
        head = f"{user} uses the result of {node}, whose graph an earlier backward pass freed"
    step = None if node.scope is None else node.scope.step
    if step is None or user is None:
        return (
            f"{head}. Pass retain_graph=True to the first backward() if you need two, or run the "
            f"forward again"
        )
    return (
        f"{head}. The hidden state carried over from step t={step} still links to the steps before "
        f"it: detach it between windows (state = state.detach(), or rnn.detach(state)); keeping "
        f"the graph would lead back through every window to the first step"
    )


def check_finite(value: Any, node: Node, phase: str, inputs: Sequence[Any] = ()) -> None:
    """Raise AnomalyError, naming the op, its step and its source line, if `value` is not finite."""
    for array in value if isinstance(value, tuple) else (value,):
        array = np.asarray(getattr(array, "_data", array))
        if array.dtype.kind not in "fc" or np.isfinite(array).all():
            continue
        bad = "NaN" if np.isnan(array).any() else "Inf"
        where = (node.extra or {}).get("where")
        line = f", called at {where}" if where else " (its call was not under detect_anomaly)"
        operands = f"; its inputs: {', '.join(map(describe, inputs))}" if inputs else ""
        raise AnomalyError(f"first {bad} in the {phase} of {node}{line}{operands}")


def watching() -> list[Callable[[Node, Node, Any], None]]:
    """Who watches the contributions of a backward pass on this thread: `detect_anomaly`."""
    if not local.frame.anomaly:
        return []
    return [lambda parent, node, c: check_finite(c, node, "backward")]

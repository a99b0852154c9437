"""What to tell when a backward pass cannot be right: which op, which step, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import MutationError
from .node import Node

__all__ = ["check_written", "freed_message"]


def check_written(node: Node, i: int, leaf: Node) -> None:
    """Raise MutationError if a leaf was written to after `node` had saved its value."""
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

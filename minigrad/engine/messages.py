"""What to tell when a backward pass meets a freed graph: whose it is, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import GraphFreedError
from .node import FREED, Node

__all__ = ["unpacked"]


def unpacked(node: Node, visited: Sequence[Node]) -> Any:
    """The residuals of `node`.

    Raises GraphFreedError where an earlier pass let go of it; `visited` are the nodes before it in
    this one.
    """
    if node.saved is FREED:
        raise GraphFreedError(_freed(node, visited))
    return node.saved


def _freed(node: Node, visited: Sequence[Node]) -> str:
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

"""The sum in a gradient, taken apart: one contribution for every use of a tensor.

∂L/∂W = Σ_u G_u runs over the ops that use W. In an unrolled recurrence every use has a time step,
so the same list read by step is the ledger of backpropagation through time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..engine.context import Scope
from ..engine.differentiation import seed
from ..engine.messages import unpacked
from ..engine.node import Node
from ..engine.opening import opened
from ..engine.sweep import sweep
from ..engine.tensor import Tensor, detached
from ..engine.values import Array

__all__ = ["Use", "contributions"]


class Use(NamedTuple):
    """One op that used a tensor, and what it contributed to the tensor's gradient.

    node: of the op, on the tape. value: an array of the tensor's shape. scope, t: where it was
    recorded.
    """

    node: Node
    value: Any

    @property
    def scope(self) -> Scope | None:
        return self.node.scope

    @property
    def t(self) -> int | None:
        """The time step of the use, None outside of any."""
        return None if self.node.scope is None else self.node.scope.step


def contributions(
    output: Tensor, tensors: Sequence[Tensor], gradient: Array = None
) -> list[list[Use]]:
    """For each of `tensors`, its uses in the graph of `output` in the order of execution.

    The values of one list sum to ∂output/∂tensor (weighted by the cotangent `gradient` where
    output has several elements). The graph is kept. Use.t is the time step of the scope that a use
    was recorded in; of a scan, that of each of its steps.

    Raises GradientError where `output` requires no grad, or has several elements and there is no
    `gradient`; GraphFreedError after ``backward()``.

    >>> import minigrad as mg
    >>> w = mg.tensor(3.0, requires_grad=True)
    >>> [float(use.value) for use in contributions(w * w * 2, [w])[0]]
    [6.0, 6.0]
    """
    output, tensors = opened(output, list(tensors))
    node, g = seed(output, gradient)
    uses: dict[Node, list[Use]] = {t._node: [] for t in tensors if t._node is not None}

    def see(parent: Node, user: Node, value: Any) -> None:
        if parent in uses:
            uses[parent].append(Use(user, value))

    sweep(
        [(node, detached(g))],
        wanted=uses.keys(),
        unpack=unpacked,
        watch=[see],
    )
    return [list(reversed(uses[t._node])) if t._node is not None else [] for t in tensors]

"""Starting a backward pass: cotangents checked, gradients handed out, the pass itself recorded.

With ``create_graph`` the rules get what they saved as Tensors on the graph that it came from, so
the same NumPy expressions that made a gradient record how they made it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import GradientError, describe
from .tape import Leaf, Node, parts, sweep
from .tensor import Tensor, as_tensor, detached, wrap
from .values import Array

__all__ = ["backward", "gradients", "lift", "seed"]

_writing = threading.Lock()


def backward(
    self: Tensor,
    gradient: Array = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
) -> None:
    """Sum ∂self/∂leaf, weighted by `gradient`, into the ``.grad`` of every leaf behind self.

    gradient: the cotangent, in self's shape; it can be left out where self has one element.
    retain_graph: keep what the rules saved, for another backward (default: create_graph).
    create_graph: record the backward pass too, so that gradients can be differentiated.

    Raises GradientError when self does not require grad or `gradient` does not fit,
    GraphFreedError after an earlier backward without retain_graph, MutationError when a leaf
    was written to in between. After an error every ``.grad`` is as it was.
    """
    found = gradients([self], [gradient], None, retain_graph, create_graph)
    with _writing:
        for node, g in found.items():
            if isinstance(node, Leaf):
                g = as_tensor(g)
                node.grad = g if node.grad is None else node.grad + g


setattr(Tensor, "backward", backward)  # noqa: B010  # Tensor knows no sweep


def seed(output: Tensor, cotangent: Array) -> tuple[Node, Any]:
    """The node of `output` and a cotangent that fits it, or an error that says what is wanted."""
    node = output._node
    if node is None:
        raise GradientError(
            f"{output._label()} does not require grad, so there is nothing to go back through: "
            f"make a tensor behind it with requires_grad=True, and check for no_grad() or detach()"
        )
    if cotangent is None:
        if output.size != 1:
            raise GradientError(
                f"backward() of {output._label()} with {output.size} elements needs the cotangent: "
                f"call backward(gradient) with shape {output.shape}, or reduce it, as in .sum()"
            )
        return node, np.ones(output.shape, output.dtype)
    value = detached(cotangent)
    g = np.array(value)
    if g.shape != output.shape or not np.can_cast(g.dtype, output.dtype, "same_kind"):
        raise GradientError(
            f"the cotangent of {output._label()} has {describe(g)}, wanted shape {output.shape} "
            f"and dtype {output.dtype}"
        )
    if isinstance(cotangent, Tensor) and cotangent.requires_grad:
        return node, cotangent
    return node, g.astype(output.dtype, copy=False)


def gradients(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Array],
    targets: Sequence[Tensor] | None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    walls: bool = False,
) -> dict[Node, Any]:
    """The sweep from `outputs`, with its arguments checked: gradients by node.

    The values are arrays, or with create_graph Tensors on a recorded graph.
    """
    seeds = [seed(o, c) for o, c in zip(outputs, cotangents, strict=True)]
    nodes = None if targets is None else {t._node for t in targets if t._node is not None}
    if create_graph:
        seeds = [(node, as_tensor(g)) for node, g in seeds]
    else:
        seeds = [(node, detached(g)) for node, g in seeds]
    return sweep(
        seeds,
        targets=nodes,
        walls=walls,
        lift=lift if create_graph else None,
        retain_graph=create_graph if retain_graph is None else retain_graph,
    )


def lift(node: Node) -> Any:
    """The saved values of a node as Tensors on the graph that they came from."""
    plan: Any = node.plan
    op, lifted = plan.op, []
    for name, value in zip(plan.keep, plan.items(node.saved), strict=True):
        if name == "out":
            value = _outputs(node, value)
        elif name in op.arguments:
            if op.variadic:
                value = tuple(
                    v if p is None else wrap(v, p) for v, p in zip(value, node.parents, strict=True)
                )
            elif (parent := node.parents[op.arguments.index(name)]) is not None:
                value = wrap(value, parent)
        lifted.append(value)
    return lifted[0] if len(lifted) == 1 else tuple(lifted)


def _outputs(node: Node, value: Any) -> Any:
    if not isinstance(value, tuple):
        return wrap(value, node)
    return tuple(map(wrap, value, parts(node)))

"""From tensors to a backward pass: cotangents and inputs checked, the pass itself recorded.

With ``create_graph`` the rules get what they saved as Tensors on the graph that it came from, so
the same NumPy expressions that made a gradient record how they made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import GradientError, describe
from .backward import run
from .context import Scope, local
from .cotangents import Cotangent, dense
from .foreign import operand
from .messages import unpacked
from .modes import enable_grad
from .node import Node
from .outputs import output_nodes
from .selections import Chosen
from .sweep import sweep
from .values import Array, as_tensor
from .variable import Variable, detached, wrap

__all__ = ["RecordingNeeded", "inputs_of", "recorded", "seed", "sweep_from", "swept_again"]


class RecordingNeeded(GradientError):
    """A rule that needs to know how its cotangents depend on what it saved."""


def inputs_of(inputs: Any, what: str) -> list[Any]:
    """The tensors to differentiate with respect to, or an error that says which cannot be."""
    xs: list[Any] = [inputs] if isinstance(inputs, Variable) else list(inputs)
    for i, x in enumerate(xs):
        if getattr(x, "_node", None) is None:
            label = x._label() if hasattr(x, "_label") else describe(x)
            raise GradientError(
                f"{what}: input {i}, {label}, does not require grad; pass Tensors that the result "
                f"was computed from, made with requires_grad=True or by ops"
            )
    return xs


def seed(output: Any, cotangent: Array) -> tuple[Node, Any]:
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
    if isinstance(cotangent, Cotangent):  # as transforms make them
        return node, cotangent
    value = detached(cotangent)
    try:
        g: Any = value if isinstance(value, Variable) else np.array(operand(value))
    except TypeError as error:
        raise GradientError(f"the cotangent of {output._label()}: {error}") from None
    if g.shape != output.shape or not np.can_cast(g.dtype, output.dtype, "same_kind"):
        raise GradientError(
            f"the cotangent of {output._label()} has {describe(g)}, wanted shape {output.shape} "
            f"and dtype {output.dtype}"
        )
    if isinstance(cotangent, Variable) and cotangent._node is not None:
        return node, cotangent
    return node, g.astype(output.dtype, copy=False)


def sweep_from(
    outputs: Sequence[Any],
    cotangents: Sequence[Array],
    targets: Sequence[Any] | None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    stop_at_targets: bool = False,
    write: Callable[[dict[Node, Any]], None] = lambda found: None,
) -> dict[Node, Any]:
    """The sweep from `outputs`, with its arguments checked: gradients by node.

    The values are arrays, or with create_graph Tensors on a recorded graph.
    """
    seeds = [seed(o, c) for o, c in zip(outputs, cotangents, strict=True)]
    nodes = None if targets is None else {t._node for t in targets if t._node is not None}
    asked = create_graph if retain_graph is None else retain_graph

    def swept(record: bool) -> dict[Node, Any]:
        given: Callable[[Any], Any] = as_tensor if record else detached
        return run(
            [(node, g if isinstance(g, Cotangent) else given(g)) for node, g in seeds],
            nodes,
            stop_at=nodes if stop_at_targets and nodes else (),
            unpack=recorded if record else unpacked,
            lazily=not record,
            keep_graph=asked,
            write=lambda found: write(found if create_graph else _plain(found)),
        )

    try:
        found = swept(create_graph)
    except RecordingNeeded:
        with enable_grad():
            found = swept(True)
    return found if create_graph else _plain(found)


def _plain(found: dict[Node, Any]) -> dict[Node, Any]:
    return {node: detached(g) for node, g in found.items()}


def recorded(node: Node, visited: Sequence[Node]) -> Any:
    """The residuals of a node as Tensors on the graph that they came from."""
    pullback: Any = node.pullback
    op, tensors = pullback.op, []
    for name, value in zip(pullback.residuals, unpacked(node, visited), strict=True):
        if name == "out":
            value = _outputs(node, value)
        elif name in op.arguments:
            if op.variadic:
                value = tuple(
                    v if p is None else wrap(v, p) for v, p in zip(value, node.parents, strict=True)
                )
            elif (parent := node.parents[op.arguments.index(name)]) is not None:
                value = wrap(value, parent)
        tensors.append(value)
    return tuple(tensors)


def _outputs(node: Node, value: Any) -> Any:
    if not isinstance(value, tuple):
        return wrap(value, node)
    return tuple(map(wrap, value, output_nodes(node)))


def swept_again(
    run: Callable[[], Sequence[Any]], cotangents: Any, sources: Sequence[Node], scope: Scope | None
) -> list[Any]:
    """The cotangents of `sources`, for those of the results of ``run()``, which is recorded anew.

    cotangents: arrays, or Tensors, with which the rules are recorded too. scope: that of the run.
    """
    values, chosen = dense(cotangents), getattr(cotangents, "chosen", None)
    tensors = any(isinstance(g, Variable) for g in values)
    before = local.state
    local.state = before.but(record=True, scope=scope)
    try:
        results = run()
        if chosen is not None:
            values = map(Chosen, values, chosen)
        found, _ = sweep(
            [(y._node, g) for y, g in zip(results, values, strict=True) if y._node is not None],
            wanted=sources, stop_at=set(sources), unpack=recorded if tensors else unpacked,
            lazily=not tensors,
        )
    finally:
        local.state = before
    return [found.get(s, np.zeros(s.shape, s.dtype)) for s in sources]

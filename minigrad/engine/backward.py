"""Starting a backward pass: cotangents checked, gradients handed out, the pass itself recorded.

With ``create_graph`` the rules get what they saved as Tensors on the graph that it came from, so
the same NumPy expressions that made a gradient record how they made it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from ..errors import GradientError, describe
from .cotangents import Cotangent, dense
from .declared import declare
from .foreign import operand
from .modes import enable_grad
from .node import Node
from .outputs import parts
from .pullback import residuals
from .sweep import free, sweep
from .tensor import Tensor, as_tensor, detached, handle, wrap
from .values import Array

__all__ = ["RecordingNeeded", "backward", "gradients", "recorded", "seed", "sweep_from"]

_writing = threading.RLock()  # it knows whose it is


class RecordingNeeded(GradientError):
    """A rule that needs to know how its cotangents depend on what it saved."""


def backward(
    self: Tensor,
    gradient: Array = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Sum ∂self/∂leaf, weighted by `gradient`, into the ``.grad`` of every leaf behind self.

    gradient: the cotangent, in self's shape; it can be left out where self has one element.
    retain_graph: keep what the rules saved, for another backward (default: create_graph).
    create_graph: record the backward pass too, so that gradients can be differentiated.
    inputs: the tensors whose ``.grad`` is wanted, results of ops too (default: all leaves).

    Raises GradientError when self does not require grad or `gradient` does not fit,
    GraphFreedError after an earlier backward without retain_graph, MutationError when a leaf
    was written to in between. After an error every ``.grad`` is as it was; after an interrupt
    (Ctrl-C) all of them are, or none.
    """
    targets = None if inputs is None else _inputs(inputs, "backward")

    def write(found: dict[Node, Any]) -> None:
        if targets is None:
            _add([(owner, g) for node, g in found.items() for owner in node.owners])
        else:
            _add([(weakref.ref(t), found[t._node]) for t in targets if t._node in found])

    sweep_from([self], [gradient], targets, retain_graph, create_graph, write=write)


def _add(totals: Sequence[tuple[Callable[[], Tensor | None], Any]]) -> None:
    """Add each gradient to the ``.grad`` of its tensor, if that still lives: to all, or to none."""
    try:
        with _writing:
            new = []
            for owner, g in totals:
                if (tensor := owner()) is not None:
                    before = getattr(tensor, "_grad", None)
                    new.append((tensor, handle(g) if before is None else as_tensor(before + g)))
            _assign(new)
    except BaseException:
        with suppress(RuntimeError):  # it is not ours any more: the usual case
            _writing.release()  # Ctrl-C has come between the end of the block and the release
        raise


def _assign(new: Sequence[tuple[Tensor, Tensor]]) -> None:
    try:
        for tensor, g in new:
            tensor._grad = g
    except BaseException:  # Ctrl-C between two assignments: write the others, then end
        for tensor, g in new:
            tensor._grad = g
        raise


declare(methods={"backward": backward})


def gradients(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Array | Sequence[Array] = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """∂outputs/∂input for each of `inputs`, summed over the outputs; no ``.grad`` is written.

    outputs, inputs: Tensors on a graph, one or several; inputs may be leaves or results of ops.
    grad_outputs: the cotangent of each output, in its shape; None for an output of one element.
    retain_graph: keep what the rules saved, for another pass (default: create_graph).
    create_graph: record the pass, so that what comes back can be differentiated.
    allow_unused: give None for an input that no output depends on, instead of raising.
    materialize_grads: give zeros for such an input.

    The words are those of PyTorch's ``autograd.grad``. Raises GradientError for an input that does
    not require grad or is not used, for outputs without a graph, and as ``backward`` does.

    >>> x, y = Tensor(2.0, requires_grad=True), Tensor(3.0, requires_grad=True)
    >>> gradients(x * x * y, [x, y])
    (Tensor(12.), Tensor(4.))
    """
    ys = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    if grad_outputs is None:
        grad_outputs = [None] * len(ys)
    cotangents = [grad_outputs] if isinstance(outputs, Tensor) else list(grad_outputs)
    if isinstance(outputs, Tensor) and isinstance(grad_outputs, list | tuple):
        cotangents = list(grad_outputs)
    if len(cotangents) != len(ys):
        raise GradientError(
            f"gradients: received {len(cotangents)} grad_outputs for {len(ys)} outputs"
        )
    xs = _inputs(inputs, "gradients")
    found = sweep_from(ys, cotangents, xs, retain_graph, create_graph)
    results: list[Tensor | None] = []
    for i, x in enumerate(xs):
        if x._node in found:
            results.append(handle(found[x._node]))
        elif materialize_grads:
            results.append(wrap(np.zeros(x.shape, x.dtype), None))
        elif allow_unused:
            results.append(None)
        else:
            raise GradientError(
                f"gradients: no output depends on {x._label()} (input {i}), or only through "
                f"detach() or no_grad(); pass allow_unused=True for None, materialize_grads=True "
                f"for zeros"
            )
    return tuple(results)


def _inputs(inputs: Any, what: str) -> list[Any]:
    """The tensors to differentiate with respect to, or an error that says which cannot be."""
    xs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    for i, x in enumerate(xs):
        if not isinstance(x, Tensor) or x._node is None:
            label = x._label() if isinstance(x, Tensor) else describe(x)
            raise GradientError(
                f"{what}: input {i}, {label}, does not require grad; pass Tensors that the result "
                f"was computed from, made with requires_grad=True or by ops"
            )
    return xs


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
    if isinstance(cotangent, Cotangent):  # as transforms make them
        return node, cotangent
    value = detached(cotangent)
    try:
        g = np.array(operand(value))
    except TypeError as error:
        raise GradientError(f"the cotangent of {output._label()}: {error}") from None
    if g.shape != output.shape or not np.can_cast(g.dtype, output.dtype, "same_kind"):
        raise GradientError(
            f"the cotangent of {output._label()} has {describe(g)}, wanted shape {output.shape} "
            f"and dtype {output.dtype}"
        )
    if isinstance(cotangent, Tensor) and cotangent.requires_grad:
        return node, cotangent
    return node, g.astype(output.dtype, copy=False)


def sweep_from(
    outputs: Sequence[Tensor],
    cotangents: Sequence[Array],
    targets: Sequence[Tensor] | None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    walls: bool = False,
    write: Callable[[dict[Node, Any]], None] | None = None,
) -> dict[Node, Any]:
    """The sweep from `outputs`, with its arguments checked: gradients by node.

    The values are arrays, or with create_graph Tensors on a recorded graph.
    """
    seeds = [seed(o, c) for o, c in zip(outputs, cotangents, strict=True)]
    nodes = None if targets is None else {t._node for t in targets if t._node is not None}
    try:
        totals, visited = _swept(seeds, nodes, walls, create_graph)
    except RecordingNeeded:
        with enable_grad():
            totals, visited = _swept(seeds, nodes, walls, True)
    found = {node: dense(g) for node, g in totals.items()}
    if not create_graph:
        found = {node: detached(g) for node, g in found.items()}
    if write is not None:
        write(found)  # before anything is freed: an interrupt leaves a graph that can go on
    if not (create_graph if retain_graph is None else retain_graph):
        free(visited)
    return found


def _swept(seeds: Any, wanted: Any, walls: bool, record: bool) -> Any:
    """The sweep, recorded or not."""
    given: Callable[[Any], Any] = as_tensor if record else detached
    return sweep(
        [(node, g if isinstance(g, Cotangent) else given(g)) for node, g in seeds],
        wanted=wanted,
        stop=walls,
        unpack=recorded if record else residuals,
    )


def recorded(node: Node, visited: Sequence[Node]) -> Any:
    """The `residuals` of a node as Tensors on the graph that they came from."""
    plan: Any = node.plan
    op, lifted = plan.op, []
    for name, value in zip(plan.keep, plan.items(residuals(node, visited)), strict=True):
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

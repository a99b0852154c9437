"""The gradients of tensors that have been computed already, given back and not written to .grad."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..engine.differentiation import inputs_of, sweep_from
from ..engine.opening import is_inside, opened
from ..engine.tensor import Tensor, handle, wrap
from ..engine.values import Array
from ..errors import GradientError

__all__ = ["gradients"]


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

    outputs, inputs: Tensors on a graph, one or several; inputs may be leaves or results of ops. One
        that a scan gave, such as its last state, counts for what the outputs have of it too.
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
    xs = inputs_of(inputs, "gradients")
    if any(map(is_inside, xs)):
        ys, xs = opened(ys, xs)
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

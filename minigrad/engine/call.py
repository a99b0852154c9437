"""One call of an op: compute, and leave a node on the tape if a gradient is wanted.

This is the definition. What users call is generated from the same record (``fast_calls``), and a
law of minigrad.testing holds the two equal.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import NoDerivativeError
from .context import local
from .node import Node
from .op import Op, Pullback
from .variable import Variable, detached, wrap

__all__ = ["MUTABLE", "call", "has_gradient"]

# A tuple's own parts are copied by the ops that take such.
MUTABLE = frozenset({list, dict, np.ndarray})


def call(op: Op, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """What `op` makes of Tensors and arrays: Tensors, or an array if there is no Tensor.

    A result is on the tape if an argument that has a rule is, unless the thread does not record.
    """
    arrays = list(map(detached, args))
    out = op.forward(*arrays, **params)
    if not any(isinstance(a, Variable) for a in args):
        return out
    state, node = local.state, None
    parents = tuple([a._node if isinstance(a, Variable) else None for a in args])
    mask = sum(1 << i for i, parent in enumerate(parents) if parent is not None) & op.usable
    wanted = bool(mask) and state.record and has_gradient(op, out)
    if wanted or state.observer is not None:
        pullback = op.pullback(mask if wanted else 0)
        node = _recorded(pullback, out, args, params, parents)
        if state.observer is not None:
            state.observer.called(node, out, arrays)
    return (op.results or wrap)(out, node if wanted else None)


def has_gradient(op: Op, out: Any) -> bool:
    """Whether a result is of floats: a step to integers has no gradient, and to complex numbers
    none that minigrad knows. Raises NoDerivativeError for those."""
    kinds = {o.dtype.kind for o in (out if op.multiple else (out,))}
    if "c" in kinds:
        raise NoDerivativeError(
            f"{op.name}: the result is complex, and an operand requires grad; minigrad "
            f"differentiates real numbers only. Keep real and imaginary part in two Tensors "
            f"(np.cos(x) and np.sin(x) for np.exp(1j * x)); the fft, ifft, rfft and irfft of "
            f"minigrad.functional take and give such pairs"
        )
    return op.multiple or "f" in kinds


def _recorded(
    pullback: Pullback, out: Any, args: Sequence[Any], params: Any, parents: tuple[Node | None, ...]
) -> Node:
    """The node of one call. Lists and arrays of the caller's are copied: they may change."""
    op = pullback.op
    arrays = [
        np.array(a) if type(a) in MUTABLE and op.argument(i) in pullback.residuals else detached(a)
        for i, a in enumerate(args)
    ]
    keywords = {k: copy.deepcopy(v) if type(v) in MUTABLE else v for k, v in params.items()}
    saved = pullback.save(out, arrays, keywords)
    shape, dtype = (
        (tuple([o.shape for o in out]), tuple([o.dtype for o in out])) if op.multiple
        else (out.shape, out.dtype)
    )
    return Node(pullback, parents, saved, shape, dtype, local.state.scope)

"""Trade time for memory: forget the inside of a function, and run it again in the backward pass.

Cutting a chain of T steps into √T checkpointed pieces needs memory for about 2√T steps, for one
more forward pass (Chen et al. 2016, "Training deep nets with sublinear memory cost").
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..engine.context import Scope, local
from ..engine.differentiation import swept_again
from ..engine.node import FREED, Node, ancestors, next_key
from ..engine.op import Op
from ..engine.opening import run_again
from ..engine.outputs import output_nodes, wrapped
from ..engine.tensor import Tensor, as_tensor, detached, wrap
from ..errors import GradientError
from .tree import flatten

__all__ = ["checkpoint"]

# Its one rule runs the function again and goes back through it.
_CHECKPOINT = Op(
    lambda *xs, rerun: xs, name="checkpoint", arguments=("xs",), params={"rerun": None},
    signature="(n)->(m)", formula="f(*xs), computed again in the backward pass",
    joint=lambda g, rerun: rerun(g), variadic=True, multiple=True, results=wrapped,
    any_cotangent=True,
)


def checkpoint(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """f(*args, **kwargs), without keeping what f computes on the way.

    f returns a Tensor or nested lists, tuples, dicts of them. Everything that it uses gets its
    gradient: the arguments, and parameters that it refers to otherwise. f must compute the same
    when it runs again: GradientError is raised where a checksum shows that it did not (dropout
    without a fixed seed, a parameter written to in between).

    Source: Chen, Xu, Zhang and Guestrin, "Training deep nets with sublinear memory cost" (2016).

    >>> import minigrad as mg
    >>> w = mg.tensor([0.5, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: np.tanh(w * x).sum(), np.ones(2)).backward()
    >>> np.allclose(w.grad.numpy(), 1 - np.tanh([0.5, 2.0]) ** 2)
    True
    """
    state = local.state
    if state.tracer is not None:  # a step of `scan`, which decides what is kept
        return f(*args, **kwargs)
    start = next_key()
    leaves, rebuild = flatten(f(*args, **kwargs))
    outputs = [as_tensor(leaf) for leaf in leaves]
    live = [k for k, y in enumerate(outputs) if y._node is not None and y._node.key < start]
    if not state.record or not live:
        return rebuild(leaves)
    roots: list[Any] = [outputs[k]._node for k in live]
    inside = ancestors(roots, since=start)
    sources = list({p: None for node in inside for p in node.parents if p and p.key > start})
    checksum = _checksum(outputs)

    def again() -> list[Tensor]:
        results = [as_tensor(leaf) for leaf in flatten(f(*args, **kwargs))[0]]
        if _checksum(results) != checksum:
            raise GradientError(
                "checkpoint: the function computed something else when it ran again for the "
                "backward pass; fix its random seed inside it, and call backward() before "
                "parameters are updated"
            )
        return [results[k] for k in live]

    shapes = tuple(outputs[k].shape for k in live)
    dtypes = tuple(outputs[k].dtype for k in live)
    saved = (_Rerun(again, sources, state.scope),)
    whole = Node(_CHECKPOINT.pullback(1), tuple(sources), saved, shapes, dtypes, state.scope)
    whole.put(opens=_opened)
    for k, node in zip(live, output_nodes(whole), strict=True):
        leaves[k] = wrap(outputs[k]._data, node)
    return rebuild(leaves)


class _Rerun(NamedTuple):
    """A function and what it was called with, to be called again; what it depends on, and where
    it was called."""

    again: Callable[[], list[Tensor]]
    sources: list[Any]
    scope: Scope | None

    def __call__(self, cotangents: Any) -> list[Any]:
        return swept_again(self.again, cotangents, self.sources, self.scope)


def _opened(whole: Node) -> list[Node | None] | None:
    """The nodes of the results from what is computed again now (see ``engine.opening``); None
    once that has been forgotten."""
    if whole.saved is FREED:
        return None
    rerun: _Rerun = whole.saved[0]
    with run_again(rerun.scope):
        return [y._node for y in rerun.again()]


def _checksum(outputs: list[Tensor]) -> int:
    total = 0
    for y in outputs:
        total = zlib.crc32(np.ascontiguousarray(detached(y)).tobytes(), total)
    return total

"""What every gate ends with: its block of columns, through its function.

Cutting and four functions could be five ops. As one they leave one node a step on the tape. The
derivatives are those of the functions' own records.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from minigrad import primitive
from minigrad.op import OPS, Op
from minigrad.ops.common import one_of

__all__ = ["activate"]


@lru_cache
def _records(functions: tuple[str, ...]) -> list[Op]:
    """The records of functions of one argument whose slope follows from their value."""
    records = [OPS[name] for name in functions if name in OPS]
    fit = [len(op.rules) == 1 and op.rules[0] and op.needs(op.rules[0]) == ("out",)
           for op in records]
    if not records or len(records) < len(functions) or not all(fit):
        raise ValueError(
            f"functions={functions!r}: wanted the names of ops with one argument whose slope "
            f"follows from their value, such as ('sigmoid', 'sigmoid', 'tanh')"
        )
    return records


@lru_cache
def _blocks(functions: tuple[str, ...], width: int) -> list[tuple[Callable[..., Any], Any]]:
    """Each function, and where its block is."""
    records = _records(functions)
    n = width // len(records)
    if n * len(records) != width:
        raise ValueError(f"an axis of length {width} does not split into {len(records)} blocks")
    return [(op.forward, (..., slice(k * n, k * n + n))) for k, op in enumerate(records)]


def _by_their_rules(g: Any, out: Any, functions: tuple[str, ...]) -> Any:
    blocks = zip(_records(functions), g, out, strict=True)
    return np.concatenate([op.rules[0](c, y) for op, c, y in blocks], axis=-1)  # type: ignore[misc]  # not None


@primitive(
    "(n)->(k),(k)", multiple=True, labels="functions", vjps=(_by_their_rules,),
    samples=lambda rng: ((rng.normal(size=(2, 6)),), {
        "functions": one_of(rng, ("sigmoid", "tanh"), ("sigmoid", "sigmoid", "tanh"), ("tanh",))}),
)
def activate(z: Any, *, functions: tuple[str, ...]) -> Any:
    """z cut along its last axis into equal blocks, each through its function"""
    z = np.asarray(z)
    return tuple([f(z[block]) for f, block in _blocks(functions, z.shape[-1])])

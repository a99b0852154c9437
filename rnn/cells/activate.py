"""What every gate ends with: its block of columns, through its function.

Cutting and four functions could be five ops. As one they leave one node a step on the tape. The
derivatives are those of the functions' own records.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import Any

import numpy as np

from minigrad import primitive
from minigrad.engine.op import OPS
from minigrad.ops.common import one_of
from minigrad.ops.elementwise.activations import sigmoid, sigmoid_into
from minigrad.ops.rules import floating
from minigrad.ops.shape.joining import split

__all__ = ["activate"]

Write = Callable[..., Any]

_WRITE: dict[str, Write] = {"sigmoid": sigmoid_into, "tanh": np.tanh}
_FUNCTIONS: dict[str, Any] = {"sigmoid": sigmoid, "tanh": np.tanh}
_RULES: dict[str, Any] = {name: OPS[name].rules[0] for name in _WRITE}


@lru_cache
def _plan(
    functions: tuple[str, ...], shape: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], list[tuple[Write, slice]]]:
    """The shape (..., n, m) that shows the n blocks, the order of axes that puts n first, and which
    blocks each function takes; neighbours with the same one at once."""
    *rows, width = shape
    n = len(functions)
    if not functions or not _WRITE.keys() >= set(functions):
        raise ValueError(f"functions={functions!r}: wanted some of {', '.join(map(repr, _WRITE))}")
    if width % n:
        raise ValueError(f"an axis of length {width} does not split into {n} blocks")
    runs, at = [], 0
    for name, same in groupby(functions):
        start, at = at, at + len(list(same))
        runs.append((_WRITE[name], slice(start, at)))
    axes = len(rows)
    return (*rows, n, width // n), (axes, *range(axes), axes + 1), runs


def _by_their_rules(g: Any, out: Any, functions: tuple[str, ...]) -> Any:
    blocks = zip(functions, g, out, strict=True)
    return np.concatenate([_RULES[name](c, y) for name, c, y in blocks], axis=-1)


@primitive(
    "(n)->(k),(k)", multiple=True, labels="functions", vjps=(_by_their_rules,),
    samples=lambda rng: ((rng.normal(size=(2, 6)),), {
        "functions": one_of(rng, ("sigmoid", "tanh"), ("sigmoid", "sigmoid", "tanh"), ("tanh",))}),
)
def activate(z: Any, *, functions: tuple[str, ...]) -> Any:
    """z cut along its last axis into equal blocks, each through its function"""
    z = floating(z)
    shape, axes, runs = _plan(functions, z.shape)
    blocks = z.reshape(shape).transpose(axes)                            # (n, ..., m)
    y = np.empty(blocks.shape, z.dtype)
    for write, run in runs:
        write(blocks[run], out=y[run])
    return tuple(y)


def _plain(z: Any, *, functions: tuple[str, ...]) -> Any:
    """The same of several ops."""
    blocks = split(z, len(functions), axis=-1)
    return tuple(_FUNCTIONS[name](y) for name, y in zip(functions, blocks, strict=True))


OPS["activate"].plain = _plain

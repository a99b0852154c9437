"""What every gate begins with: x W + h U + b, as one op.

It could be four (two products, two sums). As one it leaves one node a step on the tape.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import primitive
from minigrad.engine.kept import kept, kept_product
from minigrad.engine.lazy import Lazy
from minigrad.engine.op import OPS
from minigrad.engine.tensor import detached
from minigrad.engine.unbroadcast import total
from minigrad.ops.common import one_of
from minigrad.ops.index.indexing import embedding, index_add, sum_rows
from minigrad.ops.linear.products import sum_of_products

__all__ = ["affine"]

# Tokens of a larger vocabulary are not worth a product with one-hot rows.
_FEW = 256


def _is_tokens(x: Any) -> bool:
    return x.ndim == 1 and x.dtype.kind in "iu"


def _by_input_weight(g: Any, x: Any, W_shape: tuple[int, ...]) -> Any:
    if _is_tokens(x):
        return index_add(g, index=detached(x), shape=W_shape)
    return np.transpose(x) @ g


def _sum_of_rows(items: list[Any], shape: tuple[int, ...]) -> Any:
    """Σ g over all rows."""
    return total(np.concatenate(items), axis=0)


def _sum_by_input(items: list[tuple[Any, Any]], shape: tuple[int, ...]) -> Any:
    """Σ xᵀ g, for tokens x the rows of g summed by token."""
    if not _is_tokens(items[0][0]):
        return sum_of_products(items, shape)
    return sum_rows([(np.arange(shape[0])[x], g) for x, g in items], shape)


def _call(rng: np.random.Generator) -> Any:
    """Rows of numbers, or tokens, of which one repeats."""
    x = one_of(rng, rng.normal(size=(3, 2)), np.array([1, 0, 1]))
    return (x, *(rng.normal(size=size) for size in ((2, 5), (3, 4), (4, 5), 5))), {}


@primitive(
    "(n,k),(k,m),(n,h),(h,m),(m)->(n,m)",
    vjps=(
        lambda g, W: kept_product(g, W, turned=True),
        _by_input_weight,
        lambda g, U: kept_product(g, U, turned=True),
        lambda g, h: np.transpose(h) @ g,
        lambda g: g,
    ),
    lazy={
        "W": Lazy(lambda g, x: (x, g), _sum_by_input),
        "U": Lazy(lambda g, h: (h, g), sum_of_products),
        "b": Lazy(lambda g: g, _sum_of_rows),
    },
    samples=_call,
)
def affine(x: Any, W: Any, h: Any, U: Any, b: Any) -> Any:
    """x W + h U + b; for token indices x (n,) W[x] + b + h U; b may be None"""
    x, W = np.asarray(x), np.asarray(W)
    if not _is_tokens(x):
        y = _sum(kept_product(x, W), b)
    elif b is None or len(W) > _FEW or (rows := kept(np.add, W, b)) is None:
        y = _sum(W.take(x, axis=0), b)
    else:
        y = rows.take(x, axis=0)
    return _sum(kept_product(h, U), y)


def _sum(z: Any, y: Any) -> Any:
    """z + y, where it fits in the place of z; y may be None."""
    if y is None:
        return z
    return np.add(z, y, out=z) if z.dtype == y.dtype else z + y


def _plain(x: Any, W: Any, h: Any, U: Any, b: Any) -> Any:
    """The same of several ops, of which a compiler takes those without h out of its loop."""
    y = embedding(x, W) if _is_tokens(x) else x @ W
    return h @ U + (y if b is None else y + b)


OPS["affine"].plain = _plain

"""What every gate begins with: x W + h U + b, as one op.

It could be four (two products, two sums). As one it leaves one node a step on the tape, and the
gradients of W, U and b, summed over all steps, are one product: [X, H, 1]ᵀ G.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import primitive
from minigrad.kept import kept, kept_product
from minigrad.op import Deferred
from minigrad.ops.common import one_of
from minigrad.ops.index import index_add, sum_rows
from minigrad.tensor import detached

__all__ = ["affine"]

# Tokens of a larger vocabulary are not worth a product with one-hot rows.
_FEW = 256


def _is_tokens(x: Any) -> bool:
    return x.ndim == 1 and x.dtype.kind in "iu"


def _by_input_weight(g: Any, x: Any, W_shape: tuple[int, ...]) -> Any:
    if _is_tokens(x):
        return index_add(g, index=detached(x), shape=W_shape)
    return np.transpose(x) @ g


def _sums(
    items: list[tuple[Any, Any, Any]], shapes: dict[int, tuple[int, ...]]
) -> dict[int, Any]:
    """[X, H, 1]ᵀ G for those of W, U and b that are in `shapes`."""
    xs, hs, gs = zip(*items, strict=True)
    g = np.concatenate(gs)
    tokens = np.concatenate(xs) if 1 in shapes and _is_tokens(xs[0]) else None
    widths = {i: shape[0] if len(shape) > 1 else 1 for i, shape in shapes.items()}
    if tokens is not None and widths[1] > _FEW:
        del widths[1]
    left, stop, columns = np.zeros((len(g), sum(widths.values())), g.dtype), 0, {}
    for i, width in widths.items():
        columns[i] = slice(stop, stop := stop + width)
        block = left[:, columns[i]]
        if i == 4:
            block[:] = 1
        elif i == 1 and tokens is not None:
            block[np.arange(len(g)), tokens] = 1
        else:
            np.concatenate(xs if i == 1 else hs, out=block)
    product = left.T @ g
    sums = {i: product[where].reshape(shapes[i]) for i, where in columns.items()}
    if tokens is not None and not (1 in sums and np.isfinite(sums[1]).all()):
        # Of few tokens too, where 0 · ∞ would be NaN in rows that have no part in it.
        sums[1] = sum_rows([(np.arange(shapes[1][0])[tokens], g)], shapes[1])
    return sums


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
    deferred=[Deferred((1, 3, 4), lambda g, x, h: (x, h, g), _sums)],
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

"""Products with a weight that stores several gates side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad import Tensor, primitive
from minigrad.engine.lazy import Lazy
from minigrad.ops.index.indexing import embedding

__all__ = ["block_product", "project"]


def project(x: Tensor, W: Tensor) -> Tensor:
    """x W: (B, K), (K, M) → (B, M).

    For token indices x (B,) these are the rows W[x]: the product with one-hot rows, without the
    multiplications by 0.

    >>> W = Tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> project(Tensor([1, 0]), W)
    Tensor([[3., 4.],
            [1., 2.]])
    """
    rows: Tensor = embedding(x, W) if x.dtype.kind in "iu" else x @ W
    return rows


def _padded(block: Any, W_shape: tuple[int, ...], columns: tuple[int, int]) -> Any:
    """A matrix in the shape of the whole weight that is 0 outside of the given columns."""
    rows, width = W_shape
    start, stop = columns
    left = np.zeros((rows, start), block.dtype)
    right = np.zeros((rows, width - stop), block.dtype)
    return np.concatenate([left, block, right], axis=1)


def _sum_by_block(pairs: list[Any], shape: tuple[int, ...]) -> Any:
    """Σ xᵀ g over the uses of each block: one product a block."""
    total = np.zeros(shape, pairs[0][1][0].dtype)
    for columns in {c for c, _ in pairs}:
        x = np.concatenate([x for c, (x, _) in pairs if c == columns])
        g = np.concatenate([g for c, (_, g) in pairs if c == columns])
        total[:, slice(*columns)] += x.T @ g
    return total


@primitive(
    "(n,k),(k,m)->(n,p)",
    vjps=(
        lambda g, W, columns: g @ np.transpose(W[:, slice(*columns)]),
        lambda g, x, W_shape, columns: _padded(np.transpose(x) @ g, W_shape, columns),
    ),
    lazy={"W": Lazy(lambda g, x, columns: (columns, (x, g)), _sum_by_block)},
    samples=lambda rng: (
        (rng.normal(size=(2, 3)), rng.normal(size=(3, 5))), {"columns": (1, 3)}
    ),
)
def block_product(x: Any, W: Any, *, columns: tuple[int, int]) -> Any:
    """x @ W[:, start:stop]"""
    return x @ W[:, slice(*columns)]

"""Entries picked and written by index, with PyTorch's names: indices count from 0 to n - 1."""

from __future__ import annotations

from typing import Any

import numpy as np  # noqa: F401  # the examples use it

from ..ops.index import gathering
from ..ops.pytorch.words import either

__all__ = ["gather", "index_put", "index_select", "masked_fill", "scatter_add"]


@either
def gather(input: Any, dim: int, index: Any) -> Any:
    """out[i, j, k] = input[i, index[i, j, k], k] for dim 1, likewise for any other.

    index: integers from 0 to input.shape[dim] - 1 with as many axes as input, none longer but along
        `dim`; the result has its shape. Repeated entries add up in the gradient.
    Raises IndexError, TypeError or ValueError for any other index.

    >>> gather(np.array([[1.0, 2.0], [3.0, 4.0]]), 1, np.array([[0], [1]]))
    array([[1.],
           [4.]])
    """
    return gathering.gather(input, dim, index)


@either
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """input with src[i, j, k] added at [i, index[i, j, k], k] for dim 1; the reverse of gather.

    index: as in gather; entries of `src` beyond its shape are not used.

    >>> scatter_add(np.zeros(3), 0, np.array([2, 2]), np.array([1.0, 10.0]))
    array([ 0.,  0., 11.])
    """
    return gathering.scatter_add(input, dim, index, src)


@either
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices of input at the integers `index` (k), 0 to n - 1, along dim.

    >>> index_select(np.array([[1, 2, 3]]), 1, np.array([2, 0]))
    array([[3, 1]])
    """
    return gathering.index_select(input, dim, index)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """input with `value` where `mask` is true; the dtype of input stays, mask and input broadcast.

    >>> masked_fill(np.array([1.0, 2.0]), np.array([True, False]), -np.inf)
    array([-inf,   2.])
    """
    return gathering.masked_fill(input, mask, value)


def index_put(input: Any, index: Any, value: Any, accumulate: bool = False) -> Any:
    """input with ``input[index] = value``, as a new tensor; any index that ``input[index]`` takes.

    accumulate: add instead of write, and add up where the index repeats an entry. Without it, the
        last value written to an entry stays.

    >>> index_put(np.zeros(3), [0, 0], np.array([1.0, 2.0]), accumulate=True)
    array([3., 0., 0.])
    """
    return gathering.index_put(input, index, value, accumulate)

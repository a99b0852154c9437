"""Axes made one or many, cut up, repeated and laid on a diagonal, as PyTorch has them."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.tensor import Tensor, detached
from ...engine.unbroadcast import total
from ..common import composite
from ..index.indexing import index_add
from .words import either

__all__ = [
    "cat", "chunk", "diag_embed", "flatten", "flip", "repeat_interleave", "split", "squeeze",
    "sum_to_size", "tensor_split", "tile", "transpose", "unflatten", "unfold",
]


def _sizes(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """The lengths, or axes, of ``f(2, 3)`` and of ``f((2, 3))``."""
    if len(given) == 1 and np.ndim(given[0]):
        return tuple(given[0])
    return given


@composite()
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from start_dim to end_dim made one.

    Raises ValueError where start_dim lies behind end_dim.

    >>> flatten(np.zeros((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = np.shape(input) or (1,)
    first, last = (normalize_axis_index(d, len(shape)) for d in (start_dim, end_dim))
    if first > last:
        raise ValueError(f"start_dim={start_dim} lies behind end_dim={end_dim}")
    middle = math.prod(shape[first : last + 1])
    return np.reshape(input, (*shape[:first], middle, *shape[last + 1 :]))


@either
@composite()
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One axis made several of the given lengths, one of which may be -1.

    Raises ValueError for sizes whose product is not the length of the axis.

    >>> unflatten(np.zeros((2, 12)), 1, (3, -1)).shape
    (2, 3, 4)
    """
    shape = np.shape(input)
    axis, sizes = normalize_axis_index(dim, len(shape)), tuple(sizes)
    known = math.prod(n for n in sizes if n != -1)
    sizes = tuple(shape[axis] // max(known, 1) if n == -1 else n for n in sizes)
    if math.prod(sizes) != shape[axis]:
        raise ValueError(f"sizes={sizes} do not make up axis {axis}, which has {shape[axis]}")
    return np.reshape(input, (*shape[:axis], *sizes, *shape[axis + 1 :]))


@either
@composite()
def squeeze(input: Any, dim: Any = None) -> Any:
    """`input` without its axes of length 1, or without those of `dim` that have length 1.

    >>> squeeze(np.zeros((2, 1, 3)), (0, 1)).shape
    (2, 3)
    """
    if dim is None:
        return np.squeeze(input)
    shape = np.shape(input)
    axes = [normalize_axis_index(d, len(shape) or 1) for d in np.atleast_1d(dim).tolist()]
    return np.squeeze(input, tuple(a for a in axes if shape and shape[a] == 1))


@composite()
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """`input` with two axes exchanged.

    >>> transpose(np.zeros((2, 3, 4)), 0, -1).shape
    (4, 3, 2)
    """
    return np.swapaxes(input, dim0, dim1)


@composite()
def flip(input: Any, *dims: Any) -> Any:
    """`input` with its entries along dims, or all axes, in reverse order.

    >>> flip(np.array([[1, 2], [3, 4]]), 0, 1)
    array([[4, 3],
           [2, 1]])
    """
    return np.flip(input, _sizes(dims) or None)


@composite()
def tile(input: Any, *dims: Any) -> Any:
    """Copies side by side, dims[k] of them along axis k.

    >>> tile(np.array([1, 2]), 2, 2)
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    return np.tile(input, _sizes(dims))


@either
@composite()
def repeat_interleave(
    input: Any, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Any:
    """Each entry along dim (None: of the flattened input), `repeats` times, or repeats[i] times
    entry i.

    >>> repeat_interleave(np.array([1, 2]), np.array([1, 2]))
    array([1, 2, 2])
    """
    return np.repeat(input, repeats, axis=dim)


@composite()
def sum_to_size(input: Any, *size: Any) -> Any:
    """The sum over the axes by which a shape would have been broadcast to that of `input`.

    >>> sum_to_size(np.ones((2, 3)), 1, 3)
    array([[2., 2., 2.]])
    """
    wanted, shape = _sizes(size), np.shape(input)
    if len(wanted) > len(shape) or np.broadcast_shapes(wanted, shape) != shape:
        raise ValueError(f"size {wanted} does not broadcast to {shape}")
    new = len(shape) - len(wanted)
    given = input if isinstance(input, Tensor) else np.asarray(input)
    short = [a for a, n in enumerate(wanted, new) if n == 1 != shape[a]]
    return np.reshape(total(given, (*range(new), *short)), wanted)


# -- cut up and put together


@either
@composite()
def cat(tensors: Any, dim: int = 0) -> Any:
    """Tensors one after the other along an axis that they have.

    >>> cat([np.zeros((2, 1)), np.ones((2, 1))], 1)
    array([[0., 1.],
           [0., 1.]])
    """
    return np.concatenate(tensors, axis=dim)


@either
@composite()
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """So many parts along an axis, all but the last one of equal length.

    >>> [len(part) for part in chunk(np.zeros(7), 3)]
    [3, 3, 1]
    """
    if chunks < 1:
        raise ValueError(f"received chunks={chunks}, wanted at least 1")
    return split(input, max(-(-np.shape(input)[dim] // chunks), 1), dim)


@either
@composite()
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Parts of so many entries along an axis (the last one may be shorter), or of these lengths.

    >>> [len(part) for part in split(np.zeros(7), 3)]
    [3, 3, 1]
    """
    n, size = np.shape(input)[dim], split_size_or_sections
    if np.ndim(size):
        if sum(size) != n:
            raise ValueError(f"the lengths {list(size)} do not add up to {n}")
        places = list(accumulate(size))[:-1]
    elif size < 1:
        raise ValueError(f"received a length of {size}, wanted at least 1")
    else:
        places = list(range(size, n, size))
    return tuple(np.split(input, places, axis=dim))


@either
@composite()
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """So many parts of nearly equal length along an axis, or the parts between these places.

    >>> [len(part) for part in tensor_split(np.zeros(7), 3)]
    [3, 2, 2]
    """
    places = detached(indices_or_sections)
    return tuple(np.array_split(input, places if np.ndim(places) else int(places), axis=dim))


@composite()
def unfold(input: Any, dimension: int, size: int, step: int = 1) -> Any:
    """All slices of `size` entries along an axis, `step` apart: they are counted on that axis, and
    their entries are a new last one.

    >>> unfold(np.arange(5), 0, 3, 2)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    axis = normalize_axis_index(dimension, np.ndim(input))
    n = np.shape(input)[axis]
    if not 0 <= size <= n or step < 1:
        raise ValueError(f"size={size}, step={step}; wanted 0 ≤ size ≤ {n} and step ≥ 1")
    places = np.arange(0, n - size + 1, step)[:, None] + np.arange(size)
    return np.moveaxis(np.take(input, places, axis=axis), axis + 1, -1)


@composite()
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Matrices, in the axes dim1 and dim2, with the last axis of `input` on a diagonal.

    >>> diag_embed(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    lead, k = np.shape(input)[:-1], np.shape(input)[-1]
    n, steps = k + abs(offset), np.arange(k)
    place = (Ellipsis, steps + max(-offset, 0), steps + max(offset, 0))
    matrices = index_add(input, index=place, shape=(*lead, n, n))
    return np.moveaxis(matrices, (-2, -1), (dim1, dim2))

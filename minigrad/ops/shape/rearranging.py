"""Entries in another place: reversed, rotated, shifted, repeated, or only some kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ...engine.unbroadcast import total
from ..common import composite, existing, one_of
from ..index.indexing import index_add, placed, plain_index
from ..rules import passed

__all__ = [
    "diag", "diagflat", "diagonal", "flip", "fliplr", "flipud", "repeat", "roll", "rot90",
    "tile", "tril", "triu",
]

Ints = int | tuple[int, ...]

# -- reversed, rotated, shifted


@primitive(
    "(n)->(n)", moves_data=True, numpy=[np.flip], methods=["flip"], samples={"axis": "axes"},
    vjps=(lambda g, axis: np.flip(g, axis),),
)
def flip(x: Any, *, axis: Ints | None = None) -> Any:
    """x with the entries along axis in reverse order"""
    return np.flip(x, axis)


@composite(np.fliplr)
def fliplr(m: Any) -> Any:
    """The columns in reverse order."""
    if np.ndim(m) < 2:
        raise ValueError(f"wanted at least 2 axes, received {np.ndim(m)}")
    return flip(m, axis=1)


@composite(np.flipud)
def flipud(m: Any) -> Any:
    """The rows in reverse order."""
    if np.ndim(m) < 1:
        raise ValueError("wanted at least 1 axis, received 0")
    return flip(m, axis=0)


@primitive(
    "(n,m)->(m,n)", moves_data=True, numpy=[np.rot90], samples={"k": "int", "axes": "axis_pair"},
    vjps=(lambda g, k, axes: np.rot90(g, -k, axes),),
)
def rot90(x: Any, *, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """x turned k times by 90° in the plane of two axes, from the first towards the second"""
    return np.rot90(x, k, axes)


@primitive(
    "(n)->(n)", moves_data=True, numpy=[np.roll], methods=["roll"],
    vjps=(lambda g, shift, axis: np.roll(g, np.negative(shift), axis),),
    samples=lambda rng: ((rng.normal(size=(2, 3)),), one_of(
        rng, {"shift": 2}, {"shift": -4, "axis": 1}, {"shift": (1, 2), "axis": (0, -1)},
        {"shift": 1, "axis": (0, 1)})),
)
def roll(x: Any, *, shift: Ints, axis: Ints | None = None) -> Any:
    """x with its entries moved on along axis (flattened: None), the last ones to the front"""
    return np.roll(x, shift, axis)


# -- repeated


def _untile(g: Any, x_shape: tuple[int, ...], reps: Ints) -> Any:
    times = np.atleast_1d(reps).tolist()
    ndim = max(len(times), len(x_shape))
    times = [1] * (ndim - len(times)) + times
    sizes = (1,) * (ndim - len(x_shape)) + x_shape
    both = [n for pair in zip(times, sizes, strict=True) for n in pair]
    return np.reshape(total(np.reshape(g, both), axis=tuple(range(0, 2 * ndim, 2))), x_shape)


@primitive(
    "(n)->(m)", moves_data=True, name="tile", vjps=(_untile,),
    samples=lambda rng: ((rng.normal(size=(2, 3)),), {
        "reps": one_of(rng, 2, (2, 1), (2, 1, 3), (0, 1), (2, 3))}),
)
def _tile(x: Any, *, reps: Ints) -> Any:
    """copies of x side by side, reps[k] of them along axis k"""
    return np.tile(x, reps)


@composite(np.tile, metadata=["reps"])
def tile(A: Any, reps: Any) -> Any:
    """Copies of A side by side, reps[k] of them along axis k."""
    return _tile(as_tensor(A), reps=plain_index(reps))


def _unrepeat(g: Any, x_shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    shape = (int(np.prod(x_shape)),) if axis is None or not x_shape else x_shape
    axis = int(axis or 0) % len(shape)
    if np.size(repeats) == 1:
        times = np.reshape(repeats, ()).item()
        grouped = np.reshape(g, (*shape[: axis + 1], times, *shape[axis + 1 :]))
        return np.reshape(total(grouped, axis=axis + 1), x_shape)
    source = np.repeat(np.arange(shape[axis]), repeats)
    index = (*(slice(None),) * axis, source) if axis else source
    if np.all(repeats):
        return np.reshape(index_add(g, index=index, shape=shape), x_shape)
    # An entry that is repeated 0 times is not chosen.
    return placed(g, index, shape).moved(lambda a: np.reshape(a, x_shape))


@primitive(
    "(n)->(m)", moves_data=True, name="repeat", vjps=(_unrepeat,),
    samples=lambda rng: ((rng.normal(size=(2, 3)),), one_of(
        rng, {"repeats": 2}, {"repeats": 3, "axis": -1}, {"repeats": 0, "axis": 0},
        {"repeats": [2, 0, 1], "axis": 1}, {"repeats": [1, 3], "axis": 0})),
)
def _repeat(x: Any, *, repeats: Any, axis: int | None = None) -> Any:
    """each entry of x along axis (flattened: None), repeats times, or repeats[i] times entry i"""
    return np.repeat(x, repeats, axis=axis)


@composite(np.repeat, methods=["repeat"], metadata=["repeats"])
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Each entry along axis (None: of the flattened array), `repeats` times, or repeats[i] times
    entry i. As in NumPy; what PyTorch's method of this name does is ``np.tile``."""
    times = np.asarray(plain_index(repeats)).astype(np.intp, copy=False)
    return _repeat(as_tensor(a), repeats=times, axis=axis)


# -- triangles and diagonals


def _lower(x: Any, k: int) -> Any:
    """Where the last two axes are on diagonal k or below it."""
    rows, columns = x.shape[-2:]
    return np.tri(rows, columns, k, dtype=bool)


@primitive(
    "(n,m)->(n,m)", numpy=[np.tril], samples={"k": "int"},
    vjps=(lambda g, k: passed(g, _lower(g, k)),),
)
def tril(x: Any, *, k: int = 0) -> Any:
    """x with zeros above diagonal k"""
    return np.tril(x, k)


@primitive(
    "(n,m)->(n,m)", numpy=[np.triu], samples={"k": "int"},
    vjps=(lambda g, k: passed(g, ~_lower(g, k - 1)),),
)
def triu(x: Any, *, k: int = 0) -> Any:
    """x with zeros below diagonal k"""
    return np.triu(x, k)


def _on_diagonal(length: int, offset: int) -> tuple[Any, Any]:
    """Rows and columns of the first `length` entries of a diagonal."""
    steps = np.arange(length)
    return steps + max(-offset, 0), steps + max(offset, 0)


def _undiagonal(
    g: Any, x_shape: tuple[int, ...], offset: int, axis1: int, axis2: int
) -> Any:
    axes = (axis1 % len(x_shape), axis2 % len(x_shape))
    others = tuple(n for axis, n in enumerate(x_shape) if axis not in axes)
    last = (x_shape[axes[0]], x_shape[axes[1]])
    place = (Ellipsis, *_on_diagonal(g.shape[-1], offset))
    return placed(g, place, others + last).moved(lambda a: np.moveaxis(a, (-2, -1), axes))


@primitive(
    "(n,n)->(n)", moves_data=True, numpy=[np.diagonal], methods=["diagonal"], vjps=(_undiagonal,),
    samples=lambda rng: ((rng.normal(size=(3, 4, 2)),), one_of(
        rng, {}, {"offset": 1}, {"offset": -1, "axis1": -1, "axis2": 0},
        {"offset": 7, "axis1": 1, "axis2": 2})),
)
def diagonal(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """the entries of x on a diagonal of two axes, as a last axis"""
    return np.diagonal(x, offset, axis1, axis2)


@composite(*existing("linalg.diagonal"))
def _last_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of the matrices in the last two axes."""
    return diagonal(x, offset=offset, axis1=-2, axis2=-1)


@composite(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """Diagonal k of a matrix, or the matrix that has a vector on its diagonal k."""
    if np.ndim(v) == 2:
        return diagonal(v, offset=k)
    if np.ndim(v) != 1:
        raise ValueError(f"wanted a vector or a matrix, received {np.ndim(v)} axes")
    n = v.shape[0] + abs(k)
    return index_add(v, index=_on_diagonal(v.shape[0], k), shape=(n, n))


@composite(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The matrix with all entries of v on its diagonal k."""
    return diag(np.ravel(v), k)

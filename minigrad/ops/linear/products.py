"""Products of matrices and vectors.

The gradient of a weight that is used T times is one product: the pairs (x_t, g_t) are collected
during the sweep and multiplied out together, Σ_t x_tᵀ g_t = XᵀG.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ...engine.lazy import Lazy
from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ...engine.unbroadcast import total
from ..common import composite, existing, one_of, refuse
from ..rules import transposed as _t
from ..shape.axes import expand_dims, moveaxis, ravel, reshape

__all__ = [
    "cross", "dot", "inner", "kron", "matmul", "matvec", "outer", "tensordot", "vdot", "vecdot",
    "vecmat",
]


def rows(a: Any) -> Any:
    """The rows of a stack of matrices, one after the other; a vector is one row."""
    if a.ndim == 2:
        return a
    return np.reshape(a, (-1, a.shape[-1]) if a.size else (int(np.prod(a.shape[:-1])), a.shape[-1]))


def _left(g: Any, y: Any) -> Any:
    """∂(x @ y)/∂x applied to g, for vectors and stacks of matrices alike."""
    if np.ndim(y) == 1:
        return np.expand_dims(g, -1) * y if np.ndim(g) else g * y
    if np.ndim(g) < np.ndim(y):  # x was a vector
        return np.squeeze(np.expand_dims(g, -2) @ _t(y), -2)
    return g @ _t(y)


def _right(g: Any, x: Any, y: Any) -> Any:
    """∂(x @ y)/∂y applied to g."""
    if np.ndim(x) == 1:
        return np.expand_dims(x, -1) * np.expand_dims(g, -2) if np.ndim(y) > 1 else g * x
    if np.ndim(y) == 1:
        return np.reshape(g, -1) @ rows(x)
    if np.ndim(y) == 2:
        return _t(rows(x)) @ rows(g)
    return _t(x) @ g


# Both pairs (a, b) mean the contribution aᵀ b, whichever side the weight was on.


def _left_pair(g: Any, y: Any) -> Any:
    if np.ndim(g) != np.ndim(y) or np.ndim(y) > 2:  # x is no matrix, or one for a stack
        return None
    return (g.T, y.T) if np.ndim(y) == 2 else (g[None], y[None])


def _right_pair(g: Any, x: Any, y: Any) -> Any:
    return (rows(x), rows(g)) if np.ndim(y) == 2 else None


def sum_of_products(pairs: list[tuple[Any, Any]], shape: tuple[int, ...]) -> Any:
    """Σ aᵀ b over the pairs, as one product."""
    if len(pairs) == 1:
        ((a, b),) = pairs
    else:
        a = np.concatenate([a for a, _ in pairs])
        b = np.concatenate([b for _, b in pairs])
    return a.T @ b


matmul = primitive(
    "(n,k),(k,m)->(n,m)", formula="x @ y", vjps=(_left, _right),
    lazy={"x": Lazy(_left_pair, sum_of_products), "y": Lazy(_right_pair, sum_of_products)},
    numpy=existing("matmul", "linalg.matmul"), methods=["__matmul__"],
    samples=lambda rng: (tuple(rng.normal(size=s) for s in one_of(
        rng, ((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((2, 4, 3), (3, 2)),
        ((2, 3), (4, 3, 2)), ((2, 1, 2, 3), (4, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)))), {}),
)(np.matmul)


# -- dot: as matmul, but every matrix of one stack with every matrix of the other


def _dot_left(g: Any, x: Any, y: Any) -> Any:
    nx, ny = np.ndim(x), np.ndim(y)
    if nx == 0 or ny == 0:
        return total(g * y) if nx == 0 else g * y
    over = tuple(range(nx - 1, nx + ny - 2))
    rest = tuple(axis for axis in range(ny) if axis != max(ny - 2, 0))
    return np.tensordot(g, y, (over, rest))


def _dot_right(g: Any, x: Any, y: Any) -> Any:
    nx, ny = np.ndim(x), np.ndim(y)
    if nx == 0 or ny == 0:
        return total(g * x) if ny == 0 else g * x
    over = tuple(range(nx - 1))
    return np.moveaxis(np.tensordot(x, g, (over, over)), 0, max(ny - 2, 0))


def _dot_left_pair(g: Any, x: Any, y: Any) -> Any:
    return _left_pair(g, y) if np.ndim(x) == 2 else None


def _dot_right_pair(g: Any, x: Any, y: Any) -> Any:
    return _right_pair(g, x, y) if np.ndim(x) else None


@primitive(
    "(n,k),(k,m)->(n,m)", vjps=(_dot_left, _dot_right), name="dot",
    lazy={"x": Lazy(_dot_left_pair, sum_of_products), "y": Lazy(_dot_right_pair, sum_of_products)},
    samples=lambda rng: (tuple(rng.normal(size=s) for s in one_of(
        rng, ((3,), (3,)), ((2, 3), (3, 2)), ((), (2, 3)), ((2, 3), ()), ((2, 2, 3), (3,)),
        ((3,), (2, 3, 2)), ((2, 3), (2, 3, 2)), ((2, 2, 3), (2, 3, 2)))), {}),
)
def _dot(x: Any, y: Any) -> Any:
    """Σ over the last axis of x and the last but one of y (its only one, if y is a vector)"""
    return np.dot(x, y)


@composite(np.dot, methods=["dot"])
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Σ over the last axis of a and the last but one of b; with a number, the product by it."""
    refuse("np.dot", out=out)
    return _dot(as_tensor(a), as_tensor(b))


@composite(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    """Σ of the products of all entries of two arrays of one size."""
    a, b = as_tensor(a), as_tensor(b)
    if a.size != b.size:
        raise ValueError(f"a has {a.size} entries and b has {b.size}")
    return _dot(ravel(a), ravel(b))


@composite(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    """Σ over the last axes of both; with a number, the product by it."""
    a, b = as_tensor(a), as_tensor(b)
    return a * b if a.ndim == 0 or b.ndim == 0 else tensordot(a, b, (-1, -1))


@composite(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """a[i] b[j], of all entries of both."""
    refuse("np.outer", out=out)
    return reshape(as_tensor(a), shape=(-1, 1)) * ravel(as_tensor(b))


@composite(*existing("linalg.outer"))
def _linalg_outer(x1: Any, x2: Any, /) -> Any:
    """outer, of vectors only."""
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"wanted two vectors, received {np.ndim(x1)} and {np.ndim(x2)} axes")
    return outer(x1, x2)


@composite(*existing("vecdot", "linalg.vecdot"))
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Σ x1 · x2 along axis."""
    row, column = (moveaxis(as_tensor(x), source=axis, destination=-1) for x in (x1, x2))
    product = expand_dims(row, axis=-2) @ expand_dims(column, axis=-1)
    return reshape(product, shape=product.shape[:-2])


@composite(*existing("matvec"))
def matvec(x1: Any, x2: Any, /) -> Any:
    """Each matrix of x1 times its vector of x2."""
    if np.ndim(x1) < 2 or np.ndim(x2) < 1:
        raise ValueError(f"wanted matrices and vectors, received {np.shape(x1)} and {np.shape(x2)}")
    return np.squeeze(as_tensor(x1) @ expand_dims(as_tensor(x2), axis=-1), -1)


@composite(*existing("vecmat"))
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Each vector of x1 times its matrix of x2."""
    if np.ndim(x1) < 1 or np.ndim(x2) < 2:
        raise ValueError(f"wanted vectors and matrices, received {np.shape(x1)} and {np.shape(x2)}")
    return np.squeeze(expand_dims(as_tensor(x1), axis=-2) @ as_tensor(x2), -2)


# -- tensordot


def _axes(axes: Any, x_ndim: int, y_ndim: int) -> tuple[list[int], list[int]]:
    """The axes of x and of y that are summed, counted from the front."""
    try:
        first, second = axes
    except TypeError:
        first, second = list(range(-axes, 0)), list(range(axes))
    pair = [[int(a) for a in np.atleast_1d(np.asarray(side, int))] for side in (first, second)]
    if len(pair[0]) != len(pair[1]):
        raise ValueError(f"axes pairs {len(pair[0])} axes of x with {len(pair[1])} of y")
    return tuple(  # type: ignore[return-value]  # two of them
        list(normalize_axis_tuple(side, n))
        for side, n in zip(pair, (x_ndim, y_ndim), strict=True)
    )


def _back(
    g: Any, other: Any, mine: Sequence[int], theirs: Sequence[int], ndim: int, last: bool
) -> Any:
    """The gradient of one factor of tensordot: g summed with the other over the other's free axes.

    last: whether the other's free axes are the last axes of g.
    """
    free = [a for a in range(np.ndim(other)) if a not in theirs]
    kept = np.ndim(g) - len(free)
    product = np.tensordot(g, other, (range(kept, np.ndim(g)) if last else range(len(free)), free))
    # Its axes are now my free ones, then my summed ones in the order of the other's.
    order = [a for a in range(ndim) if a not in mine]
    order += [mine[k] for k in np.argsort(theirs)]
    return np.transpose(product, np.argsort(order).tolist())


def _tensordot_left(g: Any, x_shape: tuple[int, ...], y: Any, axes: Any) -> Any:
    mine, theirs = _axes(axes, len(x_shape), np.ndim(y))
    return _back(g, y, mine, theirs, len(x_shape), last=True)


def _tensordot_right(g: Any, x: Any, y_shape: tuple[int, ...], axes: Any) -> Any:
    theirs, mine = _axes(axes, np.ndim(x), len(y_shape))
    return _back(g, x, mine, theirs, len(y_shape), last=False)


@primitive(
    "(n,k),(k,m)->(n,m)", name="tensordot", vjps=(_tensordot_left, _tensordot_right),
    samples=lambda rng: ((rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 3, 2))), {"axes": one_of(
        rng, 0, 1, (1, 1), ([0, 2], [2, 0]), ([2, 1], [0, 1]), ([0, 1, 2], [2, 1, 0]))}),
)
def _tensordot(x: Any, y: Any, *, axes: Any = 2) -> Any:
    """Σ over pairs of axes of x and y; the result has the other axes of x, then those of y"""
    return np.tensordot(x, y, _axes(axes, np.ndim(x), np.ndim(y)))


@composite(*existing("tensordot", "linalg.tensordot"))
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Σ over pairs of axes: the last `axes` of a with the first `axes` of b, or two lists of axes.

    The result has the other axes of a, then those of b.
    """
    a, b = as_tensor(a), as_tensor(b)
    return _tensordot(a, b, axes=_axes(axes, a.ndim, b.ndim))


# -- products that are other ops


@composite(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Every entry of a times the whole of b, in its place."""
    a, b = as_tensor(a), as_tensor(b)
    ndim = max(a.ndim, b.ndim)
    m, n = ((1,) * (ndim - x.ndim) + x.shape for x in (a, b))
    outer = reshape(a, shape=tuple(k for size in m for k in (size, 1)))
    inner = reshape(b, shape=tuple(k for size in n for k in (1, size)))
    return reshape(outer * inner, shape=tuple(i * j for i, j in zip(m, n, strict=True)))


@primitive(
    "(3),(3)->(3)", name="cross",
    vjps=(lambda g, y: np.cross(y, g), lambda g, x: np.cross(g, x)),
    samples=lambda rng: (tuple(rng.normal(size=s) for s in one_of(
        rng, ((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)))), {}),
)
def _cross(x: Any, y: Any) -> Any:
    """x × y along the last axis"""
    if np.shape(x)[-1:] != (3,) or np.shape(y)[-1:] != (3,):
        raise ValueError(
            f"wanted vectors of 3 components, received {np.shape(x)} and {np.shape(y)}; of 2 "
            f"components take x[0] * y[1] - x[1] * y[0]"
        )
    return np.cross(x, y)


@composite(np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """a × b of vectors of 3 components along axisa and axisb, the result along axisc."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a = moveaxis(as_tensor(a), source=axisa, destination=-1)
    b = moveaxis(as_tensor(b), source=axisb, destination=-1)
    return moveaxis(_cross(a, b), source=-1, destination=axisc)


@composite(*existing("linalg.cross"))
def _linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """cross along one axis of all."""
    return cross(x1, x2, axis=axis)

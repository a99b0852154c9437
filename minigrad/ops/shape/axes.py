"""Ops that change the axes of an array and leave its entries alone.

Their rules take the cotangent back to the axes that the argument had.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, as_tensor
from ..common import composite, existing, one_of

__all__ = [
    "astype", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays", "broadcast_to",
    "cast", "clone", "expand_dims", "matrix_transpose", "meshgrid", "moveaxis", "ravel", "reshape",
    "rollaxis", "squeeze", "swapaxes", "transpose",
]

Ints = int | tuple[int, ...]

# -- shapes


@primitive(
    "(n)->(m)", moves_data=True, vjps=(lambda g, x_shape, order: np.reshape(g, x_shape, order),),
    samples=lambda rng: ((rng.normal(size=(2, 6)),), one_of(
        rng, {"shape": (3, -1)}, {"shape": 12}, {"shape": (2, 3, 2), "order": "F"})),
)
def reshape(x: Any, *, shape: Ints, order: str = "C") -> Any:
    """x with another shape, its entries read and written in row-major order ("F": column-major)"""
    if order not in ("C", "F"):
        raise ValueError(f"order={order!r} depends on the memory layout; a Tensor takes 'C' or 'F'")
    return np.asarray(x).reshape(shape, order=order)  # type: ignore[call-overload]  # checked above


@composite(np.reshape)
def _np_reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    # A tensor is a value: whether two of them share memory cannot be told, so copy= means nothing.
    return reshape(a, shape=shape, order=order)


def _reshape_method(
    self: Tensor, *sizes: Any, shape: Any = None, order: str = "C", copy: Any = None
) -> Any:
    """``x.reshape(2, 3)``, ``x.reshape((2, 3))`` or ``x.reshape(shape=(2, 3))``."""
    if bool(sizes) == (shape is not None):
        raise TypeError("reshape: wanted one shape; for a tensor without axes write reshape(())")
    if shape is None:
        shape = sizes[0] if len(sizes) == 1 else sizes
    return reshape(self, shape=shape, order=order)


@composite(np.ravel, methods=["ravel", "flatten"])
def ravel(a: Any, order: str = "C") -> Any:
    """x as one axis, in row-major order ("F": column-major)."""
    return reshape(a, shape=-1, order=order)


@primitive(
    "(n)->(n,1)", moves_data=True,
    numpy=[np.expand_dims], vjps=(lambda g, x_shape: np.reshape(g, x_shape),),
    samples={"axis": "new_axes"}, methods=["unsqueeze"],
)
def expand_dims(x: Any, *, axis: Ints) -> Any:
    """x with axes of length 1 inserted"""
    return np.expand_dims(x, axis)


@primitive(
    "(n,1)->(n)", moves_data=True, numpy=[np.squeeze], methods=["squeeze"],
    vjps=(lambda g, x_shape: np.reshape(g, x_shape),),
    samples=lambda rng: ((rng.normal(size=(1, 3, 1)),), {"axis": one_of(rng, -1, None, (0, 2))}),
)
def squeeze(x: Any, *, axis: Ints | None = None) -> Any:
    """x without its axes of length 1"""
    return np.squeeze(x, axis)


def _several(results: list[Any]) -> Any:
    """The result for one argument, the results as a tuple for any other number."""
    return results[0] if len(results) == 1 else tuple(results)


@composite(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    """Each argument with at least one axis."""
    return _several([reshape(x, shape=1) if x.ndim == 0 else x for x in map(as_tensor, arys)])


@composite(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    """Each argument with at least two axes; a vector becomes a row."""
    return _several([reshape(x, shape=(1, -1)) if x.ndim < 2 else x for x in map(as_tensor, arys)])


@composite(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    """Each argument with at least three axes; (n) becomes (1, n, 1), (m, n) becomes (m, n, 1)."""
    return _several([
        reshape(x, shape=((1, 1)[: 2 - x.ndim] + x.shape + (1,))) if x.ndim < 3 else x
        for x in map(as_tensor, arys)
    ])


# -- the order of the axes


def _inverse(axes: int | Sequence[int]) -> tuple[int, ...]:
    axes = (axes,) if isinstance(axes, int) else axes
    return tuple(np.argsort([a % len(axes) for a in axes]).tolist())


@primitive(
    "(n,m)->(m,n)", moves_data=True,
    numpy=existing("transpose", "permute_dims"), samples={"axes": "permutation"},
    vjps=(lambda g, axes: np.transpose(g, None if axes is None else _inverse(axes)),),
)
def transpose(x: Any, *, axes: Sequence[int] | None = None) -> Any:
    """x with its axes permuted (default: reversed)"""
    return np.asarray(x).transpose(axes)


def _transpose_method(self: Tensor, *axes: Any) -> Any:
    """``x.transpose()``, ``x.transpose(1, 0)`` or ``x.transpose((1, 0))``."""
    return transpose(self, axes=axes[0] if len(axes) == 1 else axes or None)


@primitive(
    "(n,m)->(m,n)", moves_data=True, numpy=[np.swapaxes], methods=["swapaxes"],
    vjps=(lambda g, axis1, axis2: np.swapaxes(g, axis1, axis2),),
    samples={"axis1": "axis", "axis2": "axis"},
)
def swapaxes(x: Any, *, axis1: int, axis2: int) -> Any:
    """x with two axes exchanged"""
    return np.swapaxes(x, axis1, axis2)


@composite(*existing("matrix_transpose", "linalg.matrix_transpose"))
def matrix_transpose(x: Any, /) -> Any:
    """Each matrix in the last two axes transposed."""
    if np.ndim(x) < 2:
        raise ValueError(f"wanted at least two axes, received {np.ndim(x)}")
    return swapaxes(x, axis1=-1, axis2=-2)


@primitive(
    "(n,m)->(m,n)", moves_data=True, numpy=[np.moveaxis], methods=["moveaxis"],
    vjps=(lambda g, source, destination: np.moveaxis(g, destination, source),),
    samples={"source": "axis_pair", "destination": "axis_pair"},
)
def moveaxis(x: Any, *, source: Ints, destination: Ints) -> Any:
    """x with axes moved to other positions"""
    return np.moveaxis(x, source, destination)


@composite(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """x with one axis moved back until it lies before `start`."""
    # An array whose shape numbers its axes shows where NumPy would put them; it has no entries.
    return transpose(a, axes=np.rollaxis(np.empty(tuple(range(np.ndim(a)))), axis, start).shape)


# -- broadcasting


@primitive(
    "(n)->(m,n)", moves_data=True, numpy=[np.broadcast_to], vjps=(lambda g: g,),
    samples={"shape": "broadcast_shape"},
)
def broadcast_to(x: Any, *, shape: Ints, subok: bool = False) -> Any:
    """x repeated to a shape that it broadcasts to"""
    return np.broadcast_to(x, shape)


@composite(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    """The arguments repeated to the one shape that they all broadcast to."""
    arrays = [as_tensor(a) for a in args]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return tuple(broadcast_to(a, shape=shape) for a in arrays)


@composite(np.meshgrid)
def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """The coordinates of a grid: argument k varies along axis k ("xy": the first two exchanged)."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing={indexing!r}, wanted 'xy' or 'ij'")
    place = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        place[:2] = 1, 0
    grid = [
        reshape(as_tensor(x), shape=tuple(-1 if axis == k else 1 for axis in range(len(xi))))
        for x, k in zip(xi, place, strict=True)
    ]
    return tuple(grid) if sparse else broadcast_arrays(*grid)


# -- the same entries again


@primitive(vjps=(lambda g: g,), name="astype", samples={"dtype": "dtype"})
def _astype(x: Any, *, dtype: Any, casting: Any = "unsafe") -> Any:
    """x converted to another dtype; the cotangent is converted back"""
    return np.asarray(x).astype(dtype, casting=casting)


@composite(*existing("astype"), methods=["astype"])
def astype(
    x: Any, dtype: Any, order: Any = None, casting: str = "unsafe", subok: bool = True,
    copy: bool = True, device: Any = None,
) -> Any:
    """x converted to another dtype. Integers and booleans have derivative 0, so the result does
    not require grad then; complex numbers are refused, because their gradient would be lost."""
    kind = np.dtype(dtype).kind
    if kind not in "fc" and isinstance(x, Tensor) and x._node is not None:
        x = x.detach()
    return _astype(x, dtype=dtype, casting=casting)


def cast(x: Any, dtype: Any) -> Any:
    """`x` as a Tensor of a dtype; without a node if it has that one, or if that is None."""
    x = as_tensor(x)
    return x if dtype is None or x.dtype == dtype else astype(x, dtype)


@primitive(moves_data=True, vjps=(lambda g: g,), name="clone")
def _clone(x: Any) -> Any:
    """x, as a node of its own"""
    return np.array(x)


@composite(np.copy, methods=["clone", "copy"])
def clone(a: Any, order: str = "K", subok: bool = False) -> Any:
    """x, as a node of its own."""
    return _clone(a)


declare(methods={"reshape": _reshape_method}, whose="Tensor")
declare(methods={
    "transpose": _transpose_method,
    "T": property(transpose),
    "mT": property(matrix_transpose),
})

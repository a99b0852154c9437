"""vmap: a function of one example, made one of a batch of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import detached
from ..errors import describe
from ..ops.pytorch.words import renamed
from .tree import flatten

__all__ = ["vmap"]


def _vmap(function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """`function`, called with each entry of a batch in turn, its results stacked.

    in_axes: the axis of each argument that counts the entries, one for all of them or a tuple; None
        for an argument that every call gets whole. Lists, tuples and dicts of arrays have one axis
        for all that is in them; keyword arguments have axis 0.
    out_axes: where that axis is in the result; a tuple for a function that returns several.
    ``in_dims`` and ``out_dims``, PyTorch's words, are understood too.

    It is a loop: any function will do, with branches, look-ups and transforms inside, and its
    gradient is that of the calls; but n entries cost n calls and n recordings. Where that is too
    slow write the batch axis out: NumPy's functions, ``@`` and the layers all take one.
    A gradient for each example is ``vmap(grad(loss), in_axes=(None, 0, 0))(w, xs, ys)``.

    Raises ValueError where the arguments have no common number of entries, or none at all, and for
    in_axes and out_axes that do not fit.

    >>> import minigrad as mg
    >>> mg.vmap(mg.grad(lambda w, x: (w * x) ** 2), in_axes=(None, 0))(1.0, np.array([1.0, 2.0]))
    array([2., 8.])
    """

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple | list) else [in_axes] * len(args)
        if len(axes) != len(args):
            raise ValueError(
                f"vmap: in_axes={in_axes} has {len(axes)} entries, and the function was called "
                f"with {len(args)} arguments"
            )
        leaves, rebuild = flatten((*args, keywords))
        of_leaves = [a for arg, a in zip(args, axes, strict=True) for _ in flatten(arg)[0]]
        of_leaves += [0] * (len(leaves) - len(of_leaves))
        n = _count(leaves, of_leaves)
        results = []
        for k in range(n):
            *given, named = rebuild([
                leaf if axis is None else leaf[(slice(None),) * _from_front(leaf, axis) + (k,)]
                for leaf, axis in zip(leaves, of_leaves, strict=True)
            ])
            results.append(function(*given, **named))
        return _stacked(results, out_axes)

    return call


def _from_front(leaf: Any, axis: int) -> int:
    return axis + np.ndim(leaf) if axis < 0 else axis


def _count(leaves: list[Any], axes: list[int | None]) -> int:
    """How many entries the batch has."""
    sizes = set()
    for leaf, axis in zip(leaves, axes, strict=True):
        if axis is None:
            continue
        if not -np.ndim(leaf) <= axis < np.ndim(leaf):
            raise ValueError(
                f"vmap: an argument is {describe(detached(leaf))}, which has no axis {axis}; say "
                f"in in_axes which axis counts the entries, or None for an argument without one"
            )
        sizes.add(np.shape(leaf)[axis])
    if len(sizes) != 1 or 0 in sizes:
        found = " and ".join(map(str, sorted(sizes))) or "no"
        raise ValueError(
            f"vmap: the arguments have {found} entries along in_axes; wanted one number, at least "
            f"1: of no entries it cannot be told what the function returns"
        )
    return int(sizes.pop())


def _stacked(results: list[Any], out_axes: Any) -> Any:
    first, rebuild = flatten(results[0])
    if isinstance(out_axes, tuple | list):
        if not isinstance(results[0], tuple | list) or len(out_axes) != len(results[0]):
            raise ValueError(f"vmap: out_axes={out_axes} does not fit what the function returned")
        axes = [a for part, a in zip(results[0], out_axes, strict=True) for _ in flatten(part)[0]]
    else:
        axes = [out_axes] * len(first)
    columns = zip(*[flatten(result)[0] for result in results], strict=True)
    return rebuild([
        np.stack(column, axis=axis) for column, axis in zip(columns, axes, strict=True)
    ])


vmap = renamed(_vmap, {"in_dims": "in_axes", "out_dims": "out_axes"})
vmap.__name__ = vmap.__qualname__ = "vmap"

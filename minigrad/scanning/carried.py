"""Which axes of its operands an op carries over to its results, place by place.

Row k along such an axis of a result depends on row k of the operand, and on no other. What is not
listed here is not carried: an op that nobody has written down mixes all that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine.op import OPS
from ..ops.index.indexing import is_basic
from .kernels import VIEWS
from .program import Equation, Var

__all__ = ["carried", "made_to_measure"]

Place = tuple[Var, int]
Links = Iterator[tuple[Place, Place]]

_OURS = frozenset(OPS.values())  # whose rules are known to be derivatives


def carried(equation: Equation) -> Links:
    """Pairs of an axis of an operand and the axis of a result that has its rows."""
    op = equation.op
    if op in _RULES:
        return _RULES[op](equation)
    if op.elementwise and (op in _OURS or not op.usable):
        return _entry_by_entry(equation)
    return iter(())


def made_to_measure(equation: Equation) -> Iterator[Place]:
    """The axes of a result along which an operand is repeated: as often as one likes."""
    if equation.op is OPS["broadcast_to"]:
        (x,), (out,) = equation.args, equation.outs
        extra = len(out.shape) - len(x.shape)
        for axis, n in enumerate(out.shape):
            if axis < extra or x.shape[axis - extra] != n:
                yield out, axis


def _entry_by_entry(equation: Equation) -> Links:
    (out,) = equation.outs
    if list(equation.uses()) != [a for a in equation.args if isinstance(a, Var)]:
        return  # arrays among the keywords
    for x in equation.args:
        if isinstance(x, Var):
            yield from _aligned(x, out, len(x.shape))


def _aligned(x: Var, out: Var, last: int, end: int | None = None) -> Links:
    """The first `last` axes of x, and those of out that broadcasting puts them at, counted back
    from the axis `end`."""
    shift = (len(out.shape) if end is None else end) - last
    for axis in range(last):
        if axis + shift >= 0 and x.shape[axis] == out.shape[axis + shift]:
            yield (x, axis), (out, axis + shift)


def _seen(equation: Equation) -> Links:
    """Of a view: an axis of the result with the length and the stride of one of the operand."""
    (x,) = equation.args
    if equation.op is OPS["getitem"] and not is_basic(equation.params["index"]):
        yield from _rows_by_index(equation)
        return
    array = np.empty(x.shape, np.int8)
    found = equation.op.forward(array, **equation.params)
    for view, out in zip(found if equation.op.multiple else [found], equation.outs, strict=True):
        for a, b in _kept(array, view):
            yield (x, a), (out, b)


def _kept(array: Any, view: Any) -> Iterator[tuple[int, int]]:
    """The axes of an array that a view of it has whole, and their places there."""
    if np.may_share_memory(view, array):
        for a, (n, stride) in enumerate(zip(array.shape, array.strides, strict=True)):
            for b, other in enumerate(zip(view.shape, view.strides, strict=True)):
                if n > 1 and other == (n, stride):
                    yield a, b


def _rows_by_index(equation: Equation) -> Links:
    """x[index] for one array of integers, and embedding(index, x): rows of x."""
    index = equation.params.get("index", equation.args[0])
    x, (out,) = equation.args[-1], equation.outs
    if not isinstance(index, Var) or index.dtype.kind not in "iu":
        return
    n = len(index.shape)
    yield from _aligned(index, out, n, n)
    for axis in range(1, len(x.shape)):
        yield (x, axis), (out, n + axis - 1)


def _product(equation: Equation) -> Links:
    """x @ y: rows of x, columns of y, and the axes before them."""
    x, y = equation.args
    (out,) = equation.outs
    if not (isinstance(x, Var) and isinstance(y, Var)):
        return
    if equation.op is OPS["dot"] and max(len(x.shape), len(y.shape)) > 2:
        return
    n = len(out.shape)
    if len(x.shape) > 1 and len(y.shape) > 1:
        yield from _aligned(x, out, len(x.shape) - 2, n - 2)
        yield from _aligned(y, out, len(y.shape) - 2, n - 2)
        yield (x, len(x.shape) - 2), (out, n - 2)
        yield (y, len(y.shape) - 1), (out, n - 1)
    elif len(x.shape) > 1:
        yield from _aligned(x, out, n, n)
    elif len(y.shape) > 1:
        yield from _aligned(y, out, n - 1, n - 1)
        yield (y, n), (out, n - 1)


def _subscripts(equation: Equation) -> Links:
    """einsum: the axes whose letter the result has too."""
    operands, letters = equation.params["subscripts"].split("->")
    (out,) = equation.outs
    for x, own in zip(equation.args, operands.split(","), strict=True):
        for axis, letter in enumerate(own):
            if isinstance(x, Var) and letter in letters:
                yield (x, axis), (out, letters.index(letter))


def _linear(equation: Equation) -> Links:
    """x Wᵀ + b: all axes of x but the last."""
    x, (out,) = equation.args[0], equation.outs
    yield from _aligned(x, out, len(x.shape) - 1, len(out.shape) - 1)


def _reduced(equation: Equation) -> Links:
    """The axes that are not reduced."""
    (x,), (out,) = equation.args, equation.outs
    axes = _axes(equation, len(x.shape))
    kept = [axis for axis in range(len(x.shape)) if axis not in axes]
    whole = len(out.shape) == len(x.shape)
    for place, axis in enumerate(kept):
        yield (x, axis), (out, axis if whole else place)


def _along(equation: Equation) -> Links:
    """The axes along which nothing happens."""
    (x,), (out,) = equation.args, equation.outs
    axes = _axes(equation, len(x.shape))
    if len(out.shape) == len(x.shape):
        for axis in range(len(x.shape)):
            if axis not in axes:
                yield (x, axis), (out, axis)


def _axes(equation: Equation, n: int) -> set[int]:
    """The axes that an op works along, all of them for None."""
    axis = equation.params.get("axis")
    if axis is None:
        return set(range(n))
    return {a % n for a in (axis if isinstance(axis, tuple | list) else (axis,))}


def _joined(equation: Equation) -> Links:
    """concatenate and stack: the axes that are not joined."""
    (out,) = equation.outs
    axis = equation.params.get("axis", 0)
    if axis is None:
        return
    axis %= len(out.shape)
    for x in equation.args:
        if isinstance(x, Var):
            new = len(out.shape) > len(x.shape)
            for a in range(len(x.shape)):
                if new or a != axis:
                    yield (x, a), (out, a + 1 if new and a >= axis else a)


def _written(equation: Equation) -> Links:
    """x with a value in the place of x[index]."""
    (x, value), (out,) = equation.args, equation.outs
    index = equation.params["index"]
    if not is_basic(index):
        return
    array = np.empty(x.shape, np.int8)
    view = array[index]
    for a, b in _kept(array, view):
        yield (x, a), (out, a)
        at = b - view.ndim + len(value.shape) if isinstance(value, Var) else -1
        if at >= 0 and value.shape[at] == x.shape[a]:
            yield (value, at), (out, a)


_REDUCTIONS = (
    "amax", "amin", "kept_mean", "logsumexp", "mean", "median", "nanmax", "nanmean", "nanmedian",
    "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "prod", "std", "sum", "var", "vector_norm",
)
_ALONG = (
    "cummax", "cummin", "cumprod", "cumsum", "diff", "flip", "log_softmax", "repeat", "roll",
    "softmax", "sort", "standardize",
)
_RULES: dict[Any, Callable[[Equation], Links]] = {
    **dict.fromkeys((*VIEWS, OPS["getitem"]), _seen),
    **{OPS[name]: _reduced for name in _REDUCTIONS},
    **{OPS[name]: _along for name in _ALONG},
    OPS["concatenate"]: _joined, OPS["stack"]: _joined, OPS["matmul"]: _product,
    OPS["dot"]: _product, OPS["einsum"]: _subscripts, OPS["linear"]: _linear,
    OPS["embedding"]: _rows_by_index, OPS["index_put"]: _written,
}

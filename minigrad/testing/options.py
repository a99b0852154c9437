"""A law of ops with keywords: the gradient is right for every combination of their values.

Drawn calls reach only some combinations of axes and flags. Here are all that can be listed from the
record's ``samples``, on operands whose axes have different lengths.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..engine.op import Op
from .calls import Call, core_dimensions, draw_values
from .gradcheck import check_grads

__all__ = ["choices", "every_option", "option_calls"]

Shape = tuple[int, ...]
MOST = 200  # of more combinations than this, so many are drawn
SIDES = (2, 3, 4)


def _axis(shape: Shape) -> list[Any]:
    return list(range(-len(shape), len(shape)))


def _pairs(shape: Shape) -> list[Any]:
    n = len(shape)
    pairs = itertools.permutations(range(n), 2)
    return [pair for a, b in pairs for pair in ((a, b), (a - n, b), (a, b - n))]


def _axes(shape: Shape) -> list[Any]:
    every = tuple(range(len(shape)))
    return [None, *_axis(shape), *_pairs(shape), every, every[::-1], ()]


def _permutations(shape: Shape) -> list[Any]:
    n = len(shape)
    orders = list(itertools.permutations(range(n)))
    return [None, *orders, *(tuple(a - n for a in order) for order in orders)]


def _new_axes(shape: Shape) -> list[Any]:
    n = len(shape) + 1
    return [*range(-n, n), (0, 1), (0, -1), (1, 3), (-2, 0)]


CHOICES: dict[str, Callable[[Shape], list[Any]]] = {
    "bool": lambda shape: [False, True],
    "axis": _axis,
    "optional_axis": lambda shape: [None, *_axis(shape)],
    "axes": _axes,
    "axis_pair": _pairs,
    "permutation": _permutations,
    "new_axes": _new_axes,
    "int": lambda shape: list(range(-4, 5)),
    "count": lambda shape: [1, 2, 3],
    "positive": lambda shape: [1.0, 0.25, 0.5, 1.5, 2.0],
    "fraction": lambda shape: [0.5, 0.05, 0.25, 0.75, 0.95],
}
"""All values of a kind, for operands of a shape."""


def choices(kind: Any, shape: Shape) -> list[Any]:
    """All values of a kind of keyword, for operands of a shape; none if they cannot be listed."""
    if isinstance(kind, tuple):
        return list(kind)
    if kind == "dtype":
        return [np.float64]
    return CHOICES[kind](shape) if kind in CHOICES else []


def option_calls(op: Op, rng: np.random.Generator) -> Iterator[Call]:
    """A call for every combination of keywords that can be listed."""
    kinds = {} if callable(op.samples) or op.variadic else dict(op.samples or {})
    shapes = _shapes(core_dimensions(op)) if kinds else []
    known = {k: kind for k, kind in kinds.items() if isinstance(kind, tuple) or kind in CHOICES}
    if not known or known.keys() != kinds.keys():
        return
    lists = [choices(kind, shapes[0]) for kind in known.values()]
    combinations = list(itertools.product(*lists))
    if len(combinations) > MOST:
        picked = rng.choice(len(combinations), MOST, replace=False)
        combinations = [combinations[k] for k in picked]
    for values in combinations:
        args = tuple(draw_values(op.domains, shapes, rng))
        seed = int(rng.integers(2**16))
        yield Call(op, args, dict(zip(known, values, strict=True)), (), (), seed)


def _shapes(core: Sequence[tuple[str, ...]]) -> list[Shape]:
    """Operands of three axes, the core dimensions among them, with lengths that differ."""
    named = sorted({d for dims in core for d in dims if not d.isdigit()})
    sizes = {d: SIDES[-1 - k % len(SIDES)] for k, d in enumerate(named)}
    return [
        (*SIDES[: max(0, 3 - len(dims))], *(int(d) if d.isdigit() else sizes[d] for d in dims))
        for dims in core
    ]


def every_option(call: Call) -> None:
    """The gradient is right for every axis, flag and other keyword."""
    live = call.live

    def f(*xs: Any) -> Any:
        args = list(call.args)
        for i, x in zip(live, xs, strict=True):
            args[i] = x
        return tuple(y for y in call(*args) if y.dtype.kind == "f")

    check_grads(
        f, *(call.args[i] for i in live), order=2, modes=("rev",), full=0, directions=1,
        seed=call.seed, names=[call.argument(i) for i in live],
    )

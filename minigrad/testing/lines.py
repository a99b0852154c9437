"""Elementwise ops along lines: one argument moves over its domain, the others are constant."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.domain import Domain
from ..engine.op import Op
from ..engine.tensor import detached
from .calls import caller, core_dimensions, leaf
from .numbers import numbers
from .options import choices
from .trial import pull, pull_linked

__all__ = ["Line", "elementwise", "line_options", "lines"]

Array = np.ndarray[Any, Any]
MOST_VALUES = 6  # of a keyword
# Values of the constant arguments: on both sides of 0, at 0, tiny and huge.
RESTS = (1.0, -2.5, 0.0, 3.0, -0.0, 0.5, 1e-3, -1e3, 20.0, 1e8, -1e-30, 1e30, 1e-200, 1e200)


def elementwise(op: Op) -> bool:
    """Whether the op is elementwise, on floats that can be chosen freely."""
    free = not callable(op.samples) and not op.variadic and op.joint is None
    return free and set(op.signature) <= set("(),-> ") and not any(core_dimensions(op))


def line_options(op: Op) -> Iterator[tuple[dict[str, Any], bool]]:
    """Keywords to check the op with, and whether they are its defaults, for which it declares its
    kinks."""
    kinds: Mapping[str, Any] = op.samples if isinstance(op.samples, Mapping) else {}
    lists = {k: choices(kind, ()) for k, kind in kinds.items()}
    needed = {k: v[0] for k, v in lists.items() if op.params[k] is inspect.Parameter.empty}
    yield needed, True
    for name, values in lists.items():
        for value in values[:MOST_VALUES]:
            yield {**needed, name: value}, False


@dataclass
class Line:
    """N points of an op along which argument `i` moves.

    args: all arguments at these points, (N,) each. low, high, kink: the domain of argument `i`.
    output: which result is looked at.
    """

    op: Op
    params: Mapping[str, Any]
    i: int
    args: list[Array]
    low: Array
    high: Array
    kink: Any
    output: int = 0

    def at(self, x: Array) -> list[Any]:
        """The arguments with the moving one at `x`."""
        return [x if j == self.i else a for j, a in enumerate(self.args)]

    def value(self, x: Array) -> Array:
        y = self.op.forward(*self.at(x), **self.params)
        return np.broadcast_to(np.asarray(y[self.output] if self.op.multiple else y), x.shape)

    def slope(self, x: Array, j: int | None = None) -> Array:
        """minigrad's derivative by argument `j`, by default the moving one."""
        return np.asarray(detached(self._slope(self.at(x), self.i if j is None else j)[0]))

    def bend(self, x: Array, j: int) -> Array:
        """minigrad's derivative of ``slope(x, j)`` by the moving argument."""
        slope, leaves = self._slope(self.at(x), j, linked=True)
        if not getattr(slope, "requires_grad", False):
            return np.zeros(x.shape)
        return pull([slope], [np.ones(slope.shape)], [leaves[self.i]])[0]

    def _slope(self, args: list[Any], j: int, linked: bool = False) -> tuple[Any, list[Any]]:
        shape = np.broadcast_shapes(*map(np.shape, args))
        leaves = [
            leaf(np.array(np.broadcast_to(a, shape)), k == j or (linked and k == self.i))
            for k, a in enumerate(args)
        ]
        y = caller(self.op)(*leaves, **self.params)
        y = y[self.output] if self.op.multiple else y
        if not y.requires_grad:
            return np.zeros(shape), leaves
        return pull_linked([(y, np.ones(y.shape, y.dtype))], [leaves[j]], linked)[0], leaves

    def place(self, k: int) -> str:
        """The arguments at point `k`, as text."""
        names = [f"{self.op.argument(j)}={float(a[k])!r}" for j, a in enumerate(self.args)]
        return ", ".join(names + [f"{name}={v!r}" for name, v in self.params.items()])

    def only(self, chosen: Any) -> Line:
        """The line with the chosen points only."""
        return replace(
            self, args=[a[chosen] for a in self.args], low=self.low[chosen],
            high=self.high[chosen], kink=self.kink[chosen],
        )


def lines(op: Op, params: Mapping[str, Any]) -> Iterator[Line]:
    """One line for each argument with a derivative, and each output."""
    n = len(op.arguments)
    outputs = op.signature.partition("->")[2].count("(") if op.multiple else 1
    for i, rule in enumerate(op.rules):
        if rule is None:
            continue
        rests = _rests([d for j, d in enumerate(op.domains) if j != i])
        parts = []
        for rest in rests:
            others = list(rest)
            # Equal and opposite operands, and the floats next to them.
            near = [s * r for r in rest for s in (1, -1)]
            x = numbers(op.domains[i], fine=n == 1, near=near)
            borders = [*op.domains[i].kinks, op.domains[i].low, op.domains[i].high]
            if op.domains[i].distinct:
                borders += others
            kinked = any(r in op.domains[j + (j >= i)].kinks for j, r in enumerate(others))
            parts.append(_points(x, others, borders, kinked))
        columns = [np.concatenate(c) for c in zip(*parts, strict=True)]
        x, low, high, kink, *args = columns
        args.insert(i, x)
        for output in range(outputs):
            yield Line(op, params, i, args, low, high, kink.astype(bool), output)


def _rests(domains: list[Domain]) -> list[tuple[float, ...]]:
    inside = [[r for r in RESTS if d.low < r < d.high] or [sum(d.usual) / 2] for d in domains]
    if len(domains) < 2:
        return list(itertools.product(*inside))
    rng = np.random.default_rng(0)
    return [tuple(float(rng.choice(r)) for r in inside) for _ in range(2 * len(RESTS))]


def _points(x: Array, others: list[float], borders: list[float], kinked: bool) -> list[Array]:
    edges = np.unique(borders)
    kink = np.isin(x, edges) | kinked
    low = edges[np.maximum(np.searchsorted(edges, x, "left") - 1, 0)]
    high = edges[np.minimum(np.searchsorted(edges, x, "right"), len(edges) - 1)]
    return [x, low, high, kink, *(np.full(x.shape, r) for r in others)]

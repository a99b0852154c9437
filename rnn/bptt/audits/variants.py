"""Every expression that differs from a rule in one place, as a mistake of the pen makes it.

A factor dropped or doubled; a sign turned; a factor taken of another operand, or at another step;
a term of a sum left out; an operand not transposed; a mean for a sum; neighbours exchanged.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine.op import OPS, Op
from minigrad.scanning.atoms import leaves

from .expressions import Apply, Atom, Const, Expr, each, make, substituted

__all__ = ["Change", "Near", "Variant", "variants"]

Shape = Callable[[Expr], tuple[int, ...]]


class Change(NamedTuple):
    """What a mistake is. kind: "dropped", "twice", ...; old: the part that was changed; new: what
    stands there, if that is something else."""

    kind: str
    old: Expr | None = None
    new: Expr | None = None


class Variant(NamedTuple):
    """A rule with one mistake in it. cost: how far it is to seek; 1 is the likeliest."""

    cost: float
    change: Change
    expression: Expr


class Near(NamedTuple):
    """What else there is in the step: atoms of values and of cotangents, by their shape; the
    numbers that its equations hold; and whether an operand differs from step to step.

    call: whose rule it is that they are near to."""

    call: Any
    values: dict[tuple[int, ...], list[Atom]]
    cotangents: dict[tuple[int, ...], list[Expr]]
    numbers: tuple[float, ...]
    varies: Callable[[Atom], bool]


_ZERO, _MINUS, _TWO, _HALF = (Const(v) for v in (0.0, -1.0, 2.0, 0.5))


def variants(root: Expr, shape: Shape, near: Near, unary: Op | None) -> Iterator[Variant]:
    """The mistakes in one rule. unary: its op, if that is a function of one number."""
    yield Variant(1, Change("path"), make("multiply", _ZERO, root))
    yield Variant(1, Change("sign"), make("multiply", _MINUS, root))
    yield Variant(2.5, Change("doubled"), make("multiply", _TWO, root))
    yield Variant(2.5, Change("halved"), make("multiply", _HALF, root))
    parts = each(root)
    for part in parts:
        for cost, change, new in _of_part(part, shape, near):
            yield Variant(cost, change, substituted(root, {id(part): new}))
        if isinstance(part, Apply):
            yield from _one_occurrence(root, part, parts, shape, near)
    if unary is not None:
        yield from _of_function(root, parts, unary)


def _of_part(part: Expr, shape: Shape, near: Near) -> Iterator[tuple[float, Change, Expr]]:
    """What may stand in the place of one part of a rule."""
    if isinstance(part, Atom):
        yield from _of_cotangent(part, near, shape) if part.live else _of_operand(part, near, shape)
    elif isinstance(part, Const):
        yield from _of_number(part, near)
    elif isinstance(part, Apply) and (known := _BY_OP.get(part.op)) is not None:
        yield from known(part, shape)
    elif isinstance(part, Apply) and part.op.elementwise and len(part.args) == 1:
        yield from _inside(part, shape)


# -- what stands at the ends


def _of_operand(a: Atom, near: Near, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    for other in near.values.get(shape(a), ()):
        if (other.call, other.kind, other.index) != (a.call, a.kind, a.index):
            yield 2 if other.call is None else 3, Change("instead", a, other), other
    for by in (-1, 1) if near.varies(a) else ():
        for k, edge in enumerate(("zero", "own", "last")):
            moved = Atom(a.kind, a.index, a.call, by, edge)
            yield 2 + 0.1 * k, Change("step", a, moved), moved
    complement = make("subtract", 1.0, a)
    yield 2, Change("instead", a, complement), complement


def _of_cotangent(a: Atom, near: Near, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    for other in near.cotangents.get(shape(a), ()):
        sibling = isinstance(other, Atom) and other.kind == "c" and other.call is near.call
        yield 2.5 if sibling else 4, Change("cotangent", a, other), other


def _of_number(c: Const, near: Near) -> Iterator[tuple[float, Change, Expr]]:
    if np.ndim(c.value) or float(c.value) in (0.0, 1.0):
        return
    for number in dict.fromkeys((1 - float(c.value), *near.numbers)):
        if number != float(c.value):
            yield 2, Change("instead", c, Const(number)), Const(number)


# -- what stands between


def _product(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    a, b = p.args
    for keep, drop in ((a, b), (b, a)):
        if shape(keep) == shape(p):
            yield 2 if drop.live else 1, Change("dropped", drop), keep
        if drop.live:
            if shape(keep) == ():
                whole = make("add", make("multiply", 0.0, drop), keep)
                yield 2, Change("dropped", drop), whole
            continue
        yield 2, Change("twice", drop), make("multiply", p, drop)
        if p.live:
            yield 4, Change("divided", drop), make("divide", keep, drop)


def _matmul(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    a, b = p.args
    if not p.live:  # a sum of the forward pass, such as the output that an error is taken of
        for factor, other, left in ((a, b, True), (b, a, False)):
            if len(shape(factor)) == 2 and shape(factor)[0] == shape(factor)[1]:
                turned = _turned(factor)
                args = (turned, other) if left else (other, turned)
                yield 2, Change("transposed", factor, turned), make("matmul", *args)
        return
    factor, rest = (b, a) if a.live else (a, b)
    square = len(shape(factor)) == 2 and shape(factor)[0] == shape(factor)[1]
    if shape(rest) == shape(p):
        yield 1, Change("dropped", factor), rest
    if square:
        again = make("matmul", p, factor) if a.live else make("matmul", factor, p)
        yield 2, Change("twice", factor), again
        turned = _turned(factor)
        new = make("matmul", rest, turned) if a.live else make("matmul", turned, rest)
        yield 1.5, Change("transposed", factor, turned), new
    result = shape(p)
    if not a.live and len(result) == 2 and result[0] == result[1]:
        yield 2, Change("turned"), _turned(p)


def _turned(e: Expr) -> Expr:
    if isinstance(e, Apply) and e.op in (OPS["swapaxes"], OPS["transpose"]):
        return e.args[0]  # type: ignore[no-any-return]  # an Expr
    return make("swapaxes", e, axis1=-1, axis2=-2)


def _sum_of_two(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    a, b = p.args
    for keep, drop in ((a, b), (b, a)):
        if shape(keep) == shape(p):
            complement = p.op is OPS["subtract"] and drop is a and isinstance(a, Const)
            yield 1.5, Change("instead", p, keep) if complement else Change("term", drop), keep
    if p.op is OPS["add"]:
        yield 2, Change("minus", b), make("subtract", a, b)
    else:
        yield 2, Change("plus", b), make("add", a, b)
        if not p.live:
            yield 2.5, Change("reversed", p), make("subtract", b, a)


def _quotient(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    a, b = p.args
    if shape(a) == shape(p):
        yield 1, Change("dropped", b), a
    yield 3, Change("multiplied", b), make("multiply", a, b)


def _inside(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    """A square, a root, a sign: forgotten."""
    yield 1.5, Change("without", p), p.args[0]


def _power(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    if shape(p.args[0]) == shape(p):
        yield 1.5, Change("without", p), p.args[0]


def _where(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    for keep in p.args[1:]:
        if keep.live and shape(keep) == shape(p):
            yield 1, Change("dropped", p.args[0]), keep


def _sum(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    """A sum over an axis, such as that of the batch."""
    a, axis = p.args[0], p.params.get("axis")
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    if len(axes) != 1 or not isinstance(axes[0], int):
        return
    n = shape(a)[axes[0]]
    if n < 2:
        return
    yield 1.5, Change("mean"), make("multiply", 1 / n, p)
    for k in range(n):
        index = tuple(slice(None) for _ in range(axes[0] % len(shape(a))))
        keep = slice(k, k + 1) if p.params.get("keepdims") else k
        one = make("getitem", a, index=(*index, keep))
        yield 2 + k / n, Change("only", None, Const(k + 1)), one


def _mean(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    yield 2, Change("sum"), make("sum", p.args[0], **{
        k: v for k, v in p.params.items() if k in ("axis", "keepdims")
    })


def _joined(p: Apply, shape: Shape) -> Iterator[tuple[float, Change, Expr]]:
    """Parts side by side, as of the gates: two exchanged, or one in the place of another."""
    for i, j in itertools.combinations(range(len(p.args)), 2):
        a, b = p.args[i], p.args[j]
        if shape(a) != shape(b):
            continue
        for cost, kind, new in ((1.5, "exchanged", (b, a)), (3, "copied", (a, a)),
                                (3, "copied", (b, b))):
            args = list(p.args)
            args[i], args[j] = new
            yield cost, Change(kind, a, b), Apply(p.op, tuple(args), p.params, p.part)


_BY_OP: dict[Op, Callable[[Any, Shape], Iterator[tuple[float, Change, Expr]]]] = {
    OPS["multiply"]: _product, OPS["matmul"]: _matmul, OPS["add"]: _sum_of_two,
    OPS["subtract"]: _sum_of_two, OPS["divide"]: _quotient, OPS["square"]: _inside,
    OPS["sqrt"]: _inside, OPS["negative"]: _inside, OPS["power"]: _power, OPS["where"]: _where,
    OPS["sum"]: _sum, OPS["mean"]: _mean, OPS["concatenate"]: _joined,
}


# -- one of several places, and the slopes of functions


def _one_occurrence(
    root: Expr, part: Apply, parts: Sequence[Expr], shape: Shape, near: Near
) -> Iterator[Variant]:
    """An operand that stands at several places, changed at one of them."""
    for k, a in enumerate(part.args):
        if not isinstance(a, Atom) or _count(parts, a) < 2:
            continue
        changes = _of_cotangent(a, near, shape) if a.live else _of_operand(a, near, shape)
        for cost, change, new in changes:
            args = (*part.args[:k], new, *part.args[k + 1 :])
            changed = Apply(part.op, args, part.params, part.part)
            yield Variant(cost + 1, change, substituted(root, {id(part): changed}))


def _count(parts: Sequence[Expr], a: Atom) -> int:
    return sum(
        leaf is a for p in parts if isinstance(p, Apply) for leaf in leaves((p.args, p.params))
    )


def _of_function(root: Expr, parts: Sequence[Expr], op: Op) -> Iterator[Variant]:
    """The slope of another function, or that of the right one at its result."""
    atoms = [p for p in parts if isinstance(p, Atom)]
    g = next((a for a in atoms if a.kind == "g"), None)
    if g is None:
        return
    y = Atom("out", 0)
    for other, slope in _SLOPES.items():
        if other is not op:
            new = make("multiply", g, slope(y))
            yield Variant(2.5, Change("function", None, Const(other.name)), new)
    for a in atoms:
        if not a.live:
            again = Apply(op, (a,), {}, 0)
            yield Variant(3, Change("instead", a, again), substituted(root, {id(a): again}))


_SLOPES: dict[Op, Callable[[Expr], Expr]] = {
    OPS["tanh"]: lambda y: make("subtract", 1.0, make("square", y)),
    OPS["sigmoid"]: lambda y: make("multiply", y, make("subtract", 1.0, y)),
    OPS["relu"]: lambda y: make("heaviside", y, 0.0),
}

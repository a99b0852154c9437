"""The rule of an op as an expression: what a mistake changes in one place, what is run and read.

A rule is that of the op's own record, traced: an expression in the cotangents of the results, and
in what the op has read and made. Expressions are never changed, and parts of them are shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad.engine.node import Leaf, Node
from minigrad.engine.op import OPS, Op
from minigrad.engine.outputs import output_nodes
from minigrad.scanning.atoms import leaves, replaced, token
from minigrad.scanning.program import Var
from minigrad.scanning.trace import Trace
from minigrad.scanning.transpose import cotangents_of

from .recording import Call, Quantity

__all__ = ["Apply", "Atom", "Const", "Expr", "each", "make", "rules_of", "substituted"]


class Expr:
    """A part of a rule. live: whether it depends on a cotangent."""

    __slots__ = ()
    live: bool


class Atom(Expr):
    """What a call read ("arg"), made ("out"), or the cotangent of what it made ("g").

    "c" is what the call has contributed to the cotangent of an argument.
    call: of another call of the step, in the place of this one. by: of which step it is taken,
    counted from that of the call. edge: where there is no such step, 0 ("zero"), the value of the
    step itself ("own"), or that of the last step ("last").
    """

    __slots__ = ("by", "call", "edge", "index", "kind", "live")

    def __init__(
        self, kind: str, index: int, call: Call | None = None, by: int = 0, edge: str = "zero"
    ) -> None:
        self.kind, self.index, self.call, self.by, self.edge = kind, index, call, by, edge
        self.live = kind in ("g", "c")


class Const(Expr):
    """A number or an array that is the same whatever the step."""

    __slots__ = ("value",)
    live = False

    def __init__(self, value: Any) -> None:
        self.value = value


class Apply(Expr):
    """``op(*args, **params)``, of several results the one called `part`.

    live_args: for each argument, whether it is a live expression. live_inside: whether there are
    live ones in containers among the arguments, or in the keywords.
    """

    __slots__ = ("args", "live", "live_args", "live_inside", "op", "params", "part")

    def __init__(self, op: Op, args: tuple[Any, ...], params: Mapping[str, Any], part: int) -> None:
        self.op, self.args, self.params, self.part = op, args, dict(params), part
        self.live_args = [isinstance(a, Expr) and a.live for a in args]
        nested = [a for a in (*args, self.params) if not isinstance(a, Expr)]
        self.live_inside = any(isinstance(a, Expr) and a.live for a in leaves(nested))
        self.live = self.live_inside or any(self.live_args)


def make(name: str, *args: Any, **params: Any) -> Apply:
    """The op of that name applied to expressions and numbers."""
    return Apply(OPS[name], tuple(a if isinstance(a, Expr) else Const(a) for a in args), params, 0)


def each(root: Expr) -> list[Expr]:
    """Every part of an expression once, itself first."""
    found: dict[int, Expr] = {}
    waiting = [root]
    while waiting:
        part = waiting.pop()
        if id(part) not in found:
            found[id(part)] = part
            if isinstance(part, Apply):
                waiting += [a for a in leaves((part.args, part.params)) if isinstance(a, Expr)]
    return list(found.values())


def _read(e: Apply) -> Apply:
    """(1 - a)(1 + a), which is exact where a is near 1, as one reads it: 1 - a²."""
    if e.op is not OPS["multiply"]:
        return e
    for minus, plus in (e.args, e.args[::-1]):
        if _is(minus, "subtract") and _is(plus, "add") and minus.args[1] is plus.args[1]:
            ones = minus.args[0], plus.args[0]
            if all(isinstance(c, Const) and np.all(c.value == 1) for c in ones):
                return make("subtract", 1.0, make("square", minus.args[1]))
    return e


def _is(e: Any, name: str) -> bool:
    return isinstance(e, Apply) and e.op is OPS[name]


def substituted(root: Expr, changes: Mapping[int, Expr]) -> Expr:
    """`root` with other parts in the place of those with the given ids."""
    known: dict[int, Expr] = dict(changes)

    def change(part: Any) -> Any:
        if not isinstance(part, Expr):
            return part
        if id(part) not in known:
            known[id(part)] = part
            if isinstance(part, Apply):
                args, params = replaced((part.args, part.params), change)
                same = all(a is b for a, b in zip(leaves((args, params)),
                                                  leaves((part.args, part.params)), strict=True))
                if not same:
                    known[id(part)] = Apply(part.op, args, params, part.part)
        return known[id(part)]

    return change(root)  # type: ignore[no-any-return]  # an Expr


# -- out of records

_rules: dict[Any, dict[int, Expr]] = {}


def rules_of(call: Call) -> dict[int, Expr]:
    """For each argument of a call that depends on a parameter, the rule for its cotangent."""
    active = [k for k, a in enumerate(call.args) if isinstance(a, Quantity) and a.active]
    mask = sum(1 << k for k in active) & call.op.usable
    if not mask:
        return {}
    key = (
        call.op, mask, token(replaced((call.args, call.params), _like), lambda leaf: None),
    )
    if key not in _rules:
        _rules[key] = _traced(call, [k for k in active if mask >> k & 1], mask)
    return _rules[key]


def _like(leaf: Any) -> Any:
    return (leaf.array.shape, leaf.array.dtype.char) if isinstance(leaf, Quantity) else leaf


def _traced(call: Call, active: list[int], mask: int) -> dict[int, Expr]:
    trace = Trace()
    known: dict[Var, Expr] = {}

    def tracer(value: Any, kind: str, index: int) -> Any:
        made = trace.input(value)
        known[made.symbol] = Atom(kind, index)
        return made

    args = [
        tracer(a.array, "arg", k) if isinstance(a, Quantity) else a for k, a in enumerate(call.args)
    ]
    outs = [tracer(out.array, "out", k) for k, out in enumerate(call.outs)]
    seeds = [tracer(np.ones_like(out.array), "g", k) for k, out in enumerate(call.outs)]
    op = call.op
    pullback = op.pullback(1 if op.joint is not None else mask)
    nodes = [
        Leaf(args[k].shape, args[k].dtype, None) if k in active else None for k in range(len(args))
    ]
    saved = pullback.save(tuple(outs) if op.multiple else outs[0], args, dict(call.params))
    shapes, dtypes = tuple(o.shape for o in outs), tuple(o.dtype for o in outs)
    like: tuple[Any, Any] = (shapes, dtypes) if op.multiple else (shapes[0], dtypes[0])
    whole = Node(pullback, tuple(nodes), saved, *like, None)
    ends = output_nodes(whole) if op.multiple else [whole]
    wanted = [node for node in nodes if node is not None]
    totals, _ = cotangents_of(trace, list(zip(ends, seeds, strict=True)), wanted)
    for captured, given in trace.captured:
        known[captured.symbol] = Const(np.asarray(given))

    def expression(leaf: Any) -> Any:
        return known[leaf] if isinstance(leaf, Var) else leaf

    for e in trace.equations:
        e_args, e_params = replaced((e.args, e.params), expression)
        e_args = tuple(a if isinstance(a, Expr) else Const(a) for a in e_args)
        for part, out in enumerate(e.outs):
            known[out] = _read(Apply(e.op, e_args, e_params, part))
    trace.close()
    return {
        k: known[total.symbol]
        for k, total in zip(active, totals, strict=True) if total is not None
    }

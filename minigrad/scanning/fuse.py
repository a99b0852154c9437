"""The fuse pass: neighbouring gates with one function go through it in one call.

Where a split gives i and f, and both go through a sigmoid, the sigmoid is taken of the columns of
both at once, and its result is split. The same goes for what is made of i and f side by side, such
as 1 - i and 1 - f in the backward loop. Nothing else is computed, so no digit changes.

It is done where the parts lie one behind the other in memory, as those of one sequence do. In a
batch (B, 4H) a part is B pieces of rows, and what is made of it, f · c and i · g, would be read in
pieces too: measured, an LSTM step of B = 32 took 3 to 5 % longer with its gates fused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..engine.op import OPS
from .loops import Loop, Loops, outputs_of
from .program import Equation, Var

__all__ = ["fuse"]

_GETITEM, _SPLIT = OPS["getitem"], OPS["split"]


class _Part(NamedTuple):
    """Where a result of a split is in what was split."""

    whole: Var
    axis: int
    start: int
    stop: int
    split: Equation


def fuse(loops: Loops) -> Loops:
    """The loops, with calls of one function on neighbouring parts made one."""
    held = _held(loops)
    _fused(loops.first, loops, held)
    _made_again(loops, held)
    _fused(loops.second, loops, held)
    return loops


def _held(loops: Loops) -> set[Var]:
    """What has to stay a variable of its own: it is read by others than the loop bodies."""
    found = {v for loop in (loops.first, loops.second) for e in loop.behind for v in e.uses()}
    found |= {v for s in loops.second.sums for v in s.uses()}
    found |= {v for e in loops.second.ahead for v in e.uses()}
    for program in (loops.forward, loops.backward):
        if program is not None:
            found |= {v for group in program.outputs for v in outputs_of(program, group)}
    return found


def _fused(loop: Loop, loops: Loops, held: set[Var]) -> None:
    """Fuse until nothing is left to be fused; each time what comes out is parts again."""
    while (group := _group(loop.body, held)) is not None:
        loop.body = _with_one_call(loop.body, group)
        names = ", ".join(e.outs[0].name or "v" for e in group)
        loops.done.append(f"fused: {group[0].op.name} of {names}")


def _parts(body: Sequence[Equation]) -> dict[Var, _Part]:
    """The results of splits."""
    found = {}
    for equation in body:
        if equation.op is not _SPLIT or not isinstance(equation.args[0], Var):
            continue
        whole: Var = equation.args[0]
        axis, at = equation.params["axis"] % len(whole.shape), 0
        for out in equation.outs:
            start, at = at, at + out.shape[axis]
            found[out] = _Part(whole, axis, start, at, equation)
    return found


def _group(body: Sequence[Equation], held: set[Var]) -> list[Equation] | None:
    """Equations that are one call, or None."""
    parts = _parts(body)
    for k, first in enumerate(body):
        if not _can_be_fused(first, parts, held):
            continue
        known = {v for e in body[:k] for v in e.outs}
        made = {v for e in body for v in e.outs}
        group = [first]
        for other in body[k + 1 :]:
            ready = all(v in known or v not in made for v in other.uses())
            if not (ready and _can_be_fused(other, parts, held)):
                continue
            if _follows(group[-1], other, parts):
                group.append(other)
            elif _follows(other, group[0], parts):
                group.insert(0, other)
        if len(group) > 1:
            return group
    return None


def _can_be_fused(equation: Equation, parts: dict[Var, _Part], held: set[Var]) -> bool:
    """An elementwise function of parts, and of numbers."""
    if not equation.op.elementwise or equation.params or equation.outs[0] in held:
        return False
    variables = list(equation.uses())
    shape = equation.outs[0].shape
    arrays = [a for a in equation.args if isinstance(a, np.ndarray)]
    return (
        bool(variables) and all(v in parts and v.shape == shape for v in variables)
        and all(math.prod(shape[: parts[v].axis]) == 1 for v in variables)
        and all(a.ndim == 0 for a in arrays)
    )


def _follows(one: Equation, other: Equation, parts: dict[Var, _Part]) -> bool:
    """Whether each operand of `other` is the neighbour of that of `one`."""
    if one.op is not other.op or len(one.args) != len(other.args):
        return False
    for a, b in zip(one.args, other.args, strict=True):
        if isinstance(a, Var) and isinstance(b, Var):
            p, q = parts[a], parts[b]
            if p.whole is not q.whole or p.axis != q.axis or p.stop != q.start:
                return False
        elif isinstance(a, Var) or isinstance(b, Var) or not (a is b or _equal(a, b)):
            return False
    return True


def _equal(a: Any, b: Any) -> bool:
    return type(a) is type(b) and not isinstance(a, np.ndarray) and repr(a) == repr(b)


def _with_one_call(body: Sequence[Equation], group: Sequence[Equation]) -> list[Equation]:
    parts, first = _parts(body), group[0]
    before: list[Equation] = []
    operands = []
    for place, a in enumerate(first.args):
        if not isinstance(a, Var):
            operands.append(a)
            continue
        start, stop = parts[a], parts[group[-1].args[place]]
        operands.append(_span(start, stop, before))
    axis = next(parts[a].axis for a in first.args if isinstance(a, Var))
    shape = list(first.outs[0].shape)
    widths = [e.outs[0].shape[axis] for e in group]
    shape[axis] = sum(widths)
    names = [e.outs[0].name for e in group]
    joint = Var(tuple(shape), first.outs[0].dtype, "_".join(names) if all(names) else "")
    call = Equation(first.op, tuple(operands), {}, (joint,), first.line)
    places = np.cumsum(widths)[:-1].tolist()
    split = Equation(
        _SPLIT, (joint,), {"indices_or_sections": places, "axis": axis},
        tuple(e.outs[0] for e in group), first.line,
    )
    gone = set(map(id, group))
    at = next(k for k, e in enumerate(body) if id(e) in gone)
    rest = [e for e in body[at:] if id(e) not in gone]
    return [*body[:at], *before, call, split, *rest]


def _span(start: _Part, stop: _Part, before: list[Equation]) -> Var:
    """What lies between the first and the last part, as one variable."""
    whole, axis = start.whole, start.axis
    if start.start == 0 and stop.stop == whole.shape[axis]:
        return whole
    index = (*[slice(None)] * axis, slice(start.start, stop.stop))
    shape = (*whole.shape[:axis], stop.stop - start.start, *whole.shape[axis + 1 :])
    span = Var(shape, whole.dtype)
    before.append(Equation(_GETITEM, (whole,), {"index": index}, (span,), start.split.line))
    return span


def _made_again(loops: Loops, held: set[Var]) -> None:
    """The parts of joint results that the backward loop reads: split there again, not kept."""
    saved, made = set(loops.saved()), {v for e in loops.first.body for v in e.outs}
    again = [
        e for e in loops.first.body
        if e.op is _SPLIT and not saved.isdisjoint(e.outs) and held.isdisjoint(e.outs)
        and e.args[0] in made and saved.issuperset(e.outs)
    ]
    loops.second.body = [*again, *loops.second.body]

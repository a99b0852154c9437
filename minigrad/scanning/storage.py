"""Where the results of a loop body live: which arrays are made before it, and which are shared.

A result that is needed after its step has a row of its own in an array of all steps. Any other
lives until its last reader; then its array is free for the next one. What may show the memory of
another result keeps that alive.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from .kernels import CONCATENATE, RESHAPE, in_place, is_view, takes_out
from .program import Equation, Var

__all__ = ["Storage", "storage_of"]

@dataclass(slots=True)
class Storage:
    """temps: the number of the array that a result is written into. arrays: a variable for each.
    parts: results that are written where a concatenation wants them: (whole, axis, from, to).
    fixed: views of such arrays, which are the same at every step.
    """

    temps: dict[Var, int] = field(default_factory=dict)
    arrays: list[Var] = field(default_factory=list)
    parts: dict[Var, tuple[Var, int, int, int]] = field(default_factory=dict)
    fixed: list[Equation] = field(default_factory=list)


def storage_of(
    body: Sequence[Equation], rows: Collection[Var], leaving: Collection[Var],
    added: Collection[Var] = (),
) -> Storage:
    """rows: results with a row of their own. leaving: what the next step is given as it is. added:
    what is added to a total when all of the body has been computed."""
    found = Storage()
    shown = _shown(body)
    last = {root: k for k, e in enumerate(body) for v in e.uses() for root in shown.get(v, {v})}
    last |= {root: len(body) for v in added for root in shown.get(v, {v})}
    kept = {root for v in leaving for root in shown.get(v, {v})}
    found.parts = _parts(body, rows, kept)
    free: dict[tuple[object, ...], list[int]] = {}
    for k, equation in enumerate(body):
        ending = [v for v in found.temps if last[v] == k]
        if takes_out(equation):
            (out,) = equation.outs
            if out not in rows and out not in kept and out not in found.parts:
                last.setdefault(out, k)
                same = [v for v in ending if (v.shape, v.dtype) == (out.shape, out.dtype)]
                slots = free.setdefault((out.shape, out.dtype), [])
                if same and in_place(equation):
                    ending.remove(same[0])
                    found.temps[out] = found.temps[same[0]]
                elif slots:
                    found.temps[out] = slots.pop()
                else:
                    found.temps[out] = len(found.arrays)
                    found.arrays.append(out)
        for v in ending:
            free[v.shape, v.dtype].append(found.temps[v])
    steady = set(found.temps)
    for equation in body:
        uses = list(equation.uses())
        if is_view(equation) and _stays_a_view(equation, found) and steady.issuperset(uses):
            found.fixed.append(equation)
            steady.update(equation.outs)
    return found


def _shown(body: Sequence[Equation]) -> dict[Var, set[Var]]:
    """Whose memory each result may show: its own, or that of operands."""
    found: dict[Var, set[Var]] = {}
    for equation in body:
        operands = {root for v in equation.uses() for root in found.get(v, {v})}
        own = takes_out(equation)
        for out in equation.outs:
            found[out] = {out} if own else operands | {out}
    return found


def _stays_a_view(equation: Equation, found: Storage) -> bool:
    """Whether it is a view, and not a copy, of what is in an array: a reshape may be one."""
    return equation.op is not RESHAPE or all(v in found.temps for v in equation.uses())


def _parts(
    body: Sequence[Equation], rows: Collection[Var], kept: Collection[Var]
) -> dict[Var, tuple[Var, int, int, int]]:
    made = {e.outs[0] for e in body if takes_out(e)}
    found: dict[Var, tuple[Var, int, int, int]] = {}
    for equation in body:
        axis = equation.params.get("axis")
        if equation.op is not CONCATENATE or equation.outs[0] not in rows or axis is None:
            continue
        whole, at = equation.outs[0], 0
        axis %= len(whole.shape)
        for part in equation.args:
            if not isinstance(part, Var):
                break
            start, at = at, at + part.shape[axis]
            once = sum(a is part for a in equation.args) == 1 and part not in found
            if part in made and once and part not in rows and part not in kept:
                found[part] = (whole, axis, start, at)
    return found

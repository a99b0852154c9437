"""A step as data: equations over the ops' own records, which passes read and rewrite.

A variable stands for an array of one shape and dtype, whatever its values. An equation says that
an op makes some variables of others. A program is a list of equations, what they start from and
what comes out: enough to print it, to run it, to transpose it and to write it as source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..console import printable
from ..engine.arguments import apply
from ..engine.op import Op
from ..engine.tensor import Tensor, detached
from .atoms import leaves, replaced

__all__ = ["Equation", "Program", "Sum", "Var", "called", "evaluate", "made_by", "users"]


class Var:
    """An array that is known by shape and dtype; `name` is what the user's code calls it."""

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any, name: str = "") -> None:
        self.shape, self.dtype, self.name = tuple(shape), np.dtype(dtype), name

    def __repr__(self) -> str:
        return f"<{self.name or 'var'} {self.shape} {self.dtype}>"


@dataclass(eq=False, slots=True)
class Equation:
    """``outs = op(*args, **params)``: args and params hold variables, and constants as they are.

    active: the operands that a gradient flows through, as bits: not those that the step detaches,
    and none under ``no_grad``.

    Passes make new equations, and never change the operands of one that there is.
    """

    op: Op
    args: tuple[Any, ...]
    params: dict[str, Any]
    outs: tuple[Var, ...]
    line: str = ""
    active: int = 0
    scopes: tuple[tuple[str, int | None], ...] = ()  # name and t, the outermost first
    _uses: tuple[Var, ...] | None = field(default=None, init=False, repr=False)

    def uses(self) -> tuple[Var, ...]:
        """The variables that it reads; looked up once, as every pass asks for them."""
        if self._uses is None:
            found = leaves((self.args, self.params))
            self._uses = tuple(leaf for leaf in found if isinstance(leaf, Var))
        return self._uses


@dataclass(eq=False, slots=True)
class Sum:
    """A sum over all steps that is one call behind the loop: ``total([items], shape)``.

    place: the captured input that it is the cotangent of. items: variables of a step, in the form
    that the record of the op has declared (`engine.lazy`); all steps of each are one array, its
    first axis the steps' one after the other.
    """

    place: int
    total: Callable[[list[Any], tuple[int, ...]], Any]
    items: Any

    def uses(self) -> Iterator[Var]:
        """The variables that it reads."""
        return (leaf for leaf in leaves(self.items) if isinstance(leaf, Var))


@dataclass(eq=False, slots=True)
class Program:
    """Equations, in an order in which each can be computed.

    inputs: groups of variables by what they are ("state", "x", "captured", ...).
    outputs: groups of variables, or constants, likewise ("state", "y", ...).
    sums: of a backward program, what is summed over all steps behind the loop.
    """

    inputs: dict[str, list[Var]]
    equations: list[Equation]
    outputs: dict[str, list[Any]]
    sums: list[Sum] = field(default_factory=list)

    @printable
    def __str__(self) -> str:
        return table(self)

    def needed(self) -> list[Equation]:
        """The equations that lead to an output, the others left out."""
        wanted = {v for group in self.outputs.values() for v in group if isinstance(v, Var)}
        wanted.update(v for s in self.sums for v in s.uses())
        kept = []
        for equation in reversed(self.equations):
            if not wanted.isdisjoint(equation.outs):
                kept.append(equation)
                wanted.update(equation.uses())
        return kept[::-1]


def called(equation: Equation, args: Any, params: Any) -> Any:
    """What the op of an equation makes of arrays, or of Tensors."""
    if any(isinstance(a, Tensor) for a in leaves((args, params))):
        flows = [a if equation.active >> i & 1 else detached(a) for i, a in enumerate(args)]
        return apply(equation.op, flows, params)
    return equation.op.forward(*args, **params)


def evaluate(
    program: Program, values: dict[Var, Any], call: Callable[[Equation, Any, Any], Any] = called
) -> dict[str, list[Any]]:
    """What a program computes from `values`, which hold its inputs: arrays, or Tensors, whose ops
    are recorded. This is what a program means; the source that is written for it does the same."""
    known: dict[Any, Any] = dict(values)

    def value(leaf: Any) -> Any:
        return known[leaf] if isinstance(leaf, Var) else leaf

    for equation in program.equations:
        out = call(equation, *replaced((equation.args, equation.params), value))
        known.update(zip(equation.outs, out if equation.op.multiple else (out,), strict=True))
    return {group: [value(v) for v in atoms] for group, atoms in program.outputs.items()}


# -- as a table


def table(program: Program) -> str:
    """The equations, one a row, under the columns of ``print(mg.Tape(...))``."""
    label = labels(program)
    rows: list[tuple[str, ...]] = [("#", "op", "name", "shape", "operands", "keywords", "line")]
    for group, variables in program.inputs.items():
        rows += [(label[v], group, v.name, str(v.shape), "", "", "") for v in variables]
    for equation in program.equations:
        operands = " ".join(_text(a, label) for a in equation.args)
        keywords = " ".join(f"{k}={_text(v, label)}" for k, v in equation.params.items())
        for k, out in enumerate(equation.outs):
            op = equation.op.name if k == 0 else "″"
            first = (operands, keywords, _short(equation.line)) if k == 0 else ("", "", "")
            rows.append((label[out], op, out.name, str(out.shape), *first))
    for group, atoms in program.outputs.items():
        if atoms:
            listed = " ".join(_text(a, label) for a in atoms)
            rows.append(("", f"→ {group}", "", "", listed, "", ""))
    for s in program.sums:
        rows.append(("", f"Σ captured {s.place}", "", "", _text(s.items, label), "", ""))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def labels(program: Program) -> dict[Var, str]:
    """A number for each variable, in the order of the table."""
    found = [v for group in program.inputs.values() for v in group]
    found += [out for equation in program.equations for out in equation.outs]
    return {v: str(k) for k, v in enumerate(found)}


def _text(atom: Any, label: dict[Var, str]) -> str:
    if isinstance(atom, Var):
        return label[atom]
    if isinstance(atom, tuple | list):
        return "(" + ", ".join(_text(a, label) for a in atom) + ")"
    if isinstance(atom, np.ndarray):
        return f"array{atom.shape}"
    text = str(atom)
    return text if len(text) <= 30 else text[:27] + "..."


def _short(line: str) -> str:
    return line.rpartition("/")[2]


def made_by(equations: Iterable[Equation]) -> dict[Var, Equation]:
    """The equation that makes each variable."""
    return {out: equation for equation in equations for out in equation.outs}


def users(equations: Sequence[Equation]) -> Callable[[Var], list[Equation]]:
    """Who reads a variable."""
    found: dict[Var, list[Equation]] = {}
    for equation in equations:
        for v in dict.fromkeys(equation.uses()):
            found.setdefault(v, []).append(equation)
    return lambda v: found.get(v, [])

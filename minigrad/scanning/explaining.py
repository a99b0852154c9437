"""What a plan is, in words: what the passes moved, what is kept for the way back, and the flops."""

from __future__ import annotations

import math
from collections.abc import Collection

from ..engine.op import OPS
from .loops import Loop, Loops
from .program import Equation, Var

__all__ = ["explained"]

_MATMUL = OPS["matmul"]


def explained(loops: Loops, passes: Collection[str]) -> str:
    """One line for each part of a plan."""
    first, second = loops.first, loops.second
    saved = [v for v in loops.saved() if v not in loops.constant()]
    size = sum(math.prod(v.shape) * v.dtype.itemsize for v in saved)
    forward = sum(map(flops, first.body))
    backward = sum(map(flops, second.body))
    kept = ", ".join(v.name or "v" for v in saved) or "nothing"
    lines = [
        f"passes       {', '.join(sorted(passes)) or 'none'}",
        f"once         {_listed([*first.once, *second.once])}",
        f"hoisted      {_listed(first.ahead)}",
        f"in the loops {len(first.body)} ops forwards, {len(second.body)} backwards",
        f"slopes       {_slopes(second)}",
        f"sunk         {_listed(second.behind)}",
        f"summed       {_sums(loops)}",
        f"kept         {kept}: {size:,} bytes a step",
        f"products     {forward:,} flops a step forwards in the loop, {backward:,} backwards",
    ]
    return "\n".join(lines)


def flops(equation: Equation) -> int:
    """Multiplications and additions of a product; 0 for anything else."""
    x, *_ = equation.args
    if equation.op is not _MATMUL or not isinstance(x, Var):
        return 0
    return 2 * math.prod(equation.outs[0].shape) * x.shape[-1]


def _listed(equations: Collection[Equation]) -> str:
    return ", ".join(f"{e.op.name} → {e.outs[0].name or 'v'}" for e in equations) or "nothing"


def _slopes(loop: Loop) -> str:
    return f"{len(loop.ahead)} ops for {loop.steps} steps at once" if loop.ahead else "in the loop"


def _sums(loops: Loops) -> str:
    captured = loops.forward.inputs["captured"]
    found = [
        f"d_{captured[s.place].name or s.place} of {', '.join(v.name or 'v' for v in s.uses())}"
        for s in loops.second.sums
    ]
    return ", ".join(found) or "nothing"

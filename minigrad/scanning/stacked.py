"""One call for all steps in the place of one at each: where an op allows it, and how it is written.

A variable of a step has the shape s; all steps of it are one array (T, *s).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.op import OPS
from .atoms import leaves, replaced
from .program import Equation, Var
from .source import Lines

__all__ = ["can_stack", "merged", "stacked_call"]

EMBEDDING, MATMUL = OPS["embedding"], OPS["matmul"]


def can_stack(equation: Equation, steps: Callable[[Var], bool]) -> bool:
    """Whether an equation can be computed for all steps at once. steps: which of its operands there
    is one of for each step."""
    op, (out, *more) = equation.op, equation.outs
    if more:
        return False
    if any(isinstance(v, Var) for v in leaves(equation.params)):
        return False
    if op.elementwise:
        return all(len(v.shape) <= len(out.shape) for v in equation.uses())
    if _counts_axes_from_the_last(equation):
        return True
    if op is MATMUL:
        x, W = equation.args
        return (
            isinstance(x, Var) and isinstance(W, Var) and steps(x) and not steps(W)
            and len(W.shape) == 2 and len(x.shape) >= 2
        )
    if op is EMBEDDING:
        return not steps(equation.args[op.arguments.index("weight")])
    return False


def _counts_axes_from_the_last(equation: Equation) -> bool:
    """Whether it works along axes that are where they are for all steps too, as a mean over the
    last one does, and leaves all axes."""
    axis: Any = equation.params.get("axis")
    axes = (axis,) if isinstance(axis, int) else axis or ()
    rank = len(equation.outs[0].shape)
    ranks = [a.ndim if isinstance(a, np.ndarray) else len(a.shape) for a in equation.args
             if isinstance(a, Var | np.ndarray)]
    return len(axes) > 0 and all(k < 0 for k in axes) and ranks == [rank]


def stacked_call(
    lines: Lines, equation: Equation, all_of: dict[Var, str], count: str = "T",
    where: str | None = None,
) -> str:
    """The right-hand side for all steps. all_of: the names of arrays with all steps of a variable;
    or for so many. where: the array that the result of a ufunc is written into."""
    (out,) = equation.outs
    if equation.op is MATMUL:
        x, W = equation.args
        product = f"({all_of[x]}.reshape(-1, {W.shape[-2]}) @ {lines.name(W)})"
        if len(W.shape) == 2:
            return f"{product}.reshape(T, {', '.join(map(str, out.shape))})"
        n, *shape = out.shape  # a block of columns for each gate
        return f"{product}.reshape({n}, T, {', '.join(map(str, shape))}).swapaxes(0, 1)"

    def text(leaf: Any) -> str:
        if not (isinstance(leaf, Var) and leaf in all_of):
            return lines.text(leaf)
        missing = len(out.shape) - len(leaf.shape)
        if not missing or not equation.op.elementwise:
            return all_of[leaf]
        shape = (*[1] * missing, *leaf.shape)
        return f"{all_of[leaf]}.reshape({count}, {', '.join(map(str, shape))})"

    parts = [text(a) for a in equation.args]
    parts += [f"{k}={lines.text(v)}" for k, v in equation.params.items()]
    if where is not None and isinstance(equation.op.forward, np.ufunc):
        parts.append(f"out={where}")
    return f"{lines.function(equation.op)}({', '.join(parts)})"


def merged(lines: Lines, items: Any, all_of: dict[Var, str]) -> str:
    """The items of a sum, all steps of each as one array whose first axis has them in order."""

    def text(leaf: Any) -> Any:
        if not isinstance(leaf, Var | np.ndarray):
            return _Text(lines.text(leaf))
        shape = ", ".join(map(str, (-1, *leaf.shape[1:])))
        if isinstance(leaf, Var) and leaf in all_of:
            return _Text(f"{all_of[leaf]}.reshape({shape})")
        return _Text(f"np.broadcast_to({lines.text(leaf)}, (T, *{leaf.shape})).reshape({shape})")

    return _joined(replaced(items, text))


class _Text(str):
    """Source that stands for itself."""


def _joined(tree: Any) -> str:
    if isinstance(tree, tuple):
        inside = ", ".join(map(_joined, tree))
        return f"({inside},)" if len(tree) == 1 else f"({inside})"
    return str(tree)


"""How an op is written so that its result goes into an array that is there already.

A ufunc takes ``out=``. A few other ops do with their own call; the rest make a new array, which is
right, and slower.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.op import OPS
from ..ops.elementwise.activations import sigmoid_into
from ..ops.index.indexing import is_basic
from .program import Equation
from .source import Lines

__all__ = ["CONCATENATE", "RESHAPE", "VIEWS", "in_place", "is_view", "takes_out", "written_into"]

CONCATENATE, GETITEM, RELU, RESHAPE, SIGMOID, SUM = (
    OPS[name] for name in ("concatenate", "getitem", "relu", "reshape", "sigmoid", "sum")
)
VIEWS = frozenset(OPS[name] for name in (
    "broadcast_to", "expand_dims", "moveaxis", "reshape", "split", "squeeze", "swapaxes",
    "transpose", "unstack",
))
_OTHERS = frozenset({CONCATENATE, RELU, SIGMOID, SUM})


def takes_out(equation: Equation) -> bool:
    """Whether the result can be written into an array."""
    op, (out, *more) = equation.op, equation.outs
    if more or not out.shape or op.multiple:
        return False
    return isinstance(op.forward, np.ufunc) or op in _OTHERS


def in_place(equation: Equation) -> bool:
    """Whether that array may be the one of an operand: each entry depends on its own place only."""
    forward = equation.op.forward
    return isinstance(forward, np.ufunc) and forward.signature is None


def is_view(equation: Equation) -> bool:
    """Whether the results show the memory of the operand."""
    if equation.op is GETITEM:
        return is_basic(equation.params["index"])
    return equation.op in VIEWS


def written_into(lines: Lines, equation: Equation, out: str) -> str:
    """The call that computes an equation into the array `out`."""
    op, args = equation.op, [lines.text(a) for a in equation.args]
    params = [f"{k}={lines.text(v)}" for k, v in equation.params.items()]
    if isinstance(op.forward, np.ufunc):
        return f"{lines.function(op)}({', '.join([*args, *params, f'out={out}'])})"
    if op is CONCATENATE:
        return f"np.concatenate(({', '.join(args)},), {', '.join([*params, f'out={out}'])})"
    if op is SUM:
        return f"np.sum({', '.join([*args, *params, f'out={out}'])})"
    if op is RELU:
        return f"np.maximum({args[0]}, 0, out={out})"
    sigmoid: Any = lines.constant(sigmoid_into, "sigmoid_into")
    return f"{sigmoid}({args[0]}, out={out})"

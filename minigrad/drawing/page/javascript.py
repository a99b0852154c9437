"""JavaScript of an op's record: its forward and its rules, traced as ``scan`` traces a step.

What stands there is written with a few functions that the page has (``np`` in 20_arrays.js). An op
that is none of them is written out in those; where that cannot be done there is no JavaScript.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...engine.op import OPS, Op
from ...errors import MinigradError
from ...scanning.program import Equation, Var
from ...scanning.trace import Trace
from ...scanning.tracer import Tracer
from ...scanning.transpose import cotangents_of
from ..render.scene import tidy

__all__ = ["Untranslatable", "record"]

# What the page has a function for: ops, and functions of NumPy's without a derivative.
_OPS = {OPS[name]: name for name in (
    "absolute", "add", "amax", "astype", "broadcast_to", "clip", "clone", "concatenate", "cos",
    "divide", "exp", "expand_dims", "expm1", "getitem", "index_add", "log", "log1p", "matmul",
    "maximum", "mean", "minimum", "multiply", "negative", "positive", "power", "reciprocal",
    "relu", "reshape", "sigmoid", "sign", "sin", "singular", "split", "sqrt", "square",
    "squeeze", "stack", "subtract", "sum", "swapaxes", "tanh", "transpose", "unstack", "where",
)}
_NUMPY = {getattr(np, name): name for name in (
    "bitwise_and", "bitwise_or", "equal", "greater", "greater_equal", "invert", "isfinite",
    "less", "less_equal", "not_equal",
)}


class Untranslatable(Exception):
    """There is no JavaScript for something."""


def record(op: Op, args: Sequence[Any], params: dict[str, Any], active: Sequence[bool]) -> str:
    """``{ forward(...args), backward(cotangents, results, args) }`` of one call, as source.

    args: the values of the operands, of which only the shapes are used. active: which of them get
    a cotangent. Raises Untranslatable.
    """
    trace = Trace()
    try:
        return _record(trace, op, args, params, active)
    except (MinigradError, TypeError, ValueError, IndexError) as error:
        raise Untranslatable(f"{op.name}: {error}") from error
    finally:
        trace.close()


def _record(
    trace: Trace, op: Op, args: Sequence[Any], params: dict[str, Any], active: Sequence[bool]
) -> str:
    with trace.writing(record=True):
        inputs = [trace.input(np.asarray(a), on) for a, on in zip(args, active, strict=True)]
        out = trace.apply(op, inputs, params)
    results = out if op.multiple else (out,)
    there = len(trace.equations)
    with trace.writing(record=False):
        seeds = [(r._node, trace.input(np.ones(r.shape))) for r in results]
    found, _ = cotangents_of(
        trace, seeds, [x._node for x, on in zip(inputs, active, strict=True) if on]
    )
    text = _Lines(trace)
    forward = text.lines(trace.equations[:there])
    backward = text.lines(trace.equations[there:])
    parts = iter(found)
    given = [next(parts) if on else None for on in active]
    return (
        f"// {tidy(op.name)} {', '.join(str(np.shape(a)) for a in args)}\n"
        f"{{ forward({text.names(inputs)}) {{\n{forward}  return [{text.names(results)}];\n}},\n"
        f"backward([{text.names([g for _, g in seeds])}], [{text.names(results)}], "
        f"[{text.names(inputs)}]) {{\n{backward}  return [{text.names(given)}];\n}} }}"
    )


class _Lines:
    """Equations as lines of JavaScript, each variable with a name."""

    def __init__(self, trace: Trace) -> None:
        self.given: dict[Var, str] = {}
        self.captured = {tracer.symbol: value for tracer, value in trace.captured}

    def name(self, atom: Any) -> str:
        """A variable, or a constant as it is."""
        if isinstance(atom, Tracer):
            atom = atom.symbol
        if not isinstance(atom, Var):
            return _literal(atom, self.name)
        if atom in self.captured:
            value = np.asarray(self.captured[atom])
            if value.size != 1:
                raise Untranslatable("an array that a rule brings along")
            return _literal(value.reshape(())[()], self.name)
        return self.given.setdefault(atom, f"v{len(self.given)}")

    def names(self, atoms: Sequence[Any]) -> str:
        return ", ".join(map(self.name, atoms))

    def lines(self, equations: Sequence[Equation]) -> str:
        return "".join(line for equation in equations for line in self._lines(equation))

    def _lines(self, equation: Equation) -> list[str]:
        function = _OPS.get(equation.op) or _NUMPY.get(equation.op.forward)
        if function is None:
            return self._expanded(equation)
        names = ", ".join([*map(self.name, equation.args), *self._params(equation)])
        outs = self.names(equation.outs)
        outs = f"[{outs}]" if equation.op.multiple else outs
        return [f"  const {outs} = np.{function}({names});\n"]

    def _params(self, equation: Equation) -> list[str]:
        said = {key: _literal(value, self.name) for key, value in equation.params.items()
                if key not in ("dtype", "order", "casting", "subok")}
        inner = ", ".join(f"{key}: {value}" for key, value in said.items())
        return [f"{{ {inner} }}"] if said or equation.op.variadic else []

    def _expanded(self, equation: Equation) -> list[str]:
        """The lines of an op that the page does not know: of what its forward does."""
        inner = Trace()
        try:
            with inner.writing(record=False):
                args = [inner.input(np.ones(a.shape)) if isinstance(a, Var) else a
                        for a in equation.args]
                out = equation.op.forward(*args, **equation.params)
            results = out if equation.op.multiple else (out,)
            if any(e.op is equation.op for e in inner.equations) or not all(
                isinstance(r, Tracer) for r in results
            ):
                raise Untranslatable(equation.op.name)
            for tracer, outer in zip(args, equation.args, strict=True):
                if isinstance(outer, Var):
                    self.given[tracer.symbol] = self.name(outer)
            self.captured |= {tracer.symbol: value for tracer, value in inner.captured}
            lines = [line for e in inner.equations for line in self._lines(e)]
            for result, outer in zip(results, equation.outs, strict=True):
                self.given[outer] = self.name(result)
            return lines
        finally:
            inner.close()


def _literal(value: Any, name: Callable[[Any], str]) -> str:
    """A constant as JavaScript."""
    if isinstance(value, Var | Tracer):
        return name(value)
    if isinstance(value, slice) and value.step in (None, 1):
        return f"{{ slice: {_literal([value.start, value.stop], name)} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(_literal(v, name) for v in value)}]"
    if value is None or isinstance(value, bool | str):
        return json.dumps(value).replace("<", "\\u003c")
    if isinstance(value, int | float | np.number | np.bool):
        found = float(value)
        if np.isfinite(found):
            return repr(int(found)) if found.is_integer() and abs(found) < 2**53 else repr(found)
        return "NaN" if np.isnan(found) else "Infinity" if found > 0 else "-Infinity"
    raise Untranslatable(f"a constant of type {type(value).__name__}")

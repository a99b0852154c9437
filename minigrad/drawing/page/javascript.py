"""JavaScript of an op's record: its forward and its rules, traced as ``scan`` traces a step.

What stands there is written with a few functions that the page has (``np`` in 23_functions.js).
An op that is none of them is written out in those; where that cannot be done there is no
JavaScript.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...engine.op import OPS, Op
from ...errors import MinigradError
from ...observe.packing import is_output
from ...scanning.atoms import replaced
from ...scanning.program import Equation, Var
from ...scanning.trace import Trace
from ...scanning.tracer import Tracer
from ...scanning.transpose import cotangents_of
from ..render.scene import tidy

__all__ = ["Arrays", "Untranslatable", "frozen", "record"]

# What the page has a function for: ops, and functions of NumPy's without a derivative.
_OPS = {OPS[name]: name for name in (
    "absolute", "add", "amax", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "astype", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "broadcast_to", "cbrt", "ceil", "clip", "clone", "concatenate", "copysign", "cos", "cosh",
    "cross_entropy", "divide", "dropped", "embedding", "exp", "exp2", "expand_dims", "expm1",
    "fabs", "floor", "getitem", "huber_loss", "hypot", "index_add", "kl_div", "l1_loss", "linear",
    "log", "log10", "log1p", "log2", "log_softmax", "logsigmoid", "logsumexp", "matmul", "maximum",
    "mean", "minimum", "moveaxis", "mse_loss", "multiply", "negative", "nll_loss", "positive",
    "power", "reciprocal", "relu", "reshape", "sigmoid", "sign", "sin", "singular", "sinh",
    "softmax", "softplus", "split", "sqrt", "square", "squeeze", "stack", "standardize", "subtract",
    "sum", "swapaxes", "tan", "tanh", "transpose", "trunc", "unstack", "where",
)}
_NUMPY = {getattr(np, name): name for name in (
    "bitwise_and", "bitwise_or", "equal", "greater", "greater_equal", "invert", "isfinite",
    "less", "less_equal", "not_equal",
)}


class Untranslatable(Exception):
    """There is no JavaScript for something."""


class Arrays:
    """The arrays that records bring along, each written once: ARRAYS[0], ARRAYS[1], ..."""

    def __init__(self) -> None:
        self.names: dict[Any, str] = {}
        self.sources: list[str] = []

    def name(self, value: Any) -> str:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise Untranslatable(f"an array of dtype {array.dtype}")
        key = frozen(array)
        if key not in self.names:
            self.names[key] = f"ARRAYS[{len(self.sources)}]"
            numbers = ",".join(_number(v) for v in array.ravel().tolist())
            self.sources.append(
                f"{{ shape: {list(array.shape)}, data: Float64Array.from([{numbers}]) }}")
        return self.names[key]


def frozen(value: Any) -> Any:
    """Something hashable, the same for equal values: of arrays their bytes."""
    if isinstance(value, Mapping):
        return tuple((name, frozen(one)) for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return (type(value), *map(frozen, value))
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    return repr(value)


def record(
    op: Op, args: Sequence[Any], params: dict[str, Any], active: Sequence[bool], arrays: Arrays
) -> tuple[str, list[bool]]:
    """``{ forward(...args), backward(cotangents, results, args) }`` of one call, as source; and
    which operands are written into it: integers, and others by whose values a rule decides.

    args: the values of the operands. active: which of them get a cotangent; of these only the
    shapes are used. arrays: where those are written that the record brings along. Raises
    Untranslatable.
    """
    whole = [not on and np.asarray(a).dtype.kind != "f" for a, on in zip(args, active, strict=True)]
    try:
        return _traced(op, args, params, active, whole, arrays), whole
    except Untranslatable:
        idle = [not on for on in active]
        if whole == idle:
            raise
        return _traced(op, args, params, active, idle, arrays), idle


def _traced(
    op: Op, args: Sequence[Any], params: dict[str, Any], active: Sequence[bool],
    fixed: Sequence[bool], arrays: Arrays,
) -> str:
    trace = Trace()
    try:
        return _record(trace, op, args, params, active, fixed, arrays)
    except (MinigradError, TypeError, ValueError, IndexError) as error:
        raise Untranslatable(f"{op.name}: {error}") from error
    finally:
        trace.close()


def _record(
    trace: Trace, op: Op, args: Sequence[Any], params: dict[str, Any], active: Sequence[bool],
    fixed: Sequence[bool], arrays: Arrays,
) -> str:
    with trace.writing(record=True):
        inputs = [a if whole else trace.input(np.asarray(a), on)
                  for a, on, whole in zip(args, active, fixed, strict=True)]
        out = trace.apply(op, inputs, params)
    results = out if op.multiple else (out,)
    _keep_values(trace, results[0])
    there = len(trace.equations)
    with trace.writing(record=False):
        seeds = [(r._node, trace.input(np.ones(r.shape))) for r in results]
    found, _ = cotangents_of(
        trace, seeds, [x._node for x, on in zip(inputs, active, strict=True) if on]
    )
    text = _Lines(trace, arrays)
    forward = text.lines(trace.equations[:there])
    backward = text.lines(trace.equations[there:])
    parts = iter(found)
    given = [next(parts) if on else None for on in active]
    taken = ", ".join(f"u{k}" if whole else text.name(a)
                      for k, (a, whole) in enumerate(zip(inputs, fixed, strict=True)))
    return (
        f"// {tidy(op.name)} {', '.join(str(np.shape(a)) for a in args)}\n"
        f"{{ forward({taken}) {{\n{forward}  return [{text.names(results)}];\n}},\n"
        f"backward([{text.names([g for _, g in seeds])}], [{text.names(results)}], "
        f"[{taken}]) {{\n{backward}  return [{text.names(given)}];\n}} }}"
    )


def _keep_values(trace: Trace, result: Tracer) -> None:
    """Give the rules of a call the values of those operands that were given as arrays."""
    node = result._node
    node = node.parents[0] if node is not None and is_output(node) else node
    if node is not None:
        given = {tracer.symbol: value for tracer, value in trace.captured}
        node.saved = tuple(replaced(held, lambda leaf: (
            given.get(leaf.symbol, leaf) if isinstance(leaf, Tracer) else leaf
        )) for held in node.saved)


class _Lines:
    """Equations as lines of JavaScript, each variable with a name."""

    def __init__(self, trace: Trace, arrays: Arrays) -> None:
        self.given: dict[Var, str] = {}
        self.captured = {tracer.symbol: value for tracer, value in trace.captured}
        self.arrays = arrays

    def name(self, atom: Any) -> str:
        """A variable, or a constant as it is."""
        if isinstance(atom, Tracer):
            atom = atom.symbol
        if not isinstance(atom, Var):
            return self.literal(atom)
        if atom in self.captured:
            return self.literal(np.asarray(self.captured[atom]))
        return self.given.setdefault(atom, f"v{len(self.given)}")

    def literal(self, value: Any) -> str:
        """A constant as JavaScript."""
        if isinstance(value, Var | Tracer):
            return self.name(value)
        if isinstance(value, slice):
            return f"{{ slice: {self.literal([value.start, value.stop, value.step])} }}"
        if value is Ellipsis:
            return '"..."'
        if isinstance(value, tuple | list):
            return f"[{', '.join(map(self.literal, value))}]"
        if value is None or isinstance(value, bool | str):
            return json.dumps(value).replace("<", "\\u003c")
        if isinstance(value, np.ndarray):
            return _number(value[()]) if value.ndim == 0 else self.arrays.name(value)
        if isinstance(value, int | float | np.number | np.bool):
            return _number(value)
        raise Untranslatable(f"a constant of type {type(value).__name__}")

    def names(self, atoms: Sequence[Any]) -> str:
        return ", ".join(map(self.name, atoms))

    def lines(self, equations: Sequence[Equation]) -> str:
        return "".join(line for equation in equations for line in self._lines(equation))

    def _lines(self, equation: Equation) -> list[str]:
        function = _OPS.get(equation.op) or _NUMPY.get(equation.op.forward)
        if equation.op in _PICKS:
            function = "getitem"
            index = _PICKS[equation.op](equation.args[0].shape, **equation.params)
            equation = replace(equation, params={"index": index})
        if function is None:
            return self._expanded(equation)
        names = ", ".join([*map(self.name, equation.args), *self._params(equation)])
        outs = self.names(equation.outs)
        outs = f"[{outs}]" if equation.op.multiple else outs
        return [f"  const {outs} = np.{function}({names});\n"]

    def _params(self, equation: Equation) -> list[str]:
        if equation.params.get("order") == "F":
            raise Untranslatable(f"{equation.op.name} in the order of Fortran")
        said = {key: self.literal(_without_masks(value) if key == "index" else value)
                for key, value in equation.params.items()
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


def _taken(shape: Any, *, indices: Any, axis: int | None = None, mode: str = "raise") -> Any:
    """``take`` as an index."""
    if mode != "raise" or axis is None:
        raise Untranslatable("take of a flattened array, or with a mode")
    return (*[slice(None)] * (axis % len(shape)), np.asarray(indices))


def _taken_along(shape: Any, *, indices: Any, axis: int) -> Any:
    """``take_along_axis`` as an index."""
    indices = np.asarray(indices)
    places: list[Any] = list(np.ix_(*map(range, shape)))
    places[axis] = indices
    return tuple(places)


_PICKS: dict[Op, Callable[..., Any]] = {
    OPS["take"]: _taken, OPS["take_along_axis"]: _taken_along,
}


def _without_masks(index: Any) -> Any:
    """An index with masks as the places where they are true."""
    if not isinstance(index, tuple):
        index = (index,)
    parts: list[Any] = []
    for part in index:
        array = isinstance(part, np.ndarray | list)
        part = np.asarray(part) if array else part
        parts += np.nonzero(part) if array and part.dtype.kind == "b" else [part]
    return tuple(parts)


def _number(value: Any) -> str:
    """A number as JavaScript."""
    found = float(value)
    if np.isfinite(found):
        return repr(int(found)) if found.is_integer() and abs(found) < 2**53 else repr(found)
    return "NaN" if np.isnan(found) else "Infinity" if found > 0 else "-Infinity"

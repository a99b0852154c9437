"""Ops of a traced step as ONNX operators: the body of a Scan.

One line for each op that ONNX has too, a function of a few lines for each that it puts otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad.engine.op import OPS, Op
from minigrad.scanning.program import Equation, Program, Var

from .onnx_graph import Graph

__all__ = ["written"]

_LIKE: dict[str, Any] = {"f": float, "i": int, "u": int, "b": bool}
_CODES = {"float32": 1, "int64": 7, "bool": 9, "float64": 11}  # of onnx.TensorProto

_SAME = {OPS[name]: theirs for name, theirs in {
    "absolute": "Abs", "arccos": "Acos", "arccosh": "Acosh", "arcsin": "Asin", "arcsinh": "Asinh",
    "arctan": "Atan", "arctanh": "Atanh", "ceil": "Ceil", "clip": "Clip", "clone": "Identity",
    "cos": "Cos", "cosh": "Cosh", "erf": "Erf", "exp": "Exp", "fabs": "Abs", "floor": "Floor",
    "log": "Log", "negative": "Neg", "positive": "Identity", "reciprocal": "Reciprocal", "relu":
    "Relu", "rint": "Round", "sigmoid": "Sigmoid", "sign": "Sign", "sin": "Sin", "sinh": "Sinh",
    "softsign": "Softsign", "sqrt": "Sqrt", "tan": "Tan", "tanh": "Tanh", "add": "Add", "divide":
    "Div", "matmul": "MatMul", "maximum": "Max", "minimum": "Min", "multiply": "Mul", "power":
    "Pow", "subtract": "Sub",
}.items()}
# NumPy's functions without a derivative are no ops with records; a trace calls them as they are.
_PLAIN: dict[Any, str] = {
    np.logical_not: "Not", np.equal: "Equal", np.greater: "Greater", np.greater_equal:
    "GreaterOrEqual", np.less: "Less", np.less_equal: "LessOrEqual", np.logical_and: "And",
    np.logical_or: "Or",
}


def written(
    graph: Graph, program: Program, names: Mapping[Var, str], batch: int, owner: str
) -> dict[str, list[str]]:
    """Add the nodes of a program to a graph; the names of its outputs, by group.

    names: of its inputs. batch: the size B with which it was traced; the nodes serve for every B.
    Raises ValueError that names the op and the user's line, for one that has no ONNX form here.
    """
    body = _Body(graph, dict(names), batch)
    for equation in program.equations:
        try:
            made = body.equation(equation)
        except (KeyError, NotImplementedError) as error:
            raise ValueError(
                f"onnx_export: {owner} calls {equation.op.name} at {equation.line}, which is not "
                f"written in ONNX here; rnn.convert.onnx_ops has the ops that are"
            ) from error
        body.names.update(zip(equation.outs, made, strict=True))
    return {group: [body.name(v) for v in vs] for group, vs in program.outputs.items()}


class _Body:
    """A graph that grows by one equation after the other."""

    def __init__(self, graph: Graph, names: dict[Var, str], batch: int) -> None:
        self.graph, self.names, self.batch = graph, names, batch

    def equation(self, e: Equation) -> list[str]:
        special = _SPECIAL.get(e.op)
        if special is not None:
            made = special(self, e)
            return made if isinstance(made, list) else [made]
        args = [a for a in e.args if a is not None]
        kinds = [v for a in args if (v := _kind(a)) != "weak"] or ["f"]
        kind = "f" if "f" in kinds else max(kinds, key="biu".index)
        theirs = _SAME.get(e.op) or _PLAIN[e.op.forward]
        return [self.node(theirs, *[self.name(a, kind) for a in args])]

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        return self.graph.node(op, list(inputs), None, **attributes)

    def constant(self, value: Any, kind: str = "") -> str:
        array = np.asarray(value)
        like = _LIKE[kind] if kind else array.dtype
        return self.graph.constant_of(array.astype(self.graph.dtype_of(like)))

    def indices(self, *numbers: int) -> str:
        return self.constant(np.array(numbers, np.int64))

    def name(self, atom: Any, kind: str = "") -> str:
        """The name of an operand, of this kind of dtype."""
        if not isinstance(atom, Var):
            return self.constant(atom, kind)
        name = self.names[atom]
        if kind and _LIKE[kind] != _LIKE[atom.dtype.kind]:
            return self.cast(name, _LIKE[kind])
        return name

    def cast(self, name: str, dtype: Any) -> str:
        return self.node("Cast", name, to=_CODES[str(self.graph.dtype_of(dtype))])

    def sum(self, name: str, axes: tuple[int, ...], keepdims: bool = True) -> str:
        return self.node("ReduceSum", name, self.indices(*axes), keepdims=int(keepdims))

    def mean(self, x: Var, name: str, axes: tuple[int, ...], keepdims: bool = True) -> str:
        count = float(np.prod([x.shape[axis] for axis in axes]))
        return self.node("Div", self.sum(name, axes, keepdims), self.constant(count, "f"))


def _kind(atom: Any) -> str:
    """The kind of dtype of an operand; Python's own numbers take that of the others."""
    if isinstance(atom, Var):
        return str(atom.dtype.kind)
    return "weak" if isinstance(atom, int | float) else str(np.asarray(atom).dtype.kind)


def _axes(x: Var, axis: Any) -> tuple[int, ...]:
    axes = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(int(a) % len(x.shape) for a in axes)


def _plain_sum(body: _Body, e: Equation) -> str:
    axes, keep = _axes(e.args[0], e.params.get("axis")), e.params.get("keepdims", False)
    return body.sum(body.name(e.args[0]), axes, bool(keep))


def _plain_mean(body: _Body, e: Equation) -> str:
    x, keep = e.args[0], bool(e.params.get("keepdims", False))
    return body.mean(x, body.name(x), _axes(x, e.params.get("axis")), keep)


def _standardize(body: _Body, e: Equation) -> str:
    """(x - mean) / √(variance + eps)"""
    x, axes = e.args[0], _axes(e.args[0], e.params["axis"])
    name = body.name(x)
    centred = body.node("Sub", name, body.mean(x, name, axes))
    variance = body.mean(x, body.node("Mul", centred, centred), axes)
    eps = body.constant(e.params.get("eps", 1e-5), "f")
    return body.node("Div", centred, body.node("Sqrt", body.node("Add", variance, eps)))


def _split(body: _Body, e: Equation) -> list[str]:
    sizes = [out.shape[e.params.get("axis", 0)] for out in e.outs]
    names = [body.graph.fresh("split") for _ in sizes]
    body.graph.node(
        "Split", [body.name(e.args[0]), body.indices(*sizes)], names, axis=e.params.get("axis", 0)
    )
    return names


def _getitem(body: _Body, e: Equation) -> str:
    """Slices, integers, None and ... : what cuts, then what drops or adds an axis."""
    x, index = e.args[0], e.params["index"]
    index = index if isinstance(index, tuple) else (index,)
    given = sum(1 for part in index if part is not None and part is not Ellipsis)
    whole = [slice(None)] * (len(x.shape) - given)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    index = (*index[:at], *whole, *index[at + 1 :])
    name, axis, place = body.name(x), 0, 0
    cuts, dropped, added = [], [], []
    for part in index:
        if part is None:
            added.append(place)
            place += 1
        elif isinstance(part, slice):
            if part != slice(None):
                cuts.append((axis, *part.indices(x.shape[axis])))
            axis, place = axis + 1, place + 1
        elif isinstance(part, int | np.integer):
            start = int(part) % x.shape[axis]
            cuts.append((axis, start, start + 1, 1))
            dropped.append(axis)
            axis += 1
        else:
            raise NotImplementedError("an array as an index")
    if any(step < 1 for *_, step in cuts):
        raise NotImplementedError("backwards")
    if cuts:
        axes, starts, ends, steps = map(list, zip(*cuts, strict=True))
        bounds = [body.indices(*numbers) for numbers in (starts, ends, axes, steps)]
        name = body.node("Slice", name, *bounds)
    if dropped:
        name = body.node("Squeeze", name, body.indices(*dropped))
    return body.node("Unsqueeze", name, body.indices(*added)) if added else name


def _reshape(body: _Body, e: Equation) -> str:
    x, y = e.args[0], e.outs[0]
    if x.shape[:1] != (body.batch,) or y.shape[:1] != (body.batch,) or (
        e.params.get("order", "C") != "C"
    ):
        raise NotImplementedError("the axis of the batch")
    return body.node("Reshape", body.name(x), body.indices(0, *y.shape[1:]))


def _joined(body: _Body, e: Equation) -> str:
    axis, names = e.params.get("axis", 0), [body.name(a, e.outs[0].dtype.kind) for a in e.args]
    if e.op is OPS["stack"]:
        names = [body.node("Unsqueeze", name, body.indices(axis)) for name in names]
    return body.node("Concat", *names, axis=axis)


def _transposed(body: _Body, e: Equation) -> str:
    """Where each axis goes, seen by moving an array whose axes have unlike lengths."""
    lengths = tuple(range(2, 2 + len(e.args[0].shape)))
    moved = e.op.forward(np.broadcast_to(np.zeros(()), lengths), **e.params)
    return body.node(
        "Transpose", body.name(e.args[0]), perm=[lengths.index(n) for n in moved.shape]
    )


def _of_softplus(body: _Body, e: Equation) -> str:
    beta = e.args[1] if len(e.args) > 1 else 1.0
    if isinstance(beta, Var):
        raise NotImplementedError("a β that is no number")
    scale = body.constant(beta, "f")
    inside = body.node("Mul", body.name(e.args[0]), scale)
    return body.node("Div", body.node("Softplus", inside), scale)


def _alpha(op: str) -> Callable[[_Body, Equation], str]:
    def emit(body: _Body, e: Equation) -> str:
        if len(e.args) > 1 and isinstance(e.args[1], Var):
            raise NotImplementedError("an α that is no number")
        given = {"alpha": float(e.args[1])} if len(e.args) > 1 else {}
        return body.node(op, body.name(e.args[0]), **given)

    return emit


def _square(body: _Body, e: Equation) -> str:
    name = body.name(e.args[0])
    return body.node("Mul", name, name)


def _silu(body: _Body, e: Equation) -> str:
    name = body.name(e.args[0])
    return body.node("Mul", name, body.node("Sigmoid", name))


def _linear(body: _Body, e: Equation) -> str:
    x, weight, *bias = (a for a in e.args if a is not None)
    turned = body.node("Transpose", body.name(weight), perm=[1, 0])
    y = body.node("MatMul", body.name(x), turned)
    return body.node("Add", y, body.name(bias[0])) if bias else y


_SPECIAL: dict[Op, Callable[[_Body, Equation], Any]] = {OPS[name]: emit for name, emit in {
    "astype": lambda body, e: body.cast(body.name(e.args[0]), e.outs[0].dtype),
    "celu": _alpha("Celu"),
    "concatenate": _joined,
    "einsum": lambda body, e: body.node(
        "Einsum", *[body.name(a, "f") for a in e.args], equation=e.params["subscripts"]
    ),
    "elu": _alpha("Elu"),
    "embedding": lambda body, e: body.node("Gather", body.name(e.args[1]), body.name(e.args[0])),
    "expand_dims": lambda body, e: body.node(
        "Unsqueeze", body.name(e.args[0]), body.indices(*_axes(e.outs[0], e.params["axis"]))
    ),
    "getitem": _getitem,
    "hardsigmoid": lambda body, e: body.node(
        "HardSigmoid", body.name(e.args[0]), alpha=1 / 6, beta=0.5
    ),
    "leaky_relu": _alpha("LeakyRelu"),
    "linear": _linear,
    "log_softmax": lambda body, e: body.node(
        "LogSoftmax", body.name(e.args[0]), axis=e.params.get("axis", -1)
    ),
    "mean": _plain_mean,
    "moveaxis": _transposed,
    "reshape": _reshape,
    "silu": _silu,
    "softmax": lambda body, e: body.node(
        "Softmax", body.name(e.args[0]), axis=e.params.get("axis", -1)
    ),
    "softplus": _of_softplus,
    "split": _split,
    "square": _square,
    "squeeze": lambda body, e: body.node(
        "Squeeze", body.name(e.args[0]), body.indices(*_axes(e.args[0], e.params["axis"]))
    ),
    "stack": _joined,
    "standardize": _standardize,
    "sum": _plain_sum,
    "swapaxes": _transposed,
    "transpose": _transposed,
    "where": lambda body, e: body.node(
        "Where", body.name(e.args[0]), *[body.name(a, e.outs[0].dtype.kind) for a in e.args[1:]]
    ),
}.items()}

"""From a record to a function: how an op is called, recorded and made known to NumPy.

``primitive`` is what every op of minigrad is made with, and what you make your own with.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeVar, cast

import numpy as np

from ..errors import explain
from .callers import caller_line
from .context import local
from .declared import declare_op
from .domain import Domain
from .foreign import operand
from .forward import checked, refuse_complex
from .keywords import plain_keywords
from .lazy import Lazy
from .messages import check_finite
from .node import Node, next_key
from .numpy_calls import known
from .op import Op, Plan, Rule
from .outputs import parts
from .tensor import Tensor, detached, wrap
from .views import mark_views

__all__ = ["primitive"]

F = TypeVar("F", bound=Callable[..., Any])
_new = object.__new__
_MUTABLE = {list, dict, np.ndarray}  # a tuple's own parts are copied by the ops that take such


def primitive(
    signature: str = "()->()",
    *,
    vjps: Sequence[Rule | None] = (),
    joint: Rule | None = None,
    name: str | None = None,
    formula: str | None = None,
    numpy: Sequence[Any] = (),
    methods: Sequence[str] = (),
    domains: Sequence[Domain] = (),
    samples: Any = None,
    lazy: Mapping[str, Lazy] | None = None,
    multiple: bool = False,
    labels: str | None = None,
    smooth: bool = True,
    moves_data: bool = False,
    is_sum: bool = False,
) -> Callable[[F], F]:
    """Make the decorated forward function, written for arrays, an op on Tensors.

    signature: NumPy's gufunc notation, ``(n,k),(k,m)->(n,m)``; it documents the op and lets tests
        draw operands for it.
    vjps: one rule per array argument, None where there is no derivative. A rule is
        ``lambda g, out, x, x_shape, axis: ...``, naming only what it needs (see engine/op.py).
    joint: instead of `vjps`, one rule that returns the contributions to all arguments; for
        forwards that take ``*arrays``.
    formula: one line for tables and messages (default: the first line of the docstring).
    numpy, methods: the NumPy functions and the Tensor methods that this op provides.
    domains: per argument, where it may lie and where the op has kinks.
    samples: what tests pass as keywords, or a function of a Generator that makes a whole call.
    lazy: by the name of an argument, how its many uses are summed in one product, where it is a
        leaf (see engine/cotangents.py).
    multiple: the forward returns a tuple.
    labels: with `multiple`, the keyword whose entries are what pictures call the results; a rule
        has to name it, so that it is kept.
    smooth: False for ops with documented zero derivative.
    moves_data: every entry of the result is one of an argument, at a place that no value decides.
    is_sum: the result is the sum of the arguments.

    Array arguments of the forward are positional, everything else keyword-only.

    >>> import minigrad as mg
    >>> @mg.primitive("()->()", vjps=(lambda g, x: g * np.cosh(x),))
    ... def my_sinh(x):
    ...     \"\"\"(eˣ - e⁻ˣ) / 2\"\"\"
    ...     return np.sinh(x)
    >>> x = mg.tensor(0.0, requires_grad=True)
    >>> my_sinh(x).backward(); x.grad
    Tensor(1.)
    """

    def decorate(forward: F) -> F:
        if not callable(forward):
            raise TypeError(f"primitive() decorates a function, and received {forward!r}")
        label = name or forward.__name__
        parameters = _parameters(forward, signature)
        count = 1 if parameters.get("variadic") else len(parameters["arguments"])
        if vjps and len(vjps) != count:
            raise TypeError(
                f"op {label!r} takes {count} arrays and has {len(vjps)} rules; give one for each, "
                f"None where there is no derivative"
            )
        op = Op(
            checked(forward, label, multiple),
            name=label,
            signature=signature,
            formula=formula or (inspect.getdoc(forward) or "").partition("\n")[0],
            rules=vjps,
            joint=joint,
            lazy=lazy,
            domains=domains,
            samples=samples,
            multiple=multiple,
            labels=labels,
            smooth=smooth,
            moves_data=moves_data,
            is_sum=is_sum,
            **parameters,
        )
        call = _caller(op)
        call.op, call.__name__, call.__qualname__ = op, op.name, op.name
        if isinstance(forward, np.ufunc):
            call.__doc__ = op.formula
        else:
            call.__doc__, call.__module__ = forward.__doc__, forward.__module__
            call.__wrapped__ = forward  # its signature
        declare_op(call, numpy, methods)
        return cast(F, call)  # the same signature, for Tensors too

    return decorate


def _parameters(forward: Any, signature: str) -> dict[str, Any]:
    """The array arguments and the keywords of a forward function."""
    if isinstance(forward, np.ufunc):
        return {"arguments": ("x", "y")[: forward.nin], "params": {}}
    kinds = inspect.signature(forward).parameters.values()
    variadic = [p.name for p in kinds if p.kind is p.VAR_POSITIONAL]
    positional = [p.name for p in kinds if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if variadic and positional:
        raise TypeError(f"{forward.__name__}: a forward takes named arrays or *arrays, not both")
    return {
        "arguments": variadic or positional,
        "params": {p.name: p.default for p in kinds if p.kind is p.KEYWORD_ONLY},
        "variadic": bool(variadic),
        "defaults": {p.name: p.default for p in kinds
                     if p.name in positional and p.default is not p.empty},
    }


def _caller(op: Op) -> Any:
    """The function that users call."""
    plain = not (op.params or op.variadic or op.multiple or op.joint or op.defaults)
    if plain and all(name in ("out", *op.arguments) for name in op.named):
        if len(op.arguments) == 1:
            return _unary(op)
        if len(op.arguments) == 2:
            return _binary(op)
    arity, params_in_order = len(op.arguments), tuple(op.params)

    def call(*args: Any, **params: Any) -> Any:
        if op.variadic:
            if len(args) > 1 and _is_metadata(op, args):
                params.update(zip(params_in_order, args[1:], strict=False))
                args = args[:1]
            if len(args) == 1 and isinstance(args[0], (list, tuple)):
                args = tuple(args[0])
        elif len(args) < arity and op.defaults:
            args, params = _completed(op, args, params)
        elif len(args) > arity:  # metadata given by position, as NumPy allows
            if len(args) > arity + len(params_in_order):
                raise TypeError(
                    f"{op.name} takes {arity + len(params_in_order)} arguments by position "
                    f"({', '.join((*op.arguments, *op.params))}), and was given {len(args)}"
                )
            params.update(zip(params_in_order, args[arity:], strict=False))
            args = args[:arity]
        if not params.keys() <= op.params.keys():
            params = known(op, params)
        return apply(op, args, params)

    return call


def _completed(
    op: Op, args: tuple[Any, ...], params: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call with arrays among the keywords, or left out where the forward has a default."""
    rest = op.arguments[len(args) :]
    given = {**op.defaults, **params}
    if missing := [name for name in rest if name not in given]:
        raise TypeError(f"{op.name}() is missing {', '.join(missing)}")
    others = {key: value for key, value in params.items() if key not in rest}
    return (*args, *[given[name] for name in rest]), others


def _is_metadata(op: Op, args: Sequence[Any]) -> bool:
    return isinstance(args[0], (list, tuple)) and bool(op.params)


def apply(op: Op, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Call `op`: compute, and record if an argument requires grad."""
    if (frame := local.frame).tracer is not None:
        return frame.tracer(op, args, params)
    if params:
        params = plain_keywords(op.name, params)
    arrays: list[Any] = []
    nodes: list[Node | None] = []
    tensors, given, mask, bit = False, False, 0, 1
    for a in args:
        if isinstance(a, Tensor):
            tensors = True
            arrays.append(a._data)
            nodes.append(node := a._node)
            if node is not None:
                mask |= bit
        else:
            given = True
            arrays.append(a)
            nodes.append(None)
        bit <<= 1
    try:
        if tensors and given:
            for i, a in enumerate(arrays):
                arrays[i] = a = operand(a)
                if a is NotImplemented:
                    return _left_to(args[i], op)
        out = op.forward(*arrays, **params)
    except (ValueError, TypeError, IndexError) as error:
        explain(error, op.name, op.arguments, [arrays] if op.variadic else arrays, params)
    if not tensors:
        return out
    mask &= op.usable
    if not op.multiple and out.dtype.kind in "biu":  # dtype=int: a step has no gradient
        mask = 0
    if op.joint is not None:
        mask = 1 if mask else 0
    node = None
    if frame.anomaly or (mask and frame.record):
        if mask and frame.record:
            refuse_complex(out, op)
        plan = op.plan(mask)
        node = _record(plan, out, _as_now(plan, args, arrays) if given else arrays, nodes, params)
        if not (mask and frame.record):
            node = None  # it was made for what detect_anomaly has to say
    if not op.multiple:
        result = wrap(out, node)
        if out.base is not None:  # so it may show the memory of an argument
            mark_views(result, args)
        return result
    results = tuple(map(wrap, out, repeat(None) if node is None else parts(node)))
    for result in results:
        if result._data.base is not None:
            mark_views(result, args)
    return results


def _as_now(plan: Plan, args: Sequence[Any], arrays: list[Any]) -> list[Any]:
    """The arrays of a call; those of the caller's that are saved are copied: they may change."""
    now = list(arrays)
    for i, (a, given) in enumerate(zip(arrays, args, strict=True)):
        own = isinstance(given, Tensor) or not isinstance(a, np.ndarray | list)
        if not own and plan.op.argument(i) in plan.keep:
            now[i] = np.array(a)
    return now


def _record(
    plan: Plan, out: Any, arrays: list[Any], nodes: list[Node | None], params: Any
) -> Node:
    """The node of one call. Lists and arrays among the keywords are copied: they may change."""
    for key, value in params.items():
        if type(value) in _MUTABLE:
            params = {**params, key: copy.deepcopy(value)}
    frame = local.frame
    node = _new(Node)
    node.key = next_key()
    node.plan = plan
    node.parents = tuple(nodes)
    node.saved = plan.save(out, arrays, params)
    node.scope = frame.scope
    node.extra = None
    if plan.op.multiple:
        node.shape = tuple([o.shape for o in out])
        node.dtype = tuple([o.dtype for o in out])
    else:
        node.shape = out.shape
        node.dtype = out.dtype
    if frame.anomaly:
        node.put(where=caller_line())
        check_finite(out, node, "forward", arrays)
    return node


# Elementwise calls are most of a tape; these two do what `apply` does, without its generality.


def _unary(op: Op) -> Callable[..., Any]:
    forward, plan = op.forward, op.plan(1)
    pick, differentiable = plan.pick, op.usable != 0

    def call(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return forward(x)
        frame = local.frame
        if frame.anomaly:
            return apply(op, (x,), {})
        array, parent = x._data, x._node
        out = _new(Tensor)
        try:
            out._data = data = forward(array)
        except (ValueError, TypeError) as error:
            explain(error, op.name, op.arguments, (array,), {})
        if parent is None or not frame.record or not differentiable:
            out._node = None
            return out
        out._node = node = _new(Node)
        node.key = next_key()
        node.plan = plan
        node.parents = (parent,)
        node.saved = pick((data, array))
        node.scope = frame.scope
        shape = data.shape
        node.shape = parent.shape if parent.shape == shape else shape
        node.dtype = dtype = data.dtype
        if dtype is not parent.dtype:
            refuse_complex(data, op)
        node.extra = None
        return out

    return call


def _binary(op: Op) -> Callable[..., Any]:
    forward = op.forward
    none, only_x, only_y, both = (op.plan(mask & op.usable) for mask in range(4))

    def call(x: Any, y: Any) -> Any:
        if isinstance(x, Tensor):
            xd, xn, x_given = x._data, x._node, False
        else:
            xd, xn, x_given = x, None, True
        if isinstance(y, Tensor):
            yd, yn, y_given = y._data, y._node, False
        else:
            yd, yn, y_given = y, None, True
        frame = local.frame
        if frame.anomaly:
            return apply(op, (x, y), {})
        try:
            if x_given is not y_given:
                if x_given:
                    xd = operand(xd)
                else:
                    yd = operand(yd)
                if xd is NotImplemented or yd is NotImplemented:
                    return NotImplemented
            data = forward(xd, yd)
        except (ValueError, TypeError) as error:
            explain(error, op.name, op.arguments, (xd, yd), {})
        if x_given and y_given:
            return data
        out = _new(Tensor)
        out._data = data
        plan = (none if yn is None else only_y) if xn is None else only_x if yn is None else both
        if not plan.steps or not frame.record:
            out._node = None
            return out
        if x_given and op.arguments[0] in plan.keep:
            xd = _kept(xd)
        elif y_given and op.arguments[1] in plan.keep:
            yd = _kept(yd)
        out._node = node = _new(Node)
        node.key = next_key()
        node.plan = plan
        node.parents = (xn, yn)
        node.saved = (xd, yd) if plan.keeps_both else plan.pick((data, xd, yd))
        node.scope = frame.scope
        shape = data.shape
        # One tuple for all results of one shape: a long chain gives the collector less to visit.
        parent: Any = yn if xn is None else xn
        node.shape = parent.shape if parent.shape == shape else shape
        node.dtype = dtype = data.dtype
        if dtype is not parent.dtype:
            refuse_complex(data, op)
        node.extra = None
        return out

    return call


def _left_to(other: Any, op: Op) -> Any:
    """What an op answers where an operand's class opts out of NumPy's arithmetic."""
    if isinstance(op.forward, np.ufunc):  # as an operator; NumPy's function has refused it before
        return NotImplemented
    raise TypeError(f"{type(other).__qualname__} is no array: it sets __array_ufunc__ = None")


def _kept(value: Any) -> Any:
    """An operand of the caller's as it is now: arrays are copied, numbers are what they are."""
    return value if isinstance(value, (int, float)) else np.array(detached(value))

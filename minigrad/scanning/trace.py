"""Writing a step down: it is run once, on tracers, and every op that it calls is an equation.

Python runs as ever: loops over layers, branches on options and shapes are followed, and leave no
trace. Tensors and arrays that the step refers to without having been given them are found as ops
meet them, and read again at every run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from ..engine.callers import caller_line
from ..engine.context import local
from ..engine.failures import explain
from ..engine.foreign import operand
from ..engine.node import Leaf, Node, next_key
from ..engine.op import Op
from ..engine.outputs import output_nodes
from ..engine.tensor import Tensor, as_tensor
from ..errors import TraceError, describe
from .atoms import leaves, replaced
from .following import Following
from .frames import Frames
from .program import Equation, Var
from .tracer import Tracer, unwrapped

__all__ = ["Trace"]

_new = object.__new__

# The shape of what these return depends on values.
_BY_VALUE = {
    np.nonzero, np.flatnonzero, np.argwhere, np.unique, np.extract, np.compress,
}


class Trace:
    """Equations as they are written, and what the step has met on the way.

    captured: what it refers to, as (tracer, Tensor or array); held, so that no id is used twice.
    named: whether to look for the names that the user's code has for results, which takes time.
    following: a trace that this one may be the same as; None as soon as it is not.
    """

    def __init__(self, named: bool = False, following: Following | None = None) -> None:
        self.equations: list[Equation] = []
        self.captured: list[tuple[Tracer, Any]] = []
        self.frames = Frames(named)
        self.following = following
        self._values: dict[Var, Any] = {}
        self._start = next_key()
        self._nodes: dict[Node, Var | None] = {}
        self.calls: set[Any] = set()  # functions of NumPy's that are being called
        self._known: dict[int, Tracer] = {}
        self._made: dict[Var, Equation] = {}
        self._outer = local.state.scope

    # -- what a trace is made of

    def tracer(self, var: Var, node: Node | None = None) -> Tracer:
        """A tracer for a variable."""
        made = _new(Tracer)
        made.tracing, made.symbol, made._node = self, var, node
        return made

    def input(
        self, value: Any, active: bool = False, name: str = "", var: Var | None = None
    ) -> Tracer:
        """A tracer for an input with the values of the step that is run; on the graph if active.
        var: what stands for it, if there is something already."""
        var = var or Var(value.shape, value.dtype, name)
        self._values[var] = value
        node = _leaf(var) if active else None
        if node is not None:
            self._nodes[node] = var
        return self.tracer(var, node)

    def copied(self, leaf: Any) -> Any:
        """Another tracer for the same, if it is one: a write to either leaves the other alone."""
        if not isinstance(leaf, Tracer):
            return leaf
        return self.tracer(leaf.symbol, leaf._node)

    @contextmanager
    def writing(self, record: bool) -> Iterator[None]:
        """Write down what this thread does."""
        before = local.state
        local.state = before.but(tracer=self.apply, record=record)
        try:
            with np.errstate(all="ignore"):  # the run says what there is to say
                yield
        finally:
            local.state = before

    @contextmanager
    def calling(self, function: Any) -> Iterator[None]:
        """Know that a function of NumPy's is being called."""
        nested = function in self.calls
        self.calls.add(function)
        try:
            yield
        finally:
            if not nested:
                self.calls.discard(function)

    # -- ops

    def apply(self, op: Op, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """What an op does while a trace is written: compute, write down, record."""
        if params:
            params = replaced(params, unwrapped)
            index = leaves(params.get("index"))
            if any(isinstance(i, Tracer) and i.dtype.kind == "b" for i in index):
                self._refuse_shape(f"{op.name} with a mask")
        if not any(isinstance(leaf, Tensor) for leaf in leaves((args, params))):
            return op.forward(*args, **params)
        return self._written(op, [self._operand(a) for a in args], params)

    def plainly(self, function: Any, args: Any, keywords: dict[str, Any]) -> Any:
        """NumPy's own function, which has no derivative, as an equation."""
        if "out" in keywords or function in _BY_VALUE:
            self._refuse_shape(f"np.{function.__name__}")
        args = [replaced(a, self._operand) for a in args]
        return self._written(_of_numpy(function, len(args)), args, replaced(keywords, unwrapped))

    def operand(self, value: Any, what: str) -> Tracer:
        """A result of the step as a tracer; a constant becomes a captured input."""
        value = unwrapped(value)
        if not isinstance(value, (Tensor, np.ndarray, np.generic, int, float)):
            raise TypeError(f"scan: {what} holds {describe(value)}; wanted Tensors or numbers")
        made = self._operand(as_tensor(value))
        return made  # type: ignore[no-any-return]  # a Tracer

    def _operand(self, a: Any) -> Any:
        """An operand: a tracer, or a constant. Tensors and arrays become captured inputs."""
        a = unwrapped(a)
        if isinstance(a, Tracer):
            if a.tracing is not self:
                raise TraceError(
                    f"scan: the step uses, at {caller_line()}, a tensor that it has kept from an "
                    f"earlier call, in an attribute, a list or a global: what goes from one step "
                    f"to the next belongs into the state; or run the step as it is, with "
                    f"how='unroll'"
                )
            return a
        if isinstance(a, Tensor):
            return self._capture(a, a._data, a._node)
        if a is None or isinstance(a, (bool, int, float, complex, str)):
            return a
        array = operand(a)
        if array is NotImplemented:
            raise TraceError(f"scan: {type(a).__qualname__} is no array that an op can take")
        return self._capture(a, array, None)

    def _capture(self, given: Any, value: Any, node: Node | None) -> Tracer:
        known = self._known.get(id(given))
        if known is None:
            var = None
            if self.following is not None:
                var = self.following.captured(np.shape(value), value.dtype, node is not None)
            if var is None:
                self.following = None
                var = Var(np.shape(value), value.dtype, getattr(given, "name", None) or "")
            self._values[var] = value
            known = self.tracer(var, node and self._seen_from_here(node, var))
            self._known[id(given)] = known
            self.captured.append((known, given))
        return known

    def _seen_from_here(self, node: Node, var: Var) -> Node:
        """The node of what is captured, as a leaf: the step sees nothing behind it, but how old it
        is. A leaf that the step has made itself stays, as it may differentiate with respect to it.
        """
        if node.pullback is None and node.key < self._start:
            return node
        leaf = _leaf(var)
        leaf.key = node.key
        return leaf

    def _written(self, op: Op, args: list[Any], params: dict[str, Any]) -> Any:
        operands = tuple([a.symbol if isinstance(a, Tracer) else replaced(a, _var) for a in args])
        keywords = replaced(params, _var) if params else {}
        equation = self._as_before(op, args, operands, keywords)
        if equation is None:
            self.following = None
            results = self._results(op, operands, keywords)
            outs = tuple([Var(o.shape, o.dtype) for o in results])
            self._values.update(zip(outs, results, strict=True))
            active = self._active(op, args, outs)
            equation = Equation(op, operands, keywords, outs, caller_line(), active, self._scopes())
        self._write(equation)
        tracers = [self.tracer(v) for v in equation.outs]
        if equation.active:
            self._record(op, equation.active, args, params, tracers)
        return tuple(tracers) if op.multiple else tracers[0]

    def _as_before(self, op: Op, args: list[Any], operands: Any, keywords: Any) -> Equation | None:
        """The equation of the trace that is followed, if that is what the op is."""
        equation = None if self.following is None else self.following.next()
        if self.following is None or equation is None or equation.op is not op:
            return None
        active = self._active(op, args, equation.outs)
        same = self.following.is_next(op, operands, keywords, active, self._scopes())
        return equation if same else None

    def _results(self, op: Op, operands: Any, keywords: Any) -> Any:
        """The arrays that an op makes in the step that is run."""
        given, params = replaced((operands, keywords), self._value)
        try:
            out = op.forward(*given, **params)
        except (ValueError, TypeError, IndexError) as error:
            explain(error, op.name, op.arguments, [given] if op.variadic else given, params)
        results = out if op.multiple else (out,)
        if not all(isinstance(o, (np.ndarray, np.generic)) for o in results):
            raise TraceError(
                f"scan: {op.name} at {caller_line()} gives {out!r}, which is no array, and so "
                f"the same for every step only by chance; run the step as it is, with how='unroll'"
            )
        return results

    def _scopes(self) -> tuple[tuple[str, int | None], ...]:
        """The scopes that the step has opened, the outermost first."""
        scope, found = local.state.scope, []
        while scope is not None and scope is not self._outer:
            found.append((scope.name, scope.t))
            scope = scope.parent
        return tuple(found[::-1])

    def _write(self, equation: Equation) -> None:
        self.equations.append(equation)
        for out in equation.outs:
            self._made[out] = equation
        self.frames.look()

    @staticmethod
    def _active(op: Op, args: list[Any], outs: Sequence[Var]) -> int:
        """Which operands a gradient flows through."""
        if not local.state.record or (not op.multiple and outs[0].dtype.kind in "biu"):
            return 0
        mask = 0
        for i, a in enumerate(args):
            if isinstance(a, Tracer) and a._node is not None:
                mask |= 1 << i
        return mask & op.usable

    def _record(
        self, op: Op, active: int, args: list[Any], params: dict[str, Any], outs: list[Tracer]
    ) -> None:
        """The node that the op would leave on the tape, for `transpose`."""
        nodes = [a._node if isinstance(a, Tracer) else None for a in args]
        pullback = op.pullback(1 if op.joint is not None else active)
        saved = pullback.save(tuple(outs) if op.multiple else outs[0], args, params)
        # Copies: what the step has may stand for something else later, by `x *= y`.
        saved = tuple([
            self.copied(v) if isinstance(v, Tracer) else replaced(v, self.copied) for v in saved
        ])
        shapes, dtypes = tuple(o.shape for o in outs), tuple(o.dtype for o in outs)
        like: tuple[Any, Any] = (shapes, dtypes) if op.multiple else (shapes[0], dtypes[0])
        node = Node(pullback, tuple(nodes), saved, *like, None)
        self._nodes[node] = None if op.multiple else outs[0].symbol
        if op.multiple:
            for tracer, part in zip(outs, output_nodes(node), strict=True):
                tracer._node = part
                self._nodes[part] = tracer.symbol
        else:
            outs[0]._node = node

    def _refuse_shape(self, what: str) -> NoReturn:
        raise TraceError(
            f"scan: {what} at {caller_line()} gives a result whose shape depends on values, or "
            f"writes into an array, and a trace stands for every step: choose entries with "
            f"np.where, or run the step as it is, with how='unroll'"
        )

    def close(self) -> None:
        """Let go of what leads from tracers back to themselves: the collector may be off. A Tensor
        to which the step has written tracers has its values again."""
        for node in self._nodes:
            node.saved = None
        for tracer, given in self.captured:
            if isinstance(given, Tensor) and isinstance(given._data, Tracer):
                given._data, given._node = tracer.value, None
        self.captured, self._known, self._made, self._values = [], {}, {}, {}
        self.frames.close()

    # -- questions

    def value(self, var: Var) -> Any:
        """The value of a variable in the step that is run, which is computed when it is wanted."""
        while var not in self._values:
            equation = next(e for e in self.equations if e.outs[0] not in self._values)
            results = self._results(equation.op, equation.args, equation.params)
            self._values.update(zip(equation.outs, results, strict=True))
        return self._values[var]

    def _value(self, leaf: Any) -> Any:
        return self.value(leaf) if isinstance(leaf, Var) else leaf

    def origin(self, var: Var) -> str:
        """What a variable is, for messages."""
        made = self._made.get(var)
        if made is None:
            return f"an input of shape {var.shape}"
        return f"the result of {made.op.name} ({made.line}), of shape {var.shape},"

    def call_cotangent(self, node: Node, g: Any) -> None:
        """Name a cotangent after what it belongs to."""
        var = self._nodes.get(node)
        if var is not None and isinstance(g, Tracer) and not g.symbol.name:
            g.symbol.name = f"d_{var.name}"

    def mark(self) -> int:
        """A place to go back to."""
        return len(self.equations)

    def back_to(self, mark: int) -> None:
        """Take back what was written after `mark`."""
        del self.equations[mark:]


def _var(leaf: Any) -> Any:
    return leaf.symbol if isinstance(leaf, Tracer) else leaf


def _leaf(var: Var) -> Leaf:
    return Leaf(var.shape, var.dtype, var.name or None)


@lru_cache(maxsize=256)
def _of_numpy(function: Any, count: int) -> Op:
    """A record for a function of NumPy's without a derivative."""
    elementwise = isinstance(function, np.ufunc) and function.signature is None
    return Op(
        function, name=function.__name__, arguments=[f"x{k}" for k in range(count)], params={},
        signature="" if elementwise else "(n)->(m)",
        formula=f"np.{function.__name__}", rules=[None] * count,
    )

"""The function that users call for one record, written out: its definition without the loops.

The source is generated at the first call, shown by tracebacks and debuggers, and can be printed. A
law of minigrad.testing holds it equal to the definition, in ``call`` and ``arguments``.

>>> import minigrad as mg
>>> print(mg.catalogue("tanh")[0].source)
def tanh(x):
    state = local.state
    if state.watched:
        return ordinary(x)
    if isinstance(x, Tensor):
        x_data, x_node = x._data, x._node
    else:
        x_data, x_node = x, None
    try:
        data = forward(x_data)
    except (ValueError, TypeError, IndexError) as error:
        explained(error, op, (x_data,), {})
    if x_data is x:
        return data
    out = new(Tensor)
    out._data = data
    if x_node is None or not state.record:
        out._node = out._name = None
        return out
    pullback, parent = pullback_1, x_node
    saved = (data,)
    dtype = data.dtype
    if dtype is not parent.dtype and not has_gradient(op, data):
        out._node = out._name = None
        return out
    shape = data.shape
    out._node = node = BareNode()
    node.key = next_key()
    node.pullback = pullback
    node.parents = (x_node,)
    node.saved = saved
    node.shape = parent.shape if parent.shape == shape else shape
    node.dtype = dtype
    node.scope = state.scope
    node.extra = None
    return out
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from inspect import Parameter
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from ..console import printable
from .arguments import definition, left_to
from .call import MUTABLE, has_gradient
from .context import local
from .failures import explained
from .foreign import operand
from .keywords import PLAIN, settled
from .node import Node, next_key
from .op import Op
from .specialise import compiled
from .tensor import Tensor
from .views import leaf_behind, mark_views

__all__ = ["Primitive", "function_of", "source_of"]


class BareNode(Node):
    """A node that is made empty, and filled in by the call that makes it."""

    __slots__ = ()
    __init__ = object.__init__


class BinaryNode(BareNode):
    """A node with two parents in slots of their own. A tuple of them would be one object more that
    Python's collector visits, again and again while a long graph grows; saved arrays it skips."""

    __slots__ = ("first", "second")

    parents = property(attrgetter("first", "second"))  # read only


def is_shown(constant: Any) -> bool:
    """Whether pictures show a constant: a number, or a Tensor with a name. Others can be freed."""
    return (type(constant) in (float, int) or getattr(constant, "_name", None) is not None
            or (isinstance(constant, np.generic | Tensor) and constant.shape == ()))


# What every generated function can name.
_NAMES: dict[str, Any] = {
    "BareNode": BareNode, "BinaryNode": BinaryNode, "MUTABLE": MUTABLE, "PLAIN": PLAIN,
    "Tensor": Tensor, "array": np.array, "copied": copy.deepcopy, "explained": explained,
    "has_gradient": has_gradient, "leaf_behind": leaf_behind, "left_to": left_to, "local": local,
    "mark_views": mark_views, "new": object.__new__, "next_key": next_key, "operand": operand,
    "is_shown": is_shown, "settled": settled, "shape_of": np.shape,
}
_LOCALS = (
    "state", "data", "out", "node", "pullback", "parent", "saved", "shape", "dtype", "error",
    "leaf", "more", "others", "op", "forward", "ordinary", "marks", "constant",
)


class Primitive(Op):
    """The record of an op with the function that users call.

    marks: remembers which arguments a result shows the memory of: ``marks(out, *args, **params)``.
    """

    def __init__(self, *args: Any, marks: Callable[..., None] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.marks = marks
        every = (*self.rules, self.joint, *(z.collect for z in self.lazy.values()))
        named = {name for rule in every if rule is not None for name in self.needs(rule)}
        if unknown := named - set(self.rule_names):
            raise TypeError(
                f"a rule of op {self.name!r} names {sorted(unknown)}; it can name 'g' (first) and "
                f"{', '.join(self.rule_names)}"
            )

    __repr__ = printable(Op.__repr__)

    @property
    def source(self) -> str | None:
        """The function that users call as it is generated; None where it is the definition."""
        return source_of(self)


def function_of(op: Primitive) -> Callable[..., Any]:
    """The function that users call for `op`."""
    ordinary = definition(op)
    if not _fits(op):
        return ordinary
    names = {
        **_NAMES, "op": op, "forward": op.forward, "ordinary": ordinary, "marks": op.marks,
        "__builtins__": __builtins__, "__name__": __name__,
    }

    def write(*args: Any, **params: Any) -> Any:
        """Take the place of `stub`, and go on."""
        masks = _masks(op)
        names.update({f"pullback_{mask}": op.pullback(mask) for mask in masks})
        written = compiled(source_of(op) or "", f"call of {op.name}", names)
        function.__defaults__ = tuple([
            default for _, default in _parameters(op) if default is not Parameter.empty
        ])
        function.__code__ = written.__code__
        return function(*args, **params)

    names["write"] = write
    function = FunctionType(_STUB, names, op.name)
    return function


def _stub(*args: Any, **params: Any) -> Any:
    return write(*args, **params)  # type: ignore[name-defined]  # noqa: F821  # of its function


_STUB: CodeType = _stub.__code__


def _fits(op: Primitive) -> bool:
    """Whether the template is for ops of this shape: a fixed number of arrays, one result, and at
    most three arguments that have a derivative."""
    if op.variadic or op.multiple or op.joint is not None or op.usable.bit_count() > 3:
        return False
    required = [default is Parameter.empty for _, default in _parameters(op)]
    return sorted(required, reverse=True) == required  # what may be left out is at the end


def _parameters(op: Primitive) -> Iterator[tuple[str, Any]]:
    """The parameters of the function and their defaults."""
    for name in op.arguments:
        yield name, op.defaults.get(name, Parameter.empty)
    yield from op.params.items()


def _masks(op: Primitive) -> list[int]:
    """The choices of arguments that need a gradient, as bits, of which there are at most seven."""
    return [mask for mask in range(1, op.usable + 1) if mask & op.usable == mask]


# -- the template


def source_of(op: Primitive) -> str | None:
    """The source of the function that users call; None where it is the definition."""
    return "\n".join([*_Template(op).lines(), ""]) if _fits(op) else None


class _Template:
    """The lines of one function; its own variables step back from names that the op has taken."""

    def __init__(self, op: Primitive) -> None:
        self.op, self.arguments, self.metadata = op, op.arguments, tuple(op.params)
        given = {*self.arguments, *self.metadata}
        self.taken = given | {f"{a}_{what}" for a in self.arguments for what in ("data", "node")}
        self.names = {n: f"{n}_" if n in self.taken else n for n in (*_LOCALS, *_NAMES)}

    def lines(self) -> Iterator[str]:
        """All of them."""
        yield from map(self._named, [*self._head(), *self._compute(), *self._record()])

    def _named(self, line: str) -> str:
        """`line` with what is in angle brackets by its name here."""
        for name, own in self.names.items():
            line = line.replace(f"<{name}>", own)
        return line

    def _head(self) -> Iterator[str]:
        op = self.op
        written = [
            name if default is Parameter.empty else f"{name}={default!r}"
            for name, default in _parameters(op)
        ]
        given = ", ".join([*self.arguments, *self.metadata])
        more = ["*<more>", "**<others>"] if op.params else []
        yield f"def {op.name if op.name.isidentifier() else 'op'}({', '.join([*written, *more])}):"
        yield "    <state> = <local>.state"
        if more:
            yield "    if <more> or <others> or <state>.watched:"
            yield f"        return <ordinary>({given}, *<more>, **<others>)"
        else:
            yield "    if <state>.watched:"
            yield f"        return <ordinary>({given})"
        for name in self.metadata:
            yield f"    if type({name}) not in <PLAIN>:"
            yield f"        {name} = <settled>({op.name!r}, {name!r}, {name})"

    def _compute(self) -> Iterator[str]:
        arguments = self.arguments
        for a in arguments:
            yield f"    if isinstance({a}, <Tensor>):"
            yield f"        {a}_data, {a}_node = {a}._data, {a}._node"
            yield "    else:"
            yield f"        {a}_data, {a}_node = {a}, None"
        data = ", ".join(f"{a}_data" for a in arguments)
        named = ", ".join([data, *(f"{name}={name}" for name in self.metadata)])
        plain = " and ".join(f"{a}_data is {a}" for a in arguments)
        yield "    try:"
        if len(arguments) > 1:
            yield f"        if {' or '.join(f'{a}_data is {a}' for a in arguments)}:"
            yield f"            if {plain}:"
            yield f"                return <forward>({named})"
            for a in arguments:
                yield f"            if {a}_data is {a}:"
                yield f"                {a}_data = <operand>({a})"
                yield f"                if {a}_data is NotImplemented:"
                yield f"                    return <left_to>({a}, <op>)"
        yield f"        <data> = <forward>({named})"
        yield "    except (ValueError, TypeError, IndexError) as <error>:"
        params = ", ".join(f"{name!r}: {name}" for name in self.metadata)
        yield f"        <explained>(<error>, <op>, {_tuple(data)}, {{{params}}})"
        if len(arguments) == 1:
            yield f"    if {plain}:"
            yield "        return <data>"

    def _record(self) -> Iterator[str]:
        op = self.op
        yield "    <out> = <new>(<Tensor>)"
        yield "    <out>._data = <data>"
        given = ", ".join([*self.arguments, *self.metadata])
        if op.marks is not None:
            yield f"    <marks>(<out>, {given})"
        elif not isinstance(op.forward, np.ufunc):
            yield "    if <data>.base is not None:"
            yield f"        <mark_views>(<out>, {_tuple(', '.join(self.arguments))})"
        usable = [a for i, a in enumerate(self.arguments) if op.usable >> i & 1]
        if usable:
            constant = " and ".join(f"{a}_node is None" for a in usable)
            constant = f"({constant})" if len(usable) > 1 else constant
            yield f"    if {constant} or not <state>.record:"
            yield "        <out>._node = <out>._name = None"
            yield "        return <out>"
            yield from self._choose(usable)
            yield from self._node()
        else:
            yield "    <out>._node = <out>._name = None"
        yield "    return <out>"

    def _choose(self, usable: list[str]) -> Iterator[str]:
        """What is saved, by which of the arguments need a gradient."""
        if len(usable) == 1:
            yield from self._saved(self.op.usable, usable[0], "    ")
            return
        test = "if"
        for mask in sorted(_masks(self.op), key=int.bit_count):  # the fewest first
            chosen = [a for a in usable if mask >> self.arguments.index(a) & 1]
            others = " and ".join(f"{a}_node is None" for a in usable if a not in chosen)
            yield f"    {test} {others}:" if others else "    else:"
            yield from self._saved(mask, chosen[0], "        ")
            if len(self.arguments) == 2:
                (constant,) = {*usable} - {*chosen} or {"None"}
                yield f"        <constant> = {constant}"
            test = "elif"

    def _saved(self, mask: int, parent: str, indent: str) -> Iterator[str]:
        pullback = self.op.pullback(mask)
        saved = ", ".join(self._residual(name, mask) for name in pullback.residuals)
        yield f"{indent}<pullback>, <parent> = pullback_{mask}, {parent}_node"
        yield f"{indent}<saved> = {_tuple(saved, len(pullback.residuals))}"

    def _residual(self, name: str, mask: int) -> str:
        """What a rule calls `name`; arrays and lists of the caller's are copied."""
        if name == "out":
            return "<data>"
        if name in self.metadata:
            return f"{name} if type({name}) not in <MUTABLE> else <copied>({name})"
        a = name if name in self.arguments else name.removesuffix("_shape")
        recorded = bool(mask >> self.arguments.index(a) & 1)
        if a != name:
            return f"{a}_data.shape" if recorded else f"<shape_of>({a}_data)"
        if recorded:
            return f"{a}_data"
        own = f"type({a}_data) in <MUTABLE> and not isinstance({a}, <Tensor>)"
        return f"<array>({a}_data) if {own} else {a}_data"

    def _node(self) -> Iterator[str]:
        """The one node of the call, as its constructor makes it."""
        binary = len(self.arguments) == 2
        yield "    <dtype> = <data>.dtype"
        yield "    if <dtype> is not <parent>.dtype and not <has_gradient>(<op>, <data>):"
        yield "        <out>._node = <out>._name = None"
        yield "        return <out>"
        yield "    <shape> = <data>.shape"
        yield f"    <out>._node = <node> = <{'BinaryNode' if binary else 'BareNode'}>()"
        yield "    <node>.key = <next_key>()"
        yield "    <node>.pullback = <pullback>"
        if binary:
            yield f"    <node>.first = {self.arguments[0]}_node"
            yield f"    <node>.second = {self.arguments[1]}_node"
        else:
            parents = ", ".join(f"{a}_node" for a in self.arguments)
            yield f"    <node>.parents = {_tuple(parents)}"
        yield "    <node>.saved = <saved>"
        # One tuple for all results of one shape: a long chain gives the collector less to visit.
        yield "    <node>.shape = <parent>.shape if <parent>.shape == <shape> else <shape>"
        yield "    <node>.dtype = <dtype>"
        yield "    <node>.scope = <state>.scope"
        if binary and self.op.usable == 3:
            yield "    if <constant> is not None and <is_shown>(<constant>):"
            yield "        <node>.kept = <constant>"
        if isinstance(self.op.forward, np.ufunc):
            yield "    <node>.extra = None"
        else:
            yield "    <leaf> = None if <data>.base is None else <leaf_behind>(<out>)"
            yield "    <node>.extra = None if <leaf> is None else {'view_of': <leaf>}"


def _tuple(parts: str, count: int | None = None) -> str:
    """A tuple of parts that are separated by commas."""
    one = "," not in parts if count is None else count == 1
    return f"({parts},)" if one else f"({parts})"

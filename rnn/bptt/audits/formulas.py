"""Rules as one writes them: in plain text, and in LaTeX.

Names are the user's, with the step as an index; δ stands for the cotangent ∂L/∂. What has no name
is written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.engine.op import OPS, Op

from .derivation import Derivation
from .expressions import Apply, Atom, Const, Expr
from .recording import Call, Quantity

__all__ = ["LATEX", "TEXT", "Notation", "Style"]

# How tightly what one has written holds together.
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class Style(NamedTuple):
    """The signs of one way of writing."""

    times: str
    matmul: str
    minus: str
    transposed: str
    square: str
    cotangent: str
    functions: dict[Op, str]
    latex: bool


TEXT = Style(" ⊙ ", " ", "−", "ᵀ", "²", "δ", {OPS["sigmoid"]: "σ"}, False)
LATEX = Style(
    r" \odot ", r"\, ", "-", r"^{\top}", "^2", r"\delta ",
    {OPS["sigmoid"]: r"\sigma", OPS["tanh"]: r"\tanh", OPS["exp"]: r"\exp", OPS["log"]: r"\ln",
     OPS["sin"]: r"\sin", OPS["cos"]: r"\cos"}, True,
)

Written = tuple[str, int]


class Notation:
    """Expressions of one derivation as text. style: TEXT or LATEX."""

    def __init__(self, derivation: Derivation, style: Style) -> None:
        self.derivation, self.style = derivation, style

    def rule(self, e: Expr, call: Call) -> str:
        """An expression that stands in a call."""
        return self._expression(e, call)[0]

    def cotangent(self, value: Quantity, call: Call) -> str:
        """δ of a value, as it is called from the step of a call."""
        if value.leaf:
            partial = r"\partial L/\partial " if self.style.latex else "∂L/∂"
            return partial + self._symbol(value.name or "parameter", "")
        return self.style.cotangent + _closed(*self._value(value, call))

    def value(self, value: Quantity, call: Call) -> str:
        """A value, as it is called from the step of a call."""
        return self._value(value, call)[0]

    # -- values

    def _value(self, value: Quantity, call: Call, by: int = 0) -> Written:
        name = value.name or self._before(value)
        if name:
            return self._symbol(name, self._index(value, call, by)), _ATOM
        if value.call is None:
            if not np.ndim(value.array):
                return _number(value.array)
            return self._symbol("const", self._index(value, call, by)), _ATOM
        made = value.call
        args = [
            self._value(a, call, by) if isinstance(a, Quantity) else _number(a) for a in made.args
        ]
        return self._op(made.op, args, dict(made.params))

    def _before(self, value: Quantity) -> str:
        """A name for what a function with a named result is taken of: z_f of f = σ(...)."""
        readers = self.derivation.readers(value)
        if len(readers) != 1 or value.call is None:
            return ""
        reader = readers[0][0]
        if len(reader.args) > 1 or not reader.op.elementwise or not reader.outs[0].name:
            return ""
        return f"z_{reader.outs[0].name}"

    def _index(self, value: Quantity, call: Call, by: int) -> str:
        if value.leaf or call.t is None:
            return ""
        if value.call is not None:
            if value.t is None:
                return ""
            offset = value.t - call.t + by
        elif self._varies(value, call):
            offset = by
        else:
            return ""
        if offset == 0:
            return "t"
        return f"{{t{'+' if offset > 0 else '-'}{abs(offset)}}}"

    def _varies(self, value: Quantity, call: Call) -> bool:
        """Whether other steps have another value there, as of an input."""
        for other in self.derivation.run.calls:
            if other.t == call.t and value in other.args:
                return self.derivation.varies(Atom("arg", other.args.index(value), other), call)
        return False

    def _symbol(self, name: str, index: str) -> str:
        if not self.style.latex:
            base, mark, sub = name.partition("_")
            if mark and index:
                return f"{base}_{{{sub},{index.strip('{}')}}}"
            return f"{name}_{index}" if index else name
        base, _, sub = name.rpartition(".")[2].partition("_")
        inside = index.strip("{}")
        lower = ", ".join(part for part in (sub.replace("_", r"\_"), inside) if part)
        if len(base) > 1:
            base = rf"\mathrm{{{base}}}"
        return f"{base}_{{{lower}}}" if lower else base

    # -- expressions

    def _expression(self, e: Expr, call: Call) -> Written:
        if isinstance(e, Const):
            return _number(e.value)
        if isinstance(e, Atom):
            return self._atom(e, call)
        assert isinstance(e, Apply)
        args = [self._expression(a, call) for a in e.args]
        return self._op(e.op, args, e.params)

    def _atom(self, a: Atom, call: Call) -> Written:
        owner = a.call or call
        if a.kind == "g":
            return self._total(owner, a.index, call)
        if a.kind == "c":
            rule = self.derivation.written(owner, a.index)
            return self._expression(rule, owner)
        given = owner.args[a.index] if a.kind == "arg" else owner.outs[a.index]
        if not isinstance(given, Quantity):
            return _number(given)
        if a.by and given.leaf is False and given.call is None:  # an input of this step
            index = f"{{t{'+' if a.by > 0 else '-'}{abs(a.by)}}}"
            return self._symbol(given.name or "const", index), _ATOM
        return self._value(given, call, a.by)

    def _total(self, owner: Call, part: int, call: Call) -> Written:
        """δ of a result: by its name, or by the rule of the only op that reads it."""
        out = owner.outs[part]
        if out in self.derivation.losses:
            return "1", _ATOM
        readers = self.derivation.readers(out)
        if out.name or len(readers) != 1 or self._before(out):
            return self.cotangent(out, call), _ATOM
        reader, slot = readers[0]
        return self._expression(self.derivation.written(reader, slot), reader)

    def _op(self, op: Op, args: Sequence[Written], params: Any) -> Written:
        if op in _WRITTEN:
            written: Written = _WRITTEN[op](self, *args[:2], **params)
            return written
        if op is OPS["concatenate"]:
            return f"[{', '.join(text for text, _ in args)}]", _ATOM
        plain = rf"\operatorname{{{op.name}}}".replace("_", r"\_") if self.style.latex else op.name
        word = self.style.functions.get(op, plain)
        return f"{word}({', '.join(text for text, _ in args)})", _ATOM

    def plus(self, a: Written, b: Written) -> Written:
        """a + b"""
        return f"{a[0]} + {b[0]}", _SUM

    def minus(self, a: Written, b: Written) -> Written:
        """a − b"""
        return f"{a[0]} {self.style.minus} {_closed(*b, _PRODUCT)}", _SUM

    def negative(self, a: Written) -> Written:
        """−a"""
        return f"{self.style.minus}{_closed(*a, _PRODUCT)}", _SUM

    def quotient(self, a: Written, b: Written) -> Written:
        """a / b"""
        if self.style.latex:
            return rf"\frac{{{a[0]}}}{{{b[0]}}}", _POWER
        return f"{_closed(*a, _PRODUCT)} / {_closed(*b, _POWER)}", _PRODUCT

    def square(self, a: Written) -> Written:
        """a²"""
        return _closed(*a, _ATOM) + self.style.square, _POWER

    def power(self, a: Written, b: Written) -> Written:
        """a to the power of b"""
        return f"{_closed(*a, _ATOM)}^{{{b[0]}}}", _POWER

    def matmul(self, a: Written, b: Written) -> Written:
        """a b"""
        return f"{_closed(*a, _PRODUCT)}{self.style.matmul}{_closed(*b, _POWER)}", _PRODUCT

    def turned(self, a: Written, **axes: Any) -> Written:
        """aᵀ"""
        return _closed(*a, _ATOM) + self.style.transposed, _POWER

    def same(self, a: Written, **params: Any) -> Written:
        """a, in another shape or place"""
        return a

    def sum(self, a: Written, **axes: Any) -> Written:
        """Σ a"""
        return (r"\sum " if self.style.latex else "Σ ") + _closed(*a, _PRODUCT), _PRODUCT

    def mean(self, a: Written, **axes: Any) -> Written:
        """mean(a)"""
        return rf"\operatorname{{mean}}({a[0]})" if self.style.latex else f"mean({a[0]})", _ATOM

    def entry(self, a: Written, index: Any = ()) -> Written:
        """a[index]"""
        return f"{_closed(*a, _ATOM)}[{_index_text(index)}]", _ATOM

    def product(self, a: Written, b: Written) -> Written:
        """a ⊙ b: numbers stand before all, then cotangents."""
        for one, other in ((a, b), (b, a)):
            if one[0].replace(".", "").replace("−", "").replace("-", "").isdigit():
                if one[0] == "1":
                    return other
                if one[0] == "0":
                    return one
                if one[0] in ("-1", "−1"):
                    return f"{self.style.minus}{_closed(*other, _PRODUCT)}", _SUM
                space = r"\, " if self.style.latex else " "
                return f"{one[0]}{space}{_closed(*other, _PRODUCT)}", _PRODUCT
        d = self.style.cotangent
        if b[0].lstrip("(").startswith(d) and not a[0].lstrip("(").startswith(d):
            a, b = b, a
        return f"{_closed(*a, _PRODUCT)}{self.style.times}{_closed(*b, _PRODUCT)}", _PRODUCT


def _closed(text: str, strength: int, least: int = _ATOM) -> str:
    return text if strength >= least else f"({text})"


def _number(value: Any) -> Written:
    if isinstance(value, str):
        return value, _ATOM
    if np.ndim(value):
        return f"array{np.shape(value)}", _ATOM
    return f"{float(value):g}".replace("-", "−"), _ATOM


def _index_text(index: Any) -> str:
    items = index if isinstance(index, tuple) else (index,)
    return ", ".join(
        f"{'' if i.start is None else i.start}:{'' if i.stop is None else i.stop}"
        if isinstance(i, slice) else str(i) for i in items
    )


_WRITTEN: dict[Op, Any] = {
    OPS["multiply"]: Notation.product, OPS["matmul"]: Notation.matmul, OPS["add"]: Notation.plus,
    OPS["subtract"]: Notation.minus, OPS["negative"]: Notation.negative,
    OPS["divide"]: Notation.quotient, OPS["square"]: Notation.square, OPS["power"]: Notation.power,
    OPS["swapaxes"]: Notation.turned, OPS["transpose"]: Notation.turned, OPS["sum"]: Notation.sum,
    OPS["mean"]: Notation.mean, OPS["getitem"]: Notation.entry, OPS["reshape"]: Notation.same,
    OPS["broadcast_to"]: Notation.same, OPS["index_add"]: Notation.same,
    OPS["astype"]: Notation.same,
}

"""One record per op: its forward, its derivative rules, and what its tests and picture need.

A derivative rule is a plain function written in NumPy expressions. Its parameter names say what
it needs: ``g`` is the cotangent of the output, ``out`` the output, an argument's name that
argument, ``<argument>_shape`` only its shape, a keyword's name that keyword. What the rules name
are the residuals of a call: it saves them for the backward pass, and keeps nothing else alive.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["OPS", "Op", "Pullback", "Rule"]

Rule = Callable[..., Any]

OPS: dict[str, Op] = {}  # every op, by name: what the catalogue, the tests and pictures read


class Step(NamedTuple):
    """The rule for one argument, as written and as ``apply(g, saved)``. linear: without values."""

    place: int
    rule: Rule
    apply: Callable[[Any, tuple[Any, ...]], Any]
    linear: bool


class Pullback:
    """From a result's cotangent to those of the arguments that need a gradient: one choice of them.

    ``residuals`` names what a call saves. There is one of the ``steps`` for each such argument;
    ``joint`` is the one rule for all of them, in their place. ``lazy`` has, by position, what many
    uses of a leaf can sum in one product. ``generated``: in one function, None for the definition.
    """

    __slots__ = ("generated", "joint", "lazy", "op", "residuals", "steps")

    def __init__(self, op: Op, mask: int) -> None:
        self.op = op
        rules = {i: r for i, r in enumerate(op.rules) if r is not None and mask >> i & 1}
        lazy = {i: op.lazy[i] for i in rules if i in op.lazy}
        used = [op.joint] if op.joint else [*rules.values(), *(z.collect for z in lazy.values())]
        named = {name for rule in used for name in op.needs(rule)}
        self.residuals = tuple(name for name in op.rule_names if name in named)
        self.joint = self._adapt(op.joint) if op.joint else None
        self.steps = tuple(Step(i, r, self._adapt(r), op.is_linear(r)) for i, r in rules.items())
        self.lazy = {i: z._replace(collect=self._adapt(z.collect)) for i, z in lazy.items()}
        self.generated: Callable[..., None] | None = op.written_out and op.written_out(self)

    def _adapt(self, rule: Rule) -> Callable[[Any, tuple[Any, ...]], Any]:
        """`rule` as a function of the cotangent and of all residuals."""
        places = [self.residuals.index(name) for name in self.op.needs(rule)]
        return lambda g, saved: rule(g, *[saved[k] for k in places])

    def save(self, out: Any, arrays: Sequence[Any], params: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of the residuals, in one call."""
        return tuple([self.op.named(name, out, arrays, params) for name in self.residuals])


class Op:
    """The record of one op. Build it with ``minigrad.primitive``; see there for the arguments.

    results: with `multiple`, how the arrays that the forward returned become Tensors.
    written_out: generates the function of a pullback, in place of its definition.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        *,
        name: str,
        arguments: Sequence[str],
        params: Mapping[str, Any],
        signature: str,
        formula: str,
        defaults: Mapping[str, Any] | None = None,
        rules: Sequence[Rule | None] = (),
        joint: Rule | None = None,
        variadic: bool = False,
        multiple: bool = False,
        results: Callable[[Any, Any], Any] | None = None,
        labels: str | None = None,
        lazy: Mapping[str, Any] | None = None,
        domains: Sequence[Any] = (),
        samples: Any = None,
        smooth: bool = True,
        moves_data: bool = False,
        is_sum: bool = False,
        any_cotangent: bool = False,
        written_out: Callable[[Pullback], Callable[..., None]] | None = None,
    ) -> None:
        self.forward, self.name, self.formula = forward, name, formula
        self.arguments, self.params = tuple(arguments), dict(params)
        self.defaults = dict(defaults or {})  # of arrays that can be left out
        self.signature, self.variadic, self.multiple = signature, variadic, multiple
        self.rules: tuple[Rule | None, ...] = tuple(rules)
        self.joint, self.labels = joint, labels
        self.lazy = {self.arguments.index(argument): z for argument, z in (lazy or {}).items()}
        self.domains, self.samples, self.smooth = tuple(domains), samples, smooth
        self.any_cotangent = any_cotangent  # its rule takes them as they are, not only arrays
        self.results, self.written_out = results, written_out
        self.moves_data, self.is_sum = moves_data, is_sum
        shapes = [f"{a}_shape" for a in self.arguments]
        self.rule_names = ("out", *self.arguments, *self.params, *shapes)
        # The arguments with a derivative, as bits; of a joint rule or *arrays any.
        with_rule = sum(1 << i for i, rule in enumerate(self.rules) if rule is not None)
        self.usable = with_rule if joint is None else -1
        self.elementwise = not (self.multiple or set(signature) - set("(),->"))
        self._pullbacks: dict[int, Pullback] = {}

    @staticmethod
    def needs(rule: Rule) -> tuple[str, ...]:
        """The names of a rule's parameters after the cotangent."""
        if (code := getattr(rule, "__code__", None)) is not None:  # inspect.signature is slow
            return tuple(code.co_varnames[1 : code.co_argcount])
        return tuple(inspect.signature(rule).parameters)[1:]

    def is_linear(self, rule: Rule) -> bool:
        """Whether a rule names no values with a derivative: it moves and sums cotangents."""
        fixed = {a for a, r in zip(self.arguments, self.rules, strict=False) if r is None}
        return not ({"out", *self.arguments} - fixed) & set(self.needs(rule))

    def argument(self, i: int) -> str:
        """The name of array argument `i`."""
        return self.arguments[0 if self.variadic else i]

    def pullback(self, mask: int) -> Pullback:
        """The pullback for the arguments whose bits are set in `mask`."""
        mask = mask if self.joint is None else min(abs(mask), 1)
        if mask not in self._pullbacks:
            self._pullbacks[mask] = Pullback(self, mask)
        return self._pullbacks[mask]

    def named(self, name: str, out: Any, arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The value of what a rule calls `name`, in one call."""
        if name == "out":
            return out
        if name in self.params:
            return params.get(name, self.params[name])
        shapes = name not in self.arguments
        found = [np.shape(a) if shapes else a for a in arrays]
        if self.variadic:
            return tuple(found)
        return found[self.arguments.index(name.removesuffix("_shape") if shapes else name)]

    def __repr__(self) -> str:
        return f"<op {self.name}: {self.formula}>"

"""One record per op: its forward, its derivative rules, and what its tests and picture need.

A derivative rule is a plain function written in NumPy expressions. Its parameter names say what
it needs: ``g`` is the cotangent of the output, ``out`` the output, an argument's name that
argument, ``<argument>_shape`` only its shape, a keyword's name that keyword. What a rule names is
what a call saves for it, and nothing else is kept alive.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from .domain import DISTINCT, NONZERO, POSITIVE, REAL, Domain
from .lazy import Lazy

__all__ = [
    "DISTINCT", "NONZERO", "OPS", "POSITIVE", "REAL",
    "Domain", "Lazy", "Op", "Plan", "register",
]

Rule = Callable[..., Any]


class Step(NamedTuple):
    """The contribution to one argument: its place, its rule as it is written and as
    ``apply(g, saved)``, and whether the rule names no values, so that it is linear."""

    place: int
    rule: Rule
    apply: Callable[[Any, Any], Any]
    linear: bool


class Plan:
    """What one call leaves on the tape, for one choice of arguments that need a gradient.

    ``keep`` names what is saved: nothing, a bare value, or a tuple. There is one of the ``steps``
    for each argument that needs a gradient; ``joint`` is the one rule for all arguments, in their
    place. ``lazy`` has what can wait, by position. ``pull`` is what `specialise` made.
    """

    __slots__ = ("_sources", "joint", "keep", "keeps_both", "lazy", "op", "pick", "pull", "steps")

    def __init__(self, op: Op, mask: int) -> None:
        self.op = op
        live = [i for i, rule in enumerate(op.rules) if rule is not None and mask >> i & 1]
        lazy = {i: op.lazy[i] for i in live if i in op.lazy}
        rules = [op.joint] if op.joint else [op.rules[i] for i in live]
        rules += [z.collect for z in lazy.values()]
        named = {name for rule in rules for name in op.needs(rule)}  # type: ignore[arg-type]  # live ones have a rule
        self.keep = tuple(name for name in op.slots if name in named)
        self._sources = tuple(op.source(name) for name in self.keep)
        self.keeps_both = self.keep == op.arguments and len(self.keep) == 2
        # Elementwise ops (no keywords, no shapes) pick from (out, *arguments) at C speed.
        places = [op.slots.index(name) for name in self.keep]
        self.pick: Callable[[tuple[Any, ...]], Any] = (
            itemgetter(*places) if places else lambda frame: ()
        )
        self.joint = self._adapt(op.joint) if op.joint else None
        self.steps = tuple(self._step(i, op.rules[i]) for i in live)  # type: ignore[arg-type]  # as above
        self.pull: Callable[..., Any] | None = None
        self.lazy = {i: z._replace(collect=self._adapt(z.collect)) for i, z in lazy.items()}

    def _step(self, i: int, rule: Rule) -> Step:
        return Step(i, rule, self._adapt(rule), self.op.is_linear(rule))

    def _adapt(self, rule: Rule) -> Callable[[Any, Any], Any]:
        """`rule` as a function of the cotangent and of everything this plan saves."""
        places = [self.keep.index(name) for name in self.op.needs(rule)]
        if not places:
            return lambda g, saved: rule(g)
        if len(self.keep) == 1:
            return rule if len(places) == 1 else lambda g, saved: rule(g, *[saved] * len(places))
        if len(places) == 1:
            (a,) = places
            return lambda g, saved: rule(g, saved[a])
        if len(places) == 2:
            a, b = places
            return lambda g, saved: rule(g, saved[a], saved[b])
        pick = itemgetter(*places)
        return lambda g, saved: rule(g, *pick(saved))

    def save(self, out: Any, arrays: Sequence[Any], params: Mapping[str, Any]) -> Any:
        """The values that the rules name, in the order of `keep`."""
        if len(self._sources) == 1:
            return self._sources[0](out, arrays, params)
        return tuple([source(out, arrays, params) for source in self._sources])

    def items(self, saved: Any) -> tuple[Any, ...]:
        """`saved` as a tuple parallel to `keep`."""
        return (saved,) if len(self.keep) == 1 else tuple(saved) if self.keep else ()


class Op:
    """The record of one op. Build it with ``minigrad.primitive``; see there for the arguments."""

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
        labels: str | None = None,
        lazy: Mapping[str, Lazy] | None = None,
        domains: Sequence[Domain] = (),
        samples: Mapping[str, Any] | Callable[[np.random.Generator], Any] | None = None,
        smooth: bool = True,
        moves_data: bool = False,
        is_sum: bool = False,
        any_cotangent: bool = False,
    ) -> None:
        self.forward, self.name, self.formula = forward, name, formula
        self.arguments, self.params = tuple(arguments), dict(params)
        self.defaults = dict(defaults or {})  # of arrays that can be left out
        self.signature, self.variadic, self.multiple = signature, variadic, multiple
        self.rules: tuple[Rule | None, ...] = tuple(rules)
        self.joint, self.labels = joint, labels
        self.lazy = {self.arguments.index(name): z for name, z in (lazy or {}).items()}
        self.domains = tuple(domains) or (REAL,) * len(self.arguments)
        self.samples, self.smooth = samples, smooth
        self.moves_data, self.is_sum = moves_data, is_sum
        self.any_cotangent = any_cotangent  # its rule takes them as they are, not only arrays
        shapes = [f"{a}_shape" for a in self.arguments]
        self.slots = ("out", *self.arguments, *self.params, *shapes)
        # The arguments with a derivative, as bits; of a joint rule or *arrays any.
        with_rule = sum(1 << i for i, rule in enumerate(self.rules) if rule is not None)
        self.usable = with_rule if joint is None else -1
        self.differentiable = self.usable != 0
        self.elementwise = not (multiple or set(signature) - set("(),->"))
        self._plans: dict[int, Plan] = {}
        every = (*self.rules, joint, *(z.collect for z in self.lazy.values()))
        self.named = {slot for rule in every if rule is not None for slot in self.needs(rule)}
        if unknown := self.named - set(self.slots):
            raise TypeError(
                f"a rule of op {name!r} names {sorted(unknown)}; it can name 'g' (first) and "
                f"{', '.join(self.slots)}"
            )

    @staticmethod
    def needs(rule: Rule) -> tuple[str, ...]:
        """The names of a rule's parameters after the cotangent."""
        if (code := getattr(rule, "__code__", None)) is not None:  # inspect.signature is slow
            return tuple(code.co_varnames[1 : code.co_argcount])
        return tuple(inspect.signature(rule).parameters)[1:]

    def is_linear(self, rule: Rule) -> bool:
        """Whether a rule names no values, only shapes and keywords: linear in the cotangent."""
        return not {"out", *self.arguments} & set(self.needs(rule))

    def argument(self, i: int) -> str:
        """The name of array argument `i`."""
        return self.arguments[0 if self.variadic else i]

    def plan(self, mask: int) -> Plan:
        """The plan for the arguments whose bits are set in `mask`."""
        found = self._plans.get(mask)
        if found is None:
            found = self._plans[mask] = Plan(self, mask)
        return found

    def source(self, name: str) -> Callable[[Any, Sequence[Any], Mapping[str, Any]], Any]:
        """The function of (out, arrays, params) that gives the value of one slot of a call."""
        if name == "out":
            return lambda out, arrays, params: out
        if name in self.params:
            default = self.params[name]
            return lambda out, arrays, params: params.get(name, default)
        shape_only = name not in self.arguments
        if self.variadic and shape_only:
            return lambda out, arrays, params: tuple([_shape(a) for a in arrays])
        if self.variadic:
            return lambda out, arrays, params: tuple(arrays)
        place = self.arguments.index(name.removesuffix("_shape") if shape_only else name)
        if shape_only:
            return lambda out, arrays, params: _shape(arrays[place])
        return lambda out, arrays, params: arrays[place]

    def __repr__(self) -> str:
        return f"<op {self.name}: {self.formula}>"


def _shape(a: Any) -> tuple[int, ...]:
    return a.shape if isinstance(a, np.ndarray) else np.shape(a)  # which takes its time


OPS: dict[str, Op] = {}
"""Every op, by name: what the tests, ``ops()`` and the pictures read."""


def _origin(op: Op) -> Any:
    """Where a forward was defined: a notebook's cell that is run again defines it again."""
    name = getattr(op.forward, "__qualname__", None)
    return (op.forward.__module__, name) if name and name.isidentifier() else op


def register(op: Op) -> Op:
    """Enter `op` in the registry; a name is taken once, but by the same function defined again."""
    if op.name in OPS and _origin(op) != _origin(OPS[op.name]):
        raise ValueError(f"op {op.name!r} is already registered; choose another name")
    OPS[op.name] = op
    return op

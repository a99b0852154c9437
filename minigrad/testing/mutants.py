"""Planted faults: do your tests notice when a derivative is wrong?

A mutant is an op with one fault in one derivative rule, of the kind that people make. Plant it,
run a test, and the test has to fail. ``assert_kills_mutants`` does so for every fault that can be
planted in an op and has any effect on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import tape
from ..errors import MinigradError
from ..op import Deferred, Op, Plan
from ..tensor import Tensor, as_tensor, detached, wrap
from .calls import record_of

__all__ = [
    "MUTANT_KINDS", "Mutant", "MutantSurvived", "assert_kills_mutants", "mutant", "mutants",
    "survivors",
]

Array = np.ndarray[Any, Any]
Rule = Callable[[Any, Any], Any]

MUTANT_KINDS = {
    "factor": "the contribution is 1.001 times too large",
    "sign": "the contribution has the wrong sign",
    "missing": "the contribution is 0",
    "dropped_term": "the last entry of the cotangent is left out of the sum",
    "detached": "the contribution has the right value and is a constant for the second order",
    "held": "the rule takes something that it names, or the cotangent, for a constant",
    "not_unbroadcast": "the contribution to a broadcast argument is that of one copy, not the sum",
    "overwritten": "the contribution replaces earlier ones: = for +=",
    "wrong_axis": "the last two axes of the contribution are exchanged",
    "wrong_order": "the contribution is reversed along its first axis",
    "deferred_factor": "the one product for all uses of a leaf is 1.001 times too large",
    "deferred_overwritten": "the one product for all uses of a leaf holds only the last of them",
}
"""The kinds of faults, and what each of them does."""


class MutantSurvived(MinigradError, AssertionError):
    """A test that passes although a derivative rule is wrong."""


class Mutant(NamedTuple):
    """One fault: its kind, the argument whose rule has it, and for "held" what is held."""

    op: Op
    kind: str
    position: int
    held: str | None = None

    @property
    def argument(self) -> str:
        name = self.op.argument(self.position)
        return f"{name}[{self.position}]" if self.op.variadic else name

    def __str__(self) -> str:
        held = f" of {'the cotangent' if self.held == 'g' else self.held}" if self.held else ""
        return f"{self.op.name}, rule for {self.argument}: {self.kind}{held}"

    def planted(self) -> AbstractContextManager[Mutant]:
        """A block in which the op has the fault, on every thread."""
        if self.kind == "not_unbroadcast":
            return _planted_in_fit(self)
        return _planted_in_plans(self)


def mutant(
    op: Any, kind: str, argument: str | int | None = None, held: str | None = None
) -> AbstractContextManager[Mutant]:
    """A block in which `op` has a fault; afterwards it is as it was.

    op: a record, its name or its function.
    kind: one of MUTANT_KINDS.
    argument: name or position of the argument whose rule gets the fault (default: the first that
        has a derivative).
    held: for "held", what the rule takes for a constant: "g" (default), "out" or an argument.

    >>> from minigrad.testing import check_grads
    >>> with mutant("tanh", "factor"):
    ...     check_grads(np.tanh, np.array(0.5))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    minigrad.testing.gradcheck.GradientMismatch: ...
    """
    record = record_of(op)
    if kind not in MUTANT_KINDS:
        raise ValueError(f"there is no mutant {kind!r}; there are {', '.join(MUTANT_KINDS)}")
    positions = _positions(record)
    if argument is None and positions:
        position = positions[0]
    elif isinstance(argument, str) and argument in record.arguments:
        position = record.arguments.index(argument)
    else:
        position = argument if isinstance(argument, int) else -1
    if position not in positions:
        raise ValueError(
            f"op {record.name!r} has no rule for the argument {argument!r}; it has rules for "
            f"{', '.join(record.argument(i) for i in positions) or 'none'}"
        )
    return Mutant(record, kind, position, (held or "g") if kind == "held" else None).planted()


def mutants(op: Any, calls: Sequence[Any] | None = None) -> list[Mutant]:
    """The faults that change a gradient of `op`, of order 1 or 2, in one of `calls`.

    calls: default: 20 that are drawn from the op's record. Faults without effect, such as a wrong
        axis in an op on numbers, are no faults and are left out.
    """
    from .checking import drawn_calls
    from .effects import effect

    record = record_of(op)
    drawn = drawn_calls(record, 20) if calls is None else list(calls)
    honest = [effect(call) for call in drawn]
    return [
        m
        for m in _candidates(record)
        if any(_differs(m, call, right) for call, right in zip(drawn, honest, strict=True))
    ]


def _differs(m: Mutant, call: Any, right: Any) -> bool:
    from .effects import differs, effect

    if right is None:
        return False
    with m.planted():
        try:
            return differs(effect(call), right)
        except Exception:
            return True  # a fault that raises is noticed


def survivors(op: Any, test: Callable[[], Any], kinds: Sequence[str] | None = None) -> list[Mutant]:
    """The mutants of `op` that `test` does not notice: under them it still passes.

    test: a function without arguments (a Hypothesis test will do) that raises when it fails. It
        has to pass on the op as it is.
    kinds: which of MUTANT_KINDS (default: all).
    """
    test()
    return [m for m in mutants(op) if (kinds is None or m.kind in kinds) and not _killed(m, test)]


def assert_kills_mutants(
    op: Any, test: Callable[[], Any], kinds: Sequence[str] | None = None
) -> None:
    """Raise MutantSurvived unless `test` fails under every mutant of `op`; see `survivors`.

    >>> from minigrad.testing import check_grads
    >>> def test():
    ...     check_grads(np.tanh, np.array([0.5, 1.0]), order=1)
    >>> assert_kills_mutants("tanh", test, kinds=["factor", "sign", "missing"])
    >>> [m.kind for m in survivors("tanh", test)]  # the second order is not looked at
    ['held', 'overwritten', 'wrong_axis']
    """
    record = record_of(op)
    test()
    found = mutants(record)
    if not found:
        raise MutantSurvived(
            f"op {record.name!r} has no mutants: no fault in its rules changes a gradient in a "
            f"call that is drawn from its record, so no test of it can prove anything"
        )
    left = [m for m in found if (kinds is None or m.kind in kinds) and not _killed(m, test)]
    if left:
        lines = "".join(f"\n  {m}: {MUTANT_KINDS[m.kind]}" for m in left)
        raise MutantSurvived(f"the test passes under {len(left)} faults:{lines}")


def _killed(m: Mutant, test: Callable[[], Any]) -> bool:
    with m.planted():
        try:
            test()
        except Exception:
            return True
    return False


# -- which faults there are


def _positions(op: Op) -> list[int]:
    if op.variadic:
        return [0, 1]
    if op.joint is not None:
        return list(range(len(op.arguments)))
    return [i for i, rule in enumerate(op.rules) if rule is not None]


def _candidates(op: Op) -> Iterator[Mutant]:
    for i in _positions(op):
        rule = op.joint or op.rules[i]
        assert rule is not None  # a position has a rule
        for kind in MUTANT_KINDS:
            if kind == "held":
                named = [n for n in op.needs(rule) if n == "out" or n in op.arguments]
                yield from (Mutant(op, kind, i, slot) for slot in ("g", *named))
            elif not kind.startswith("deferred") or i in op.deferred:
                yield Mutant(op, kind, i)


# -- how they are planted


@contextmanager
def _planted_in_plans(m: Mutant) -> Iterator[Mutant]:
    """Change the steps of every plan in place: the functions that users call hold the plans."""
    for mask in range(1, 1 << len(m.op.arguments)):
        m.op.plan(mask)  # all that calls may ask for
    before = {plan: plan.steps for plan in m.op._plans.values()}
    finish = _finish(m)
    try:
        for plan, steps in before.items():
            plan.steps = tuple(_faulty_step(m, plan, step, finish) for step in steps)
        yield m
    finally:
        for plan, steps in before.items():
            plan.steps = steps


def _faulty_step(m: Mutant, plan: Plan, step: Any, finish: Any) -> Any:
    i, rule, shortcut = step
    if m.op.joint is not None:
        return i, _faulty_joint(m, plan, rule), shortcut
    if i != m.position:
        return step
    if m.kind.startswith("deferred"):
        return i, rule, shortcut and Deferred(shortcut.collect, finish)
    return i, _faulty(m, plan, rule), shortcut


def _faulty(m: Mutant, plan: Plan, rule: Rule) -> Rule:
    """The rule with the fault; a leaf's shortcut, where there is one, stays right."""
    change = _CHANGES.get(m.kind)
    if change is not None:
        return lambda g, saved: change(rule(g, saved))
    if m.kind == "dropped_term":
        return lambda g, saved: rule(_without_last(g), saved)
    if m.held == "g":
        return lambda g, saved: rule(_constant(g), saved)
    return lambda g, saved: rule(g, _hold(plan, saved, m.held))


def _faulty_joint(m: Mutant, plan: Plan, rule: Rule) -> Rule:
    faulty = _faulty(m, plan, lambda g, saved: rule(g, saved)[m.position])

    def joint(g: Any, saved: Any) -> list[Any]:
        contributions = list(rule(g, saved))
        if m.position < len(contributions):
            contributions[m.position] = faulty(g, saved)
        return contributions

    return joint


def _finish(m: Mutant) -> Any:
    deferred = m.op.deferred.get(m.position)
    if deferred is None:
        return None
    if m.kind == "deferred_factor":
        return lambda pairs, shape: 1.001 * deferred.finish(pairs, shape)
    return lambda pairs, shape: deferred.finish(pairs[-1:], shape)


@contextmanager
def _planted_in_fit(m: Mutant) -> Iterator[Mutant]:
    """Broadcasting is undone in one place, and that is where this fault sits."""
    engine: Any = tape  # the sweep looks the function up there
    right = engine.fit

    def fit(c: Any, parent: Any, node: Any, i: int) -> Any:
        if node.op is m.op and i == m.position and np.shape(c) != parent.shape:
            extra = len(np.shape(c)) - len(parent.shape)
            if extra >= 0:
                copy: list[Any] = [0] * extra
                copy += [slice(0, 1) if n == 1 else slice(None) for n in parent.shape]
                c = c[tuple(copy)]
        return right(c, parent, node, i)

    engine.fit = fit
    try:
        yield m
    finally:
        engine.fit = right


def _constant(value: Any) -> Any:
    """The value without a graph; what is a Tensor stays one."""
    if isinstance(value, tuple):
        return tuple(map(_constant, value))
    return as_tensor(detached(value)) if isinstance(value, Tensor) else value


def _hold(plan: Plan, saved: Any, name: str | None) -> Any:
    items = [
        _constant(value) if kept == name else value
        for kept, value in zip(plan.keep, plan.items(saved), strict=True)
    ]
    return items[0] if len(items) == 1 else tuple(items)


def _without_last(g: Any) -> Any:
    if isinstance(g, tuple):
        return (*g[:-1], _without_last(g[-1]))
    mask = np.ones(g.shape, g.dtype)
    mask.reshape(-1)[-1:] = 0
    return g * mask


def _exchanged(c: Any) -> Any:
    if c is None or c.ndim < 2:
        return c
    return np.reshape(np.swapaxes(c, -1, -2), c.shape)


class _OverwritingArray(np.ndarray[Any, Any]):
    """An array that, added to another, takes its place."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, _OverwritingArray) else x for x in inputs]
        if ufunc is np.add and method == "__call__" and inputs[1] is self:
            return plain[1]
        return getattr(ufunc, method)(*plain, **kwargs)


class _OverwritingTensor(Tensor):
    """A Tensor that, added to another, takes its place."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return other.plain() if isinstance(other, _OverwritingTensor) else self.plain() + other

    def __radd__(self, other: Any) -> Any:
        return self.plain()

    def plain(self) -> Tensor:
        return wrap(self._data, self._node)


def _overwriting(c: Any) -> Any:
    if not isinstance(c, Tensor):
        return None if c is None else np.asarray(c).view(_OverwritingArray)
    t = object.__new__(_OverwritingTensor)
    t._data, t._node = c._data, c._node
    return t


_CHANGES: dict[str, Callable[[Any], Any]] = {
    "factor": lambda c: 1.001 * c,
    "sign": lambda c: -c,
    "missing": lambda c: 0 * c,
    "detached": _constant,
    "overwritten": _overwriting,
    "wrong_axis": _exchanged,
    "wrong_order": lambda c: c[::-1] if c.ndim else c,
}

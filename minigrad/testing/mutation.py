"""Planted faults: do your tests notice when a derivative is wrong?

A mutant is an op with one fault in one derivative rule, of a kind that people make. Under a mutant
a good test fails. ``assert_kills_mutants`` plants, one by one, every fault that changes a gradient
of an op, and runs the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, Protocol, TypeVar

import numpy as np

from ..engine.op import Op
from ..errors import MinigradError
from .calls import record_of
from .faults import Mutant
from .gradcheck import at_once

__all__ = [
    "MUTANT_KINDS", "Fault", "Mutant", "MutantSurvived", "assert_kills_mutants", "mutant",
    "mutants", "notices", "refuse_survivors", "survivors", "unnoticed",
]

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


def mutant(
    op: Any, kind: str, argument: str | int | None = None, held: str | None = None
) -> AbstractContextManager[Mutant]:
    """A context manager in which `op` has a fault, on every thread.

    op: a record, its name or its function.
    kind: one of MUTANT_KINDS.
    argument: name or position of the argument whose rule gets the fault (default: the first that
        has a derivative).
    held: for "held", what the rule takes for a constant: "g" (default), "out" or an argument.

    Raises ValueError for an unknown kind, and for an argument without a rule.

    >>> import numpy as np
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

    calls: default: 20 that are drawn from the op's record. Faults without any effect, such as a
        wrong axis for 0-d operands, are left out.

    >>> [str(m) for m in mutants("negative") if m.kind in ("sign", "missing")]
    ['negative, rule for x: sign', 'negative, rule for x: missing']
    """
    from .checking import drawn_calls
    from .effects import effect

    record = record_of(op)
    drawn = drawn_calls(record, 20) if calls is None else list(calls)
    drawn.sort(key=lambda call: -sum(map(np.size, call.args)))  # most faults show in the largest
    honest = cache(lambda k: effect(drawn[k]))
    return [
        m
        for m in _candidates(record)
        if any(_differs(m, call, honest(k)) for k, call in enumerate(drawn))
    ]


def _differs(m: Mutant, call: Any, right: Any) -> bool:
    from .effects import differs, effects

    if right is None:
        return False
    with m.planted():
        try:
            return differs(effects(call), right)
        except Exception:
            return True  # a fault that raises is noticed


def survivors(op: Any, test: Callable[[], Any], kinds: Sequence[str] | None = None) -> list[Mutant]:
    """The mutants of `op` that `test` does not notice: under them it still passes.

    test: a function without arguments (a Hypothesis test will do) that raises when it fails. It
        has to pass on the op as it is.
    kinds: which of MUTANT_KINDS (default: all).

    >>> import numpy as np
    >>> def test():                                  # looks at the value, not at the gradient
    ...     assert np.exp(0.0) == 1.0
    >>> [m.kind for m in survivors("exp", test, kinds=["factor", "sign"])]
    ['factor', 'sign']
    """
    test()
    return unnoticed(mutants(op), test, kinds)


def assert_kills_mutants(
    op: Any, test: Callable[[], Any], kinds: Sequence[str] | None = None
) -> None:
    """Raise MutantSurvived unless `test` fails under every mutant of `op`; see `survivors`.

    >>> import numpy as np
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
    refuse_survivors(unnoticed(found, test, kinds), MUTANT_KINDS)


# -- what a test notices


class Fault(Protocol):
    """A fault that can be planted, in an op or elsewhere: its kind, and a context manager."""

    @property
    def kind(self) -> str: ...

    def planted(self) -> AbstractContextManager[Any]: ...


F = TypeVar("F", bound=Fault)


def notices(test: Callable[[], Any], fault: Fault) -> bool:
    """Whether `test` fails under the fault."""
    with fault.planted(), at_once():
        try:
            test()
        except Exception:
            return True
    return False


def unnoticed(faults: Iterable[F], test: Callable[[], Any], kinds: Sequence[str] | None) -> list[F]:
    """The faults, of the given kinds (default: all), under which `test` still passes."""
    return [m for m in faults if (kinds is None or m.kind in kinds) and not notices(test, m)]


def refuse_survivors(left: Sequence[Fault], meanings: Mapping[str, str]) -> None:
    """Raise MutantSurvived if any faults are left; it lists them with what their kinds mean."""
    if left:
        lines = "".join(f"\n  {m}: {meanings[m.kind]}" for m in left)
        raise MutantSurvived(f"the test passes under {len(left)} faults:{lines}")


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
            elif not kind.startswith("deferred") or i in op.lazy:
                yield Mutant(op, kind, i)

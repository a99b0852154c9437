"""``check_op`` and ``assert_all_ops``: the laws, on calls that Hypothesis draws and shrinks."""

from __future__ import annotations

import dis
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..engine.op import OPS, Op
from .calls import Call, leaf, record_of
from .extras import hypothesis_for
from .extreme_values import extreme_values, many_entries
from .gradcheck import default_seed, only_whether
from .laws import LAWS, WITHOUT_GRADIENT, Law
from .lines import elementwise, line_options
from .options import every_option, option_calls
from .trial import LawBroken, Trial, demand
from .whole_domain import whole_domain

__all__ = ["assert_all_ops", "check_call", "check_op", "check_record", "drawn_calls"]


def check_op(op: Any, *, examples: int | None = None, seed: int | None = None) -> None:
    """Check every law on an op, with calls drawn from its record; raise at the first broken one.

    After the drawn calls come numbers from the smallest of float16, float32 and float64 to the
    largest, as far as the domains allow. Elementwise ops are checked all along that range, also for
    kinks that the domains do not declare; other ops at ties, zeros, equal operands, and huge, tiny
    and mixed values. Every keyword value that ``samples`` lists is tried, and large arrays.

    op: a record, its name, or the function made with ``minigrad.primitive``.
    examples: how many calls are drawn; default: a fifth of what the Hypothesis profile says, since
        each is checked by a dozen laws (20 for ``quick``, 200 for ``thorough``).
    seed: of the draws; default 0, or what ``pytest --minigrad-seed`` says. A failure prints it.

    Raises LawBroken or GradientMismatch (both AssertionErrors) for the smallest failing call that
    Hypothesis finds; UndeclaredKink, which is a CheckRefused and a LawBroken, at a kink or jump
    that the record does not name, with its place; CheckRefused where calls are drawn at a kink;
    ValueError where no call can be drawn at all.

    >>> check_op("tanh", examples=5)
    """
    hypothesis = hypothesis_for("check_op")
    record = record_of(op)
    if examples is None:
        examples = max(1, hypothesis.settings().max_examples // 5)
    seed = default_seed() if seed is None else seed
    check_record(record)
    useful = 0

    def laws(call: Call) -> None:
        nonlocal useful
        useful += check_call(call)

    try:
        _run(laws, record, examples, seed, shrink=not only_whether.get())
    except Exception as error:
        error.add_note(
            f"replay with minigrad.testing.check_op({record.name!r}, examples={examples}, "
            f"seed={seed})"
        )
        raise
    if not useful:
        raise LawBroken(
            f"op {record.name!r}: none of {examples} drawn calls gave a result to check; let the "
            f"samples of its record make calls that its forward accepts"
        )
    try:
        check_everywhere(record, seed)
    except Exception as error:
        error.add_note(f"replay with minigrad.testing.check_op({record.name!r}, seed={seed})")
        raise


REUSED = 3  # the largest drawn calls, whose values are replaced by extreme ones


def check_everywhere(op: Op, seed: int = 0) -> None:
    """Check an op over its whole domain, with every keyword, at extreme values and in large arrays.

    ``check_op`` does so after the drawn calls; it takes a fraction of a second.
    """
    if not any((*op.rules, op.joint)):
        return
    rng = np.random.default_rng(seed)
    if elementwise(op):
        for params, usual in line_options(op):
            _obey(op, whole_domain, op, params, usual)
    if op.smooth:
        for call in option_calls(op, rng):
            _obey(op, every_option, call)
        calls = [call for call in drawn_calls(op, 20, seed) if all(map(np.size, call.args))]
        calls.sort(key=lambda call: -sum(map(np.size, call.args)))
        for call in calls[:REUSED]:
            _obey(op, extreme_values, call, rng)
        if not callable(op.samples):
            _obey(op, many_entries, op, rng)


def _obey(op: Op, law: Callable[..., None], *given: Any) -> None:
    """Run a law; if it is broken, name the op and the law."""
    text = " ".join((law.__doc__ or "").split())
    try:
        law(*given)
    except LawBroken as error:
        broken = type(error)(f"op {op.name!r} breaks the law {law.__name__!r}: {text}\n  {error}")
        for note in getattr(error, "__notes__", []):
            broken.add_note(note)
        raise broken from None
    except AssertionError as error:
        error.add_note(f"law {law.__name__!r} of op {op.name!r}: {text}")
        raise


def check_record(op: Op) -> None:
    """A record has a docstring, and its rules use every name that they declare, because what they
    name is kept in memory until the backward pass."""
    demand(bool(op.formula), f"op {op.name!r} has no formula; give formula= or a docstring")
    demand(
        op.variadic or len(op.domains) == len(op.arguments),
        f"op {op.name!r} has {len(op.domains)} domains for {len(op.arguments)} arguments",
    )
    demand(
        op.joint is not None or len(op.rules) in (0, len(op.arguments)),
        f"op {op.name!r} has {len(op.rules)} rules for {len(op.arguments)} arguments",
    )
    for rule in (*op.rules, op.joint):
        code = getattr(rule, "__code__", None)
        if rule is None or code is None:
            continue
        if idle := set(op.needs(rule)) - _loaded(code):
            raise LawBroken(
                f"a rule of op {op.name!r} names {sorted(idle)} and does not use it; each call "
                f"would keep it alive for nothing: leave it out"
            )


def _loaded(code: Any) -> set[str]:
    """The variables that a function reads, itself or in functions inside it."""
    names: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith("LOAD"):
            value = instruction.argval  # a tuple, where two loads are one instruction
            names.update(value if isinstance(value, tuple) else (str(value),))
    return names


def check_call(call: Call, laws: Sequence[Law] = LAWS) -> bool:
    """Check every law on one call of an op; True if the forward gave a result to check.

    Where the forward itself refuses an empty array, the op must refuse it with the same kind of
    error, and its message must name the op.

    laws: by default all of them, ``LAWS``. Raises LawBroken or GradientMismatch.

    >>> check_call(Call(record_of("tanh"), (np.array([0.5, -1.0]),)))
    True
    """
    with warnings.catch_warnings():
        if empty := any(np.size(a) == 0 for a in call.args):
            warnings.simplefilter("ignore")  # NumPy warns of the mean of nothing
        try:
            trial = Trial(call)
        except Exception as error:
            if not empty:
                error.add_note(f"the forward refuses a call drawn from its own record: {call}")
                raise
            _same_error(call, error)
            return False
        _check(trial, laws)
    return True


def _check(trial: Trial, laws: Sequence[Law]) -> None:
    call = trial.call
    for law in laws:
        if law not in WITHOUT_GRADIENT and not trial.differentiable:
            continue
        try:
            law(trial)
        except LawBroken as error:
            text = " ".join((law.__doc__ or "").split())
            raise LawBroken(
                f"op {call.op.name!r} breaks the law {law.__name__!r}: {text}\n  {error}\n  {call}"
            ) from None
        except Exception as error:
            error.add_note(f"law {law.__name__!r} of op {call.op.name!r}, on the call {call}")
            raise


def _same_error(call: Call, wanted: Exception) -> None:
    """The op on Tensors raises the same error as its forward, and the message names the op."""
    leaves = [leaf(a) if i in call.live else a for i, a in enumerate(call.args)]
    try:
        call(*leaves)
    except Exception as error:
        demand(
            isinstance(error, type(wanted)) and call.op.name in str(error),
            f"on {call} the forward raises {wanted!r}, and the op {error!r}",
        )
    else:
        raise LawBroken(f"on {call} the forward raises {wanted!r}, and the op does not")


def assert_all_ops(ops: Iterable[Any] | None = None, *, examples: int | None = None) -> None:
    """Check every law on every registered op (or on those given); report all that fail.

    An op for which no call can be drawn fails. Raises one ExceptionGroup of all failures.

    >>> assert_all_ops(["tanh", "matmul"], examples=2)
    """
    failures = []
    for op in list(OPS) if ops is None else ops:
        try:
            check_op(op, examples=examples)
        except Exception as error:
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} ops fail", failures)


def drawn_calls(op: Any, count: int = 20, seed: int | None = None) -> list[Call]:
    """The first `count` calls that ``check_op`` would draw with `seed`.

    seed: default 0, or what ``pytest --minigrad-seed`` says; one seed always gives the same calls.

    >>> first, again = drawn_calls("add", 5, seed=1), drawn_calls("add", 5, seed=1)
    >>> len(first), [repr(call) for call in first] == [repr(call) for call in again]
    (5, True)
    """
    hypothesis_for("drawn_calls")
    found: list[Call] = []
    _run(found.append, op, count, default_seed() if seed is None else seed, shrink=False)
    return found


def _run(
    test: Callable[[Call], None], op: Any, examples: int, seed: int, shrink: bool
) -> None:
    """Run `test` on calls of `op` under Hypothesis, from `seed` and nothing else."""
    import hypothesis
    from hypothesis import Phase

    from .strategies import op_calls

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples, phases=(Phase.generate, Phase.shrink)[: 1 + shrink],
        database=None, derandomize=False, deadline=None,
        print_blob=False, report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(op_calls(op))
    def run(call: Call) -> None:
        test(call)

    run()

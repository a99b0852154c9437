"""check_op: every law catches the op that breaks it, and what is right passes."""

import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.domain import Domain
from minigrad.engine.lazy import Lazy
from minigrad.engine.tensor import detached
from minigrad.testing import (
    LAWS,
    CheckRefused,
    GradientMismatch,
    LawBroken,
    assert_all_ops,
    check_call,
    check_op,
    drawn_calls,
    mutant,
)
from minigrad.testing.calls import caller, record_of
from tests.support.planted import planted

LAW = {law.__name__: law for law in LAWS}
POSITIVE = Domain(0.5, 2.0)


def check_calls(calls, law):
    for call in calls:
        check_call(call, [LAW[law]])


def identity(g):
    return g


def noisy():
    calls = iter(range(10**6))
    return planted(vjps=(identity,))(lambda x: x + next(calls))


def recorded_all_the_same():
    """Its record says that it has no derivative, and it has been recorded with one."""
    op = record_of(planted(vjps=(lambda g: 2 * g,))(lambda x: 2 * x))
    op.pullback(1)
    op.rules = (None,)
    return op


def hoarding():
    """It saves its input, which its rule does not name."""
    op = record_of(planted(vjps=(lambda g, out: g * out,))(np.exp))
    pullback = op.pullback(1)
    pullback.residuals = ("out", "x")
    pullback.steps = (pullback.steps[0]._replace(apply=lambda g, saved: g * saved[0]),)
    return op


def generated_otherwise():
    """What is generated for it was made of another rule than its definition has."""
    op = record_of(planted(vjps=(lambda g: 2 * g,))(lambda x: 2 * x))
    pullback = op.pullback(1)
    pullback.steps = (pullback.steps[0]._replace(rule=lambda g: 2.001 * g),)
    return op


def called_otherwise():
    """The function that users call was made of another forward than its definition has."""
    op = record_of(planted(vjps=(lambda g: 2 * g,))(lambda x: 2 * x))
    caller(op)
    op.forward = lambda x: 2.001 * x
    return op


def writing(x):
    if isinstance(x, np.ndarray) and x.flags.writeable and x.size:
        x += 1
    return x * 1


def rule_writing(g):
    if isinstance(g, np.ndarray):
        np.multiply(g, 2, out=g, casting="unsafe")
    return g


def only_last(pairs, shape):
    x, g = pairs[-1]
    return x.T @ g


LAST = Lazy(lambda g, x: (x, g) if x.ndim == 2 else None, only_last)


BROKEN = {
    "value": noisy,
    "recording": recorded_all_the_same,
    "derivatives": lambda: planted(vjps=(lambda g, x: 1.001 * g * np.cos(x),))(np.sin),
    "paths": lambda: planted(
        "(n,k),(k,m)->(n,m)", vjps=(None, lambda g, x: 1.001 * np.swapaxes(x, -1, -2) @ g),
        lazy={"y": LAST},
    )(np.matmul),
    "reuse": lambda: planted(
        "(n,k),(k,m)->(n,m)", vjps=(None, lambda g, x: np.swapaxes(x, -1, -2) @ g),
        lazy={"y": LAST},
    )(np.matmul),
    "constants": hoarding,
    "linear": lambda: planted(vjps=(lambda g: g * np.abs(g),))(lambda x: x * 1),
    "float32": lambda: planted(vjps=(identity,))(lambda x: x * np.float64(2) * np.ones(())),
    "generated": generated_otherwise,
    "generated_call": called_otherwise,
    "memory_layout": lambda: planted("(n,m)->(k)", vjps=(None,))(lambda x: np.ravel(x, "K")),
    "untouched": lambda: planted(vjps=(identity,))(writing),
    "unused": lambda: planted(
        domains=(POSITIVE,), vjps=(lambda g, x: (g + 0 * np.sum(g / x)) / x,)
    )(np.log),
}


@pytest.mark.parametrize("law", BROKEN)
def test_every_law_catches_who_breaks_it(law):
    """An op that breaks one law fails under that law, which the message names and states."""
    op = BROKEN[law]()
    calls = [c for c in drawn_calls(op, 40) if all(np.size(a) for a in c.args)]
    with np.errstate(all="ignore"), pytest.raises((LawBroken, GradientMismatch)) as caught:
        check_calls(calls, law)
    if law != "derivatives":  # it speaks for itself, with the law in a note
        assert f"breaks the law {law!r}: {LAW[law].__doc__.split()[0]}" in str(caught.value)
        assert "planted(" in str(caught.value)


def test_broadcasting_catches_what_is_not_summed():
    """The law on broadcasting sees the gradient of one copy in the place of the sum."""
    calls = drawn_calls("add", 40)
    with mutant("add", "not_unbroadcast", "y"), pytest.raises(LawBroken, match="'broadcasting'"):
        check_calls(calls, "broadcasting")


def test_every_law_is_tested():
    """The cases above cover every law."""
    assert LAW.keys() == BROKEN.keys() | {"broadcasting"}


def test_a_rule_in_float64_is_caught():
    """A rule that computes in float64 for float32 arguments is slow, and breaks a law."""
    op = planted(vjps=(lambda g, x: g * np.where(np.cos(x) > 2, 0.5, 1.0),))(lambda x: 1 * x)
    with pytest.raises(LawBroken, match="the rule for x computes in float64"):
        check_op(op, examples=5)


def test_a_rule_that_writes_to_its_cotangent_is_caught():
    """A rule in place would change the gradient of others."""
    op = planted(vjps=(rule_writing,))(lambda x: 2 * x)
    calls = drawn_calls(op, 10)
    with pytest.raises(LawBroken, match="the cotangent was written to by a rule"):
        check_calls(calls, "untouched")


def test_a_rule_that_stops_at_zero_is_caught():
    """A rule that takes a zero cotangent for a branch not taken cannot be differentiated there."""
    op = planted(vjps=(lambda g, x: g * np.where(detached(g) == 0, 0, 2 * x),))(np.square)
    with pytest.raises((LawBroken, GradientMismatch), match=r"at 0|\(fwd\)"):
        check_op(op, examples=5)


def test_a_right_op_passes():
    """An op of one's own with a right record passes all laws, keywords and several outputs too."""
    check_op(
        planted(
            "(n)->(n)", vjps=(lambda g, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis),),
            samples={"axis": "axis"},
        )(lambda x, *, axis=-1: np.cumsum(x, axis))
    )
    check_op(
        planted(multiple=True, vjps=(lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x),))(
            lambda x: (np.sin(x), np.cos(x))
        )
    )
    check_op(planted(vjps=(None,))(np.floor))
    check_op(planted("(n)->()", joint=lambda g, xs_shape: [
        np.expand_dims(g, -1) * np.ones(s, g.dtype) for s in xs_shape
    ])(lambda *xs: sum(np.sum(x, axis=-1) for x in xs)))


def test_a_kink_that_the_domain_does_not_declare():
    """An op with samples at a kink is refused, and told what is wrong with the point."""
    at_zero = {"samples": lambda rng: ((np.zeros(2),), {})}
    op = planted(vjps=(lambda g, x: g * np.sign(x),), **at_zero)(np.abs)
    with pytest.raises(CheckRefused, match="kink"):
        check_op(op, examples=3)


def test_an_op_that_refuses_all_its_samples():
    """If no drawn call gives a result, nothing was checked, and that is a failure."""

    @planted("(n)->()", vjps=(identity,), samples=lambda rng: ((np.zeros((0, 2)),), {}))
    def refusing(x):
        raise ValueError("no")

    with pytest.raises(LawBroken, match="none of 3 drawn calls gave a result"):
        check_op(refusing, examples=3)


def test_a_forward_that_refuses_its_samples():
    """An error of the forward on a call from its own record is passed on, with the call."""

    @planted(vjps=(identity,))
    def refusing(x):
        raise ZeroDivisionError("always")

    with pytest.raises(ZeroDivisionError) as caught:
        check_op(refusing, examples=3)
    assert "the forward refuses a call drawn from its own record" in caught.value.__notes__[0]


def test_empty_arrays_are_refused_in_the_same_way():
    """What the forward refuses, the op refuses with the same kind of error, naming itself."""
    calls = [c for c in drawn_calls("amax", 100) if c.args[0].size == 0]
    assert calls
    for call in calls:
        check_call(call)


RECORDS = {
    "it names what it does not use": {"vjps": (lambda g, x, out: g * x,)},
    "2 domains for 1 arguments": {"vjps": (identity,), "domains": (POSITIVE,) * 2},
}


@pytest.mark.parametrize("fault", RECORDS)
def test_faulty_records_are_caught(fault):
    """A record keeps nothing alive for nothing, and has as many domains as arguments."""
    op = planted(**RECORDS[fault])(lambda x: x * 1)
    with pytest.raises(LawBroken, match=r"names \['out'\]" if "names" in fault else fault):
        check_op(op, examples=1)


def test_a_rule_uses_what_a_function_inside_it_uses():
    """What a function inside a rule reads counts as used."""

    def rule(g, x):
        def slope():
            return np.cos(x)

        return g * slope()

    check_op(planted(vjps=(rule,))(np.sin), examples=5)


def test_a_failure_replays_from_what_it_prints():
    """The note of a failure is a call of check_op that fails again, on the same smallest call."""
    op = planted(vjps=(lambda g, x: g * np.where(np.abs(x) > 2.5, 0, np.cos(x)),))(np.sin)
    with pytest.raises(GradientMismatch) as caught:
        check_op(op, examples=50, seed=12)
    note = caught.value.__notes__[-1]
    examples, seed = re.search(r"examples=(\d+), seed=(\d+)", note).groups()
    with pytest.raises(GradientMismatch) as again:
        check_op(op, examples=int(examples), seed=int(seed))
    assert str(again.value) == str(caught.value)
    assert again.value.__notes__ == caught.value.__notes__
    assert any("on the call planted(x=" in note for note in caught.value.__notes__)


def test_all_ops_reports_every_failure():
    """assert_all_ops goes on after a failure, and raises all of them together."""
    bad = planted(vjps=(lambda g: 2 * g,))(lambda x: x * 1)
    no_input = planted("(2n)->()", vjps=(identity,))(lambda x: x.sum(-1))
    with pytest.raises(ExceptionGroup, match="2 ops fail") as caught:
        assert_all_ops([bad, "tanh", no_input], examples=3)
    assert [type(e) for e in caught.value.exceptions] == [GradientMismatch, ValueError]
    assert_all_ops(["exp", mg.functional.relu], examples=3)

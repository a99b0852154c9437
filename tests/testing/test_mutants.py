"""Planted faults: each has an effect and leaves no trace, and check_op notices every one."""

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.testing import (
    MUTANT_KINDS,
    MutantSurvived,
    assert_kills_mutants,
    check_call,
    check_grads,
    drawn_calls,
    mutant,
    mutants,
    survivors,
)
from minigrad.testing.calls import record_of
from minigrad.testing.effects import differs, effect
from minigrad.testing.mutation import refuse_survivors, unnoticed
from tests.support.planted import planted

# What rounds or compares has the derivative 0 everywhere; a fault in it changes nothing.
DIFFERENTIABLE = [name for name, op in OPS.items() if (op.joint or any(op.rules)) and op.smooth]
X = np.array([0.5, -1.0, 2.0])


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_check_op_kills_every_mutant_of_every_op(name):
    """The laws, on the calls that check_op draws for an op in test_records, notice every fault in
    its rules. That they hold without a fault is what test_records says."""
    calls = sorted(drawn_calls(name, 10), key=lambda call: -sum(map(np.size, call.args)))

    def laws():
        for call in calls:
            check_call(call)

    found = mutants(name)
    assert found
    refuse_survivors(unnoticed(found, laws, None), MUTANT_KINDS)


EXAMPLES = {  # of an op that the kind can be planted in
    "held": ("tanh", {"held": "out"}),
    "not_unbroadcast": ("add", {"argument": "y"}),
    "deferred_factor": ("matmul", {"argument": 1}),
    "deferred_overwritten": ("matmul", {"argument": 1}),
    "wrong_axis": ("matmul", {}),
}


@pytest.mark.parametrize("kind", MUTANT_KINDS)
def test_a_mutant_has_an_effect_and_leaves_no_trace(kind):
    """Inside the block gradients are wrong, after it they are what they were, also by an error."""
    name, options = EXAMPLES.get(kind, ("multiply", {}))
    calls = drawn_calls(name, 40)
    before = [effect(call) for call in calls]
    changed = []

    def fail_inside():
        with mutant(name, kind, **options):
            changed.extend(map(_changed, calls, before))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert any(changed)
    for call, right in zip(calls, before, strict=True):
        assert right is None or not differs(effect(call), right)


def _changed(call, right):
    try:
        return right is not None and differs(effect(call), right)
    except Exception:  # a fault that raises is noticed
        return True


def test_what_another_op_has_written_under_a_fault_is_right():
    """A pullback that is first used in the block keeps nothing of the fault: what was not chosen
    contributes nothing, in the block and after it."""
    root = planted("()->()", vjps=(lambda g, out: g * 0.5 / out,))(np.sqrt)
    x = mg.tensor([-1.0, 4.0], requires_grad=True)

    def slopes():
        with np.errstate(all="ignore"):
            (g,) = mg.gradients(np.where(x.numpy() > 0, root(x * 1), 0.0).sum(), [x])
        return g.numpy()

    with mutant("add", "not_unbroadcast"):
        np.testing.assert_array_equal(slopes(), [0, 0.25])
    np.testing.assert_array_equal(slopes(), [0, 0.25])


def test_what_users_hold_is_changed():
    """NumPy's function, the method and the operator all have the fault."""
    x = mg.tensor(X, requires_grad=True)
    with mutant("multiply", "sign", "x"):
        for f in (lambda x: np.multiply(x, 3.0), lambda x: x * 3.0):
            x.grad = None
            f(x).sum().backward()
            assert np.array_equal(x.grad, [-3.0] * 3)
    x.grad = None
    (x * 3.0).sum().backward()
    assert np.array_equal(x.grad, [3.0] * 3)


def test_mutants_are_listed_and_readable():
    """mutants() lists the faults that have an effect, with words for each."""
    found = mutants("divide")
    assert {m.kind for m in found} == {k for k in MUTANT_KINDS if not k.startswith("deferred")}
    assert {m.argument for m in found} == {"x", "y"}
    assert "divide, rule for y: held of the cotangent" in map(str, found)
    assert {m.argument for m in mutants("concatenate")} == {"xs[0]", "xs[1]"}


def test_faults_without_effect_are_left_out():
    """A wrong axis in an op on numbers, or a constant held for a constant, is no fault."""
    double = planted("()->()", vjps=(lambda g: 2 * g,), samples=lambda rng: ((rng.normal(),), {}))
    numbers = planted(vjps=(lambda g: 2 * g,), samples=lambda rng: ((np.array(rng.normal()),), {}))
    assert mutants(double(lambda x: 2 * x)) == []
    assert {m.kind for m in mutants(numbers(lambda x: 2 * x))} == {
        "factor", "sign", "missing", "dropped_term", "detached", "held", "overwritten"
    }
    assert "x" not in {m.held for m in mutants("absolute")}


def test_weak_tests_are_told_what_they_miss():
    """A test of first order does not notice constants; one of the value notices nothing."""
    def first_order():
        check_grads(np.tanh, X, order=1, modes=("rev",))

    def value_only():
        assert np.allclose(np.tanh(mg.tensor(X)).numpy(), np.tanh(X))

    missed = {(m.kind, m.held) for m in survivors("tanh", first_order)}
    assert {("detached", None), ("held", "g"), ("held", "out")} <= missed
    assert not missed & {("factor", None), ("sign", None), ("missing", None)}
    assert survivors("tanh", value_only) == mutants("tanh")
    with pytest.raises(MutantSurvived) as caught:
        assert_kills_mutants("tanh", value_only, kinds=["factor"])
    assert "passes under 1 faults:\n  tanh, rule for x: factor: the contribution is 1.001" in str(
        caught.value
    )


def test_one_call_is_enough_for_a_good_test():
    """check_grads at one point with two uses of the argument notices all faults in tanh."""
    assert_kills_mutants(
        "tanh", lambda: check_grads(lambda x: np.tanh(x) + np.tanh(x * x), np.outer(X, X + 1))
    )


def test_a_hypothesis_test_can_be_tested():
    """A property test is a test like any other."""

    @settings(max_examples=20, phases=[Phase.generate])  # a failure need not be the smallest
    @given(st.floats(-2, 2))
    def test_square(x):
        check_grads(lambda x: np.square(x) * x, np.array([x, 1.0]), modes=("rev",))

    assert survivors("square", test_square, kinds=["factor", "detached"]) == []


def test_a_test_has_to_pass_without_a_fault():
    """A test that fails anyway proves nothing; its own failure is shown."""
    def failing():
        raise AssertionError("fails anyway")

    with pytest.raises(AssertionError, match="fails anyway"):
        assert_kills_mutants("tanh", failing)


def test_an_op_without_mutants_is_an_error():
    """Where no fault has an effect, a test that kills them all says nothing."""
    constant = planted(vjps=(lambda g: 0 * g,))(np.sign)
    with pytest.raises(MutantSurvived, match="op 'planted' has no mutants"):
        assert_kills_mutants(constant, lambda: None)


def test_bad_arguments():
    """Unknown kinds and arguments without a rule are errors that say what there is."""
    with pytest.raises(ValueError, match="no mutant 'facto'; there are factor, sign"):
        mutant("tanh", "facto")
    with pytest.raises(ValueError, match="argument 'z'; it has rules for x, y"):
        mutant("add", "factor", "z")
    with pytest.raises(ValueError, match=r"has rules for weight$"):
        mutant("embedding", "factor", "index")
    assert record_of("embedding").rules[0] is None

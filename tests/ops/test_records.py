"""Every op in the registry obeys every law, on calls that are drawn from its own record."""

import numpy as np
import pytest
from hypothesis import settings

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.testing import check_op, drawn_calls
from minigrad.testing.checking import check_record
from tests.support.many import for_each


@pytest.mark.parametrize("name", list(OPS))
def test_every_law(name):
    """Value, derivatives of order 1 and 2, broadcasting, dtypes, layouts: see minigrad.testing.
    Ten calls notice every fault in a rule (test_mutants); a thorough run has 200."""
    most = settings().max_examples
    check_op(name, examples=most // 5 if most > 100 else 10)


@for_each(OPS)
def test_every_record_is_complete(name):
    """A record has a formula, a rule and a domain per argument, and a line in the table."""
    check_record(OPS[name])
    assert any(line.split()[0] == name for line in str(mg.catalogue()).splitlines())


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if not op.smooth])
def test_what_is_not_smooth_has_derivative_zero(name):
    """``smooth=False`` promises the derivative 0, exactly, wherever there is one."""
    for call in drawn_calls(name):
        xs = [mg.tensor(a, requires_grad=True) for a in call.args]
        for y in call(*xs):
            y.backward(np.ones(y.shape))
        assert all(x.grad is not None and not np.any(x.grad.numpy()) for x in xs)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.moves_data])
def test_what_moves_data_only_moves_it(name):
    """``moves_data`` promises that every entry of the result is one of an argument, in a place
    that other values do not change, and that the rules read no value with a derivative."""
    op = OPS[name]
    for call in drawn_calls(name):
        differentiable = {op.argument(i) for i in call.live}
        assert not differentiable & {"out", *op.pullback(op.usable).residuals}
        xs, first = list(call.args), 0
        for i in call.live:
            n = np.size(xs[i])
            xs[i] = np.random.default_rng(0).permutation(first + np.arange(n)).reshape(xs[i].shape)
            first += n
        ys = call(*xs)
        assert {float(entry) for y in ys for entry in np.ravel(y)} <= set(range(first))
        for i in call.live:
            xs[i] = xs[i] + 0.25
        for y, other in zip(ys, call(*xs), strict=True):
            np.testing.assert_array_equal(y + 0.25, other)


@pytest.mark.parametrize("name", [name for name, op in OPS.items() if op.is_sum])
def test_what_is_a_sum_adds_its_arguments(name):
    """``is_sum`` promises the sum of the arguments."""
    for call in drawn_calls(name):
        (y,) = call.plain()
        np.testing.assert_array_equal(y, sum(np.asarray(a) for a in call.args))


def test_the_registry_is_no_stub():
    """The catalogue holds what people write: about two hundred ops, nearly all with derivatives."""
    assert len(OPS) > 150
    assert sum(bool(op.joint or any(op.rules)) for op in OPS.values()) > 0.9 * len(OPS)


def test_table_of_some_ops():
    """ops() takes names, or one; of a name that no op has it says which are like it."""
    assert str(mg.catalogue("tanh")) == str(mg.catalogue(["tanh"])) == "tanh  ()->()  tanh(x)"
    with pytest.raises(ValueError, match=r"no op 'tahn'; did you mean .*tanh"):
        mg.catalogue(["exp", "tahn"])

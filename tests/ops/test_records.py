"""Every op in the registry obeys every law, on calls that are drawn from its own record."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine.op import OPS
from minigrad.testing import check_op, drawn_calls
from minigrad.testing.checking import check_record

every_op = pytest.mark.parametrize("name", list(OPS))


@every_op
def test_every_law(name):
    """Value, derivatives of order 1 and 2, broadcasting, dtypes, layouts: see minigrad.testing."""
    check_op(name)


@every_op
def test_every_record_is_complete(name):
    """A record has a formula, a rule and a domain per argument, and a line in the table."""
    check_record(OPS[name])
    assert any(line.split()[0] == name for line in str(mg.catalogue()).splitlines())


@every_op
def test_what_is_not_smooth_has_derivative_zero(name):
    """``smooth=False`` promises the derivative 0, exactly, wherever there is one."""
    if OPS[name].smooth:
        return
    for call in drawn_calls(name):
        xs = [mg.tensor(a, requires_grad=True) for a in call.args]
        for y in call(*xs):
            y.backward(np.ones(y.shape))
        assert all(x.grad is not None and not np.any(x.grad.numpy()) for x in xs)


def test_the_registry_is_no_stub():
    """The catalogue holds what people write: about two hundred ops, nearly all with derivatives."""
    assert len(OPS) > 150
    assert sum(bool(op.joint or any(op.rules)) for op in OPS.values()) > 0.9 * len(OPS)


def test_table_of_some_ops():
    """ops() takes names, or one; of a name that no op has it says which are like it."""
    assert str(mg.catalogue("tanh")) == str(mg.catalogue(["tanh"])) == "tanh  ()->()  tanh(x)"
    with pytest.raises(ValueError, match=r"no op 'tahn'; did you mean .*tanh"):
        mg.catalogue(["exp", "tahn"])

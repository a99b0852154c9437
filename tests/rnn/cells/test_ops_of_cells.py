"""The ops that cells are made of obey the laws of ops like all others."""

import numpy as np
import pytest

import minigrad as mg
import rnn
from minigrad.engine.op import OPS
from minigrad.functional import sigmoid
from minigrad.testing import check_op
from minigrad.testing.checking import check_record
from rnn.cells.activate import activate

NAMES = [name for name, op in OPS.items() if op.forward.__module__.startswith(rnn.__name__)]


@pytest.mark.parametrize("name", NAMES)
def test_every_law(name):
    """Value, derivatives of order 1 and 2, dtypes, layouts, sums over many uses."""
    check_op(name)
    check_record(OPS[name])


def test_all_are_there():
    """The sum of a gate, that of one gate alone, and what a gate ends with."""
    assert {"affine", "block_product", "activate"} <= set(NAMES)


def test_results_used_by_rules_and_otherwise():
    """At order 2 a result of an op with several counts twice: where it was used, and where the rule
    names it. The Hessian of Σ yᵢ³ is that of the functions one by one."""
    z = np.array([0.3, -0.7, 1.1, 0.2])

    def together(z):
        y, n = activate(z, functions=("sigmoid", "tanh"))
        return (y**3).sum() + (n**3).sum()

    def apart(z):
        return (sigmoid(z[:2]) ** 3).sum() + (np.tanh(z[2:]) ** 3).sum()

    np.testing.assert_allclose(mg.hessian(together)(z), mg.hessian(apart)(z), rtol=1e-10)

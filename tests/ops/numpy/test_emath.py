"""np.emath: NumPy's numbers and derivatives where the result is real, and a refusal elsewhere."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import NoDerivativeError
from minigrad.testing import check_grads

# By name: arguments inside of the real domain, and some that are not.
FUNCTIONS = {
    "sqrt": ((np.array([0.5, 2.0]),), (np.array([1.0, -1e-9]),)),
    "log": ((np.array([0.5, 2.0]),), (np.array([1.0, -2.0]),)),
    "log2": ((np.array([[0.5, 2.0]]),), (np.array([[1.0, -2.0]]),)),
    "log10": ((np.array(0.5),), (np.array(-0.5),)),
    "arccos": ((np.array([0.5, -0.2]),), (np.array([0.5, 1.1]),)),
    "arcsin": ((np.array([0.5, -0.2]),), (np.array([0.5, -1.1]),)),
    "arctanh": ((np.array([0.5, -0.2]),), (np.array([0.5, -1.1]),)),
    "power": ((np.array([0.5, 2.0]), np.array([2.5, -1.0])), (np.array([-0.5]), np.array([2.0]))),
    "logn": ((np.array([3.0, 2.0]), np.array([2.5, 1.0])), (np.array([3.0]), np.array([-2.0]))),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_real_and_complex(name):
    """Also of a constant, and of integers among the operands."""
    function, (inside, outside) = getattr(np.emath, name), FUNCTIONS[name]
    leaves = [mg.tensor(x, requires_grad=True) for x in inside]
    np.testing.assert_allclose(function(*leaves).numpy(), function(*inside))
    check_grads(function, *inside)
    with pytest.raises(NoDerivativeError, match=rf"np\.emath\.{name}: the result is complex"):
        function(*[mg.tensor(x, requires_grad=True) for x in outside])
    assert function(*map(mg.tensor, outside)).dtype == complex


def test_powers_with_integers():
    x = mg.tensor([0.5, 2.0], requires_grad=True)
    for p in (2, -1, np.array([-2, 3])):
        np.testing.assert_allclose(np.emath.power(x, p).numpy(), np.emath.power([0.5, 2.0], p))

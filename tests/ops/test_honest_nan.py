"""A NaN or ∞ that a product has used stays in its gradient, whatever the cotangent: 0 · NaN = NaN.

Only what a condition, a mask or an index did not choose contributes nothing."""

import numpy as np
import pytest

import minigrad as mg
import rnn

X = np.arange(6.0).reshape(2, 3) + 1
W = np.arange(12.0).reshape(3, 4) - 5

# Name: a product, and the gradients of x and w for the cotangent g, in plain NumPy.
PRODUCTS = {
    "matmul": (np.matmul, lambda g, x, w: (g @ w.T, x.T @ g)),
    "dot": (np.dot, lambda g, x, w: (g @ w.T, x.T @ g)),
    "einsum": (lambda x, w: np.einsum("nk,km->nm", x, w), lambda g, x, w: (g @ w.T, x.T @ g)),
    "tensordot": (lambda x, w: np.tensordot(x, w, 1), lambda g, x, w: (g @ w.T, x.T @ g)),
    "linear": (lambda x, w: mg.functional.linear(x, w.T), lambda g, x, w: (g @ w.T, x.T @ g)),
    "stack": (lambda x, w: (x[None] @ w)[0], lambda g, x, w: (g @ w.T, x.T @ g)),
}


pytestmark = pytest.mark.usefixtures("invalid_values_without_a_warning")


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name, bad, create_graph):
    """A zero cotangent, given or by a factor of 0, meets the NaN or ∞ of a matrix: NaN in just the
    entries where plain NumPy has it, in one backward pass, recorded or use by use."""
    f, rule = PRODUCTS[name]
    for place in (0, 1):
        values = [X.copy(), W.copy()]
        values[place][1, 2] = bad
        g = np.ones((2, 4))
        g[1] = 0
        wanted = rule(g, *values)
        assert np.isnan(wanted[1 - place]).any()
        given, scaled, apart = ([mg.tensor(v, requires_grad=True) for v in values] for _ in "abc")
        f(*given).backward(g, create_graph=create_graph)
        (f(*scaled) * g).sum().backward(create_graph=create_graph)
        sums = [sum(u.value for u in uses) for uses in mg.contributions(f(*apart), apart, g)]
        for k in (0, 1):
            for found in (given[k].grad.detach(), scaled[k].grad.detach(), sums[k]):
                np.testing.assert_array_equal(found, wanted[k])


def test_hooks_do_not_change_it():
    """A hook that only looks on changes no gradient."""
    w = W.copy()
    w[0, 0] = np.nan
    x = mg.tensor(X, requires_grad=True)
    y = x @ w
    y.register_hook(lambda g: None)
    (y * 0.0).sum().backward()
    assert np.isnan(x.grad.numpy()).tolist() == [[True, False, False]] * 2


@pytest.mark.parametrize("make", [rnn.ElmanCell, rnn.LSTMCell, rnn.GRUCell])
def test_cells(make):
    """A weight that has become NaN makes the gradients of the states NaN, also of a loss that
    multiplies every output by 0."""
    cell = make(3, 4, dtype=float, rng=0)
    with mg.no_grad():
        cell.W_hh[0, 0] = np.nan
    h = mg.tensor(np.ones((2, 4)), requires_grad=True)
    state = h if len(cell.state_sizes) == 1 else (h, np.ones((2, 4)))
    output, _ = cell(X, state)
    (output * 0.0).sum().backward()
    assert np.isnan(h.grad.numpy()).any()

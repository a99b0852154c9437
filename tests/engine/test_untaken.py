"""A branch that was not taken contributes nothing, whatever its slope would have been there."""

import numpy as np
import pytest

import minigrad as mg

X = np.array([0.0, -1.0, 2.0])

# Each is right at 2, and its other branch is NaN or infinite at 0 and at -1 or has such a slope.
BRANCHES = {
    "x log x": (lambda x: np.where(x > 0, x * np.log(x), 0.0), np.log(2.0) + 1, 1 / 2),
    "sin(1/x)": (lambda x: np.where(x > 0, np.sin(1 / x), 0.0), -np.cos(0.5) / 4, None),
    "sin(x) · 1/x": (lambda x: np.where(x > 0, np.sin(x) * (1 / x), 1.0), None, None),
    "cos(log x)": (lambda x: np.where(x > 0, np.cos(np.log(x)), 0.0), None, None),
    "a mask": (lambda x: (x * np.log(x))[x > 0], np.log(2.0) + 1, 1 / 2),
    "nansum": (lambda x: np.nansum(x * np.log(np.where(x == 0, np.nan, x))), np.log(2) + 1, 1 / 2),
    "exp(x) x": (lambda x: np.where(x > 0, x, np.exp(-1e4 * x) * np.exp(-1e4 * x)), 1.0, 0.0),
}


@pytest.fixture(autouse=True)
def quiet():
    """The forward divides by 0, and should warn of it; that is not what is tested here."""
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", [n for n in BRANCHES if n != "exp(x) x"])
def test_no_nan_from_the_branch_not_taken(name):
    """0 where the branch was not taken, by every transform and at order 2; the rest as it is."""
    f, first, second = BRANCHES[name]

    def total(x):
        return np.sum(f(x))

    g = mg.grad(total)(X)
    h = mg.grad(lambda x: mg.grad(total)(x).sum())(X)
    for found in (g, h):
        assert found[:2].tolist() == [0, 0]
        assert np.isfinite(found).all()
        assert found[2] != 0
    if first is not None:
        assert g[2] == pytest.approx(first)
    if second is not None:
        assert h[2] == pytest.approx(second)
    np.testing.assert_allclose(np.diag(mg.jacobian(mg.grad(total))(X)), h)
    assert mg.jvp(total, [X], [np.ones(3)])[1] == pytest.approx(g.sum())
    x = mg.tensor(X, requires_grad=True)
    (uses,) = mg.contributions(total(x), [x])
    np.testing.assert_allclose(sum(use.value for use in uses), g)


def test_overflow_in_the_branch_not_taken():
    """∞ · 0 in a branch that overflows is 0 too."""
    f, _, _ = BRANCHES["exp(x) x"]
    x = np.array([2.0, 700.0])
    assert mg.grad(lambda x: f(x).sum())(x).tolist() == [1, 1]


def test_entries_of_a_jacobian_do_not_mix():
    """An infinite slope of one entry leaves the rows of the others alone."""
    found = mg.jacobian(lambda x: x * np.log(x))(np.array([0.0, 1.0]))
    assert found[0, 1] == found[1, 0] == 0
    assert found[1, 1] == 1


def test_nan_that_counts_stays():
    """A NaN or ∞ in what the result depends on is not taken away."""
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    (x * np.array([np.nan, 1.0])).sum().backward()
    assert np.isnan(x.grad.numpy()).tolist() == [True, False]
    x = mg.tensor(0.0, requires_grad=True)
    np.sqrt(x).backward()
    assert x.grad.item() == np.inf


def test_hooks_are_called_once():
    """A sweep with hooks is not made again: a hook may count its calls."""
    calls = []
    x = mg.tensor(X, requires_grad=True)
    y = np.log(x)
    y.register_hook(lambda g: calls.append(1))
    np.where(x > 0, x * y, 0.0).sum().backward()
    assert calls == [1]


def test_gradients_are_summed_once():
    """What a second look finds is added to .grad once, and the graph is freed once."""
    x = mg.tensor(X, requires_grad=True)
    y = np.where(x > 0, x * np.log(x), 0.0).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, 2 * (np.log(2) + 1)])
    with pytest.raises(mg.errors.GraphFreedError):
        y.backward()

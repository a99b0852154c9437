"""A branch that was not taken contributes nothing, whatever its slope would have been there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import functional as F
from tests.support.many import for_each

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


pytestmark = pytest.mark.usefixtures("invalid_values_without_a_warning")


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


HOOKS = {"none": lambda g: None, "the same": lambda g: g, "a copy": lambda g: 1 * g}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_changes_nothing(hook):
    """A hook that returns what it was given changes no gradient, and is called once."""
    calls = []
    x = mg.tensor(X, requires_grad=True)
    y = np.log(x)
    for t in (x, y):
        t.register_hook(lambda g: (calls.append(1), HOOKS[hook](g))[1])
    np.where(x > 0, x * y, 0.0).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, np.log(2) + 1])
    assert calls == [1, 1]


def test_a_hook_that_counts():
    """What a hook makes of an entry that was not chosen is used."""
    x = mg.tensor([2.0, 3.0], requires_grad=True)
    y = x * x
    y.register_hook(lambda g: g + 1)
    np.where(x > 2.5, y, 0.0).sum().backward()
    assert x.grad.numpy().tolist() == [4, 12]


def test_gradients_are_summed_once():
    """Two passes give twice the gradient, and the second frees the graph."""
    x = mg.tensor(X, requires_grad=True)
    y = np.where(x > 0, x * np.log(x), 0.0).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, 2 * (np.log(2) + 1)])
    with pytest.raises(mg.errors.GraphFreedError):
        y.backward()


# Ways to choose the last two entries of y (6,), the first four of which have no slope behind them.
LAST = np.arange(6) > 3
SELECTIONS = {
    "where": lambda y: np.where(LAST, y, 0.0),
    "a mask": lambda y: y[LAST],
    "a slice": lambda y: y[4:],
    "integers": lambda y: y[[4, 5]],
    "one by one": lambda y: y[4] + y[5],
    "take": lambda y: np.take(y, [-1, -2]),
    "take_along_axis": lambda y: np.take_along_axis(y, np.array([4, 5]), 0),
    "compress": lambda y: np.compress(LAST, y),
    "extract": lambda y: np.extract(LAST, y),
    "delete": lambda y: np.delete(y, [0, 1, 2, 3]),
    "split": lambda y: np.split(y, [4])[1],
    "unbind": lambda y: sum(list(y)[4:]),
    "reshape and index": lambda y: y.reshape(3, 2)[2],
    "transpose and index": lambda y: y.reshape(3, 2).T[:, 2],
    "flip, roll": lambda y: np.roll(np.flip(y), 1)[1:3],
    "pad, concatenate": lambda y: np.concatenate([np.pad(y, 1), np.ones(1)])[5:7],
    "sum over a row": lambda y: y.reshape(3, 2).sum(axis=1)[2],
    "mean over a row": lambda y: np.mean(y.reshape(3, 2), axis=1)[2],
    "broadcast": lambda y: np.where(LAST, np.ones((3, 6)) + y, 0.0),
    "select": lambda y: np.select([LAST], [y], 0.0),
    "choose": lambda y: np.choose(LAST.astype(int), [np.zeros(6), y]),
    "maximum": lambda y: np.maximum(np.where(LAST, 0.0, np.inf), y),
    "minimum": lambda y: np.minimum(y, np.where(LAST, 9.0, -np.inf)),
    "clip": lambda y: np.clip(y, np.where(LAST, -9.0, 8.0), 9.0),
    "quantile": lambda y: np.quantile(np.where(LAST, y, -9.0), 0.9),
    "nanquantile": lambda y: np.nanquantile(np.where(LAST, y, np.nan), 0.5),
    "sort": lambda y: np.sort(np.where(LAST, y, -9.0))[4:],
    "sort of finite": lambda y: np.sort(y * np.where(LAST, 1.0, 1e-3))[4:],
    "nansum": lambda y: np.nansum(np.where(LAST, y, np.nan)),
    "sum, where=": lambda y: np.sum(y, where=LAST),
    "masked_fill": lambda y: F.masked_fill(y, ~LAST, 0.0),
    "gather": lambda y: F.gather(y, 0, np.array([4, 5])),
    "index_select": lambda y: F.index_select(y, 0, np.array([4, 5])),
    "index_put": lambda y: F.index_put(y, np.arange(4), np.zeros(4)),
    "cumsum": lambda y: np.cumsum(y[::-1])[:2],
    "nll_loss": lambda y: F.nll_loss(y.reshape(3, 2), [-100, -100, 1], reduction="sum") * -1,
    "kl_div": lambda y: F.kl_div(y, np.where(LAST, 0.5, 0.0), reduction="sum"),
    "cross_entropy": lambda y: F.cross_entropy(y.reshape(3, 2), [-100, -100, 1]),
    "maximum.accumulate": lambda y: np.maximum.accumulate(np.where(LAST, y, -9.0))[4:],
    "repeat": lambda y: np.repeat(y, [0, 0, 0, 0, 1, 1]),
    "repeat, two axes": lambda y: np.repeat(y.reshape(3, 2), [0, 0, 1], axis=0),
    "another elementwise op": lambda y: np.where(LAST, -2 * y + 1, 0.0),
    "a checkpoint": lambda y: mg.checkpoint(lambda y: np.where(LAST, y, 0.0), y),
    "through a checkpoint": lambda y: np.where(LAST, mg.checkpoint(lambda y: y * 1.0, y), 0.0),
}
# Functions without a finite slope at 0.
STEEP = {
    "log": np.log, "sqrt": np.sqrt, "1/x": lambda x: 1 / x, "x ** 0.5": lambda x: x**0.5,
    "x log x": lambda x: x * np.log(x), "a chain": lambda x: np.tanh(np.log(np.sqrt(x))),
    "x ** x": lambda x: x**x, "norm": lambda x: x / np.sqrt(x * x),
    "arccosh": lambda x: np.arccosh(x + 1),
}
# These look at the values, which have to be finite for what they choose to be known.
BY_VALUE = {"maximum", "minimum", "clip", "quantile", "nanquantile", "sort of finite"}
FINITE = {"sqrt", "x ** 0.5", "arccosh"}
CASES = [(n, s) for n in SELECTIONS for s in STEEP if n not in BY_VALUE or s in FINITE]


@for_each(CASES)
def test_every_selection_before_every_slope(case):
    """What was not chosen contributes nothing, in every mode and at order 2; what was chosen
    contributes what it would alone."""
    select, f = SELECTIONS[case[0]], STEEP[case[1]]
    x = np.array([0.0, 0.0, 0.0, 0.0, 0.5, 1.5])
    safe = np.array([1.0, 1.0, 1.0, 1.0, 0.5, 1.5])

    def total(x):
        return np.sum(select(f(x)))

    wanted, second = mg.grad(total)(safe), mg.hessian(total)(safe)
    wanted[:4], second[:4], second[:, :4] = 0, 0, 0
    np.testing.assert_allclose(mg.grad(total)(x), wanted)
    np.testing.assert_allclose(mg.hessian(total)(x), second)
    np.testing.assert_allclose(mg.jvp(total, [x], [np.ones(6)])[1], wanted.sum())
    np.testing.assert_allclose(mg.hvp(total, x, np.ones(6)), second.sum(axis=1), atol=1e-12)
    leaf = mg.tensor(x, requires_grad=True)
    leaf.register_hook(lambda g: None)
    y = f(leaf)
    y.register_hook(lambda g: None)
    np.sum(select(y)).backward(create_graph=True)
    np.testing.assert_allclose(leaf.grad.numpy(), wanted)


def test_diagonals_and_triangles():
    """So do what a diagonal and a triangle leave out."""
    for pick in (np.diagonal, np.trace, np.tril, lambda y: np.triu(y, 1), np.diag):
        seen = mg.grad(lambda x, p=pick: np.sum(p(x)))(np.ones((2, 2)))
        x = np.where(seen > 0, 1.0, 0.0)
        np.testing.assert_array_equal(mg.grad(lambda x, p=pick: np.sum(p(np.log(x))))(x), seen)


# -- what is used


def test_a_value_that_is_used_is_not_unchosen():
    """0 · ∞ from a value that the result depends on is NaN, or the limit, but not 0."""
    assert np.isnan(mg.grad(lambda x: np.sqrt(x) ** 2)(0.0))
    assert np.isnan(mg.grad(lambda x: 0 * np.log(x))(0.0))
    x = mg.tensor([0.0, 1.0], requires_grad=True)
    np.log(x).backward(np.array([0.0, 1.0]))
    assert np.isnan(x.grad.numpy()).tolist() == [True, False]


SINGULAR = {
    "norm": np.linalg.norm, "1.5-norm": lambda v: np.linalg.norm(v, 1.5),
    "3-norm": lambda v: np.linalg.norm(v, 3), "std": np.std, "nanstd": np.nanstd,
    "a bell": lambda v: np.exp(-(np.linalg.norm(v) ** 2)), "hypot": lambda v: np.hypot(v[0], v[1]),
    "arctan2": lambda v: np.arctan2(v[0], v[1]), "root": lambda v: np.sqrt(np.sum(v * v)),
    "std of some": lambda v: np.std(v, where=[True, True]),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_second_derivatives_at_singular_points(name):
    """Where the first derivative is one by convention, the second is NaN: no finite nonsense."""
    assert np.isnan(mg.hessian(SINGULAR[name])(np.zeros(2))).all()


def test_second_derivatives_that_exist():
    """What has a second derivative keeps it, at 0 too."""
    np.testing.assert_array_equal(mg.hessian(lambda x: x**0)(0.0), 0)
    np.testing.assert_array_equal(mg.hessian(lambda x: x**3)(0.0), 0)
    np.testing.assert_array_equal(mg.hessian(lambda x: x**1)(0.0), 0)
    alone = mg.hessian(lambda x: np.std(x[None], axis=0).sum())(np.ones(2))
    np.testing.assert_array_equal(alone, 0)
    v = np.array([3.0, 0.0])
    wanted = np.diag([0.0, 1 / 3])
    np.testing.assert_allclose(mg.hessian(np.linalg.norm)(v), wanted, atol=1e-15)


@settings(max_examples=60)
@given(st.data())
def test_random_programs(data):
    """A random chain of ops, of which a mask chooses entries, has the gradient that the chosen
    entries have alone, with a hook at every step and without."""
    chain = data.draw(st.lists(st.sampled_from(sorted(STEEP)), min_size=1, max_size=4))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=5, max_size=5)))
    x = np.where(mask, [0.3, 1.2, 0.7, 2.1, 1.9], 0.0)

    def run(x, hooks=False):
        for name in chain:
            x = np.exp(STEEP[name](x) * 0.5)
            if hooks and x.requires_grad:
                x.register_hook(lambda g: None)
        return x

    alone = mg.grad(lambda x: np.sum(run(x)))(x[mask])
    for hooks in (False, True):
        found = mg.grad(lambda x, h=hooks: np.sum(np.where(mask, run(x, h), 0.0)))(x)
        np.testing.assert_allclose(found[mask], alone, rtol=1e-10)
        assert not found[~mask].any()


def test_a_padding_row_that_has_no_slope():
    """The row of an embedding's padding contributes nothing, whatever it was computed from; so it
    is for any op that moves entries by an index among its arguments."""
    x = mg.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    F.embedding(np.array([0, 1, 2, 0]), np.log(x), padding_idx=0).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [1, 1 / 2], [1 / 3, 1 / 4]])
    F.embedding(np.array([0, 1]), np.sqrt(x))[1].sum().backward()
    assert np.isfinite(x.grad.numpy()).all()

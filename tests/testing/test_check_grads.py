"""check_grads: passes what is right, finds what is wrong by 1.001, refuses what proves nothing."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.engine.tensor import detached
from minigrad.ops.nn.layers import standardize
from minigrad.testing import (
    CheckRefused,
    GradientMismatch,
    check_grads,
    check_op,
    flat,
    mutant,
)
from minigrad.testing.differences import measure
from tests.support.planted import planted

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 3)), RNG.normal(size=3)
LARGE = RNG.normal(size=(20, 30))


def softmax_by(rule):
    """Softmax along the last axis with the given rule."""

    @planted("(n)->(n)", vjps=(rule,))
    def softmax(x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    return softmax


def right(g, out):
    return out * (g - np.sum(g * out, axis=-1, keepdims=True))


FIRST_ORDER = {
    "scaled by 1.001": lambda g, out: 1.001 * right(g, out),
    "scaled by 0.999": lambda g, out: 0.999 * right(g, out),
    "term dropped": lambda g, out: out * g,
    "sign": lambda g, out: -right(g, out),
    "zero": lambda g, out: 0 * out * g,
    "summed along the wrong axis": lambda g, out: out * (g - np.sum(g * out, axis=0)),
    "reversed": lambda g, out: right(g, out)[..., ::-1],
    "not a number": lambda g, out: right(g, out) * np.nan,
    "one column": lambda g, out: right(g, out) * np.where(np.arange(out.shape[-1]) == 1, 1.001, 1),
}
SECOND_ORDER = {
    "detached": lambda g, out: detached(right(g, out)),
    "cotangent held": lambda g, out: right(detached(g), out),
    "output held": lambda g, out: right(g, detached(out)),
    "output held in one place": lambda g, out: detached(out) * (
        g - np.sum(g * out, axis=-1, keepdims=True)
    ),
}


RIGHT = {
    "unary": (np.tanh, [X]),
    "two arguments": (np.matmul, [X, X.T]),
    "broadcasting": (lambda x, y: np.exp(x) * y, [X, Y]),
    "several outputs": (lambda x: {"a": x * x, "b": [np.sin(x), x.sum()]}, [X]),
    "0-d": (np.sin, [np.array(0.3)]),
    "empty": (np.sin, [np.zeros((0, 3))]),
    "large": (lambda x: x @ x.T, [LARGE]),
    "large to one": (lambda x: np.tanh(x).sum(), [LARGE]),
    "constant": (lambda x: mg.tensor(np.ones(3)), [X]),
    "slope 0": (lambda x: x**3, [np.array([0.0, 1e-9])]),
    "near the edge and far": (np.sqrt, [np.array([1e-3, 1e6])]),
    "far": (np.sin, [np.array([1e6, -3e4])]),
    "an entry that cannot move": (np.nan_to_num, [np.array([np.nan, 1.0, np.inf])]),
}


@pytest.mark.parametrize("case", RIGHT)
def test_right_derivatives_pass(case):
    """What NumPy expressions compute is right to second order, for inputs of any size."""
    f, xs = RIGHT[case]
    check_grads(f, *xs)


def test_nested_arguments():
    """Arguments may be containers of arrays, as states of cells are."""
    check_grads(lambda x, state: np.tanh(x * state[0]) + state[1]["c"], X, (Y, {"c": X}))


@pytest.mark.parametrize("x", [X, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("mode", ["rev", "fwd"])
@pytest.mark.parametrize("fault", FIRST_ORDER)
def test_wrong_first_derivatives_are_found(fault, mode, x):
    """A rule that is wrong, be it by a factor 1.001, is found at first order in either mode."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(softmax_by(FIRST_ORDER[fault]), x, order=1, modes=(mode,))
    assert (caught.value.order, caught.value.mode) == (1, mode)


@pytest.mark.parametrize("x", [X, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("mode", ["rev", "fwd"])
@pytest.mark.parametrize("fault", SECOND_ORDER)
def test_wrong_second_derivatives_are_found(fault, mode, x):
    """A rule that is right in value, but takes a variable for a constant, is found at order 2."""
    softmax = softmax_by(SECOND_ORDER[fault])
    check_grads(softmax, x, order=1, modes=("rev",))
    with pytest.raises(GradientMismatch) as caught:
        check_grads(softmax, x, modes=(mode,), order=2)
    assert caught.value.order in (1, 2)  # forward mode differentiates the pullback


def test_the_seed_is_differentiated():
    """Of a linear op, whose second derivative is 0, a constant cotangent is found all the same."""
    linear = planted(vjps=(lambda g: 3 * detached(g),))(lambda x: 3 * x)
    check_grads(linear, X, order=1, modes=("rev",))
    with pytest.raises(GradientMismatch, match="the cotangent of the output") as caught:
        check_grads(linear, X, modes=("rev",))
    assert (caught.value.found, caught.value.expected) == (0.0, pytest.approx(3))


SUMS = {
    "x * x": ("multiply", "overwritten", 0, lambda x: x * x),
    "two uses": ("multiply", "overwritten", 0, lambda x: x * 2 + x * 3),
    "copies of a row": ("add", "not_unbroadcast", 1, lambda x: np.ones((2, 3)) + np.tanh(x)),
    "stacked products": (
        "matmul", "not_unbroadcast", 1, lambda x: np.ones((4, 3, 3)) @ x.reshape(1, 3, 1)
    ),
    "one product for all uses": (
        "matmul", "deferred_overwritten", 1, lambda w: np.tanh(X @ w) + np.sin(X @ w)
    ),
}


@pytest.mark.parametrize("case", SUMS)
def test_faults_of_sums_are_found(case):
    """Contributions that overwrite each other or are not summed over copies are found."""
    op, kind, position, f = SUMS[case]
    x = np.array([0.3, -0.4, 0.5])
    if kind.startswith("deferred"):  # a matter of leaves
        x = x.reshape(3, 1)
    check_grads(f, x)
    with mutant(op, kind, position), pytest.raises(GradientMismatch):
        check_grads(f, x)


# h_t = σ(a_t) h_{t-1} + σ(b_t), with a backward pass through time written by hand.


def gated(fault=None):
    """The sequence of states, time first, with the named fault in its backward pass."""

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    def states(a, b):
        h, out = np.zeros(a.shape[1:]), []
        for t in range(len(a)):
            h = sigma(a[t]) * h + sigma(b[t])
            out.append(h)
        return np.stack(out)

    def backward(g, out, a, b):
        a, b = sigma(a), sigma(b)
        before = np.concatenate([np.zeros((1, *out.shape[1:])), out[:-1]])
        if fault == "stale state":
            before = out
        carried, found = 0.0, []
        steps = range(len(out)) if fault == "wrong order" else range(len(out) - 1, -1, -1)
        for t in steps:
            carried = g[t] if fault == "no carry" else g[t] + carried
            found.append((carried * before[t] * a[t] * (1 - a[t]), carried * b[t] * (1 - b[t])))
            carried = carried * a[t]
        da, db = zip(*(found if fault == "wrong order" else found[::-1]), strict=True)
        pair = [np.stack(da), np.stack(db)]
        return pair[::-1] if fault == "gates swapped" else pair

    return planted("(t,n),(t,n)->(t,n)", joint=backward)(states)


@pytest.mark.parametrize("fault", ["stale state", "wrong order", "no carry", "gates swapped"])
def test_faults_of_recurrences_are_found(fault):
    """The slips that people make in backpropagation through time are found."""
    a, b = RNG.normal(size=(2, 4, 2))
    check_grads(gated(), a, b)
    with pytest.raises(GradientMismatch):
        check_grads(gated(fault), a, b)


@pytest.mark.parametrize("scale", [1e-9, 1e-4, 1.0, 1e4, 1e9])
@pytest.mark.parametrize("where", ["input", "output"])
def test_the_size_of_the_numbers_does_not_matter(scale, where):
    """A factor of 1.001 stands out for large and for small inputs and outputs."""

    a, b = (scale, 1.0) if where == "output" else (1.0, scale)  # f(x) = a tanh(x / b)

    def tanh_by(factor):
        rule = lambda g, x: g * (factor * a / b) / np.cosh(x / b) ** 2  # noqa: E731  # as in records
        return planted(vjps=(rule,))(lambda x: a * np.tanh(x / b))

    x = X * b
    check_grads(tanh_by(1), x)
    with pytest.raises(GradientMismatch):
        check_grads(tanh_by(1.001), x, order=1)


def test_the_message_shows_entry_numbers_and_step():
    """A failure names the derivative, shows both numbers, their ratio and the step."""
    with pytest.raises(GradientMismatch) as caught:
        check_grads(
            lambda x, w: softmax_by(FIRST_ORDER["one column"])(x) + w, X, X, names=["x", "w"]
        )
    error, text = caught.value, str(caught.value)
    assert (error.argument, error.output) == ("x", "the output")
    assert error.output_entry is not None
    assert error.found == pytest.approx(1.001 * error.expected, rel=1e-6)
    for part in (repr(error.found), repr(error.expected), "step 0.00282", "ratio 1.001", "seed=0"):
        assert part in text
    assert f"∂ the output{list(error.output_entry)} / ∂ x{list(error.entry)}" in text


def test_a_wrong_entry_is_found_among_many():
    """With random directions too, the message names the entry of the input."""
    weights = np.where(np.arange(600) == 456, 1.5, 1.0).reshape(20, 30)
    f = planted(vjps=(lambda g, x: g * weights * np.cos(x),))(np.sin)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(f, LARGE)
    assert caught.value.entry == (456 // 30, 456 % 30)
    assert caught.value.found == pytest.approx(1.5 * caught.value.expected)


def test_a_cut_graph_is_called_by_its_name():
    """Where nothing requires grad, the message says that the graph is cut."""
    with pytest.raises(GradientMismatch, match="the graph is cut inside the function"):
        check_grads(lambda x: np.tanh(x.detach()), X)


REFUSED = {
    "float32": (np.tanh, X.astype(np.float32), "float32, and differences in it are too coarse"),
    "float16": (np.tanh, X.astype(np.float16), "float16, and differences in it are too coarse"),
    "integers": (np.tanh, np.arange(3), "int64, and it cannot be moved by a small step"),
    "float32 inside": (
        lambda x: x.astype(np.float32), X, "returned .* float32 for float64 inputs"
    ),
    "kink": (np.abs, np.array([1.0, 0.0]), "has a kink .* slope is 1 to the right and -1 to the l"),
    "tie": (lambda x: np.maximum(x, x[::-1]), np.ones(2), "has a kink"),
    "one-sided": (mg.functional.relu, np.zeros(2), "has a kink"),
    "jump": (np.floor, np.ones(1), "has a kink or a jump"),
    "hidden kink": (
        lambda x: np.tanh(x) + 0.1 * np.abs(x - 0.25), np.array([0.25]), "has a kink"
    ),
    "too close to a kink": (np.abs, np.array([1e-13]), "kink"),
    "kink of the derivative": (lambda x: x * np.abs(x), np.zeros(1), "derivative of order 1 has a"),
    "edge": (np.sqrt, np.zeros(1), "at the edge of its domain"),
    "outside": (lambda x: np.log(x - 1), np.zeros(1), "not finite at the given point"),
    "random": (lambda x: x * RNG.normal(size=x.shape), X, "not deterministic"),
    "slightly random": (lambda x: x + 1e-6 * RNG.normal(size=x.shape), X, "not deterministic"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_proves_nothing_is_refused(case):
    """Float32, kinks, edges and random functions are refused, with the reason."""
    f, x, reason = REFUSED[case]
    with np.errstate(all="ignore"), pytest.raises(CheckRefused, match=reason):
        check_grads(f, x)


def test_close_to_a_kink_the_step_is_shortened():
    """A point is refused at a kink, not near it."""
    check_grads(np.abs, np.array([1e-3, -1e-6]))


def test_bad_arguments():
    """Unknown modes, order 0 and calls without arguments are errors."""
    with pytest.raises(ValueError, match="'reverse'"):
        check_grads(np.tanh, X, modes=("reverse",))
    with pytest.raises(ValueError, match="order=0"):
        check_grads(np.tanh, X, order=0)
    with pytest.raises(ValueError, match="0 arguments"):
        check_grads(np.tanh)


def test_order_three():
    """Orders above two are checked in the same way."""
    check_grads(np.sin, np.array([0.3, 0.4]), order=3)
    third = planted(vjps=(lambda g, x: g * np.cos(x),))(np.sin)
    with mutant("sin", "factor"):  # the rule of cos is what the second order of `third` uses
        check_grads(third, np.array([0.3]), order=2)
        with pytest.raises(GradientMismatch) as caught:
            check_grads(third, np.array([0.3]), order=3)
    assert caught.value.order == 3


def test_forward_mode_is_checked_by_itself(monkeypatch):
    """A wrong jvp is found by "fwd", and is no concern of "rev"."""
    right_jvp = flat.jvp

    def wrong_jvp(f, xs, vs):
        y, tangent = right_jvp(f, xs, vs)
        return y, tuple(1.001 * t for t in tangent)

    monkeypatch.setattr(flat, "jvp", wrong_jvp)
    check_grads(np.tanh, X, modes=("rev",))
    with pytest.raises(GradientMismatch, match=r"minigrad \(fwd\)"):
        check_grads(np.tanh, X, modes=("fwd",))

@pytest.mark.parametrize("k", range(12))
def test_forward_mode_is_checked_at_every_entry(monkeypatch, k):
    """The derivative by one entry among others is found wrong, and named."""
    right_jvp = flat.jvp

    def wrong_jvp(f, xs, vs):
        v = np.array(vs[0])
        v[k] *= 1.001
        return right_jvp(f, xs, [v])

    monkeypatch.setattr(flat, "jvp", wrong_jvp)
    with pytest.raises(GradientMismatch, match=rf"argument 0\[{k}\]\n  minigrad \(fwd\)"):
        check_grads(np.tanh, np.linspace(-1.0, 1.5, 12), order=1)


def test_the_printed_seed_replays():
    """Random directions come from the printed seed: the same failure again."""
    messages = []
    for seed in (5, None):
        with pytest.raises(GradientMismatch) as caught:
            check_grads(softmax_by(FIRST_ORDER["term dropped"]), LARGE, seed=seed)
        printed = int(re.search(r"seed=(\d+)", str(caught.value))[1])
        with pytest.raises(GradientMismatch) as again:
            check_grads(softmax_by(FIRST_ORDER["term dropped"]), LARGE, seed=printed)
        assert str(again.value) == str(caught.value)
        messages.append(str(caught.value))
    assert messages[0] != messages[1]


def test_the_arguments_stay_as_they_were():
    """Neither the arrays given nor the gradients of given tensors change."""
    x = mg.tensor(X, requires_grad=True)
    before = X.copy()
    check_grads(lambda a, b: np.tanh(a @ b), x, X.T)
    assert x.grad is None
    assert np.array_equal(X, before)


@given(st.floats(-3, 3), st.floats(0.1, 30), st.sampled_from([np.sin, np.tanh, np.exp]))
def test_measured_slopes_keep_their_error_bound(x, k, function):
    """The true derivative of f(kx) lies within the error that is reported, and that is small."""
    slope = {np.sin: np.cos, np.tanh: lambda z: 1 / np.cosh(z) ** 2, np.exp: np.exp}[function]
    true = k * slope(k * x)
    found = measure(lambda s: np.array([function(k * (x + s))]), np.array([function(k * x)]), "f")
    assert abs(found.value[0] - true) <= 2 * found.error[0] + 1e-12 * abs(true)
    assert found.error[0] <= 1e-3 * abs(true) + 1e-6 * max(1, abs(function(k * x)))


def test_cancellation_inside_is_no_wrong_derivative():
    """Where large numbers cancel in the function, their rounding is not held against it: at three
    equal entries the second derivatives of a standardized vector are 0, by cancellation."""
    check_op("standardize", examples=100, seed=0)
    x = np.full(3, 0.8218)
    check_grads(lambda x: standardize(x, axis=0), x, order=2)

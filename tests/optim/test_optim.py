"""Optimizers: the rules are the formulas, and a step happens whole or not at all."""

import math

import numpy as np
import pytest

from minigrad import Tensor
from minigrad.engine.tensor import Parameter
from minigrad.errors import GradientError, MutationError
from minigrad.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from tests.support.gradients import give_grads
from tests.support.optimizers import CASES, IDS, assert_same_state, parameters, snapshot


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
def test_rule_is_the_formula(rule, formula, options):
    """Ten steps of every entry equal the formula worked out number by number, to 1e-12."""
    params, rng = parameters(), np.random.default_rng(1)
    optimizer = rule(params, **options)
    expected = [p.numpy().ravel().tolist() for p in params]
    states = [[{} for _ in e] for e in expected]
    for t in range(1, 11):
        give_grads(params, rng)
        for p, values, entries in zip(params, expected, states, strict=True):
            for k, g in enumerate(p.grad.numpy().ravel().tolist()):
                values[k] = formula(values[k], g, entries[k], t, **options)
        optimizer.step()
    for p, values in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.numpy().ravel(), values, rtol=1e-12)


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
def test_dtype_is_kept(rule, formula, options):
    """float32 parameters and slots stay float32, whatever the type of lr or of the gradient."""
    params = parameters(np.float32)
    optimizer = rule(params, **options)
    optimizer.lr = np.float64(0.1)
    for p in params:
        p.grad = Tensor(np.ones(p.shape))
    optimizer.step()
    assert {p.dtype for p in params} == {np.dtype(np.float32)}
    arrays = [a for name, a in optimizer.state_dict().items() if isinstance(a, np.ndarray)]
    assert {a.dtype for a in arrays} <= {np.dtype(np.float32)}


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
def test_blocks_change_nothing(rule, formula, options, monkeypatch):
    """Updating in blocks, the last one short, gives the bits of updating the whole array."""
    rng = np.random.default_rng(4)
    whole, parts = (Parameter(rng.normal(size=(7, 5)).astype(np.float32).T) for _ in range(2))
    parts.data = whole.numpy()
    one, other = rule([whole], **options), rule([parts], **options)
    for _ in range(3):
        whole.grad = parts.grad = Tensor(rng.normal(size=(7, 5)).astype(np.float32).T)
        one.step()
        with monkeypatch.context() as patch:
            patch.setattr("minigrad.optim.optimizer._BLOCK", 8)
            other.step()
    assert_same_state(snapshot([whole], one), snapshot([parts], other))


def test_parameters_without_gradient_are_skipped():
    """A None gradient leaves value, slots and step count alone; zero_grad makes it None again."""
    params = parameters()
    optimizer = Adam(params)
    before = params[1].numpy().copy()
    params[0].grad = Tensor(np.ones((3, 2)))
    optimizer.step()
    np.testing.assert_array_equal(params[1].numpy(), before)
    state = optimizer.state_dict()
    assert (state["0.steps"], state["1.steps"]) == (1, 0)
    assert not state["1.m"].any()
    optimizer.zero_grad()
    assert params[0].grad is None


def test_values_are_replaced_not_written():
    """Arrays taken before a step keep their values, and a graph that saved them is protected."""
    w = Parameter([1.0, 2.0], name="w")
    optimizer = SGD([w], lr=1.0)
    taken, loss = w.numpy(), (w * w).sum()
    w.grad = Tensor([1.0, 1.0])
    optimizer.step()
    assert taken.tolist() == [1.0, 2.0]
    assert w.tolist() == [0.0, 1.0]
    with pytest.raises(MutationError, match="an optimizer step"):
        loss.backward()


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_non_finite_gradients_are_refused(rule, formula, options, bad):
    """A NaN or Inf anywhere: an error that names the parameter; nothing at all has changed."""
    params, rng = parameters(), np.random.default_rng(2)
    optimizer = rule(params, **options)
    give_grads(params, rng)
    optimizer.step()
    before = snapshot(params, optimizer)
    give_grads(params, rng)
    g = params[1].grad.numpy().copy()
    g[1] = bad
    params[1].grad = g
    kind = "1 NaN, 0 Inf" if math.isnan(bad) else "0 NaN, 1 Inf"
    with pytest.raises(GradientError, match=rf"{rule.__name__}\.step.*'w1' \({kind} among 2\)"):
        optimizer.step()
    assert_same_state(before, snapshot(params, optimizer))


def test_every_bad_gradient_is_named():
    """The error lists all parameters concerned, those without a name by place and shape."""
    params = [Parameter([1.0]), Parameter([[1.0]]), Parameter([1.0], name="b")]
    for p in (params[1], params[2]):
        p.grad = Tensor(np.full(p.shape, math.nan))
    with pytest.raises(GradientError, match=r"parameter 1 of shape \(1, 1\).*'b'"):
        SGD(params).step()


@pytest.mark.parametrize("rule", [Adam, RMSprop, Adagrad])
def test_gradients_whose_square_overflows_are_refused(rule):
    """A finite gradient that would put Inf in a slot, and stop learning for good, is an error."""
    w = Parameter(np.ones(2, np.float32), name="w")
    optimizer = rule([w])
    before = snapshot([w], optimizer)
    w.grad = Tensor(np.array([1.0, 1e25], np.float32))
    with pytest.raises(GradientError, match=r"'w' would be NaN or Inf.*clip_grad_norm"):
        optimizer.step()
    assert_same_state(before, snapshot([w], optimizer))
    w.grad = Tensor(np.array([1.0, 1e15], np.float32))
    optimizer.step()


class Stopping(Adam):
    """An Adam that the user interrupts at the last parameter."""

    def update(self, value, grad, state, t):
        if value.shape == ():
            raise KeyboardInterrupt
        return super().update(value, grad, state, t)


def test_an_interrupt_while_computing_changes_nothing():
    """Ctrl-C in the middle of a step leaves every parameter and slot as it was."""
    params = parameters()
    optimizer = Stopping(params)
    before = snapshot(params, optimizer)
    give_grads(params, np.random.default_rng(0))
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert_same_state(before, snapshot(params, optimizer))


def test_an_interrupt_while_assigning_finishes_the_step(monkeypatch):
    """Ctrl-C between two assignments ends the program after a whole step, not in half of one."""
    params, twins = parameters(), parameters()
    optimizer, whole = Adam(params), Adam(twins)
    for some, opt in ((params, optimizer), (twins, whole)):
        give_grads(some, np.random.default_rng(0))
        if opt is whole:
            opt.step()
    original, calls = Tensor._replace, []

    def interrupted(tensor, array):
        calls.append(tensor)
        if len(calls) == 2:
            raise KeyboardInterrupt
        original(tensor, array)

    monkeypatch.setattr(Tensor, "_replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert_same_state(snapshot(params, optimizer), snapshot(twins, whole))


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adagrad, Adam, AdamW])
@pytest.mark.parametrize(
    ("lr", "error"),
    [(-0.1, ValueError), (math.nan, ValueError), (math.inf, ValueError), ("0.1", TypeError),
     (None, TypeError), (True, TypeError), (np.ones(2), TypeError)],
)
def test_bad_learning_rates(rule, lr, error):
    """An lr that is no finite number of at least 0 is refused, at the start and when assigned."""
    message = rf"{rule.__name__}\(lr\): received .*wanted a finite number of at least 0"
    with pytest.raises(error, match=message):
        rule(parameters(), lr=lr)
    optimizer = rule(parameters(), lr=0.5)
    with pytest.raises(error, match=message):
        optimizer.lr = lr
    assert optimizer.lr == 0.5


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD([]), ValueError, "received no parameters"),
        (lambda: SGD(iter(())), ValueError, "an earlier loop has used up"),
        (lambda: SGD(3), TypeError, "wanted an iterable of Tensors"),
        (lambda: SGD([np.ones(2)]), TypeError, "parameter 0 is .*ndarray.*wanted a Tensor"),
        (lambda: SGD({"W": Parameter(1.0)}), TypeError, "not names or arrays"),
        (lambda: SGD([Parameter(1.0) * 2]), ValueError, "result of an op"),
        (lambda: SGD([W, Parameter(1.0), W]), ValueError, "'W' comes twice, at 0 and 2"),
        (lambda: SGD([W], momentum=-1), ValueError, r"SGD\(momentum\)"),
        (lambda: SGD([W], nesterov=True), ValueError, "needs a momentum"),
        (lambda: SGD([W], nesterov=1), TypeError, "wanted True or False"),
        (lambda: SGD([W], nesterov=True, momentum=0.9, dampening=0.1), ValueError,
         r"nesterov=True\): received dampening=0\.1, wanted 0"),
        (lambda: SGD([W], maximize="no"), TypeError, r"SGD\(maximize\).*True or False"),
        (lambda: Adam([W], amsgrad=None), TypeError, r"Adam\(amsgrad\).*True or False"),
        (lambda: SGD({W}), TypeError, "a set of parameters, whose order differs"),
        (lambda: RMSprop([W], alpha=1.0), ValueError, r"RMSprop\(alpha\).*\[0, 1\)"),
        (lambda: Adagrad([W], eps=-1.0), ValueError, r"Adagrad\(eps\)"),
        (lambda: Adam([W], betas=(0.9, 1.0)), ValueError, r"Adam\(beta2\).*\[0, 1\)"),
        (lambda: Adam([W], betas=0.9), TypeError, "wanted two numbers"),
        (lambda: Adam([W], betas=(0.9,)), ValueError, "wanted two numbers"),
        (lambda: AdamW([W], weight_decay="x"), TypeError, r"AdamW\(weight_decay\)"),
    ],
)
def test_bad_arguments(make, error, message):
    """What cannot be optimized, or is no hyperparameter, is refused by name."""
    with pytest.raises(error, match=message):
        make()


W = Parameter(1.0, name="W")

"""Optimizers: the rules are the formulas, and a step happens whole or not at all."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, no_grad
from minigrad.engine.tensor import Parameter
from minigrad.errors import GradientError, MutationError, StateDictError
from minigrad.optim import SGD, Adagrad, Adam, AdamW, Hyper, Optimizer, RMSprop
from tests.support.gradients import give_grads


# The formulas once more, for one number, as they stand in the docstrings.
def sgd(
    w, g, s, t, lr=1e-3, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False,
    maximize=False,
):
    g = (-g if maximize else g) + weight_decay * w
    s["v"] = momentum * s["v"] + (1 - dampening) * g if "v" in s else g
    return w - lr * (g + momentum * s["v"] if nesterov else s["v"])


def rmsprop(
    w, g, s, t, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
    maximize=False,
):
    g = (-g if maximize else g) + weight_decay * w
    s["s"] = alpha * s.get("s", 0.0) + (1 - alpha) * g**2
    s["m"] = alpha * s.get("m", 0.0) + (1 - alpha) * g
    root = math.sqrt(s["s"] - s["m"] ** 2 if centered else s["s"])
    s["b"] = momentum * s.get("b", 0.0) + g / (root + eps)
    return w - lr * s["b"]


def adagrad(
    w, g, s, t, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
    maximize=False,
):
    g = (-g if maximize else g) + weight_decay * w
    s["s"] = s.get("s", initial_accumulator_value) + g**2
    return w - lr / (1 + (t - 1) * lr_decay) * g / (math.sqrt(s["s"]) + eps)


def adam(
    w, g, s, t, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False,
    maximize=False,
):
    g = (-g if maximize else g) + weight_decay * w
    s["m"] = betas[0] * s.get("m", 0.0) + (1 - betas[0]) * g
    s["v"] = betas[1] * s.get("v", 0.0) + (1 - betas[1]) * g**2
    s["r"] = max(s.get("r", 0.0), s["v"]) if amsgrad else s["v"]
    m, v = s["m"] / (1 - betas[0] ** t), s["r"] / (1 - betas[1] ** t)
    return w - lr * m / (math.sqrt(v) + eps)


def adamw(w, g, s, t, lr=1e-3, weight_decay=0.01, **options):
    return adam(w, g, s, t, lr, **options) - lr * weight_decay * w


CASES = [
    (SGD, sgd, {}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    (SGD, sgd, {"lr": 0.1, "momentum": 0.5, "dampening": -1.5, "weight_decay": 0.1}),
    (RMSprop, rmsprop, {}),
    (RMSprop, rmsprop, {"alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    (RMSprop, rmsprop, {"momentum": 0.9, "centered": True}),
    (RMSprop, rmsprop, {"weight_decay": 0.1, "maximize": True}),
    (Adagrad, adagrad, {}),
    (Adagrad, adagrad, {"weight_decay": 0.1, "maximize": True}),
    (Adagrad, adagrad, {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 2.0}),
    (Adam, adam, {}),
    (Adam, adam, {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1, "weight_decay": 0.1}),
    (Adam, adam, {"lr": 0.1, "betas": (0.5, 0.5), "amsgrad": True}),
    (Adam, adam, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    (AdamW, adamw, {}),
    (AdamW, adamw, {"lr": 0.1, "betas": (0.9, 0.5), "amsgrad": True, "maximize": True}),
    (AdamW, adamw, {"lr": 0.1, "betas": (0.5, 0.7), "weight_decay": 0.3}),
]
IDS = [f"{rule.__name__}-{i}" for i, (rule, _, _) in enumerate(CASES)]
SHAPES = [(3, 2), (2,), ()]


def parameters(dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Parameter(rng.normal(size=shape).astype(dtype), name=f"w{i}")
        for i, shape in enumerate(SHAPES)
    ]


def snapshot(params, optimizer):
    """Everything that a refused step must leave as it was."""
    return copy.deepcopy(([p.numpy() for p in params], optimizer.state_dict()))


def assert_same_state(a, b):
    (values, state), (other_values, other_state) = a, b
    for x, y in zip(values, other_values, strict=True):
        np.testing.assert_array_equal(x, y, strict=True)
    assert state.keys() == other_state.keys()
    for name in state:
        np.testing.assert_array_equal(state[name], other_state[name], err_msg=name)


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


def test_one_tensor_and_frozen_ones_are_accepted():
    """A single Tensor is a list of one; a parameter that needs no gradient is carried along."""
    w, frozen = Parameter(1.0), Parameter(1.0, requires_grad=False)
    assert len(SGD(w).params) == 1
    optimizer = SGD([w, frozen], lr=1.0)
    w.grad = Tensor(1.0)
    optimizer.step()
    assert (w.item(), frozen.item()) == (0.0, 1.0)


class Lion(Optimizer):
    """A user's own rule, with a slot and a hyperparameter."""

    beta = Hyper(below=1.0)

    def __init__(self, params, lr=1e-2, beta=0.9):
        super().__init__(params, lr)
        self.beta = beta

    def slots(self):
        return {"m": 0.0}

    def update(self, value, grad, state, t):
        state["m"] = self.beta * state["m"] + (1 - self.beta) * grad
        return value - self.lr * np.sign(state["m"])


def test_a_rule_of_ones_own():
    """A subclass with update and slots steps, saves and loads; a wrong result is refused."""
    params = parameters()
    optimizer = Lion(params)
    give_grads(params, np.random.default_rng(0))
    optimizer.step()
    twin = Lion(params, beta=0.5)
    twin.load_state_dict(optimizer.state_dict())
    assert repr(twin) == "Lion(3 parameters, lr=0.01, beta=0.9)"

    class Wrong(Lion):
        def update(self, value, grad, state, t):
            return super().update(value, grad, state, t).sum()

    wrong = Wrong(params)
    before = snapshot(params, wrong)
    with pytest.raises(TypeError, match=r"update\(\) of 'w0' returned .*wanted \(3, 2\)"):
        wrong.step()
    assert_same_state(before, snapshot(params, wrong))
    with pytest.raises(TypeError, match=r"Optimizer has no update\(\)"):
        Optimizer(params, lr=1.0).step()


@pytest.mark.parametrize(("rule", "formula", "options"), CASES, ids=IDS)
def test_resuming_is_bit_identical(rule, formula, options):
    """5 steps, save, load into a fresh pair, 5 steps: the bits of 10 steps in one go."""
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    params, twins = parameters(np.float32), parameters(np.float32, seed=9)
    optimizer, other = rule(params, **options), rule(parameters(np.float32), **options)
    for k in range(10):
        if k == 5:
            saved = optimizer.state_dict()
            for p, twin in zip(params, twins, strict=True):
                twin.data = p.numpy()
            other = rule(twins, **options)
            other.lr = 77.0
            other.load_state_dict(saved)
        give_grads(params, rng)
        optimizer.step()
        give_grads(twins, again)
        if k >= 5:
            other.step()
    assert_same_state(snapshot(params, optimizer), snapshot(twins, other))


def test_a_state_dict_is_a_snapshot_of_plain_values():
    """Numbers and fresh arrays under flat names; later steps do not reach into it."""
    params = parameters()
    optimizer = SGD(params, lr=0.1, momentum=0.9)
    state = optimizer.state_dict()
    assert list(state)[:4] == ["lr", "weight_decay", "maximize", "momentum"]
    assert list(state)[4:8] == ["dampening", "nesterov", "0.steps", "0.velocity"]
    give_grads(params, np.random.default_rng(0))
    optimizer.step()
    assert not state["0.velocity"].any()


def test_a_state_of_another_optimizer_is_refused():
    """Another rule, options, shapes or numbers out of range: all listed, none loaded."""
    params = parameters()
    optimizer = Adam(params)
    before = snapshot(params, optimizer)
    with pytest.raises(StateDictError, match=r"(?s)missing:    beta1.*unexpected: momentum"):
        optimizer.load_state_dict(SGD(params, momentum=0.9).state_dict())
    state = optimizer.state_dict()
    state.update({"0.m": np.ones(2), "1.v": np.ones(2, np.float32), "lr": -1.0, "2.steps": -1})
    with pytest.raises(StateDictError) as caught:
        optimizer.load_state_dict(state)
    for text in ("Adam.load_state_dict: 4 entries", "mis-shaped: 0.m", "mis-typed:  1.v",
                 "Adam(lr): received -1.0", "out of range: 2.steps"):
        assert text in str(caught.value)
    assert_same_state(before, snapshot(params, optimizer))
    with pytest.raises(StateDictError, match=r"unexpected: 0\.velocity"):
        SGD(params).load_state_dict(SGD(params, momentum=0.9).state_dict())


def test_deepcopy_keeps_the_link():
    """A model and its optimizer, copied together, belong to each other."""
    w = Parameter([1.0])
    twin, optimizer = copy.deepcopy((w, SGD([w], lr=1.0)))
    assert optimizer.params[0] is twin
    twin.grad = Tensor([1.0])
    optimizer.step()
    assert (w.item(), twin.item()) == (1.0, 0.0)


@given(st.sampled_from(CASES), st.integers(0, 2**32), st.floats(1e-3, 1e3))
def test_a_step_goes_downhill(case, seed, scale):
    """The first step, without decay, moves no entry along its gradient, at any scale of it."""
    rule, _, options = case
    params = parameters()
    before = [p.numpy() for p in params]
    optimizer = rule(params, **{**options, "weight_decay": 0.0, "maximize": False})
    rng = np.random.default_rng(seed)
    with no_grad():
        for p in params:
            p.grad = Tensor(scale * rng.normal(size=p.shape))
    optimizer.step()
    for p, old in zip(params, before, strict=True):
        assert ((p.numpy() - old) * p.grad.numpy() <= 0).all()

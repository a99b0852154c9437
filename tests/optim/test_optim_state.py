"""State dicts of optimizers, copies, and rules of one's own."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad import Tensor, no_grad
from minigrad.engine.tensor import Parameter
from minigrad.errors import StateDictError
from minigrad.optim import SGD, Adam, Hyper, Optimizer
from tests.support.gradients import give_grads
from tests.support.optimizers import CASES, IDS, assert_same_state, parameters, snapshot


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

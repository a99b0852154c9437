"""Schedules: closed forms in t, that compose and resume."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.engine.tensor import Parameter
from minigrad.errors import StateDictError
from minigrad.optim import (
    SGD,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    StepLR,
    cosine_decay,
    exponential_decay,
    linear_ramp,
    step_decay,
)

FORMS = {
    "StepLR": (lambda o: StepLR(o, 3, gamma=0.5), lambda t: 0.8 * 0.5 ** (t // 3)),
    "ExponentialLR": (lambda o: ExponentialLR(o, 0.9), lambda t: 0.8 * 0.9**t),
    "CosineAnnealingLR": (
        lambda o: CosineAnnealingLR(o, 10, eta_min=0.2),
        lambda t: 0.2 + 0.6 * (1 + math.cos(math.pi * t / 10)) / 2,
    ),
    "LinearLR": (lambda o: LinearLR(o, 0.25, total_iters=4), lambda t: 0.2 + 0.15 * min(t, 4)),
    "LambdaLR": (lambda o: LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: 0.8 / (1 + t)),
    "composed": (
        lambda o: LambdaLR(o, linear_ramp(0.0, total_iters=5), cosine_decay(20)),
        lambda t: 0.8 * min(t, 5) / 5 * (1 + math.cos(math.pi * t / 20)) / 2,
    ),
    "constant": (LambdaLR, lambda t: 0.8),
}


def optimizer(lr=0.8):
    return SGD([Parameter([1.0])], lr=lr)


@pytest.mark.parametrize("name", FORMS)
def test_closed_form(name):
    """The rate at t = 0, 1, ... 25 is the formula's, from construction on."""
    make, formula = FORMS[name]
    opt = optimizer()
    schedule = make(opt)
    for t in range(26):
        assert schedule.t == t
        assert opt.lr == pytest.approx(formula(t), rel=1e-12, abs=1e-15)
        schedule.step()


@pytest.mark.parametrize("name", FORMS)
@given(st.integers(0, 30), st.integers(0, 30))
def test_resuming_is_bit_identical(name, before, after):
    """Stopping anywhere and loading into a new pair gives the very rates of an unbroken run."""
    make, _ = FORMS[name]
    one, two = optimizer(), optimizer(0.1)
    whole, second = make(one), make(two)
    for _ in range(before):
        whole.step()
    second.load_state_dict(whole.state_dict())
    assert two.lr == one.lr
    for _ in range(after):
        whole.step()
        second.step()
        assert two.lr == one.lr


def test_a_bad_factor_changes_nothing():
    """A factor that gives NaN or a negative rate raises at that step; rate and t stay."""
    opt = optimizer()
    schedule = LambdaLR(opt, lambda t: 1.0 if t < 2 else math.nan)
    schedule.step()
    with pytest.raises(ValueError, match=r"SGD\(lr\): received nan"):
        schedule.step()
    assert (opt.lr, schedule.t) == (0.8, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LambdaLR(3, lambda t: 1), TypeError, "wanted an Optimizer"),
        (lambda: LambdaLR(optimizer(), 0.5), TypeError, "wanted a function of t"),
        (lambda: StepLR(optimizer(), 0), ValueError, r"step_decay\(step_size\)"),
        (lambda: StepLR(optimizer(), 2.5), ValueError, "a whole number of steps"),
        (lambda: ExponentialLR(optimizer(), -1), ValueError, r"exponential_decay\(gamma\)"),
        (lambda: ExponentialLR(optimizer(), "x"), TypeError, r"exponential_decay\(gamma\)"),
        (lambda: CosineAnnealingLR(optimizer(), 0), ValueError, r"cosine_decay\(T_max\)"),
        (lambda: CosineAnnealingLR(optimizer(), 5, math.nan), ValueError, "eta_min"),
        (lambda: LinearLR(optimizer(), -1.0), ValueError, r"linear_ramp\(start_factor\)"),
        (lambda: step_decay(True), TypeError, "step_size"),
        (lambda: exponential_decay(math.inf), ValueError, "gamma"),
    ],
)
def test_bad_arguments(make, error, message):
    """What is no optimizer, no function, no count or no rate is refused by name."""
    with pytest.raises(error, match=message):
        make()


def test_bad_states():
    """Other keys, other types and negative values are refused, and t stays."""
    opt = optimizer()
    schedule = ExponentialLR(opt, 0.5)
    schedule.step()
    for state in ({}, {"t": 3}, {"t": 3.0, "base_lr": 1.0}, {"t": -1, "base_lr": 1.0},
                  {"t": 1, "base_lr": math.nan}, {"t": 1, "base_lr": 1.0, "x": 1}):
        with pytest.raises(StateDictError, match=r"ExponentialLR\.load_state_dict"):
            schedule.load_state_dict(state)
    assert (schedule.t, opt.lr) == (1, 0.4)
    assert repr(schedule) == "ExponentialLR(t=1, lr=0.4)"

"""Parameter groups: each is optimized as if it were alone, with its own hyperparameters."""

import copy
import inspect
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.engine.tensor import Parameter, Tensor
from minigrad.errors import StateDictError
from minigrad.optim import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    LambdaLR,
    Orthogonal,
    RMSprop,
    StepLR,
)
from tests.support.gradients import give_grads

OPTIONS = {
    SGD: ({"lr": 0.1, "momentum": 0.9}, {"lr": 0.02, "nesterov": True}, {"momentum": 0.0}),
    RMSprop: ({"lr": 0.1}, {"alpha": 0.5, "centered": True}, {"momentum": 0.9, "maximize": True}),
    Adagrad: ({"lr_decay": 0.1}, {"lr": 0.5}, {"initial_accumulator_value": 2.0}),
    Adam: ({}, {"betas": (0.5, 0.7), "amsgrad": True}, {"weight_decay": 0.3, "eps": 0.1}),
    AdamW: ({"lr": 0.1}, {"weight_decay": 0.0}, {"amsgrad": True, "lr": 0.2}),
}
SHAPES = [(3, 2), (2,), ()]


def parameters(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [Parameter(rng.normal(size=shape).astype(dtype)) for shape in SHAPES]


def values(params):
    return [p.numpy() for p in params]


def groups_of(params, options):
    return [{"params": [p], **own} for p, own in zip(params, ({}, *options[1:]), strict=True)]


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rule", OPTIONS)
def test_a_group_is_as_if_it_were_alone(rule):
    """Three groups in one optimizer take the very steps of three optimizers with those options."""
    options = OPTIONS[rule]
    params, alone = parameters(), parameters()
    together = rule(groups_of(params, options), **options[0])
    separate = [
        rule([p], **{**options[0], **own}) for p, own in zip(alone, ({}, *options[1:]), strict=True)
    ]
    rng, again = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(10):
        give_grads(params, rng)
        give_grads(alone, again)
        together.step()
        for one in separate:
            one.step()
        assert_equal(values(params), values(alone))
    for group, one in zip(together.param_groups, separate, strict=True):
        assert dict(group) == {**one.param_groups[0], "params": group["params"]}


@pytest.mark.parametrize("rule", OPTIONS)
def test_resuming_with_groups_is_bit_identical(rule):
    """5 steps, save, load into a fresh pair, 5 steps: the bits of 10 steps in one go."""
    options = OPTIONS[rule]
    params, twins = parameters(dtype=np.float32), parameters(9, np.float32)
    optimizer = rule(groups_of(params, options), **options[0])
    other = rule(groups_of(twins, options), **options[0])
    rng, again = np.random.default_rng(3), np.random.default_rng(3)
    for k in range(10):
        if k == 5:
            optimizer.param_groups[1]["lr"] = 0.25
            for p, twin in zip(params, twins, strict=True):
                twin.data = p.numpy()
            other.load_state_dict(optimizer.state_dict())
        give_grads(params, rng)
        give_grads(twins, again)
        optimizer.step()
        if k >= 5:
            other.step()
    assert_equal(values(params), values(twins))
    assert [g["lr"] for g in other.param_groups] == [g["lr"] for g in optimizer.param_groups]


def test_one_group_has_the_state_dict_of_plain_parameters():
    """A list with one group is the same as its parameters; further groups only add entries."""
    params = parameters()
    plain = Adam(params, lr=0.5).state_dict()
    one = Adam([{"params": iter(params), "lr": 0.5}]).state_dict()
    assert list(plain) == list(one)
    assert one["lr"] == 0.5
    two = Adam([{"params": params[:2]}, {"params": params[2], "lr": 0.25}], lr=0.5).state_dict()
    added = two.keys() - plain.keys()
    assert added == {f"group1.{name}" for name in (*Adam.hypers(), "size")}
    assert (two["lr"], two["group1.lr"], two["group1.size"]) == (0.5, 0.25, 1)


@pytest.mark.parametrize("rule", OPTIONS)
def test_states_of_earlier_versions_load(rule):
    """A state dict from before maximize, dampening and amsgrad existed means that they are off."""
    new = {"maximize", "dampening", "amsgrad"}
    params, twins = parameters(), parameters()
    optimizer, other = rule(params), rule(twins, maximize=True)
    give_grads(params, np.random.default_rng(0))
    optimizer.step()
    old = {name: value for name, value in optimizer.state_dict().items() if name not in new}
    other.load_state_dict(old)
    assert other.maximize is False
    for p, twin in zip(params, twins, strict=True):
        twin.data = p.numpy()
    for some, one in ((params, optimizer), (twins, other)):
        give_grads(some, np.random.default_rng(1))
        one.step()
    assert_equal(values(params), values(twins))


def test_states_that_do_not_fit_the_groups_are_refused():
    """Other groups, other sizes and numbers out of range are listed, and nothing is loaded."""
    params = parameters()
    optimizer = Adam([{"params": params[:2]}, {"params": params[2:], "lr": 0.1}])
    state = optimizer.state_dict()
    with pytest.raises(StateDictError, match=r"(?s)unexpected: group1\.lr.*group1\.size"):
        Adam(params).load_state_dict(state)
    with pytest.raises(StateDictError, match=r"(?s)missing:    group1\.lr"):
        optimizer.load_state_dict(Adam(params, lr=0.7).state_dict())
    swapped = Adam([{"params": params[:1]}, {"params": params[1:]}])
    with pytest.raises(StateDictError, match=r"out of range: group1\.size: received 1, wanted 2"):
        swapped.load_state_dict(state)
    with pytest.raises(StateDictError, match=r"Adam\.param_groups\[1\]\(lr\): received -1\.0"):
        optimizer.load_state_dict({**state, "group1.lr": -1.0, "lr": 5.0})
    assert [g["lr"] for g in optimizer.param_groups] == [1e-3, 0.1]


def test_groups_are_read_and_written_as_mappings():
    """What PyTorch users do with param_groups works, and what they assign is checked."""
    v, w = Parameter(0.0), Parameter(0.0)
    optimizer = Adam([{"params": v, "betas": (0.5, 0.6)}, {"params": [w], "lr": 0.5}], lr=0.1)
    first, second = optimizer.param_groups
    assert first["params"] == (v,)
    assert second["betas"] == (0.9, 0.999)
    assert (first["beta1"], first["beta2"]) == (0.5, 0.6)
    assert {"params", *Adam.hypers()} == set(first)
    for group in optimizer.param_groups:
        group["lr"] *= 0.5
    second["betas"] = (0.1, 0.2)
    assert [g["lr"] for g in optimizer.param_groups] == [0.05, 0.25]
    assert (optimizer.lr, optimizer.beta1, second["beta1"]) == (0.05, 0.5, 0.1)
    optimizer.lr = 1.0
    assert [g["lr"] for g in optimizer.param_groups] == [1.0, 1.0]
    for name, value, error, message in [
        ("lr", math.nan, ValueError, r"Adam\.param_groups\[1\]\(lr\): received nan"),
        ("lr", "x", TypeError, r"Adam\.param_groups\[1\]\(lr\)"),
        ("betas", (0.1, 1.0), ValueError, r"\(beta2\).*\[0, 1\)"),
        ("betas", 0.1, TypeError, "wanted two numbers"),
        ("momentum", 0.1, ValueError, r"no hyperparameter 'momentum' to set; Adam has lr, .*betas"),
        ("params", [v], ValueError, "add_param_group adds parameters"),
    ]:
        before = dict(second)
        with pytest.raises(error, match=message):
            second[name] = value
        assert dict(second) == before
    assert repr(optimizer).startswith("Adam(2 parameters in 2 groups, lr=1.0, ")
    assert "beta1=0.5 and 0.1" in repr(optimizer)
    assert repr(second).startswith("Group(1 parameter, lr=1.0")


@pytest.mark.parametrize(
    ("groups", "error", "message"),
    [
        ([{"lr": 0.1}], TypeError, r"SGD\.param_groups\[0\]: .*under 'params'"),
        ([{"params": []}], ValueError, r"SGD\.param_groups\[0\]: received no parameters"),
        ([{"params": iter(())}], ValueError, "an earlier loop has used up"),
        ([{"params": [Parameter(1.0)]}, Parameter(1.0)], TypeError, r"\[1\].*wanted a dict"),
        ([{"params": [Parameter(1.0)], "rate": 1}], ValueError, "no hyperparameter 'rate'.*has lr"),
        ([{"params": [Parameter(1.0)], "lr": -1}], ValueError, r"param_groups\[0\]\(lr\)"),
        ([{"params": {Parameter(1.0)}}], TypeError, "whose order differs"),
        ([{"params": np.ones(2)}], TypeError, r"SGD\.param_groups\[0\]"),
        ([{"params": [SHARED := Parameter(1.0)]}, {"params": SHARED}], ValueError, "comes twice"),
        ([{"params": [Parameter(1.0)], "nesterov": True}], ValueError, "needs a momentum"),
        ([], ValueError, "received no parameters"),
    ],
)
def test_groups_that_are_none(groups, error, message):
    """What is no group is refused by its place, in the constructor and when it is added later."""
    with pytest.raises(error, match=message):
        SGD(groups)
    if not groups:
        return
    optimizer = SGD(SHARED, lr=0.1)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(error):
        optimizer.add_param_group(groups[-1] if "lr" not in groups[0] else groups[0])
    assert optimizer.state_dict() == before
    assert (len(optimizer.params), len(optimizer.param_groups)) == (1, 1)


def test_a_single_dict_is_one_group():
    """Like a single Tensor, a dict with "params" needs no list around it."""
    assert SGD({"params": parameters(), "lr": 0.5}).lr == 0.5


@pytest.mark.parametrize("rule", OPTIONS)
def test_groups_that_are_added(rule):
    """Parameters added later are optimized from then on, with the options of the optimizer."""
    options = OPTIONS[rule]
    params, twins = parameters(), parameters()
    optimizer = rule(params[:1], **options[0])
    whole = rule(groups_of(twins, options), **options[0])
    for k in range(8):
        if k == 3:
            for p, own in zip(params[1:], options[1:], strict=True):
                optimizer.add_param_group({"params": p, **own})
        for some, one in ((params, optimizer), (twins, whole)):
            give_grads(some, np.random.default_rng(k))
            for p in some[1:] if k < 3 else ():
                p.grad = None
            one.step()
    assert_equal(values(params), values(twins))
    assert optimizer.state_dict().keys() == whole.state_dict().keys()


def test_a_rule_of_ones_own_has_groups():
    """A user's subclass that knows of no groups reads the group's values as attributes."""

    class Lion(optim.Optimizer):
        beta = optim.Hyper(below=1.0)

        def __init__(self, params, lr=1e-2, beta=0.9):
            super().__init__(params, lr)
            self.beta = beta

        def slots(self):
            return {"m": 0.0} if self.beta else {}

        def update(self, value, grad, state, t):
            if self.beta:
                grad = state["m"] = self.beta * state["m"] + (1 - self.beta) * grad
            return value - self.lr * np.sign(grad)

    v, w = Parameter(0.0), Parameter(0.0)
    optimizer = Lion([{"params": v}, {"params": w, "lr": 0.5, "beta": 0.0}])
    v.grad, w.grad = Tensor(1.0), Tensor(-1.0)
    optimizer.step()
    assert (v.item(), w.item()) == (-0.01, 0.5)
    assert "1.m" not in optimizer.state_dict()


def test_deepcopy_keeps_groups_and_links():
    """A model and its optimizer, copied together, belong to each other, and to nobody else."""
    v, w = Parameter(0.0), Parameter(0.0)
    optimizer = SGD([{"params": v}, {"params": w, "lr": 0.5}], lr=1.0)
    (v2, w2), twin = copy.deepcopy(((v, w), optimizer))
    assert [g["params"] for g in twin.param_groups] == [(v2,), (w2,)]
    twin.param_groups[0]["lr"] = 3.0
    twin.lr  # noqa: B018  # it reads
    v2.grad, w2.grad = Tensor(1.0), Tensor(1.0)
    twin.step()
    assert (v.item(), w.item(), v2.item(), w2.item()) == (0.0, 0.0, -3.0, -0.5)
    assert (optimizer.lr, twin.lr) == (1.0, 3.0)


def test_schedules_work_on_every_group():
    """Each group follows the plan from its own rate; one that joins later from the rate it has."""
    v, w, late = Parameter(0.0), Parameter(0.0), Parameter(0.0)
    optimizer = SGD([{"params": v}, {"params": w, "lr": 0.5}], lr=1.0)
    schedule = StepLR(optimizer, step_size=1, gamma=0.5)
    assert schedule.get_last_lr() == [1.0, 0.5]
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 0.25]
    optimizer.add_param_group({"params": late, "lr": 8.0})
    schedule.step()
    assert schedule.get_last_lr() == [0.25, 0.125, 2.0]
    assert [schedule.lr_at(3, k) for k in range(3)] == [0.125, 0.0625, 1.0]
    assert repr(schedule) == "StepLR(t=2, lr=0.25 and 0.125 and 2)"
    state = schedule.state_dict()
    assert state == {"t": 2, "base_lr": 1.0, "group1.base_lr": 0.5, "group2.base_lr": 8.0}
    for _ in range(3):
        schedule.step()
    schedule.load_state_dict(state)
    assert schedule.get_last_lr() == [0.25, 0.125, 2.0]
    with pytest.raises(StateDictError, match=r"missing:    group1\.base_lr"):
        schedule.load_state_dict({"t": 2, "base_lr": 1.0})
    assert schedule.get_last_lr() == [0.25, 0.125, 2.0]


def test_a_factor_for_each_group():
    """LambdaLR takes a list of functions, as PyTorch's does, and as many as there are groups."""
    optimizer = SGD([{"params": Parameter(0.0)}, {"params": Parameter(0.0), "lr": 0.5}], lr=1.0)
    schedule = LambdaLR(optimizer, [lambda t: 1.0, lambda t: 1 / (1 + t)], lambda t: 2.0)
    schedule.step()
    assert schedule.get_last_lr() == [2.0, 0.5]
    with pytest.raises(ValueError, match=r"received 1 functions of t, wanted one for each of .* 2"):
        LambdaLR(optimizer, [lambda t: 1.0])
    with pytest.raises(TypeError, match="wanted a function of t"):
        LambdaLR(optimizer, [lambda t: 1.0, 3])


def test_a_bad_rate_in_one_group_changes_none():
    """Where the plan gives one group no rate, that step raises, and rates and t stay."""
    optimizer = SGD([{"params": Parameter(0.0)}, {"params": Parameter(0.0), "lr": 0.5}], lr=1.0)
    schedule = LambdaLR(optimizer, [lambda t: 0.5**t, lambda t: math.nan if t > 1 else 1.0])
    schedule.step()
    with pytest.raises(ValueError, match=r"SGD\.param_groups\[1\]\(lr\): received nan"):
        schedule.step()
    assert (schedule.t, schedule.get_last_lr()) == (1, [0.5, 0.5])


def test_orthogonal_shares_the_groups():
    """Schedules and added groups reach the optimizer inside of Orthogonal."""
    W, b = Parameter(np.eye(2)), Parameter(np.zeros(2))
    optimizer = Orthogonal(SGD([W], lr=1.0), W)
    optimizer.add_param_group({"params": b, "lr": 0.5})
    schedule = StepLR(optimizer, 1, gamma=0.5)
    schedule.step()
    assert [g["lr"] for g in optimizer.optimizer.param_groups] == [0.5, 0.25]
    W.grad, b.grad = Tensor(np.ones((2, 2))), Tensor(np.ones(2))
    optimizer.step()
    np.testing.assert_allclose(b.numpy(), [-0.25, -0.25])
    np.testing.assert_allclose(W.numpy().T @ W.numpy(), np.eye(2), atol=1e-12)
    optimizer.load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize("end", [0.0, 0.3])
def test_ramps_end_where_they_say(end):
    """A ramp down to 0 never gives a rate below it by rounding, which would be refused."""
    for total in range(1, 60):
        for start in (1 / 3, 0.1, 0.7, 1.0, 0.9999):
            f = optim.linear_ramp(start, end, total_iters=total)
            assert f(total) == f(total + 5) == end
            assert min(f(t) for t in range(total + 2)) >= 0.0


@pytest.mark.parametrize("make", [
    lambda o: optim.LinearLR(o, 1.0, 0.0, total_iters=7), lambda o: optim.CosineAnnealingLR(o, 7),
    lambda o: optim.StepLR(o, 1, gamma=0.0), lambda o: LambdaLR(o, optim.cosine_decay(3)),
], ids=["LinearLR", "CosineAnnealingLR", "StepLR", "cosine_decay"])
@pytest.mark.parametrize("rule", OPTIONS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_schedules_down_to_zero(make, rule, dtype):
    """At a rate of 0 parameters stay where they are, and every step on the way is finite."""
    params = parameters(dtype=dtype)
    optimizer = rule(params)
    schedule = make(optimizer)
    rng = np.random.default_rng(0)
    for _ in range(25):
        before = values(params)
        give_grads(params, rng)
        optimizer.step()
        assert all(np.isfinite(p.numpy()).all() for p in params)
        if optimizer.lr == 0.0:
            assert_equal(before, values(params))
        schedule.step()


@pytest.mark.parametrize("rule", OPTIONS)
def test_positional_arguments_are_pytorchs(rule):
    """The order of positional options is that of PyTorch's signatures."""
    order = {
        SGD: "params lr momentum dampening weight_decay nesterov",
        RMSprop: "params lr alpha eps weight_decay momentum centered",
        Adagrad: "params lr lr_decay weight_decay initial_accumulator_value eps",
        Adam: "params lr betas eps weight_decay amsgrad",
        AdamW: "params lr betas eps weight_decay amsgrad",
    }
    found = inspect.signature(rule).parameters.values()
    positional = [p.name for p in found if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert " ".join(positional) == order[rule]
    assert [p.name for p in found if p.kind is p.KEYWORD_ONLY] == ["maximize"]


def test_zero_grad_can_keep_zeros():
    """set_to_none=False makes gradients zeros, in optimizers and modules; None stays None."""
    module = mg.Module()
    module.v, module.w = parameters()[:2]
    for thing in (module, SGD(module.parameters())):
        module.v.grad, module.w.grad = Tensor(np.ones((3, 2))), None
        thing.zero_grad(set_to_none=False)
        np.testing.assert_array_equal(module.v.grad.numpy(), np.zeros((3, 2)))
        assert module.w.grad is None
        thing.zero_grad()
        assert module.v.grad is None

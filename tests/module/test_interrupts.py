"""Ctrl-C at any bytecode of what changes parameters, optimizers, schedules and files: the state is
that of before or of after, never between."""

import os

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.engine.tensor import Parameter, Tensor
from tests.support.interrupts import interrupted_anywhere

STEP = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam([{"params": params[:1], "lr": 0.5}, {"params": params[1:]}]),
    "Orthogonal": lambda params: optim.Orthogonal(optim.SGD(params, lr=0.1), params[0]),
}


def model(value=1.0):
    module = mg.Module()
    module.w = Parameter(value * np.eye(2))
    module.inner = mg.Module()
    module.inner.b = Parameter([value, 2.0])
    for p in module.parameters():
        p.grad = Tensor(np.full(p.shape, 3.0))
    return module


def plain(thing):
    """Everything that can be compared by ==."""
    if isinstance(thing, mg.Module):
        return [
            (p.tolist(), p.dtype, p._node.dtype, g if g is None else (g.tolist(), g.dtype))
            for p in thing.parameters() for g in [p.grad]
        ], [m.training for m in thing.modules()]
    if isinstance(thing, optim.Optimizer):
        groups = [dict(g) for g in thing.param_groups]
        return plain(thing.state_dict()), [[*map(id, g.pop("params"))] and g for g in groups]
    if isinstance(thing, optim.LambdaLR):
        return thing.t, thing.base_lrs, thing.get_last_lr()
    if isinstance(thing, dict):
        return {name: np.asarray(value).tolist() for name, value in thing.items()}
    return [plain(one) for one in thing]


def check(prepare, act):
    seen = interrupted_anywhere(prepare, act, plain)
    assert seen["before"]
    assert seen["after"]


def pair(make=STEP["SGD"], value=1.0):
    module = model(value)
    return module, make(list(module.parameters()))


def stepped(make):
    _, optimizer = pair(make, 5.0)
    optimizer.step()
    return optimizer.state_dict()


@pytest.mark.parametrize("name", STEP)
def test_step(name):
    """Parameters, slots and counts of steps belong together."""
    check(lambda: pair(STEP[name]), lambda both: both[1].step())


def test_a_change_that_can_be_cut_in_two_is_noticed():
    """The checker is not blind: plain assignments to two parameters are caught half done."""

    def act(module):
        module.w._replace(np.zeros((2, 2)))
        module.inner.b._replace(np.zeros(2))

    with pytest.raises(AssertionError, match="half done after an interrupt at bytecode"):
        check(model, act)


@pytest.mark.parametrize("name", STEP)
def test_load_state_dict_of_optimizers(name):
    """Hyperparameters, slots and counts are of one state."""
    state = {**stepped(STEP[name]), "lr": 7.0}
    check(lambda: pair(STEP[name]), lambda both: both[1].load_state_dict(state))


def test_load_state_dict_of_modules():
    """All parameters are those of the state, or none."""
    state = model(5.0).state_dict()
    check(model, lambda module: module.load_state_dict(state))


def test_zero_grad():
    """All gradients are gone, or none."""
    check(model, lambda module: module.zero_grad())
    check(pair, lambda both: both[1].zero_grad())
    check(model, lambda module: module.zero_grad(set_to_none=False))


def test_train_and_eval():
    """All modules predict, or none does."""
    check(model, lambda module: module.eval())


def test_clipping():
    """All gradients are clipped, or none."""
    check(model, lambda module: optim.clip_grad_norm(module.parameters(), 1.0))
    check(model, lambda module: optim.clip_grad_value(module.parameters(), 1.0))


def test_add_param_group():
    """A group is there with its parameters, slots and options, or not at all."""
    late = Parameter([1.0, 2.0])
    check(pair, lambda both: both[1].add_param_group({"params": late, "lr": 0.5}))


def test_assigning_a_rate():
    """A rate that is assigned is that of all groups, or of none."""
    check(lambda: pair(STEP["Adam"]), lambda both: setattr(both[1], "lr", 0.125))


def schedule():
    optimizer = pair(STEP["Adam"])[1]
    return optimizer, optim.StepLR(optimizer, 1, gamma=0.5)


def test_schedules():
    """t and the rates of all groups belong together, in a step and in loading."""
    check(schedule, lambda both: both[1].step())
    state = {"t": 3, "base_lr": 8.0, "group1.base_lr": 4.0}
    check(schedule, lambda both: both[1].load_state_dict(state))


def test_batch_norm():
    """The running mean and the running variance are those of the same batches."""
    x = np.random.default_rng(0).normal(size=(4, 2))

    def prepare():
        return {"mean": Tensor([0.0, 0.0]), "variance": Tensor([1.0, 1.0])}

    def act(running):
        mg.functional.batch_norm(x, running["mean"], running["variance"], training=True)

    check(prepare, act)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # cut off inside of `open`
def test_save(tmp_path, monkeypatch):
    """The file is the old one or the new one, and no other is left once the error is dealt with."""
    path = tmp_path / "f"
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # as slow as the disk

    def prepare():
        for other in tmp_path.iterdir():
            other.unlink()
        mg.save(path, {"w": np.zeros(2)})
        return path

    def state(subject):
        assert list(tmp_path.iterdir()) == [path]
        return path.read_bytes()

    seen = interrupted_anywhere(prepare, lambda _: mg.save(path, {"w": np.ones(2)}), state)
    assert seen["before"]
    assert seen["after"]

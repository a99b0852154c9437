"""Optimizers, schedules and clipping give PyTorch's numbers, with PyTorch's defaults."""

import inspect

import numpy as np
import pytest

from minigrad import Tensor, optim
from minigrad.engine.tensor import Parameter

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.peers

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 2.0, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"momentum": 0.9, "centered": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
    ("Adagrad", {"initial_accumulator_value": 0.5}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.7), "amsgrad": True}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "betas": (0.5, 0.7), "amsgrad": True, "maximize": True}),
    ("AdamW", {"lr": 0.1, "betas": (0.5, 0.7), "eps": 0.1, "weight_decay": 0.3}),
]
SHAPES = [(3, 4), (4,), ()]


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-11), (np.float32, 2e-5)])
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_optimizers(name, options, dtype, rtol):
    """Over 30 steps, some without a gradient for one parameter, all values stay equal."""
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape).astype(dtype) for shape in SHAPES]
    ours = [Parameter(a) for a in starts]
    theirs = [torch.nn.Parameter(torch.tensor(a)) for a in starts]
    our_optimizer = getattr(optim, name)(ours, **options)
    their_optimizer = getattr(torch.optim, name)(theirs, **options)
    for k in range(30):
        our_optimizer.zero_grad()
        their_optimizer.zero_grad()
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            if i != k % 4:
                g = (rng.normal(size=a.shape) * 10.0 ** rng.integers(-3, 3)).astype(dtype)
                a.grad, b.grad = Tensor(g), torch.tensor(g)
        our_optimizer.step()
        their_optimizer.step()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Adam", "AdamW"])
def test_defaults(name):
    """Every default that both signatures have is the same."""
    ours = inspect.signature(getattr(optim, name)).parameters
    theirs = inspect.signature(getattr(torch.optim, name)).parameters
    shared = [p for p in ours if p != "params"]
    assert {p: ours[p].default for p in shared} == {p: theirs[p].default for p in shared}


GROUPS = [
    ("SGD", {"momentum": 0.9}, {"lr": 0.1, "nesterov": True}, {"dampening": 0.3, "maximize": True}),
    ("RMSprop", {}, {"alpha": 0.5, "centered": True}, {"lr": 0.1, "momentum": 0.9}),
    ("Adagrad", {}, {"lr": 0.1, "lr_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.1}, {"betas": (0.5, 0.7), "eps": 0.1}, {"amsgrad": True}),
    ("AdamW", {}, {"weight_decay": 0.5, "lr": 0.1}, {"maximize": True, "betas": (0.1, 0.2)}),
]


@pytest.mark.parametrize(("name", "options", "second", "third"), GROUPS)
def test_groups(name, options, second, third):
    """Two groups from the start, one added at step 10, a schedule over the first two: the values,
    and rates, stay equal for 30 steps."""
    rng = np.random.default_rng(0)
    starts = [rng.normal(size=shape) for shape in SHAPES]
    ours = [Parameter(a) for a in starts]
    theirs = [torch.nn.Parameter(torch.tensor(a)) for a in starts]
    optimizers, schedules = [], []
    for params, library, schedule in (
        (ours, optim, optim.StepLR), (theirs, torch.optim, torch.optim.lr_scheduler.StepLR)
    ):
        groups = [{"params": params[0]}, {"params": [params[1]], **second}]
        optimizers.append(getattr(library, name)(groups, **options))
        schedules.append(schedule(optimizers[-1], 3, gamma=0.7))
    for k in range(30):
        if k == 10:
            for one, params in zip(optimizers, (ours, theirs), strict=True):
                one.add_param_group({"params": params[2], **third})
        for a, b in zip(ours, theirs, strict=True):
            g = rng.normal(size=a.shape)
            a.grad, b.grad = Tensor(g), torch.tensor(g)
        for one in (*optimizers, *schedules):
            if k < 10 or one in optimizers:
                one.step()
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-11, atol=1e-11)
        mine, other = ([g["lr"] for g in one.param_groups] for one in optimizers)
        assert mine == pytest.approx(other, rel=1e-12)
        shared = [o for o in ("betas", "momentum", "eps") if o in optimizers[0].param_groups[0]]
        for g, h in zip(*(one.param_groups for one in optimizers), strict=True):
            assert [g[o] for o in shared] == [h[o] for o in shared]


SCHEDULES = [
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 5, "gamma": 0.7}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 10}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.1, "end_factor": 0.5, "total_iters": 8}),
    ("LambdaLR", {}),
]


@pytest.mark.parametrize(("name", "options"), SCHEDULES)
def test_schedules(name, options):
    """The rates of 25 steps, the start included, are PyTorch's."""
    extra = [lambda t: 1 / (1 + t)] if name == "LambdaLR" else []
    ours = optim.SGD([Parameter(1.0)], lr=0.3)
    theirs = torch.optim.SGD([torch.nn.Parameter(torch.ones(()))], lr=0.3)
    our_schedule = getattr(optim, name)(ours, *extra, **options)
    their_schedule = getattr(torch.optim.lr_scheduler, name)(theirs, *extra, **options)
    for _ in range(25):
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-10, abs=1e-14)
        theirs.step()  # PyTorch warns if a schedule goes ahead of its optimizer
        our_schedule.step()
        their_schedule.step()


@pytest.mark.parametrize("max_norm", [0.5, 1e3])
def test_clipping(max_norm):
    """Norm and clipped gradients agree to PyTorch's 1e-6 in the denominator; values exactly."""
    rng = np.random.default_rng(0)
    grads = [rng.normal(size=shape) for shape in SHAPES]
    ours = [Parameter(np.zeros(shape)) for shape in SHAPES]
    theirs = [torch.nn.Parameter(torch.zeros(shape, dtype=torch.float64)) for shape in SHAPES]
    for a, b, g in zip(ours, theirs, grads, strict=True):
        a.grad, b.grad = Tensor(g), torch.tensor(g)
    norm = torch.nn.utils.clip_grad_norm_(theirs, max_norm).item()
    assert optim.clip_grad_norm(ours, max_norm) == pytest.approx(norm, rel=1e-12)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=2e-6)
    torch.nn.utils.clip_grad_value_(theirs, 0.1)
    optim.clip_grad_value(ours, 0.1)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), b.grad.numpy(), rtol=2e-6)

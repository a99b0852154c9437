"""Optimizers' rules as their formulas say, in plain NumPy, and cases of options for each."""

import copy
import math

import numpy as np

from minigrad.engine.tensor import Parameter
from minigrad.optim import SGD, Adagrad, Adam, AdamW, RMSprop


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

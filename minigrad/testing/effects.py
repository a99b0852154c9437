"""All gradients of one call, as numbers: a fault in a rule must change one of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, as_tensor, detached
from ..observe.contributions import contributions
from .calls import Call
from .trial import Trial, pull, pull_linked

__all__ = ["differs", "effect"]

Array = np.ndarray[Any, Any]


def effect(call: Call) -> list[Array] | None:
    """Gradients of order 1 in one sweep and use by use, with every argument used twice, and of
    order 2 with respect to arguments and cotangents; None where there are none."""
    try:
        trial = Trial(call)
    except Exception:
        return None
    if not trial.differentiable or not any(np.size(call.args[i]) for i in trial.live):
        return None
    leaves, first = trial.record()
    args = list(call.args)
    for i, x in zip(trial.live, leaves, strict=True):
        args[i] = x
    second = [y for y in call(*args) if y.dtype.kind == "f"]
    ys = [y for y in first if y.dtype.kind == "f"] + second
    gs = [*trial.cotangents, *trial.draw_cotangents()]
    found = pull(ys, gs, leaves)
    for y, g in zip(ys, gs, strict=True):
        if y.requires_grad:
            for uses in contributions(y, leaves, g):
                found += [np.asarray(detached(use.value)) for use in uses]
    seeds = [Tensor(g, requires_grad=True) for g in gs]
    pulled = [as_tensor(x) for x in pull_linked(list(zip(ys, seeds, strict=True)), leaves)]
    found += [np.array(detached(y)) for y in pulled]
    rng = np.random.default_rng(call.seed)
    return found + pull(pulled, [rng.normal(size=y.shape) for y in pulled], [*leaves, *seeds])


def differs(found: list[Array] | None, right: list[Array]) -> bool:
    """Whether any number differs by more than rounding."""
    if found is None or len(found) != len(right):
        return True
    return not all(
        a.shape == b.shape
        and np.allclose(a, b, rtol=1e-6, atol=1e-9 * (1 + np.abs(b).max(initial=0)), equal_nan=True)
        for a, b in zip(found, right, strict=True)
    )

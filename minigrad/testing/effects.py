"""All gradients of one call, as numbers: a fault in a rule must change one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, as_tensor, detached
from ..observe.contributions import contributions
from .calls import Call
from .trial import Trial, pull, pull_linked

__all__ = ["differs", "effect", "effects"]

Array = np.ndarray[Any, Any]


def effect(call: Call) -> list[Array] | None:
    """All gradients of a call, or None where there are none; see `effects`."""
    found = effects(call)
    return None if found is None else list(found)


def effects(call: Call) -> Iterator[Array] | None:
    """Gradients of order 1 in one sweep and use by use, with every argument used twice, and of
    order 2 with respect to arguments and cotangents, each as it is asked for; None where there are
    none."""
    try:
        trial = Trial(call)
    except Exception:
        return None
    if not trial.differentiable or not any(np.size(call.args[i]) for i in trial.live):
        return None
    return _effects(trial, call)


def _effects(trial: Trial, call: Call) -> Iterator[Array]:
    leaves, first = trial.record()
    args = list(call.args)
    for i, x in zip(trial.live, leaves, strict=True):
        args[i] = x
    second = [y for y in call(*args) if y.dtype.kind == "f"]
    ys = [y for y in first if y.dtype.kind == "f"] + second
    gs = [*trial.cotangents, *trial.draw_cotangents()]
    yield from pull(ys, gs, leaves)
    for y, g in zip(ys, gs, strict=True):
        if y.requires_grad:
            for uses in contributions(y, leaves, g):
                yield from (np.asarray(detached(use.value)) for use in uses)
    seeds = [Tensor(g, requires_grad=True) for g in gs]
    pulled = [as_tensor(x) for x in pull_linked(list(zip(ys, seeds, strict=True)), leaves)]
    yield from (np.array(detached(y)) for y in pulled)
    rng = np.random.default_rng(call.seed)
    yield from pull(pulled, [rng.normal(size=y.shape) for y in pulled], [*leaves, *seeds])


def differs(found: Iterable[Array] | None, right: Sequence[Array]) -> bool:
    """Whether any number differs by more than rounding."""
    return found is None or any(
        a is None or b is None or a.shape != b.shape
        or not np.allclose(
            a, b, rtol=1e-6, atol=1e-9 * (1 + np.abs(b).max(initial=0)), equal_nan=True
        )
        for a, b in zip_longest(found, right)
    )

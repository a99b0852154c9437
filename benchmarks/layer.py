"""Who does the task of `benchmarks.task`, by name: each makes one pass of a kind of cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import by_hand, in_autograd, in_jax, in_minigrad, in_torch
from .products import products
from .task import Shape
from .workload import Workload

__all__ = ["SYSTEMS"]


def _by_hand(shape: Shape, kind: str = "lstm") -> Workload:
    if kind != "lstm":
        raise ValueError(f"by hand there is an LSTM only, not {kind!r}")
    return by_hand.lstm(shape)


def _minigrad(shape: Shape, kind: str = "lstm", **options: Any) -> Workload:
    return in_minigrad.own(shape) if kind == "own" else in_minigrad.layer(shape, kind, **options)


def _torch(shape: Shape, kind: str = "lstm", **options: Any) -> Workload:
    return in_torch.loop(shape) if kind == "own" else in_torch.fused(shape, kind, **options)


SYSTEMS: dict[str, Callable[..., Workload]] = {
    "minigrad": _minigrad,
    "by_hand": _by_hand,
    "products": products,
    "torch": _torch,
    "jax": in_jax.scan,
    "autograd": in_autograd.loop,
}

"""A chain of multiplications of 4-vectors: next to no arithmetic, so it shows the cost of an op.

y = x · w · w · … · w, `length` times, float64; `both` says whether w requires a gradient too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .workload import Workload

__all__ = ["FACTOR", "START", "SYSTEMS"]

START = np.array([1.0, -2.0, 0.5, 3.0])
# Near 1, so that its powers up to 100,000 neither overflow nor reach the slow denormal numbers.
FACTOR = np.array([1.0 - 1e-3, 1.0, 1.0 + 1e-3, 1.0 - 2e-3])


def chain(x: Any, w: Any, length: int) -> Any:
    """x w^length, one multiplication after the other."""
    y = x
    for _ in range(length):
        y = y * w
    return y


def minigrad(length: int, both: bool) -> Workload:
    import minigrad as mg

    x = mg.tensor(START, requires_grad=True)
    w = mg.tensor(FACTOR, requires_grad=both)
    ones = np.ones(4)

    def forward() -> Any:
        return chain(x, w, length)

    def backward(y: Any) -> None:
        x.zero_grad()
        w.zero_grad()
        y.backward(ones)

    def gradients() -> dict[str, Any]:
        leaves: dict[str, Any] = {"x": x, "w": w} if both else {"x": x}
        return {name: leaf.grad.numpy() for name, leaf in leaves.items()}

    return Workload(forward, backward, gradients)


def torch(length: int, both: bool) -> Workload:
    import torch

    x = torch.tensor(START, requires_grad=True)
    w = torch.tensor(FACTOR, requires_grad=both)
    ones = torch.ones(4, dtype=torch.float64)

    def forward() -> Any:
        return chain(x, w, length)

    def backward(y: Any) -> None:
        x.grad = w.grad = None
        y.backward(ones)

    def gradients() -> dict[str, Any]:
        return {"x": x.grad.numpy()} | ({"w": w.grad.numpy()} if both else {})

    return Workload(forward, backward, gradients)


def autograd(length: int, both: bool) -> Workload:
    from autograd import make_vjp

    ones = np.ones(4)
    found: dict[str, Any] = {}

    def forward() -> Any:
        vjp, _ = make_vjp(chain, (0, 1) if both else 0)(START, FACTOR, length)
        return vjp

    def backward(vjp: Any) -> None:
        grads = vjp(ones)
        found.update(zip("xw", grads if both else (grads,), strict=False))

    return Workload(forward, backward, lambda: dict(found))


SYSTEMS = {"minigrad": minigrad, "torch": torch, "autograd": autograd}

"""A chain of 20,000 ops, and its derivative: does recursion stand in the way?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["SEEN"]

LENGTH = 20_000


def chained(x: Any, tanh: Callable[[Any], Any]) -> Any:
    """tanh(tanh(… x))."""
    for _ in range(LENGTH):
        x = tanh(x)
    return x


def minigrad() -> str:
    """the derivative of 20,000 × tanh."""
    import minigrad as mg

    return f"{mg.grad(lambda x: chained(x, np.tanh))(0.5):.4g}"


def torch() -> str:
    """the derivative of 20,000 × tanh."""
    import torch

    x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    chained(x, torch.tanh).backward()
    return f"{x.grad.item():.4g}"


def autograd() -> str:
    """the derivative of 20,000 × tanh."""
    import autograd.numpy as anp
    from autograd import grad

    return f"{grad(lambda x: chained(x, anp.tanh))(0.5):.4g}"


def mygrad() -> str:
    """the derivative of 20,000 × tanh."""
    import mygrad

    x = mygrad.tensor(0.5)
    chained(x, np.tanh).backward()
    return f"{float(x.grad):.4g}"


def micrograd() -> str:
    """the derivative of 20,000 products with 1."""
    from micrograd.engine import Value

    x = Value(0.5)
    try:
        chained(x, lambda y: y * 1.0).backward()
    except RecursionError as error:
        return type(error).__name__
    return f"{x.grad:.4g}"


def advect() -> str:
    """the derivative of 20,000 × tanh."""
    import advect

    return f"{float(advect.grad(lambda x: chained(x, np.tanh))(np.array(0.5))):.4g}"


SEEN = (minigrad, torch, autograd, mygrad, micrograd, advect)

"""A write to a view, as NumPy allows it: what is x after ``v = x[:2]; v[0] = 9``, and what is the
gradient of Σ x²? x is made of 1 × (1, 2, 3), so that it is no leaf."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["SEEN"]

GIVEN = np.array([1.0, 2.0, 3.0])


def written(x: Any) -> Any:
    """x, after the write."""
    v = x[:2]
    v[0] = 9.0
    return x


def minigrad() -> str:
    """x, and the gradient."""
    import minigrad as mg

    leaf = mg.tensor(GIVEN, requires_grad=True)
    try:
        x = written(leaf * 1)
    except mg.errors.MutationError as error:
        return f"{type(error).__name__}, which says to write to x itself"
    (x * x).sum().backward()
    return f"{x.tolist()}, {leaf.grad.tolist()}"


def torch() -> str:
    """x, and the gradient."""
    import torch

    leaf = torch.tensor(GIVEN, requires_grad=True)
    x = written(leaf * 1)
    (x * x).sum().backward()
    return f"{x.tolist()}, {leaf.grad.tolist()}"


def mygrad() -> str:
    """x, and the gradient."""
    import mygrad

    leaf = mygrad.tensor(GIVEN)
    x = written(leaf * 1)
    (x * x).sum().backward()
    return f"{x.data.tolist()}, {leaf.grad.tolist()}"


def autograd() -> str:
    """x, and the gradient."""
    import autograd

    try:
        return f"{autograd.grad(lambda leaf: (written(leaf * 1) ** 2).sum())(GIVEN).tolist()}"
    except TypeError as error:
        return type(error).__name__


SEEN = (minigrad, torch, mygrad, autograd)

"""NumPy's own ``np.tanh``, given an array that records; and the second derivative of the result."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["SEEN"]


def outcome(run: Callable[[], Any]) -> str:
    """A number to six digits, and whether there was a warning; or the error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            number = f"{float(run()):.6f}"
        except Exception as error:  # each has an error of its own
            return type(error).__name__
    return number + ", with a warning" * bool(caught)


def minigrad() -> str:
    """the second derivative of `np.tanh` at 0.5."""
    import minigrad as mg

    return outcome(lambda: mg.grad(mg.grad(np.tanh))(0.5))


def torch() -> str:
    """the same, of `np.tanh`; of `torch.tanh`."""
    import torch
    from torch.func import grad

    x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    own = outcome(lambda: grad(grad(torch.tanh))(x.detach()))
    return f"{outcome(lambda: torch.autograd.grad(np.tanh(x), x)[0])}; {own}"


def jax() -> str:
    """the same, of `np.tanh`; of `jax.numpy.tanh`."""
    import jax

    own = outcome(lambda: jax.grad(jax.grad(jax.numpy.tanh))(0.5))
    return f"{outcome(lambda: jax.grad(jax.grad(np.tanh))(0.5))}; {own}"


def autograd() -> str:
    """the same, of `np.tanh`; of `autograd.numpy.tanh`."""
    import autograd.numpy as anp
    from autograd import grad

    own = outcome(lambda: grad(grad(anp.tanh))(0.5))
    return f"{outcome(lambda: grad(grad(np.tanh))(0.5))}; {own}"


def mygrad() -> str:
    """the first derivative of `np.tanh` at 0.5; what it is made of."""
    import mygrad

    x = mygrad.tensor(0.5)
    np.tanh(x).backward()
    return f"{float(x.grad):.6f}; a {type(x.grad).__name__}, which has no derivative"


def advect() -> str:
    """the second derivative of `np.tanh` at 0.5."""
    import advect

    return outcome(lambda: advect.grad(advect.grad(np.tanh))(np.array(0.5)))


SEEN = (minigrad, torch, jax, autograd, mygrad, advect)

"""Keeping gradients small: one norm over all parameters, or a bound on every entry."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ..checks import as_number
from ..engine.tensor import Tensor, wrap
from ..errors import GradientError
from ..state import atomically
from .parameters import Array, checked_parameters, gradient, refuse_nonfinite

__all__ = ["clip_grad_norm", "clip_grad_value"]


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """g ← min(1, θ/‖g‖) g with θ = `max_norm` and one 2-norm over the gradients of all parameters.

    Returns ‖g‖ before clipping; with ``max_norm=math.inf`` it only measures. Gradients are
    replaced, not written to; those that are None count as zero. (PyTorch's ``clip_grad_norm_``
    divides by ‖g‖ + 1e-6 instead, and so clips a little further.)

    Raises GradientError that names the parameters, and changes nothing, when ‖g‖ is not finite.
    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
    (2013), algorithm 1.

    >>> import minigrad as mg
    >>> w = mg.Parameter([0.0, 0.0])
    >>> (w * np.array([3.0, 4.0])).sum().backward()
    >>> clip_grad_norm([w], 1.0)
    5.0
    >>> w.grad
    Tensor([0.6, 0.8])
    """
    if max_norm != math.inf:
        max_norm = as_number(max_norm, "max_norm", "clip_grad_norm", low=0.0, open_low=True)
    params = checked_parameters(parameters, "clip_grad_norm")
    grads = [gradient(p) for p in params]
    norm = _norm([g for g in grads if g is not None])
    if not math.isfinite(norm):
        refuse_nonfinite(params, grads, "clip_grad_norm")
        raise GradientError(
            "clip_grad_norm: every gradient is finite, but their norm is too large for a float; "
            "nothing was changed. Scale the loss down, or use float64"
        )
    if norm > max_norm:
        _assign(params, [None if g is None else _scaled(g, max_norm / norm) for g in grads])
    return norm


def clip_grad_value(parameters: Iterable[Tensor], max_value: float) -> None:
    """g ← min(max(g, −c), c) with c = `max_value`, entry by entry. It changes the direction.

    Raises GradientError that names the parameters, and changes nothing, when a gradient holds a
    NaN or an Inf: clipping an Inf would hide what went wrong.

    >>> import minigrad as mg
    >>> w = mg.Parameter([0.0, 0.0])
    >>> (w * np.array([3.0, -0.5])).sum().backward()
    >>> clip_grad_value([w], 1.0)
    >>> w.grad
    Tensor([ 1. , -0.5])
    """
    bound = as_number(max_value, "max_value", "clip_grad_value", low=0.0, open_low=True)
    params = checked_parameters(parameters, "clip_grad_value")
    grads = [gradient(p) for p in params]
    refuse_nonfinite(params, grads, "clip_grad_value")
    _assign(params, [None if g is None else np.clip(g, -bound, bound) for g in grads])


def _norm(grads: list[Array]) -> float:
    """The 2-norm of all entries; Inf or NaN where one is, or where it overflows a double."""
    if all(g.dtype != np.float16 for g in grads):
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            squares = sum(float(np.vdot(g, g)) for g in grads)
        # Outside of these bounds the squares of float32 lose digits or leave their range.
        if 1e-30 < squares < 1e38:
            return math.sqrt(squares)
    largest = float(np.max([np.max(np.abs(g), initial=0.0) for g in grads], initial=0.0))
    if not 0.0 < largest < math.inf:
        return largest
    scaled = (np.divide(g, largest, dtype=np.float64) for g in grads)
    return largest * math.sqrt(sum(float(np.vdot(s, s)) for s in scaled))


def _scaled(g: Array, factor: float) -> Array:
    """g · factor, also where the factor is too small for the type of g."""
    if factor >= np.finfo(g.dtype).smallest_normal:
        return g * factor
    return np.multiply(g, factor, dtype=np.float64).astype(g.dtype)


def _assign(params: list[Tensor], grads: list[Array]) -> None:
    new = [(p, wrap(g, None)) for p, g in zip(params, grads, strict=True) if g is not None]

    def assign() -> None:
        for parameter, grad in new:
            parameter.grad = grad

    atomically(assign)

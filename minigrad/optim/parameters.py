"""Checks of the parameters and gradients that optimizers and clipping are given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, detached
from ..errors import GradientError, describe

__all__ = ["all_finite", "checked_parameters", "gradient", "label", "refuse_nonfinite"]

Array = Any


def label(parameters: Sequence[Tensor], i: int) -> str:
    """How messages call parameter `i`: its name, else its place and shape."""
    named = parameters[i].name
    return repr(named) if named else f"parameter {i} of shape {parameters[i].shape}"


def checked_parameters(parameters: Iterable[Tensor], who: str) -> list[Tensor]:
    """The parameters as a list of leaves, at least one, each once; `who` asks for them.

    Raises TypeError for anything but tensors, ValueError for none, for one that comes twice, and
    for the result of an op.
    """
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    if isinstance(parameters, set | frozenset):
        raise TypeError(
            f"{who}: received a set of parameters, whose order differs from run to run, so that a "
            f"saved state would not fit; pass a list, such as list(model.parameters())"
        )
    try:
        found = list(parameters)
    except TypeError:
        raise TypeError(
            f"{who}: received {describe(parameters)} for the parameters, wanted an iterable of "
            f"Tensors, such as model.parameters()"
        ) from None
    if not found:
        raise ValueError(
            f"{who}: received no parameters; pass model.parameters(), and not a generator that "
            f"an earlier loop has used up"
        )
    first: dict[int, int] = {}
    for i, parameter in enumerate(found):
        if not isinstance(parameter, Tensor):
            raise TypeError(
                f"{who}: parameter {i} is {describe(parameter)} ({type(parameter).__name__}), "
                f"wanted a Tensor; pass model.parameters(), not names or arrays"
            )
        if not parameter.is_leaf:
            raise ValueError(
                f"{who}: {label(found, i)} is the result of an op, and a new value would not reach "
                f"what it was computed from; pass the leaf, or .detach() it and set requires_grad"
            )
        if id(parameter) in first:
            raise ValueError(
                f"{who}: {label(found, i)} comes twice, at {first[id(parameter)]} and {i}, and "
                f"would be updated twice in one step; pass it once"
            )
        first[id(parameter)] = i
    return found


def gradient(parameter: Tensor) -> Array:
    """The plain gradient in the parameter's dtype, or None."""
    if parameter.grad is None:
        return None
    g = detached(parameter.grad)
    return g if g.dtype == parameter.dtype else g.astype(parameter.dtype)


def all_finite(array: Array) -> bool:
    """Whether every entry is finite; a finite sum of squares, one fast product, proves it."""
    with np.errstate(over="ignore", invalid="ignore"):
        proven = np.isfinite(np.vdot(array, array))
    return bool(proven or np.isfinite(array).all())


def refuse_nonfinite(parameters: Sequence[Tensor], grads: Sequence[Array], who: str) -> None:
    """Raise a GradientError that names every parameter whose gradient holds a NaN or an Inf."""
    bad = [i for i, g in enumerate(grads) if g is not None and not all_finite(g)]
    if not bad:
        return
    lines = []
    for i in bad:
        nan, inf = int(np.isnan(grads[i]).sum()), int(np.isinf(grads[i]).sum())
        lines.append(f"{label(parameters, i)} ({nan} NaN, {inf} Inf among {grads[i].size})")
    raise GradientError(
        f"{who}: the gradient is not finite in {', '.join(lines)}; nothing was changed. "
        f"detect_anomaly() around forward and backward names the op and the time step where the "
        f"first one arises; if the gradient explodes, clip_grad_norm or a smaller lr helps earlier"
    )

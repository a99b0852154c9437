"""Convolution over one axis, as neural networks mean it: without flipping the kernel.

Input, kernel and output are bound by one trilinear form, ⟨g, conv1d(x, w)⟩. Each of the three ops
below is its derivative with respect to one of them, so the derivatives of each are the other two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...engine.primitive import primitive
from ..common import one_of

__all__ = ["Form", "conv1d", "conv1d_input", "conv1d_weight"]


class Form(NamedTuple):
    """How the kernel moves: steps, zeros before and after, gaps in the kernel, groups."""

    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    dilation: int = 1
    groups: int = 1


def _windows(x: Any, size: int, form: Form) -> Any:
    """What the kernel sees: (N, C, L) → (N, groups, steps, C / groups · size)."""
    x = np.pad(x, ((0, 0), (0, 0), form.padding))
    span = (size - 1) * form.dilation + 1
    seen = np.lib.stride_tricks.sliding_window_view(x, span, axis=2)
    seen = seen[:, :, :: form.stride, :: form.dilation]  # (N, C, steps, size)
    n, channels, steps, _ = seen.shape
    seen = seen.reshape(n, form.groups, channels // form.groups, steps, size)
    per_group = channels // form.groups * size
    return seen.transpose(0, 1, 3, 2, 4).reshape(n, form.groups, steps, per_group)


def _by_group(y: Any, groups: int) -> Any:
    """(N, O, steps) → (N, groups, steps, O / groups)"""
    n, channels, steps = y.shape
    return y.reshape(n, groups, channels // groups, steps).swapaxes(2, 3)


def _kernels(weight: Any, groups: int) -> Any:
    """(O, C / groups, size) → (groups, O / groups, C / groups · size)"""
    out, per_group, size = weight.shape
    return weight.reshape(groups, out // groups, per_group * size)


def _check(input: Any, weight: Any, form: Form) -> None:
    if input.ndim != 3 or weight.ndim != 3:
        raise ValueError(
            f"input has shape {input.shape} and weight {weight.shape}; wanted (N, C, L) and "
            f"(O, C / groups, K)"
        )
    if min(form.stride, form.dilation, form.groups) < 1 or min(form.padding) < 0:
        raise ValueError(f"{form}: stride, dilation and groups are at least 1, padding at least 0")
    if input.shape[1] != weight.shape[1] * form.groups or len(weight) % form.groups:
        raise ValueError(
            f"input has {input.shape[1]} channels and weight has shape {weight.shape}; with "
            f"groups={form.groups}, wanted (O, {input.shape[1] / form.groups:g}, K) and O a "
            f"multiple of {form.groups}"
        )
    length = input.shape[2] + sum(form.padding)
    span = (weight.shape[2] - 1) * form.dilation + 1
    if not 1 <= span <= length:
        raise ValueError(f"the kernel spans {span} steps, and the padded input has {length}")


def _draw(rng: np.random.Generator) -> tuple[Any, Any, Any, Form]:
    """An input, a kernel, a cotangent of the output, and the form, for tests."""
    form = Form(*one_of(rng, (1, (0, 0), 1, 1), (2, (1, 2), 2, 1), (1, (1, 0), 1, 2)))
    x, w = rng.normal(size=(2, 4, 6)), rng.normal(size=(2, 4 // form.groups, 2))
    return x, w, rng.normal(size=conv1d(x, w, form=form).shape), form


def _draw_forward(rng: np.random.Generator) -> Any:
    x, w, _, form = _draw(rng)
    return (x, w), {"form": form}


def _draw_input(rng: np.random.Generator) -> Any:
    x, w, g, form = _draw(rng)
    return (g, w), {"form": form, "length": x.shape[-1]}


def _draw_weight(rng: np.random.Generator) -> Any:
    x, w, g, form = _draw(rng)
    return (g, x), {"form": form, "size": w.shape[-1]}


def _by_input(g: Any, weight: Any, input_shape: tuple[int, ...], form: Form) -> Any:
    return conv1d_input(g, weight, form=form, length=input_shape[-1])


def _by_weight(g: Any, input: Any, weight_shape: tuple[int, ...], form: Form) -> Any:
    return conv1d_weight(g, input, form=form, size=weight_shape[-1])


@primitive("(n,c,l),(o,c,k)->(n,o,m)", samples=_draw_forward, vjps=(_by_input, _by_weight))
def conv1d(input: Any, weight: Any, *, form: Form) -> Any:
    """y[n, o, t] = Σ_ck x[n, c, stride t + dilation k] w[o, c, k], x with zeros around it"""
    input, weight = np.asarray(input), np.asarray(weight)
    _check(input, weight, form)
    seen = _windows(input, weight.shape[2], form)
    y = seen @ _kernels(weight, form.groups).swapaxes(1, 2)  # (N, groups, steps, O / groups)
    return y.swapaxes(2, 3).reshape(len(input), len(weight), seen.shape[2])


@primitive(
    "(n,o,m),(o,c,k)->(n,c,l)", samples=_draw_input,
    vjps=(
        lambda g, weight, form: conv1d(g, weight, form=form),
        lambda g, y, weight_shape, form: _by_weight(y, g, weight_shape, form),
    ),
)
def conv1d_input(y: Any, weight: Any, *, form: Form, length: int) -> Any:
    """the derivative of conv1d by its input, applied to y"""
    _, per_group, size = weight.shape
    seen = _by_group(y, form.groups) @ _kernels(weight, form.groups)
    n, _, steps, _ = seen.shape
    seen = seen.reshape(n, form.groups, steps, per_group, size).transpose(0, 1, 3, 2, 4)
    seen = seen.reshape(n, form.groups * per_group, steps, size)
    x = np.zeros((n, form.groups * per_group, length + sum(form.padding)), seen.dtype)
    for k in range(size):
        first = k * form.dilation
        x[:, :, first : first + form.stride * (steps - 1) + 1 : form.stride] += seen[..., k]
    return x[:, :, form.padding[0] : form.padding[0] + length]


@primitive(
    "(n,o,m),(n,c,l)->(o,c,k)", samples=_draw_weight,
    vjps=(
        lambda g, input, form: conv1d(input, g, form=form),
        lambda g, y, input_shape, form: _by_input(y, g, input_shape, form),
    ),
)
def conv1d_weight(y: Any, input: Any, *, form: Form, size: int) -> Any:
    """the derivative of conv1d by its kernel, applied to y"""
    seen = _windows(input, size, form)
    kernel = np.einsum("ngto,ngtk->gok", _by_group(y, form.groups), seen, optimize=True)
    return kernel.reshape(y.shape[1], input.shape[1] // form.groups, size)

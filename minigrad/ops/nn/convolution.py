"""Convolution as neural networks mean it, without flipping the kernel, over any number of axes.

Input, kernel and output are bound by one trilinear form, ⟨g, conv(x, w)⟩. Each of the three ops
below is its derivative with respect to one of them, so the derivatives of each are the other two.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...engine.primitive import primitive
from ..common import one_of

__all__ = ["Geometry", "conv", "conv_input", "conv_weight"]


class Geometry(NamedTuple):
    """How the kernel moves, along each axis: steps, zeros before and after, gaps in the kernel;
    and the number of groups of channels."""

    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int = 1

    def spans(self, size: tuple[int, ...]) -> tuple[int, ...]:
        """How many entries a kernel of `size` reaches over, with its gaps."""
        return tuple((k - 1) * d + 1 for k, d in zip(size, self.dilation, strict=True))


def _windows(x: Any, size: tuple[int, ...], geometry: Geometry) -> tuple[Any, tuple[int, ...]]:
    """What the kernel sees: (N, C, *lengths) → (N, groups, places, C / groups · kernel), and how
    many places there are along each axis."""
    axes = tuple(range(2, x.ndim))
    x = np.pad(x, ((0, 0), (0, 0), *geometry.padding))
    seen = sliding_window_view(x, geometry.spans(size), axis=axes)
    every = (slice(None), slice(None))
    seen = seen[(*every, *[slice(None, None, s) for s in (*geometry.stride, *geometry.dilation)])]
    n, channels, steps = len(x), x.shape[1] // geometry.groups, seen.shape[2 : x.ndim]
    seen = seen.reshape(n, geometry.groups, channels, math.prod(steps), math.prod(size))
    per_group = channels * math.prod(size)
    return seen.swapaxes(2, 3).reshape(n, geometry.groups, math.prod(steps), per_group), steps


def _by_group(y: Any, groups: int) -> Any:
    """(N, O, *steps) → (N, groups, places, O / groups)"""
    return y.reshape(len(y), groups, y.shape[1] // groups, math.prod(y.shape[2:])).swapaxes(2, 3)


def _kernels(weight: Any, groups: int) -> Any:
    """(O, C / groups, *size) → (groups, O / groups, C / groups · kernel)"""
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


_AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def _check(input: Any, weight: Any, geometry: Geometry) -> None:
    axes = len(geometry.stride)
    if input.ndim != axes + 2 or weight.ndim != axes + 2:
        raise ValueError(
            f"input has shape {input.shape} and weight {weight.shape}; wanted (N, C, {_AXES[axes]})"
            f" and (O, C / groups, {_AXES[axes].replace('L', 'K')})"
        )
    steps = (*geometry.stride, *geometry.dilation, geometry.groups)
    if min(steps) < 1 or min(map(min, geometry.padding)) < 0:
        raise ValueError(
            f"{geometry}: stride, dilation and groups are at least 1, padding at least 0"
        )
    if input.shape[1] != weight.shape[1] * geometry.groups or len(weight) % geometry.groups:
        channels, groups = input.shape[1], geometry.groups
        raise ValueError(
            f"input has {channels} channels and weight has shape {weight.shape}; with "
            f"groups={groups}, wanted (O, {channels / groups:g}, ...) and O a multiple of {groups}"
        )
    spans = geometry.spans(weight.shape[2:])
    for n, around, span in zip(input.shape[2:], geometry.padding, spans, strict=True):
        if not 1 <= span <= n + sum(around):
            raise ValueError(
                f"the kernel spans {span} steps, and the padded input has {n + sum(around)}"
            )


_GEOMETRIES = (
    Geometry((1,), ((0, 0),), (1,)), Geometry((2,), ((1, 2),), (2,)),
    Geometry((1,), ((1, 0),), (1,), 2),
    Geometry((1, 1), ((0, 0), (1, 0)), (1, 1)), Geometry((2, 1), ((1, 0), (0, 2)), (1, 2), 2),
)


def _draw(rng: np.random.Generator) -> tuple[Any, Any, Any, Geometry]:
    """An input, a kernel, a cotangent of the output, and the geometry, for tests."""
    geometry = one_of(rng, *_GEOMETRIES)
    axes = len(geometry.stride)
    x = rng.normal(size=(2, 4, *(6, 5)[-axes:]))
    w = rng.normal(size=(2, 4 // geometry.groups, *(1, 2)[-axes:]))
    return x, w, rng.normal(size=conv(x, w, geometry=geometry).shape), geometry


def _draw_forward(rng: np.random.Generator) -> Any:
    x, w, _, geometry = _draw(rng)
    return (x, w), {"geometry": geometry}


def _draw_input(rng: np.random.Generator) -> Any:
    x, w, g, geometry = _draw(rng)
    return (g, w), {"geometry": geometry, "lengths": x.shape[2:]}


def _draw_weight(rng: np.random.Generator) -> Any:
    x, w, g, geometry = _draw(rng)
    return (g, x), {"geometry": geometry, "size": w.shape[2:]}


def _by_input(g: Any, weight: Any, input_shape: tuple[int, ...], geometry: Geometry) -> Any:
    return conv_input(g, weight, geometry=geometry, lengths=input_shape[2:])


def _by_weight(g: Any, input: Any, weight_shape: tuple[int, ...], geometry: Geometry) -> Any:
    return conv_weight(g, input, geometry=geometry, size=weight_shape[2:])


@primitive("(n,c,l),(o,c,k)->(n,o,m)", samples=_draw_forward, vjps=(_by_input, _by_weight))
def conv(input: Any, weight: Any, *, geometry: Geometry) -> Any:
    """y[n, o, t] = Σ_ck x[n, c, stride t + dilation k] w[o, c, k], x with zeros around it"""
    input, weight = np.asarray(input), np.asarray(weight)
    _check(input, weight, geometry)
    seen, steps = _windows(input, weight.shape[2:], geometry)
    y = seen @ _kernels(weight, geometry.groups).swapaxes(1, 2)  # (N, groups, places, O / groups)
    return y.swapaxes(2, 3).reshape(len(input), len(weight), *steps)


@primitive(
    "(n,o,m),(o,c,k)->(n,c,l)", samples=_draw_input,
    vjps=(
        lambda g, weight, geometry: conv(g, weight, geometry=geometry),
        lambda g, y, weight_shape, geometry: _by_weight(y, g, weight_shape, geometry),
    ),
)
def conv_input(y: Any, weight: Any, *, geometry: Geometry, lengths: tuple[int, ...]) -> Any:
    """the derivative of conv by its input, applied to y"""
    per_group, *size = weight.shape[1:]
    steps, channels = y.shape[2:], geometry.groups * per_group
    seen = _by_group(y, geometry.groups) @ _kernels(weight, geometry.groups)
    seen = seen.reshape(len(y), geometry.groups, math.prod(steps), per_group, math.prod(size))
    seen = seen.transpose(0, 1, 3, 2, 4).reshape(len(y), channels, *steps, *size)
    around = [n + sum(p) for n, p in zip(lengths, geometry.padding, strict=True)]
    x = np.zeros((len(y), channels, *around), seen.dtype)
    for place in np.ndindex(*size):
        moved = tuple(
            slice(k * d, k * d + s * (n - 1) + 1, s)
            for k, d, s, n in zip(place, geometry.dilation, geometry.stride, steps, strict=True)
        )
        x[(slice(None), slice(None), *moved)] += seen[(..., *place)]
    inside = [slice(p, p + n) for (p, _), n in zip(geometry.padding, lengths, strict=True)]
    return x[(slice(None), slice(None), *inside)]


@primitive(
    "(n,o,m),(n,c,l)->(o,c,k)", samples=_draw_weight,
    vjps=(
        lambda g, input, geometry: conv(input, g, geometry=geometry),
        lambda g, y, input_shape, geometry: _by_input(y, g, input_shape, geometry),
    ),
)
def conv_weight(y: Any, input: Any, *, geometry: Geometry, size: tuple[int, ...]) -> Any:
    """the derivative of conv by its kernel, applied to y"""
    seen, _ = _windows(input, size, geometry)
    kernel = np.einsum("ngto,ngtk->gok", _by_group(y, geometry.groups), seen, optimize=True)
    return kernel.reshape(y.shape[1], input.shape[1] // geometry.groups, *size)

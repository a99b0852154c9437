"""The function that ``check_grads`` checks, as one from a vector to a vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ..engine.differentiation import sweep_from
from ..engine.tensor import Tensor, detached
from ..errors import describe
from ..transforms.derivatives import jvp
from .differences import FINE, GOOD, CheckRefused, Slope, measure
from .refusals import refuse_low_precision, refuse_nonlinear, refuse_random

__all__ = ["Flat", "Rows", "gradients_of"]

Function = Callable[..., Any]
FloatArray = np.ndarray[Any, np.dtype[np.float64]]


class Flat:
    """A function of arrays as one from a vector to a vector, and where each entry belongs."""

    def __init__(self, f: Function, xs: Sequence[FloatArray], names: Sequence[str], level: int):
        self.f, self.xs, self.names, self.level = f, xs, names, level
        self.x = np.concatenate([x.ravel() for x in xs])
        self.free = np.isfinite(self.x)
        # A step is relative to the size of large inputs; powers of two keep it exact.
        size = np.abs(np.where(self.free, self.x, 1.0))
        self.unit = np.exp2(np.ceil(np.log2(np.maximum(size, 1.0))))
        ends = np.cumsum([0, *(x.size for x in xs)]).tolist()
        self.parts = [(slice(*ab), x.shape) for ab, x in zip(pairwise(ends), xs, strict=True)]
        first = f(*map(Tensor, xs))
        if not first:
            raise CheckRefused("check_grads: the function returned nothing to differentiate")
        self.output_shapes = [y.shape for y in first]
        for y in first:
            if y.dtype != np.float64:
                raise CheckRefused(
                    f"check_grads: the function returned {describe(y)} for float64 inputs; its "
                    f"derivative can only be measured in float64"
                )
        self.leaves, self.outputs = self.record()
        if level == 1:
            refuse_low_precision(self.outputs)
        self.y = _join(first)
        if not np.isfinite(self.y).all():
            raise CheckRefused(f"check_grads: {self.what} is not finite at the given point")
        refuse_random(_join(self.outputs), self.y, self.what)

    @property
    def what(self) -> str:
        return "the function" if self.level == 1 else f"its derivative of order {self.level - 1}"

    @property
    def output_names(self) -> list[str]:
        if self.level > 1:
            return [f"the gradient of {name}" for name in self.names[: len(self.output_shapes)]]
        return ["the output"] if len(self.output_shapes) == 1 else [
            f"output {k}" for k in range(len(self.output_shapes))
        ]

    def split(self, vector: FloatArray) -> list[FloatArray]:
        """A vector of inputs as arrays."""
        return [vector[part].reshape(shape) for part, shape in self.parts]

    def __call__(self, vector: FloatArray) -> FloatArray:
        return _join(self.f(*map(Tensor, self.split(vector))))

    def slope(self, v: FloatArray) -> Slope:
        """The derivative along `v`, measured more finely the more entries it sums over."""
        good = FINE if np.count_nonzero(v) > 1 else GOOD
        return measure(lambda s: self(self.x + s * v), self.y, self.what, good)

    def scatter(self, v: FloatArray, h: float) -> FloatArray:
        """The noise of the results a step `h` along `v`: their change where the inputs move by
        hardly more than their rounding."""
        tiny = float(np.finfo(float).eps) * self.unit * np.sign(v)
        jumps = [
            self(at + k * tiny) - self(at)
            for at in (self.x + h * v, self.x - h * v) for k in (-4, -2, 2, 4)
        ]
        return np.asarray(np.max(np.abs(jumps), axis=0))

    def refuse_strange(self, lines: FloatArray) -> None:
        """Raise CheckRefused for a function that differences cannot check."""
        for _ in range(8):
            refuse_random(self(self.x), self.y, self.what)
        refuse_nonlinear(self.slope, lines, self.what)

    def record(self) -> tuple[list[Tensor], list[Tensor]]:
        """Leaves with the values of the inputs, and the outputs on their graph."""
        leaves = [Tensor(x, requires_grad=True) for x in self.xs]
        return leaves, list(self.f(*leaves))

    def jvp(self, v: FloatArray) -> FloatArray:
        """J v by minigrad."""
        return _join(jvp(self.f, self.xs, self.split(v))[1])

    def input_place(self, k: int) -> tuple[str, tuple[int, ...]]:
        """Which argument, and which entry of it, the input `k` is."""
        return _place(k, self.names, [x.shape for x in self.xs])

    def output_place(self, k: int) -> tuple[str, tuple[int, ...]]:
        return _place(k, self.output_names, self.output_shapes)


class Rows:
    """Vector–Jacobian products uᵀJ by minigrad, all from one recorded call."""

    def __init__(self, function: Flat) -> None:
        self.leaves, self.outputs = function.leaves, function.outputs
        self.sizes = [y.size for y in self.outputs]

    def __call__(self, u: FloatArray) -> FloatArray:
        at, live, seeds = 0, [], []
        for y, size in zip(self.outputs, self.sizes, strict=True):
            part = u[at : at + size]
            at += size
            if part.any():
                live.append(y)
                seeds.append(part.reshape(y.shape))
        return _join(gradients_of(live, seeds, self.leaves))

    @property
    def cut(self) -> bool:
        """Whether no gradient can reach the inputs."""
        return not any(y.requires_grad for y in self.outputs)


def _join(parts: Sequence[Any]) -> FloatArray:
    """Arrays or Tensors as one vector."""
    return np.concatenate([np.ravel(detached(p)) for p in parts]) if parts else np.zeros(0)


def _place(
    k: int, names: Sequence[str], shapes: Sequence[tuple[int, ...]]
) -> tuple[str, tuple[int, ...]]:
    """The name and the index within its array of entry `k` of the joined vector."""
    for name, shape in zip(names, shapes, strict=False):
        size = math.prod(shape)
        if k < size:
            return name, tuple(int(i) for i in np.unravel_index(k, shape))
        k -= size
    raise IndexError(k)


def gradients_of(
    outputs: Sequence[Tensor], cotangents: Sequence[FloatArray], leaves: Sequence[Tensor]
) -> list[Any]:
    """The gradient for every leaf, zeros where the outputs do not depend on it."""
    live = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if y.requires_grad]
    found: dict[Any, Any] = {}
    if live:
        ys, gs = zip(*live, strict=True)
        found = sweep_from(ys, gs, leaves, retain_graph=True)
    return [found.get(x._node, np.zeros(x.shape)) for x in leaves]

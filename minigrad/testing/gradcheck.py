"""Are the gradients of a function right? Compare them with central differences of the function.

``check_grads`` checks derivatives of order one and two, in float64. The second order is the first
order of the pullback (x, g) ↦ gᵀJ(x), differentiated with respect to the cotangent g as well: a
rule that takes g for a constant would pass a test that holds it fixed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from ..engine.tensor import as_tensor, detached
from ..engine.values import as_array
from ..errors import MinigradError, describe
from ..transforms.derivatives import vjp
from ..transforms.tree import flatten
from .calls import leaf
from .differences import CheckRefused, Slope
from .flat import Flat, Rows, gradients_of

__all__ = ["CheckRefused", "GradientMismatch", "at_once", "check_grads", "only_whether"]

Function = Callable[..., Any]
FloatArray = np.ndarray[Any, np.dtype[np.float64]]


class GradientMismatch(MinigradError, AssertionError):
    """A derivative that differs from the differences of its function.

    order, mode: which derivative, and by which transform ("rev" or "fwd").
    argument, entry, output, output_entry: with respect to what, and of what.
    found, expected, step: minigrad's number, the measured one, and the step of the differences.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.order: int = details["order"]
        self.mode: str = details["mode"]
        self.argument: str = details["argument"]
        self.entry: tuple[int, ...] = details["entry"]
        self.output: str = details["output"]
        self.output_entry: tuple[int, ...] | None = details["output_entry"]
        self.found: float = details["found"]
        self.expected: float = details["expected"]
        self.step: float = details["step"]


only_whether: ContextVar[bool] = ContextVar("only_whether", default=False)
"""Whether it is enough to know that something is wrong, and not in which smallest case."""


@contextmanager
def at_once() -> Iterator[None]:
    """A block for those who want to know whether something is wrong, and not what.

    A wrong product is neither traced back to one entry, nor is the function asked first whether
    differences can check it at all; and of calls and trials no smaller one is looked for.
    """
    before = only_whether.set(True)
    try:
        yield
    finally:
        only_whether.reset(before)


def default_seed() -> int:
    """The seed of this run: MINIGRAD_SEED in the environment (``pytest --minigrad-seed``), or 0."""
    return int(os.environ.get("MINIGRAD_SEED", "0"))


def check_grads(
    f: Function,
    *xs: Any,
    order: int = 2,
    modes: Sequence[str] = ("rev", "fwd"),
    rtol: float = 1e-4,
    full: int = 64,
    directions: int = 2,
    seed: int | None = None,
    names: Sequence[str] | None = None,
) -> None:
    """Raise GradientMismatch unless the derivatives of `f` at `xs` agree with differences.

    f: a function of Tensors; returns a Tensor, or a list, tuple or dict of them. Close over what
        should stay constant (integers, options).
    xs: float64 arrays or Tensors, or containers of them, away from kinks of f. Entries that are
        NaN or infinite are left out, as they cannot be moved.
    order: derivatives of order 1 up to this one are checked.
    modes: "rev" checks the vector–Jacobian products of backward, "fwd" those of ``jvp``.
    rtol: allowed relative error, to which the error of the differences is added. For a product that
        sums n derivatives it is rtol / √n, since an error in one of them is diluted by √n.
    full: up to this many inputs, and as many outputs, the whole Jacobian is checked, else its
        products with `directions` random directions and cotangents. A wrong product is traced
        back to one entry of the input.
    seed: of the random numbers; default 0, or what ``pytest --minigrad-seed`` says.
    names: of the arrays among the arguments, for the message.

    Raises CheckRefused, with the reason, where differences cannot decide: for float32 inputs or
    outputs, at a kink, at the edge of the domain, for a function that is not deterministic or too
    rough to measure.

    >>> check_grads(np.tanh, np.array([0.5, -1.0]))
    >>> f = lambda x: np.tanh(x.detach()) * x
    >>> check_grads(f, np.array([0.5]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    minigrad.testing.gradcheck.GradientMismatch: ...
    """
    if unknown := set(modes) - {"rev", "fwd"}:
        raise ValueError(f"check_grads: modes has {sorted(unknown)}, wanted 'rev' and 'fwd'")
    if order < 1 or not xs:
        raise ValueError(f"check_grads: order={order} with {len(xs)} arguments, wanted at least 1")
    leaves, rebuild = flatten(list(xs))
    names = list(names) if names else [f"argument {k}" for k in range(len(leaves))]
    arrays = [_float64(x, name) for x, name in zip(leaves, names, strict=True)]
    seed = default_seed() if seed is None else seed
    check = _Check(tuple(modes), rtol, full, directions, seed, np.random.default_rng(seed))
    flat = _flat(lambda *leaves: f(*rebuild(list(leaves))))
    for level in range(1, order + 1):
        function = Flat(flat, arrays, names, level)
        check.run(function)
        if level < order:
            n = len(arrays)
            arrays = arrays + [check.rng.normal(size=s) for s in function.output_shapes]
            names = names + [f"the cotangent of {name}" for name in function.output_names]
            flat = _pullback(flat, n)


def _float64(x: Any, name: str) -> FloatArray:
    array = as_array(detached(x))
    if array.dtype == np.float64:
        return array
    why = (
        "differences in it are too coarse to tell a wrong derivative from a right one; check "
        "x.astype(np.float64)"
        if array.dtype.kind == "f"
        else "it cannot be moved by a small step; close over it: check_grads(lambda x: f(x, i), x)"
    )
    raise CheckRefused(f"check_grads: {name} has {describe(array)}, and {why}")


def _flat(f: Function) -> Function:
    """`f` with a tuple of Tensors as its result."""
    return lambda *xs: tuple(as_tensor(y) for y in flatten(f(*xs))[0])


def _pullback(f: Function, n: int) -> Function:
    """(x₁, ..., xₙ, g₁, ...) ↦ the gradient for every x under the cotangents g of f."""

    def pulled(*args: Any) -> Any:
        if any(a.requires_grad for a in args):
            return vjp(f, *args[:n])[1](args[n:])
        leaves = [leaf(x._data) for x in args[:n]]  # for numbers alone, in a third of the time
        return gradients_of(f(*leaves), [g._data for g in args[n:]], leaves)

    return pulled


class _Check(NamedTuple):
    """The settings of one call of check_grads."""

    modes: tuple[str, ...]
    rtol: float
    full: int
    directions: int
    seed: int
    rng: np.random.Generator

    def run(self, function: Flat) -> None:
        """Check the first derivative of `function`."""
        n, m = function.x.size, function.y.size
        if m == 0 or not function.free.any():
            return
        basis, identity = np.diag(function.unit)[function.free], np.eye(m)
        small = max(n, m) <= self.full
        along = basis if small else self._dense(self.directions, len(basis)) @ basis
        slopes = [function.slope(v) for v in along]
        if "rev" in self.modes:
            pull = Rows(function)
            us = identity if small else self._dense(self.directions, m)
            rows = np.array([pull(u) for u in us])
            wrong, at = self._worst(function, rows @ along.T, us, along, slopes)
            if at is not None:
                i, j = at
                self._fail(function, "rev", us[i], along[j], rows[i].__matmul__, wrong, pull.cut)
        if "fwd" in self.modes:
            # A forward derivative of a backward one takes three sweeps: one direction suffices.
            count = self.directions if function.level == 1 else 1
            if small:
                # The draws of what follows do not depend on the modes.
                lines = self._replace(rng=np.random.default_rng(self.seed))
                weights = lines._dense(count, len(basis))
                along, slopes = weights @ basis, [_combined(slopes, w) for w in weights]
            along, slopes = along[:count], slopes[:count]
            columns = np.transpose([function.jvp(v) for v in along])
            wrong, at = self._worst(function, columns, identity, along, slopes)
            if at is not None and small:  # what cancels in a sum has a noise of its own
                slopes = [function.slope(v) for v in along]
                wrong, at = self._worst(function, columns, identity, along, slopes)
            if at is not None:
                u = identity[at[0]]
                self._fail(
                    function, "fwd", u, along[at[1]], lambda v: u @ function.jvp(v), wrong, False
                )

    def _dense(self, count: int, size: int) -> FloatArray:
        """Random directions without entries near 0, so that all entries contribute alike."""
        shape = (count, size)
        return self.rng.choice([-1.0, 1.0], shape) * self.rng.uniform(0.5, 1.5, shape)

    def _worst(
        self, function: Flat, found: FloatArray, cotangents: FloatArray, along: FloatArray,
        slopes: Sequence[Slope],
    ) -> tuple[str, tuple[int, int] | None]:
        """How many of the products uᵀJv are wrong, and which one most.

        In a product that sums n derivatives, the error of one is diluted by √n. Before a product
        counts as wrong, the function's own rounding is measured: large intermediate results may
        have cancelled.
        """
        summed = np.count_nonzero(cotangents, axis=1)[:, None] * np.count_nonzero(along, axis=1)
        rtol = self.rtol / np.sqrt(np.maximum(summed, 1))
        measured = cotangents @ np.transpose([s.value for s in slopes])
        error = np.abs(cotangents) @ np.transpose([s.error for s in slopes])
        size = np.maximum(np.abs(found), np.abs(measured))
        difference = np.where(np.isfinite(found), np.abs(found - measured), np.inf)
        wrong = ~(difference <= rtol * size + 2 * error)
        if wrong.any():
            lines = zip(along, slopes, strict=True)
            noise = [function.scatter(v, slope.step) / slope.step for v, slope in lines]
            rounding = np.abs(cotangents) @ np.transpose(noise)
            wrong &= ~(difference <= rtol * size + 2 * (error + rounding))
        if not wrong.any():
            return "", None
        if not only_whether.get():
            along_any = self._dense(2, len(function.x)) * function.unit * function.free
            function.refuse_strange(along_any)
        relative = np.where(wrong, difference / (size + 1e-300), -1.0)
        i, j = np.unravel_index(int(np.argmax(relative)), relative.shape)
        return f"{int(wrong.sum())} of the {wrong.size} derivatives", (int(i), int(j))

    def _fail(
        self,
        function: Flat,
        mode: str,
        u: FloatArray,
        v: FloatArray,
        claim: Callable[[FloatArray], Any],
        wrong: str,
        cut: bool,
    ) -> None:
        """Raise for the wrong product claim(v) ≠ uᵀJv, narrowed down to one input."""
        slope = function.slope(v)
        while np.count_nonzero(v) > 1 and not only_whether.get():
            halves = []
            for support in np.array_split(np.flatnonzero(v), 2):
                half = np.zeros_like(v)
                half[support] = v[support]
                measured = function.slope(half)
                halves.append((abs(claim(half) - u @ measured.value), half, measured))
            _, v, slope = max(halves, key=lambda item: item[0])
        k = int(np.argmax(np.abs(v)))
        found, expected = float(claim(v) / v[k]), float(u @ slope.value / v[k])
        argument, entry = function.input_place(k)
        output, output_entry = "a random combination of the outputs", None
        if np.count_nonzero(u) == 1:
            output, output_entry = function.output_place(int(np.argmax(u)))
        order = {1: "first", 2: "second"}.get(function.level, f"order {function.level}")
        ratio = f"   ratio {found / expected:.6g}" if expected else ""
        hint = (
            "\n  the result does not require grad: the graph is cut inside the function, by "
            ".detach(), .numpy(), no_grad() or a rule that returns a constant"
        )
        raise GradientMismatch(
            f"the {order} derivative is wrong: ∂ {output}{_at(output_entry)} / "
            f"∂ {argument}{_at(entry)}\n"
            f"  minigrad ({mode}):   {found!r}\n"
            f"  differences:      {expected!r}   (central, step {slope.step:.3g}){ratio}\n"
            f"  {wrong} compared are wrong; replay with check_grads(..., seed={self.seed})"
            + hint * cut,
            order=function.level, mode=mode, argument=argument, entry=entry, output=output,
            output_entry=output_entry, found=found, expected=expected, step=slope.step,
        )


def _combined(slopes: Sequence[Slope], weights: FloatArray) -> Slope:
    """The slope along a weighted sum of directions."""
    value, error = (np.transpose([s[k] for s in slopes]) for k in (0, 1))
    return Slope(value @ weights, error @ np.abs(weights), min(s.step for s in slopes))


def _at(entry: tuple[int, ...] | None) -> str:
    return str(list(entry)) if entry else ""

"""One call of an op, as data: what strategies draw, and what laws and mutants are tried on."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from ..engine.domain import Domain
from ..engine.fast_calls import Primitive, function_of
from ..engine.op import OPS, Op
from ..engine.tensor import Tensor, wrap

__all__ = ["LAYOUTS", "Call", "core_dimensions", "draw_values", "leaf", "record_of"]

Array = np.ndarray[Any, Any]


def record_of(op: Any) -> Op:
    """The record of an op given by its name, as its function, or as the record itself.

    Raises TypeError for what is no op.

    >>> record_of("tanh")
    <op tanh: tanh(x)>
    """
    if isinstance(op, Op):
        return op
    found = OPS.get(op) if isinstance(op, str) else getattr(op, "op", None)
    if not isinstance(found, Op):
        raise TypeError(
            f"{op!r} is no op: wanted a name that minigrad.catalogue() lists, a function made with "
            f"minigrad.primitive, or its record"
        )
    return found


@functools.cache
def caller(op: Op) -> Callable[..., Any]:
    """The function that users call for a record."""
    return function_of(cast(Primitive, op))


@dataclass(frozen=True)
class Call:
    """One call: an op and its arguments.

    args, params: positional arguments and keywords. layouts: by argument, its memory layout, one
        of LAYOUTS.
    loops: the shape to which the operands broadcast outside of their core dimensions; None for a
        call that a function of the record made. seed: of the cotangents.

    >>> call = Call(record_of("sum"), (np.ones(3),), {"axis": 0})
    >>> call, call.live, float(call.plain()[0])
    (sum(x=[1., 1., 1.], axis=0), (0,), 3.0)
    """

    op: Op
    args: tuple[Any, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    layouts: tuple[str, ...] = ()
    loops: tuple[int, ...] | None = None
    seed: int = 0

    @property
    def live(self) -> tuple[int, ...]:
        """The positions of the arguments that have a gradient in this call."""
        rules = self.op.rules
        return tuple(
            i
            for i, a in enumerate(self.args)
            if getattr(a, "dtype", np.dtype(object)).kind == "f"
            and (self.op.joint is not None or (i < len(rules) and rules[i] is not None))
        )

    def argument(self, i: int) -> str:
        """The name of argument `i`."""
        return f"{self.op.arguments[0]}[{i}]" if self.op.variadic else self.op.arguments[i]

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        """The op on `args` with this call's keywords; always a tuple."""
        result = caller(self.op)(*args, **self.params)
        return tuple(result) if self.op.multiple else (result,)

    def plain(self) -> tuple[Any, ...]:
        """The forward function on the plain arrays."""
        result = self.op.forward(*self.args, **self.params)
        return tuple(result) if self.op.multiple else (result,)

    def with_args(self, args: Sequence[Any], **params: Any) -> Call:
        """The same call with other arrays, and some keywords changed."""
        return Call(self.op, tuple(args), {**self.params, **params}, (), self.loops, self.seed)

    def __repr__(self) -> str:
        parts = []
        for i, a in enumerate(self.args):
            layout = self.layouts[i] if self.layouts else "contiguous"
            note = "" if layout == "contiguous" else f" ({layout})"
            text = np.array2string(a, separator=", ") if isinstance(a, np.ndarray) else repr(a)
            parts.append(f"{self.argument(i)}={_type(a)}{text}{note}")
        parts += [f"{k}={v!r}" for k, v in self.params.items()]
        return f"{self.op.name}({', '.join(parts)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # else Hypothesis would print the fields


def _type(a: Any) -> str:
    if not isinstance(a, np.ndarray):
        return ""
    shape = f"{a.shape} " if a.size == 0 else ""
    return f"{shape}{a.dtype} " if shape or a.dtype != np.float64 else ""


def leaf(array: Any, requires_grad: bool = True) -> Tensor:
    """A Tensor around `array` itself, with its layout; Tensor(array) would copy."""
    t = wrap(array, None)
    t.requires_grad = requires_grad
    return t


# -- operands


def core_dimensions(op: Op, count: int = 1) -> list[tuple[str, ...]]:
    """The core dimensions of every operand, from the signature; of `count` if it takes any number.

    Raises ValueError for a signature that cannot be read, or has another number of operands.

    >>> core_dimensions(record_of("matmul"))
    [('n', 'k'), ('k', 'm')]
    """
    inputs = op.signature.partition("->")[0].replace(" ", "")
    groups = re.findall(r"\(([^()]*)\)", inputs)
    if ",".join(f"({g})" for g in groups) != inputs:
        raise ValueError(f"the signature {op.signature!r} is not like (n,k),(k)->(n)")
    found = [tuple(filter(None, g.split(","))) for g in groups]
    if strange := [d for g in found for d in g if not (d.isidentifier() or d.isdigit())]:
        raise ValueError(f"the signature {op.signature!r} has an input dimension {strange[0]!r}")
    if op.variadic:
        return found[:1] * count
    if len(found) != len(op.arguments):
        raise ValueError(
            f"the signature {op.signature!r} has {len(found)} inputs, and the op has "
            f"{len(op.arguments)}"
        )
    return found


def draw_values(
    domains: Sequence[Domain], shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> list[Array]:
    """Float64 arrays inside their domains, a margin away from kinks and, if asked, from each other.

    They lie in the domain's ``usual`` interval, and the margin is 1/50 of its width. Entries of
    `distinct` domains differ pairwise, also across arrays: a tie between two operands of
    ``maximum`` is a kink too.
    """
    ranked = sum(int(np.prod(s)) for d, s in zip(domains, shapes, strict=True) if d.distinct)
    ranks = iter(rng.permutation(ranked))
    return [_draw(d, s, rng, ranks, ranked) for d, s in zip(domains, shapes, strict=True)]


def _draw(
    domain: Domain, shape: tuple[int, ...], rng: np.random.Generator, ranks: Any, ranked: int
) -> Array:
    low, high = domain.usual
    width = high - low
    size = int(np.prod(shape))
    if domain.distinct:
        taken = np.array([next(ranks) for _ in range(size)], dtype=float)
        unit = (taken + rng.uniform(0.3, 0.7, size)) / max(ranked, 1)
    else:
        unit = rng.uniform(size=size)
    x = low + width * unit
    for kink in domain.kinks:
        near = np.abs(x - kink) < width / 50
        # Away from the kink, to the side of the value, or to the other if the domain ends there.
        side = np.where(x >= kink, 1, -1)
        side = np.where(kink + width / 25 > high, -1, side)
        side = np.where(kink - width / 25 < low, 1, side)
        x = np.where(near, kink + side * (width / 50) * (1 + np.abs(unit % 0.1) * 10), x)
    # Few digits, so that a failing call can be read and typed.
    digits = 4 - int(np.floor(np.log10(width)))
    return np.clip(np.round(x, digits), low, high).reshape(shape)


# -- memory layouts: the same values, awkwardly stored


def _fortran(a: Array) -> Array:
    return np.array(a, order="F")


def _negative(a: Array) -> Array:
    """Every stride negative."""
    reverse = (slice(None, None, -1),) * a.ndim
    return np.ascontiguousarray(a[reverse])[reverse].reshape(a.shape)


def _gaps(a: Array) -> Array:
    """Every second entry of a larger array that holds NaN in between."""
    if a.ndim == 0:
        return np.array([a, np.nan if a.dtype.kind == "f" else 0], a.dtype)[:1].reshape(())
    big = np.full([2 * n for n in a.shape], np.nan if a.dtype.kind == "f" else 0, a.dtype)
    view = big[(slice(None, None, 2),) * a.ndim]
    view[...] = a
    return view


def _read_only(a: Array) -> Array:
    a = np.array(a)
    a.flags.writeable = False
    return a


def _unaligned(a: Array) -> Array:
    """At an address that is no multiple of the item size."""
    memory = np.zeros(a.nbytes + 1, np.uint8)[1:]
    view = memory.view(a.dtype) if a.size else np.zeros(0, a.dtype)
    view = view.reshape(a.shape)
    view[...] = a
    return view


def _scalar(a: Array) -> Any:
    """A NumPy scalar, as reductions and arithmetic on 0-d arrays return."""
    return a[()] if a.ndim == 0 else np.array(a)


def _repeated(a: Array) -> Array:
    """Stride 0 along the first axis: the first slice, repeated. Only this layout changes values."""
    return np.broadcast_to(a[:1], a.shape) if a.ndim and a.shape[0] else np.array(a)


LAYOUTS: dict[str, Callable[[Array], Any]] = {
    "contiguous": np.array,
    "fortran": _fortran,
    "negative strides": _negative,
    "gaps": _gaps,
    "read-only": _read_only,
    "unaligned": _unaligned,
    "scalar": _scalar,
    "zero strides": _repeated,
}

"""Laws of all ops: derivatives are right at extreme values and in large arrays.

The shapes and keywords are those of drawn calls; the values are replaced by ties, zeros and
constants, and by huge, tiny and mixed numbers. At a kink the derivative along a line has to lie
between the slopes to either side, if equal entries stay equal along that line.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.domain import Domain
from ..engine.op import Op
from ..errors import MinigradError
from .calls import Call, core_dimensions
from .differences import CheckRefused, measure
from .gradcheck import check_grads
from .lines import elementwise
from .options import choices
from .slopes import measure_slopes
from .trial import LawBroken, Trial, pull
from .whole_domain import UndeclaredKink

__all__ = ["extreme_values", "many_entries"]

Array = np.ndarray[Any, Any]
Generate = Callable[[np.random.Generator, int], Array]
RTOL = 1e-4
EPS = float(np.finfo(np.float64).eps)
REFUSED = (MinigradError, ValueError, TypeError, IndexError, ArithmeticError)


def _of(*values: float) -> Generate:
    return lambda rng, n: rng.choice(values, n)


def _sizes(low: float, high: float) -> Generate:
    return lambda rng, n: rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(low, high, n)


MODERATE: dict[str, Generate] = {
    "ties": _of(1.0, 2.0),
    "all equal": lambda rng, n: np.full(n, rng.choice([1.0, -2.5, 10.5, 1e-3])),
    "zero": lambda rng, n: np.zeros(n),
    "0, -0, ±1 and 2.5": _of(0.0, -0.0, 1.0, -1.0, 2.5),
    "close to 0": _sizes(-5, -2),
    "saturating": _of(5.0, -8.0, 12.0, -20.0, 40.0, -100.0),
}
FAR: dict[str, Generate] = {
    "far out": _of(800.0, -750.0, 1e3, -1e3, 1e4),
    "of mixed sizes": _sizes(-6, 6),
}
EXTREME: dict[str, Generate] = {
    "nearly equal": lambda rng, n: 1.0 + 2.0**-52 * rng.integers(0, 4, n),
    "tiny": _sizes(-200, -100),
    "huge": _sizes(60, 100),
    "1, and one of them 1e300": lambda rng, n: np.where(np.arange(n) == n - 1, 1e300, 1.0),
    "1, and one of them 1e-300": lambda rng, n: np.where(np.arange(n) == 0, 1e-300, -1.0),
}
"""What the values are replaced by. Of the extreme ones differences can tell little."""


def extreme_values(call: Call, rng: np.random.Generator) -> None:
    """At ties, zeros and equal operands, for huge, tiny and mixed numbers the derivatives are those
    of the function: between the slopes to either side where it has a kink, and never NaN."""
    for name, other in _variants(call, rng):
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about empty slices and overflow in low precision
            try:
                trial = Trial(other)
                if not trial.differentiable or not _finite(trial.plain):
                    continue
                found = [trial.gradients]
            except REFUSED:
                continue  # outside of its domain, or where it has no derivative
            try:
                _never_nan(trial, found[0])
                smooth = name in MODERATE and _smooth(call)
                if name not in EXTREME and not name.startswith("2**"):
                    _compare(trial, rng, smooth)
                if smooth and name != "saturating":
                    _second_order(trial)
                if name in MODERATE or name == "far out":
                    _low_precision(trial)
            except AssertionError as error:
                error.add_note(f"with values that are {name}: {other}")
                raise


def _finite(arrays: Any) -> bool:
    return all(np.isfinite(a).all() for a in arrays)


def _smooth(call: Call) -> bool:
    """Whether the record promises that there are no kinks."""
    return not any(d.distinct or d.kinks for d in call.op.domains)


def _variants(call: Call, rng: np.random.Generator) -> Iterator[tuple[str, Call]]:
    live = call.live
    if callable(call.op.samples):
        for power in (-300, -30, 30, 300):
            yield f"2**{power} times as large", _changed(call, _times(2.0**power))
    matrices = _matrices(call.op)
    if not elementwise(call.op) and not (matrices and call.op.multiple):
        domains = call.op.domains[:1] * len(call.args) if call.op.variadic else call.op.domains
        chosen = MODERATE if matrices else {**MODERATE, **FAR, **EXTREME}
        for name, values in chosen.items():
            if name == "of mixed sizes" and callable(call.op.samples):
                continue  # they keep away from jumps, which a line through such numbers crosses
            yield name, _changed(call, _drawn(values, rng, domains))
    if len(live) > 1 and len({np.shape(call.args[i]) for i in live}) == 1:
        first = call.args[live[0]]
        yield "equal in all operands", _changed(call, lambda i, a: np.array(first))
        yield "the same in all operands", call.with_args(
            [first if i in live else a for i, a in enumerate(call.args)]
        )


def _matrices(op: Op) -> bool:
    """Whether it solves with matrices or decomposes them. With entries of all sizes, or with ties,
    matrices are often singular, or their factors are not unique."""
    core = core_dimensions(op, 2)
    return any(len(dims) == 2 and (op.multiple or dims[0] == dims[1]) for dims in core)


Change = Callable[[int, Array], Array]  # of an argument and its position


def _times(factor: float) -> Change:
    return lambda i, a: a * factor


def _drawn(values: Generate, rng: np.random.Generator, domains: Sequence[Domain]) -> Change:
    return lambda i, a: _inside(values(rng, a.size), domains[i]).reshape(a.shape)


def _changed(call: Call, change: Change) -> Call:
    args = list(call.args)
    for i in call.live:
        args[i] = change(i, np.asarray(args[i], dtype=float))
    return call.with_args(args)


def _inside(x: Array, domain: Domain) -> Array:
    """The values, mapped into the domain: reflected at its end, or squashed between two ends."""
    low, high = domain.low, domain.high
    if low > -np.inf and high < np.inf:
        return low + (high - low) * (0.5 + np.arctan(x) / 3.2)
    x = low + np.abs(x - low) if low > -np.inf else x
    x = high - np.abs(high - x) if high < np.inf else x
    return np.where((x > low) & (x < high), x, sum(domain.usual) / 2)


# -- comparing


class _Function:
    """The call as a function of one vector, all its live arguments, to one, all its outputs."""

    def __init__(self, trial: Trial) -> None:
        self.call, self.live = trial.call, trial.live
        self.shapes = [np.shape(self.call.args[i]) for i in self.live]
        self.ends = np.cumsum([int(np.prod(s)) for s in self.shapes])[:-1]
        self.x = np.concatenate([np.ravel(self.call.args[i]) for i in self.live])
        self.y = self(self.x)

    def __call__(self, x: Array) -> Array:
        args = list(self.call.args)
        parts = np.split(x, self.ends)
        for i, part, shape in zip(self.live, parts, self.shapes, strict=True):
            args[i] = part.reshape(shape)
        try:
            y = self.call.op.forward(*args, **self.call.params)
        except REFUSED:
            return np.full_like(self.y, np.nan)
        outputs = map(np.asarray, y if self.call.op.multiple else (y,))
        return np.concatenate([o.ravel() for o in outputs if o.dtype.kind == "f"])

    def rows(self, trial: Trial, chosen: Any) -> Array:
        """minigrad's gradients of single outputs."""
        leaves, outputs = trial.record()
        found = []
        for k in chosen:
            unit = np.zeros(self.y.size)
            unit[k] = 1
            parts = np.split(unit, np.cumsum([g.size for g in trial.cotangents])[:-1])
            us = [p.reshape(g.shape) for p, g in zip(parts, trial.cotangents, strict=True)]
            found.append(np.concatenate([g.ravel() for g in pull(outputs, us, leaves)]))
        return np.array(found)


def _never_nan(trial: Trial, gradients: list[Array]) -> None:
    for i, g in zip(trial.live, gradients, strict=True):
        if (np.isnan(g) & ~np.isnan(trial.call.args[i])).any():
            raise LawBroken(
                f"the gradient of {trial.call.argument(i)} is NaN where the value is finite: "
                f"{_brief(g)}"
            )


def _compare(trial: Trial, rng: np.random.Generator, smooth: bool, most: int = 4) -> None:
    """Compare the gradients of some outputs with differences, along some lines."""
    f = _Function(trial)
    m = f.y.size
    chosen = np.arange(m) if m <= most else rng.choice(m, most, replace=False)
    rows = f.rows(trial, chosen)
    for v in _directions(f.x, rng, single=smooth):
        _along(f, v, chosen, rows, smooth)


def _directions(x: Array, rng: np.random.Generator, single: bool) -> Iterator[Array]:
    """Lines on which equal entries stay equal; where there are no ties, or `single`, others too.

    How tied entries share a derivative is a convention; only the sum over them is determined.
    """
    moving = np.isfinite(x)
    unit = np.where(x != 0, np.abs(x), 1.0) * moving
    values = np.unique(x[moving])
    yield moving * (np.abs(values).max(initial=0.0) or 1.0)
    for value in values if len(values) <= 2 else rng.choice(values, 2, replace=False):
        yield np.where(x == value, unit, 0.0)
    if single or len(values) == moving.sum():
        k = rng.choice(np.flatnonzero(moving), min(2, int(moving.sum())), replace=False)
        yield from np.where(np.arange(len(x)) == k[:, None], unit, 0.0)
        yield unit * rng.choice([-1.0, 1.0], len(x)) * rng.uniform(0.5, 1.5, len(x))


def _along(f: _Function, v: Array, chosen: Any, rows: Array, smooth: bool) -> None:
    moved = np.flatnonzero(v)
    if not moved.size or not chosen.size or not np.isfinite(v).all():
        return
    terms = rows[:, moved] * v[moved]
    claims = terms.sum(axis=1)
    size = np.abs(terms).sum(axis=1, where=np.isfinite(terms))
    # How much rounding the inputs, and the largest output, may change the results.
    given = np.where(np.isfinite(f.x), f.x, 0.0)
    most = max(np.abs(f.y).max(), np.abs(given).max() * np.abs(v).max())
    floor = 1e-10 * most + 64 * EPS * np.abs(rows * given).max(axis=1) + 1e-290

    @functools.cache
    def phi(s: float) -> Array:
        return np.asarray(f(f.x + s * v)[chosen])

    try:
        slope = measure(phi, phi(0.0), "the function")
    except CheckRefused:
        slope = None
    if slope is not None:
        slack = 5 * slope.error + RTOL / np.sqrt(moved.size) * size + floor
        if np.all(np.abs(claims - slope.value) <= slack):
            return
    at, away = np.zeros(len(chosen)), np.full(len(chosen), np.inf)

    def every(s: Array) -> Array:
        return np.array([phi(float(t)) for t in s[:, 0]])

    m = measure_slopes(every, at, -away, away, via_one=True)
    if smooth and m.bent.any():
        k = int(np.argmax(m.bent))
        raise UndeclaredKink(
            f"the function has a kink or a jump where the record declares none: along {_brief(v)} "
            f"the slope of output {chosen[k]} is {m.left[k]:.6g} to one side and {m.right[k]:.6g} "
            f"to the other. Declare kinks= or distinct=True in its domains"
        )
    low, high = np.minimum(m.left, m.right), np.maximum(m.left, m.right)
    error = m.left_error + m.right_error
    slack = 8 * error + RTOL * (size + np.abs(low) + np.abs(high)) + floor
    wrong = np.isfinite(slack) & ~((claims >= low - slack) & (claims <= high + slack))
    if wrong.any():
        k = int(np.argmax(wrong))
        raise LawBroken(
            f"the derivative of output {chosen[k]} along {_brief(v)} is {float(claims[k])!r}; by "
            f"differences it is {m.left[k]:.6g} to one side and {m.right[k]:.6g} to the other, "
            f"± {error[k]:.2g}"
        )


def _brief(v: Array) -> str:
    return np.array2string(v, separator=", ", threshold=12, precision=4)


def _second_order(trial: Trial) -> None:
    call, live = trial.call, trial.live

    def f(*xs: Any) -> Any:
        args = list(call.args)
        for i, x in zip(live, xs, strict=True):
            args[i] = x
        return tuple(y for y in call(*args) if y.dtype.kind == "f")

    try:
        check_grads(f, *(call.args[i] for i in live), modes=("rev",), full=12, seed=call.seed)
    except (CheckRefused, *REFUSED):
        return  # a function with a first derivative need not have a second


def _low_precision(trial: Trial) -> None:
    call = trial.call
    for dtype, rtol in ((np.float32, 1e-2), (np.float16, 5e-2)):
        args = list(call.args)
        for i in trial.live:
            args[i] = np.asarray(args[i]).astype(dtype)
        try:
            low = Trial(call.with_args(args))
            exact = Trial(_changed(low.call, lambda i, a: a))
            exact.cotangents = [g.astype(float) for g in low.cotangents]
            pairs = list(zip(low.live, low.gradients, exact.gradients, strict=True))
        except REFUSED:
            continue  # there is no such function for this dtype
        computed = {np.asarray(y).dtype for y in low.plain} - {np.dtype(bool), np.dtype(int)}
        if computed != {np.dtype(dtype)} or not _finite(low.plain):
            continue
        values = zip(low.plain, exact.plain, strict=True)
        if not all(np.allclose(a, b, rtol=rtol, atol=0, equal_nan=True) for a, b in values):
            continue  # the value itself has lost its digits
        for i, a, b in pairs:
            known = np.isfinite(b) & (np.abs(b) < float(np.finfo(dtype).max) / 4)
            scale = np.abs(b[known]).max(initial=1.0)
            slack = (rtol + 64 * float(np.finfo(dtype).eps)) * scale
            near = np.abs(a.astype(float) - b)[known] <= slack
            if (np.isnan(a) & ~np.isnan(b)).any() or not near.all():
                raise LawBroken(
                    f"in {np.dtype(dtype)} the gradient of {call.argument(i)} is {_brief(a)}, in "
                    f"float64 {_brief(b)}"
                )


# -- large arrays


def many_entries(op: Op, rng: np.random.Generator) -> None:
    """In an array of many entries the derivatives are right too."""
    core = core_dimensions(op, 2)
    named = {d for dims in core for d in dims if not d.isdigit()}
    if not named:
        return
    size = 20_000 if max(map(len, core)) == 1 else 120
    domains = op.domains[:1] * len(core) if op.variadic else op.domains
    args = []
    for dims, domain in zip(core, domains, strict=True):
        low, high = domain.usual
        shape = [int(d) if d.isdigit() else size for d in dims]
        middle = min(max(1.0, low + 0.02 * (high - low)), high - 0.02 * (high - low))
        args.append(middle + 0.02 * (high - low) * rng.uniform(-1, 1, shape))
    kinds = op.samples if isinstance(op.samples, Mapping) else {}
    needed = [k for k in kinds if op.params[k] is inspect.Parameter.empty]
    params = {k: (choices(kinds[k], args[0].shape) or [None])[-1] for k in needed}
    with np.errstate(all="ignore"):
        try:
            trial = Trial(Call(op, tuple(args), params))
        except REFUSED:
            return
        if trial.differentiable and _finite(trial.plain):
            _compare(trial, rng, smooth=False)

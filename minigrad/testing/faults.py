"""How the faults of ``minigrad.testing.mutants`` are planted: in an op's plans, or in the sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import numpy as np

from ..engine import pullback as engine
from ..engine.cotangents import dense
from ..engine.lazy import Lazy
from ..engine.op import Op, Pullback
from ..engine.selections import Chosen
from ..engine.tensor import Tensor, as_tensor, detached, wrap

__all__ = ["Mutant"]

Rule = Callable[[Any, Any], Any]


class Mutant(NamedTuple):
    """One fault in the rule of one argument.

    kind: one of MUTANT_KINDS. position: of the argument. held: for "held", what is taken for
        constant.

    >>> from minigrad.testing.calls import record_of
    >>> from minigrad import grad
    >>> fault = Mutant(record_of("exp"), "sign", position=0)
    >>> with fault.planted():
    ...     slope = grad(np.exp)(0.0)
    >>> str(fault), float(slope)
    ('exp, rule for x: sign', -1.0)
    """

    op: Op
    kind: str
    position: int
    held: str | None = None

    @property
    def argument(self) -> str:
        """The name of that argument."""
        name = self.op.argument(self.position)
        return f"{name}[{self.position}]" if self.op.variadic else name

    def __str__(self) -> str:
        held = f" of {'the cotangent' if self.held == 'g' else self.held}" if self.held else ""
        return f"{self.op.name}, rule for {self.argument}: {self.kind}{held}"

    def planted(self) -> AbstractContextManager[Mutant]:
        """A block in which the op has the fault, on every thread."""
        in_sweep = self.kind == "not_unbroadcast"
        return _planted_in_fit(self) if in_sweep else _planted_in_pullbacks(self)


def _pullbacks(op: Op) -> list[Pullback]:
    """All pullbacks that calls may ask for."""
    return [op.pullback(mask) for mask in range(1, 1 << len(op.arguments))]


@contextmanager
def _planted_in_pullbacks(m: Mutant) -> Iterator[Mutant]:
    """Change the steps of every pullback in place: the functions that users call hold them."""
    before = {p: (p.steps, p.joint, p.lazy, p.generated) for p in _pullbacks(m.op)}
    try:
        for pullback in before:
            if m.kind.startswith("deferred"):
                pullback.lazy = {
                    i: _faulty_sum(m, z) if i == m.position else z for i, z in pullback.lazy.items()
                }
            elif pullback.joint is not None:
                pullback.joint = _faulty_joint(m, pullback, pullback.joint)
            else:
                pullback.steps = tuple(
                    s._replace(apply=_faulty(m, pullback, s.apply)) if s.place == m.position else s
                    for s in pullback.steps
                )
            pullback.generated = engine.pull_back  # the generated one has the right rule inlined
        yield m
    finally:
        for pullback, (steps, joint, lazy, generated) in before.items():
            pullback.steps, pullback.joint = steps, joint
            pullback.lazy, pullback.generated = lazy, generated


def _faulty(m: Mutant, pullback: Pullback, rule: Rule) -> Rule:
    """The rule with the fault; the lazy sum of a leaf, where there is one, stays right."""
    change = _CHANGES.get(m.kind)
    if change is not None:
        return lambda g, saved: _changed(rule(g, saved), change)
    if m.kind == "dropped_term":
        return lambda g, saved: rule(_without_last(g), saved)
    if m.held == "g":
        return lambda g, saved: rule(_constant(g), saved)
    return lambda g, saved: rule(g, _hold(pullback, saved, m.held))


def _faulty_joint(m: Mutant, pullback: Pullback, rule: Rule) -> Rule:
    faulty = _faulty(m, pullback, lambda g, saved: rule(g, saved)[m.position])

    def joint(g: Any, saved: Any) -> list[Any]:
        contributions = list(rule(g, saved))
        if m.position < len(contributions):
            contributions[m.position] = faulty(g, saved)
        return contributions

    return joint


def _changed(c: Any, change: Callable[[Any], Any]) -> Any:
    """A contribution with its values changed, and the same knowledge of unchosen entries."""
    return Chosen(change(c.values), c.chosen) if isinstance(c, Chosen) else change(c)


def _faulty_sum(m: Mutant, right: Lazy) -> Lazy:
    """The lazy sum over all uses of a leaf, with the fault."""

    def total(items: list[Any], shape: tuple[int, ...]) -> Any:
        if m.kind == "deferred_factor":
            return 1.001 * right.total(items, shape)
        return right.total(items[-1:], shape)

    return right._replace(total=total)


@contextmanager
def _planted_in_fit(m: Mutant) -> Iterator[Mutant]:
    """A block with the fault in `fit`, the one place where broadcasting is undone."""
    looked_up: Any = engine  # the module in which callers look `fit` up
    right, generated = looked_up.fitted, {p: p.generated for p in _pullbacks(m.op)}

    def fit(c: Any, parent: Any, node: Any, i: int) -> Any:
        # Pullbacks of other ops that are written in the block keep this function: to them, and
        # after the block to all, it is the right one.
        if looked_up.fitted is fit and node.op is m.op and i == m.position:
            c = dense(c)
            extra = len(np.shape(c)) - len(parent.shape)
            if np.shape(c) != parent.shape and extra >= 0:
                copy: list[Any] = [0] * extra
                copy += [slice(0, 1) if n == 1 else slice(None) for n in parent.shape]
                c = c[tuple(copy)]
        return right(c, parent, node, i)

    looked_up.fitted = fit
    for pullback in generated:
        pullback.generated = engine.pull_back  # the generated one holds the right `fit`
    try:
        yield m
    finally:
        looked_up.fitted = right
        for pullback, right_one in generated.items():
            pullback.generated = right_one


def _constant(value: Any) -> Any:
    """The value without its graph; a Tensor stays a Tensor."""
    if isinstance(value, tuple):
        return tuple(map(_constant, value))
    return as_tensor(detached(value)) if isinstance(value, Tensor) else value


def _hold(pullback: Pullback, saved: Any, name: str | None) -> Any:
    return tuple([
        _constant(value) if kept == name else value
        for kept, value in zip(pullback.residuals, saved, strict=True)
    ])


def _without_last(g: Any) -> Any:
    if isinstance(g, tuple):
        return (*g[:-1], _without_last(g[-1]))
    mask = np.ones(g.shape, g.dtype)
    mask.reshape(-1)[-1:] = 0
    return g * mask


def _exchanged(c: Any) -> Any:
    if c is None or c.ndim < 2:
        return c
    return np.reshape(np.swapaxes(c, -1, -2), c.shape)


class _OverwritingArray(np.ndarray[Any, Any]):
    """An array that, added to another, takes its place."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(x) if isinstance(x, _OverwritingArray) else x for x in inputs]
        if ufunc is np.add and method == "__call__" and inputs[1] is self:
            return plain[1]
        return getattr(ufunc, method)(*plain, **kwargs)


class _OverwritingTensor(Tensor):
    """A Tensor that, added to another, takes its place."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return other.plain() if isinstance(other, _OverwritingTensor) else self.plain() + other

    def __radd__(self, other: Any) -> Any:
        return self.plain()

    def plain(self) -> Tensor:
        return wrap(self._data, self._node)


def _overwriting(c: Any) -> Any:
    if not isinstance(c, Tensor):
        return None if c is None else np.asarray(c).view(_OverwritingArray)
    t = object.__new__(_OverwritingTensor)
    t._data, t._node = c._data, c._node
    return t


_CHANGES: dict[str, Callable[[Any], Any]] = {
    "factor": lambda c: 1.001 * c,
    "sign": lambda c: -c,
    "missing": lambda c: 0 * c,
    "detached": _constant,
    "overwritten": _overwriting,
    "wrong_axis": _exchanged,
    "wrong_order": lambda c: c[::-1] if c.ndim else c,
}

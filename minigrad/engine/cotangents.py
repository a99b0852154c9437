"""Cotangents that know how to add: what travels backwards through the tape beside plain arrays.

The sweep says ``total + contribution`` and asks for an array where a rule needs one. A `Chosen`
knows which entries a selection took, so that the others stay 0 whatever the slopes behind them. A
`LazySum` collects the uses of a weight and multiplies them out together: Σ_t x_tᵀ g_t = XᵀG. A
`OneOf` belongs to one of the several results of an op.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .unbroadcast import fit, reduced

if TYPE_CHECKING:
    from .node import Node

__all__ = [
    "Chosen", "Cotangent", "Lazy", "LazySum", "OneOf", "WideSum", "add",
    "chosen_part", "dense",
]


_HALF = np.dtype(np.float16)


class Cotangent:
    """A cotangent that is not an array; each kind says what ``+`` and an array of it are."""

    __slots__ = ()
    __array_ufunc__ = None  # an array leaves the addition to __radd__

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError

    def __radd__(self, other: Any) -> Any:
        return self + other

    def dense(self) -> Any:
        """As an array, or Tensor while the backward pass is recorded."""
        raise NotImplementedError

    def arrived(self, node: Node) -> Any:
        """As the rules of `node` take it, now that the total is complete."""
        return self.dense()

    def fitted(self, parent: Node, node: Node, i: int) -> Any:
        """In the shape and dtype of argument `i` of `node`, which is `parent`."""
        return self


def add(total: Any, c: Any) -> Any:
    """``total + c``, where either may be a Cotangent: it knows how to add."""
    if isinstance(c, Cotangent):
        return c + total
    if c.dtype is _HALF and isinstance(c, np.ndarray | np.generic):
        return WideSum(c) + total
    return total + c


def dense(c: Any) -> Any:
    """A cotangent as an array, or Tensor while the backward pass is recorded."""
    return c.dense() if isinstance(c, Cotangent) else c


# -- selections


def chosen_part(g: Any, chosen: Any) -> Any:
    """``np.where(chosen, g, 0)``. Of large arrays a product gives the same many times faster,
    unless there is an infinite entry or NaN."""
    if isinstance(g, np.ndarray) and g.size > 128:
        product = g * chosen
        if np.isfinite(product).all():
            return product
    return np.where(chosen, g, 0)


class Chosen(Cotangent):
    """A cotangent of which some entries are 0 because nothing depends on them.

    In ``np.where(x > 0, np.log(x), 0)`` the logarithm of 0 is not chosen. The slope there is ∞,
    and 0 · ∞ would be NaN; but what was not chosen contributes nothing, so its entries stay 0
    through the elementwise chain behind. A value that *is* used, with a cotangent that happens to
    be 0, is not of this kind.

    values: 0 where not chosen. chosen: truth values of the same shape. For an op with several
    results both are lists. clean: False for values that are not 0 yet where not chosen; the rules
    of elementwise ops take them as they are, so that a chain is cleaned once, at its end.
    """

    __slots__ = ("_clean", "_values", "chosen")

    def __init__(self, values: Any, chosen: Any, clean: bool = True) -> None:
        self._values, self.chosen, self._clean = values, chosen, clean

    @property
    def values(self) -> Any:
        """0 where not chosen."""
        if not self._clean:
            self._values, self._clean = chosen_part(self._values, self.chosen), True
        return self._values

    @property
    def shape(self) -> Any:
        return self._values.shape

    @property
    def dtype(self) -> Any:
        return self._values.dtype

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Chosen):
            return Chosen(add(self.values, other.values), self.chosen | other.chosen)
        return add(self.values, other)

    def dense(self) -> Any:
        return dense(self.values)

    def arrived(self, node: Node) -> Any:
        if isinstance(self._values, Cotangent):
            return Chosen(self.dense(), self.chosen)
        return self

    def fitted(self, parent: Node, node: Node, i: int) -> Any:
        """In the shape of an argument: it is chosen if one of its copies is. Behind a leaf there
        is no slope, so that it takes an array."""
        if parent.plan is None:
            return fit(self.values, parent, node, i)
        if self.chosen.shape == parent.shape and self.dtype == parent.dtype:
            return self
        return Chosen(fit(self.values, parent, node, i), reduced(np.any, self.chosen, parent.shape))

    def moved(self, move: Callable[[Any], Any]) -> Chosen:
        """With its entries in other places."""
        return Chosen(move(self.values), move(self.chosen))

    def replaced(self, values: Any) -> Chosen:
        """With other values, as a hook may give; an entry that is no longer 0 counts."""
        return Chosen(values, self.chosen | (np.asarray(getattr(values, "_data", values)) != 0))

    def through(
        self, rule: Callable[[Any, Any], Any], saved: Any, elementwise: bool, linear: bool
    ) -> Any:
        """What a rule makes of it.

        elementwise: entry k of the result belongs to entry k of the cotangent. linear: the rule
        names no values, only shapes and keywords, so it shows where entries go if one applies it
        to marks. Any other rule mixes entries: its result is all chosen.
        """
        if elementwise:
            c = rule(self._values, saved)
            if isinstance(c, Chosen) and c.shape == self.shape:
                return Chosen(c._values, self.chosen & c.chosen, clean=False)
            if getattr(c, "shape", None) == self.shape:
                return Chosen(c, self.chosen, clean=False)
        c = rule(self.values, saved)
        if not linear:
            return c
        came_from = dense(rule(_marks(self.chosen), saved))
        if isinstance(came_from, tuple | list):  # the contributions to all arguments
            return [Chosen(dense(v), dense(m) != 0) for v, m in zip(c, came_from, strict=True)]
        return Chosen(dense(c), came_from != 0)


def _marks(chosen: Any) -> Any:
    """Numbers where chosen, so irregular that no sum or difference of them is 0."""
    if isinstance(chosen, list):
        return [_marks(c) for c in chosen]
    places = np.arange(1, chosen.size + 1).reshape(chosen.shape)
    return np.where(chosen, 1 + 1e4 * np.sin(places) % 1, 0)


# -- sums in float16


class WideSum(Cotangent):
    """A sum of float16 contributions in a wider dtype: in their own, 2,048 + 1 is 2,048."""

    __slots__ = ("_total",)

    def __init__(self, c: Any) -> None:
        self._total = c.astype(np.float32)

    def __add__(self, other: Any) -> Any:
        return WideSum(self._total + (other._total if isinstance(other, WideSum) else dense(other)))

    def dense(self) -> Any:
        return self._total.astype(np.float16)


# -- many uses of one weight

AT_ONCE = 16  # so many uses are multiplied out at once: more would only hold memory


class Lazy(NamedTuple):
    """How the many contributions of one op to one leaf become one product.

    ``collect(g, ...)`` names what it needs like a rule and returns an item, or None where the
    shortcut does not fit; ``total(items, shape)``, with the shape of the leaf, returns their sum.
    """

    collect: Callable[..., Any]
    total: Callable[[list[Any], tuple[int, ...]], Any]


class LazySum(Cotangent):
    """The contributions to a leaf that wait to be multiplied out, by the function that does it.

    It belongs to one sweep, so adding to it changes it. `user` is the node that it came from and
    the position of the leaf there, for the message if the sum does not fit.
    """

    __slots__ = ("_done", "_leaf", "_waiting")

    def __init__(self, item: Any, total: Any, leaf: Node, user: tuple[Node, int]) -> None:
        self._leaf, self._done = leaf, None
        self._waiting: dict[Any, tuple[list[Any], tuple[Node, int]]] = {total: ([item], user)}

    @property
    def shape(self) -> Any:
        return self._leaf.shape

    @property
    def dtype(self) -> Any:
        return self._leaf.dtype

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, LazySum):
            self._count(dense(other))
            return self
        for total, (items, user) in other._waiting.items():
            mine = self._waiting.setdefault(total, ([], user))[0]
            mine += items
            if len(mine) >= AT_ONCE:
                self._multiply_out(total)
        if other._done is not None:
            self._count(other._done)
        return self

    def dense(self) -> Any:
        for total in list(self._waiting):
            self._multiply_out(total)
        return dense(self._done)

    def _multiply_out(self, total: Any) -> None:
        items, user = self._waiting.pop(total)
        self._count(fit(total(items, self._leaf.shape), self._leaf, *user))

    def _count(self, c: Any) -> None:
        self._done = c if self._done is None else add(self._done, c)


# -- one of several results


class OneOf(Cotangent):
    """The cotangents of some of the results of an op that has several, by their number.

    It belongs to one sweep, so adding it to a total changes the total: a copy for each of T
    results would take O(T²).
    """

    __slots__ = ("parts",)

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts

    def __add__(self, total: OneOf) -> OneOf:
        parts = total.parts
        for k, c in self.parts.items():
            parts[k] = add(parts[k], c) if k in parts else c
        return total

    def dense(self) -> Any:
        return tuple(map(dense, self.parts.values()))

    def arrived(self, node: Node) -> Any:
        """A list with a cotangent for every result: those that nobody used are 0, unchosen."""
        shapes = list(zip(node.shape, node.dtype, strict=True))
        given = [self.parts.get(k) for k in range(len(shapes))]
        values = [
            np.zeros(*like) if c is None else dense(c)
            for c, like in zip(given, shapes, strict=True)
        ]
        if not any(c is None or isinstance(c, Chosen) for c in given):
            return values
        return Chosen(values, [
            c.chosen if isinstance(c, Chosen) else np.full(like[0], c is not None)
            for c, like in zip(given, shapes, strict=True)
        ])

"""What a selection did not choose: entries of a cotangent on which nothing depends.

In ``np.where(x > 0, np.log(x), 0)`` the logarithm of 0 is not chosen. The slope there is ∞, and
0 · ∞ would be NaN; but what was not chosen contributes nothing, so its entries stay 0 through the
elementwise chain behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .cotangents import Cotangent, add, dense
from .node import Node
from .unbroadcast import fit, reduced

__all__ = ["Chosen", "chosen_part"]


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

    A value that *is* used, with a cotangent that happens to be 0, is not of this kind.

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
        if parent.pullback is None:
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

        A linear rule shows where entries go if one applies it to marks. Any other that is not
        elementwise mixes entries: its result is all chosen.
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

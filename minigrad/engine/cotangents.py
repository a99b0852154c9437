"""Cotangents that know how to add: what travels backwards through the tape beside plain arrays.

The sweep says ``total + contribution`` and asks for an array where a rule needs one. What kinds
there are is no business of the sweep's: see ``selections``, ``lazy`` and ``outputs``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .node import Node

__all__ = ["Cotangent", "WideSum", "add", "dense"]

_HALF = np.dtype(np.float16)


class Cotangent:
    """A cotangent that is not an array; each kind says what ``+`` and an array of it are."""

    __slots__ = ()
    __array_ufunc__ = None  # an array leaves the addition to __radd__

    def __add__(self, other: Any) -> Any:
        """The sum of both, of whatever kind it is."""

    def __radd__(self, other: Any) -> Any:
        return self + other

    def dense(self) -> Any:
        """As an array, or Tensor while the backward pass is recorded."""

    def arrived(self, node: Node) -> Any:
        """As the rules of `node` take it, now that the total is complete."""
        return self.dense()

    def fitted(self, parent: Node, node: Node, i: int) -> Any:
        """In the shape and dtype of argument `i` of `node`, which is `parent`."""
        return self

    def replaced(self, values: Any) -> Any:
        """With other values, as a hook may give."""
        return values

    def through(
        self, rule: Callable[[Any, Any], Any], saved: Any, elementwise: bool, linear: bool
    ) -> Any:
        """What a rule makes of it. elementwise: entry k of the result belongs to entry k of the
        cotangent. linear: the rule names no values, only shapes and keywords."""
        return rule(self.dense(), saved)


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


class WideSum(Cotangent):
    """A sum of float16 contributions in a wider dtype: in their own, 2,048 + 1 is 2,048."""

    __slots__ = ("_total",)

    def __init__(self, c: Any) -> None:
        self._total = c.astype(np.float32)

    def __add__(self, other: Any) -> Any:
        return WideSum(self._total + (other._total if isinstance(other, WideSum) else dense(other)))

    def dense(self) -> Any:
        return self._total.astype(np.float16)

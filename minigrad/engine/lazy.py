"""The many uses of one weight, multiplied out together: Σ_t x_tᵀ g_t = XᵀG.

A record may declare, for an argument, how its contributions are collected and summed in one
product. Where that argument is a leaf they wait in a `LazySum`, a cotangent whose ``+`` collects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .cotangents import Cotangent, add, dense
from .node import Node
from .unbroadcast import fit

__all__ = ["AT_ONCE", "Lazy", "LazySum"]

AT_ONCE = 16  # so many uses are multiplied out at once: more would only hold memory


class Lazy(NamedTuple):
    """How the many contributions of one op to one leaf become one product.

    ``collect(g, ...)`` names what it needs like a rule and returns an item, or None where the
    shortcut does not fit; ``total(items, shape)``, with the shape of the leaf, returns their sum.
    """

    collect: Callable[..., Any]
    total: Callable[[list[Any], tuple[int, ...]], Any]

    def waiting(self, g: Any, saved: Any, leaf: Node, user: Node, i: int) -> LazySum | None:
        """The contribution of `user` to argument `i`, a leaf; None where it cannot wait."""
        item = self.collect(dense(g), saved)
        return None if item is None else LazySum(item, self.total, leaf, (user, i))


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

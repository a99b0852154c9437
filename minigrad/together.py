"""The gradient of a weight that is used T times is one product: Σ_t x_tᵀ g_t = XᵀG.

During the sweep the factors of such contributions are collected, and multiplied out together when
there are enough of them or when the weight is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from heapq import heappush
from typing import TYPE_CHECKING, Any

from .diagnose import check_written
from .unbroadcast import fit

if TYPE_CHECKING:
    from .tape import Leaf, Node

__all__ = ["Together"]

# So many items are multiplied out at once: more would only hold memory.
AT_ONCE = 16


class Together:
    """What waits to be multiplied out: a list of items for each op and each choice of leaves.

    grads, heap: those of the sweep; targets: what it wants gradients of, None for all leaves.
    """

    def __init__(
        self, grads: dict[Node, Any], heap: list[tuple[int, Node]], targets: Collection[Node] | None
    ) -> None:
        self._grads, self._heap, self._targets = grads, heap, targets
        self._groups: dict[Any, _Group] = {}
        self.waiting: dict[Node, list[_Group]] = {}

    def collect(self, node: Node, g: Any, saved: Any, steps: Any) -> Any:
        """Take of the contributions of `node` what can wait; returns the steps that are left."""
        plan: Any = node.plan
        parents = node.parents
        for places, collect, finish in plan.deferred:
            group = self._groups.get(key := (finish, places, *[parents[i] for i in places]))
            leaves = self._leaves(places, parents) if group is None else group.leaves
            item = collect(g, saved) if leaves else None
            if item is None:
                continue
            if group is None:
                group = self._groups[key] = _Group(node, leaves, finish)
                for leaf in leaves.values():
                    self.waiting.setdefault(leaf, []).append(group)
                    if leaf not in self._grads:
                        self._grads[leaf] = None
                        heappush(self._heap, (leaf.key, leaf))
            for i, leaf in leaves.items():
                if leaf.written < node.key:
                    check_written(node, i, leaf)
            group.items.append(item)
            if len(group.items) == AT_ONCE:
                group.multiply_out(self._grads)
            steps = [step for step in steps if step[0] not in leaves]
        return steps

    def _leaves(self, places: Sequence[int], parents: Sequence[Any]) -> dict[int, Leaf]:
        """Those of the parents that are leaves whose gradient is wanted."""
        return {
            i: parents[i] for i in places if parents[i].plan is None
            and (self._targets is None or parents[i] in self._targets)
        }

    def finish(self, leaf: Node) -> None:
        """Multiply out what waits for `leaf`."""
        for group in self.waiting.pop(leaf):
            if group.items:
                group.multiply_out(self._grads)


class _Group:
    __slots__ = ("finish", "items", "leaves", "node", "shapes")

    def __init__(self, node: Node, leaves: dict[int, Leaf], finish: Callable[..., Any]) -> None:
        self.node, self.leaves, self.finish = node, leaves, finish
        self.shapes = {i: leaf.shape for i, leaf in leaves.items()}
        self.items: list[Any] = []

    def multiply_out(self, grads: dict[Node, Any]) -> None:
        sums = self.finish(self.items, self.shapes)
        for i, leaf in self.leaves.items():
            c, before = fit(sums[i], leaf, self.node, i), grads[leaf]
            grads[leaf] = c if before is None else before + c
        self.items = []

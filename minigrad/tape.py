"""The tape: nodes in the order of execution, and the one sweep that walks them backwards.

A Node is what one op call leaves behind: its parents, what its rules saved, its place in the
order. Nodes hold no tensor, so no reference cycle can form, and nothing here recurses.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from .context import Scope, local
from .diagnose import check_finite, check_written, freed_message
from .errors import GraphFreedError, MinigradError
from .op import Op, Plan
from .several import PART, give_part, steps_of
from .together import Together
from .unbroadcast import fit
from .untaken import taken, worth_repeating

__all__ = ["Leaf", "Node", "ancestors", "sweep"]

_new = object.__new__

# Keys count down, so that the smallest key on a heap is the newest node.
next_key: Callable[[], int] = itertools.count(-1, -1).__next__


class _Freed:
    """What `Node.saved` holds once a backward pass has let go of it."""


FREED = _Freed()


class Node:
    """One op call on the tape (or a leaf, whose `plan` is None).

    `extra` is None or a dict of rare things: "name", "hooks", "where", and "retain": who keeps the
    gradient, by weak reference.
    """

    __slots__ = ("dtype", "extra", "key", "parents", "plan", "saved", "scope", "shape")

    key: int
    plan: Plan | None
    parents: tuple[Node | None, ...]
    saved: Any
    scope: Scope | None
    shape: Any
    dtype: Any
    extra: dict[str, Any] | None

    @property
    def op(self) -> Op | None:
        return None if self.plan is None else self.plan.op

    @property
    def name(self) -> str | None:
        """The name given to the tensor, if any."""
        return self.extra.get("name") if self.extra else None

    def put(self, **extra: Any) -> None:
        """Attach something rare to the node."""
        self.extra = {**self.extra, **extra} if self.extra else extra

    def __str__(self) -> str:
        what = self.op.name if self.op else "leaf"
        named = f" {self.name!r}" if self.name else ""
        where = f" in {self.scope}" if self.scope else ""
        return f"{what}{named}{where}"

    def __repr__(self) -> str:
        return f"<node {self} of shape {self.shape}>"


class Leaf(Node):
    """Where gradients end: a tensor made by the user, which keeps its gradient itself."""

    __slots__ = ("owner", "written")

    owner: Callable[[], Any]  # the tensor, by weak reference

    def __init__(self, shape: tuple[int, ...], dtype: Any, name: str | None) -> None:
        self.key, self.written = next_key(), 0
        self.plan, self.parents, self.saved = None, (), ()
        self.scope, self.shape, self.dtype = local.frame.scope, shape, dtype
        self.extra = {"name": name} if name else None
        self.owner = lambda: None


def ancestors(
    nodes: Iterable[Node], walls: Collection[Node] = (), since: int | None = None
) -> list[Node]:
    """All nodes that `nodes` depend on, themselves included, the newest first.

    The walk does not go on past `walls`, and leaves out what is older than the key `since`.
    """
    seen = set(nodes)
    todo = list(seen)
    while todo:
        node = todo.pop()
        if node in walls:
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen and (since is None or parent.key < since):
                seen.add(parent)
                todo.append(parent)
    return sorted(seen, key=lambda node: node.key)


def _needed(seeds: Iterable[Node], targets: Collection[Node], walls: bool) -> set[Node]:
    """The nodes on a path from `seeds` to one of `targets`."""
    needed = set(targets)
    for node in reversed(ancestors(seeds, targets if walls else ())):
        if not needed.isdisjoint(node.parents):
            needed.add(node)
    return needed


@np.errstate(all="ignore")  # an infinite slope is a value, not a fault; detect_anomaly reports it
def sweep(
    seeds: Sequence[tuple[Node, Any]],
    *,
    targets: Collection[Node] | None = None,
    walls: bool = False,
    lift: Callable[[Node], Any] | None = None,
    retain_graph: bool = False,
    write: Callable[[dict[Node, Any], list[tuple[Any, Any]]], None] | None = None,
    on_use: Callable[[Node, Node, Any], None] | None = None,
    careful: bool = False,
) -> dict[Node, Any]:
    """Propagate the cotangents in `seeds` from the newest node to the oldest.

    Returns the gradient of each target (of each leaf reached, when `targets` is None). With
    `walls`, nothing flows past a target to another one behind it. With `lift`, which gives
    the saved values of a node as Tensors, the rules run on Tensors and so are recorded.
    `on_use(target, user, contribution)` sees the contributions before they are summed. Nothing is
    freed, written or returned unless the whole sweep succeeds: `write` gets the results, and pairs
    of those who retain a gradient with it, before anything is freed. A sweep that ends in NaN is
    made again, `careful` of branches not taken, unless that would call hooks twice.
    """
    needed = None if targets is None else _needed([node for node, _ in seeds], targets, walls)
    anomaly = local.frame.anomaly
    watched = anomaly or on_use is not None
    careful = careful or watched  # who watches sees every contribution once
    plainly = lift is None and on_use is None
    results: dict[Node, Any] = {}
    retained: list[tuple[Any, Any]] = []
    visited: list[Node] = []
    grads: dict[Node, Any] = {}  # None: what there is waits in `together`
    heap: list[tuple[int, Node]] = []
    latest: Node | None = None  # found last, so mostly the next: kept out of the heap
    together = Together(grads, heap, targets)
    waiting = together.waiting

    for node, g in seeds:
        if node not in grads:
            heappush(heap, (node.key, node))
        grads[node] = grads[node] + g if node in grads else g

    try:
        while heap or latest is not None:
            if latest is not None and (not heap or latest.key < heap[0][0]):
                node, latest = latest, None
            else:
                node = heappop(heap)[1]
            plan, saved = node.plan, node.saved
            if plan is None and node in waiting:
                together.finish(node)
            g = grads.pop(node)
            if saved is FREED:
                raise GraphFreedError(freed_message(node, visited))
            if node.extra is not None:
                for hook in node.extra.get("hooks", ()):
                    g = hook(g)
                if targets is None and "retain" in node.extra:
                    retained += [(owner, g) for owner in node.extra["retain"]]
            if plan is None or (targets is not None and node in targets):
                results[node] = g
                if plan is None or walls or (needed and needed.isdisjoint(node.parents)):
                    continue
            visited.append(node)
            steps: Any = plan.steps
            if lift is not None:
                saved = lift(node)
            if plan.special:
                if plan is PART:
                    give_part(node, g, grads, heap)
                    continue
                g, steps = steps_of(node, plan, g, saved, steps)
                if plan.deferred and plainly:
                    steps = together.collect(node, g, saved, steps)
            for i, rule, place in steps:
                parent: Any = node.parents[i]
                if needed is not None and parent not in needed:
                    continue
                made = parent.plan
                if made is None and parent.written < node.key:
                    check_written(node, i, parent)
                c = rule(g, saved if place is None else saved[place])
                if careful:
                    c = taken(c, g, plan.op)
                try:
                    fits = c.shape == parent.shape and c.dtype is parent.dtype
                except AttributeError:
                    fits = False
                if not fits:
                    c = fit(c, parent, node, i)
                if watched:
                    if anomaly:
                        check_finite(c, node, "backward")
                    if on_use is not None and (targets is None or parent in targets):
                        on_use(parent, node, c)
                if made is PART and targets is None and parent.extra is None:
                    give_part(parent, c, grads, heap)  # at once: nobody looks at it
                elif parent in grads:
                    before = grads[parent]
                    grads[parent] = c if before is None else before + c
                else:
                    grads[parent] = c
                    if latest is None:
                        latest = parent
                    else:
                        heappush(heap, (parent.key, parent))
    except Exception as error:
        if not isinstance(error, MinigradError):
            error.add_note(f"raised in the backward pass of {node}")
        raise
    if not careful and worth_repeating(results, visited):
        return sweep(seeds, targets=targets, walls=walls, lift=lift, retain_graph=retain_graph,
                     write=write, careful=True)
    if write is not None:
        write(results, retained)
    if not retain_graph:
        for node in visited:
            node.saved = FREED
    return results


def parts(whole: Node) -> list[Node]:
    """The nodes of the outputs of a node with several."""
    parents, scope, nodes = (whole,), whole.scope, []
    for k, shape in enumerate(whole.shape):
        node = _new(Node)
        node.key, node.plan, node.parents, node.saved = next_key(), PART, parents, k
        node.scope, node.shape, node.dtype, node.extra = scope, shape, whole.dtype[k], None
        nodes.append(node)
    return nodes

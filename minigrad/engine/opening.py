"""Graphs as readers see them: an op that stands for many, such as a scan, is opened.

Pictures, tapes, the ledger and Jacobians ask for single steps. They see a copy of the graph in
which the ops of all steps are in the place of the one that ran them; what leads there is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .context import Scope, local
from .node import FREED, ROOM, Node, ancestors, next_key
from .outputs import OUTPUT, number
from .tensor import Tensor, wrap

__all__ = ["hollow", "is_inside", "opened", "opens_as", "run_again"]

Copies = dict[Node, Node | None]


def is_inside(x: Tensor) -> bool:
    """Whether what made a tensor is an op that can be opened, in which others may be made of it."""
    node = x._node
    whole = node.parents[0] if node is not None and node.pullback is OUTPUT else node
    return whole is not None and bool((whole.extra or {}).get("opens"))


@contextmanager
def run_again(scope: Scope | None) -> Iterator[None]:
    """Record what has run before, under the scope where it did; who watches has seen it then."""
    before = local.state
    local.state = before.but(record=True, observer=None, scope=scope)
    try:
        yield
    finally:
        local.state = before


def opens_as(result: Tensor, steps: Callable[[], Tensor]) -> Tensor:
    """`result`, which readers of the graph see as what ``steps()`` records: the same values.

    So ops of all steps at once are seen as those of each step. Returns `result`. What `steps`
    refers to lives as long as the graph (see `hollow`).
    """
    scope, node = local.state.scope, result._node

    def opens(node: Node) -> list[Node | None]:
        with run_again(scope):
            return [steps()._node]

    if node is not None:
        node.put(opens=opens)
    return result


def opened(*trees: Any) -> Any:
    """The same Tensors, nested as they are, on a graph in which all that can be opened is.

    An op can be if its node has "opens": a function of the node that runs the ops anew that it
    stands for, and returns a node for each of its results, None for a constant one. Their values
    are those of the call, and their places on the tape lie where that was: so what has been
    written to since then is found, and what was freed is freed. Tensors on a graph without such
    ops come back as they are. The graph that was given is not changed, and backward passes
    through it go on as before.

    >>> import minigrad as mg
    >>> w = mg.tensor(0.5, requires_grad=True)
    >>> outputs, last = mg.scan(lambda x, h: (h, w * h + x), 0.0, np.ones(8))
    >>> _, again = opened(outputs, last)
    >>> again._node.op.name, again._node.scope
    ('add', scan[t=7])
    """
    nodes: dict[Node, None] = {}

    def collect(leaf: Tensor) -> Tensor:
        if leaf._node is not None:
            nodes[leaf._node] = None
        return leaf

    _mapped(collect, trees)
    copies = _copies(nodes)

    def instead(leaf: Tensor) -> Any:
        return wrap(leaf._data, copies[leaf._node]) if leaf._node in copies else leaf

    result = _mapped(instead, trees) if copies else trees
    return result[0] if len(trees) == 1 else result


def hollow(x: Tensor) -> Tensor:
    """`x` on the graph, but without its values, which so need not be kept: for ``opens_as`` of ops
    that save none of them, as those that only move data."""
    made: Tensor = wrap(np.broadcast_to(np.zeros((), x.dtype), x.shape), x._node)
    return made


def _mapped(function: Callable[[Tensor], Any], tree: Any) -> Any:
    """`tree` with ``function(tensor)`` in the place of each Tensor in tuples, lists and dicts."""
    if isinstance(tree, tuple | list):
        parts = [_mapped(function, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    if isinstance(tree, dict):
        return {key: _mapped(function, part) for key, part in tree.items()}
    return function(tree) if isinstance(tree, Tensor) else tree


def _copies(roots: Iterable[Node], since: int | None = None) -> Copies:
    """What stands for each node that is opened, or was computed from one that is."""
    order = ancestors(roots, since=since)[::-1]
    if not any((node.extra or {}).get("opens") for node in order):
        return {}
    copies: Copies = {}
    results: dict[Node, list[Node | None]] = {}
    for node in order:
        whole = node.parents[0] if node.pullback is OUTPUT else None
        opens = (node.extra or {}).get("opens")
        if whole is not None and whole in results:
            copies[node] = _result(results[whole], node, whole)
        elif opens and (inside := _inside(node, opens, copies)) is not None:
            results[node] = inside
            if node.op is not None and not node.op.multiple:
                copies[node] = inside[0]
        elif not copies.keys().isdisjoint(node.parents):
            copies[node] = _copy(node, copies)
    return copies


def _inside(node: Node, opens: Any, copies: Copies) -> list[Node | None] | None:
    """The nodes of the results of `node`, from the ops that it stands for, which are recorded now
    and take places right before it."""
    start = next_key()
    results: list[Node | None] | None = opens(node)
    if results is None:
        return None
    deeper = _copies([r for r in results if r is not None and r.key < start], since=start)
    results = [_instead(r, deeper) for r in results]
    roots = [r for r in results if r is not None and r.key < start]
    inside = ancestors(roots, since=start)
    for place, inner in enumerate(inside, 1):
        inner.key = node.key + place
        if inner.pullback is OUTPUT:
            inner.put(number=number(inner))
        if node.saved is FREED and inner.pullback is not None:
            inner.saved = FREED
    for inner in reversed(inside):
        if not copies.keys().isdisjoint(inner.parents):
            copies[inner] = _copy(inner, copies)
    return [_instead(r, copies) for r in results]


def _result(results: list[Node | None], part: Node, whole: Node) -> Node | None:
    """What stands for one of the results of `whole`, with what users attached to it: a name, hooks.

    A result that was there before the call, such as a state that no step changes, keeps its own.
    """
    node: Node | None = results[number(part)]
    extra = {name: value for name, value in (part.extra or {}).items() if name != "number"}
    if node is not None and extra and node.key < whole.key + ROOM:
        node.put(**extra)
    return node


def _instead(node: Node | None, copies: Copies) -> Node | None:
    return copies.get(node, node) if node is not None else None


def _copy(node: Node, copies: Copies) -> Node:
    """A node that reads copies, in the same place."""
    parents = tuple([_instead(p, copies) for p in node.parents])
    made = Node(node.pullback, parents, node.saved, node.shape, node.dtype, node.scope)
    made.key, made.extra = node.key, node.extra
    return made

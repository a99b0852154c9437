"""The tape: nodes in the order of execution.

A Node is what one op call leaves behind: its parents, its residuals, its place in the order.
Nodes hold no tensor, so no reference cycle can form, and nothing here recurses.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any

from .context import Scope, local
from .op import Op

__all__ = ["FREED", "ROOM", "Leaf", "Node", "ancestors", "next_key"]

# Keys count down, so that sorting by them puts the newest node first; there is room between two.
ROOM = 1 << 30
next_key: Callable[[], int] = itertools.count(-ROOM, -ROOM).__next__
FREED: Any = object()  # what `Node.saved` holds once a backward pass has let go of it


class Node:
    """One op call on the tape (or a leaf, whose `pullback` is None); `saved` are its residuals.

    `extra` is None or a dict of rare things: "name", "hooks", "where"; "retain": who keeps the
    gradient, by weak reference; "opens": runs anew what it stands for; "number": which result;
    "view_of": the leaf that it shows a part of. `kept`, for pictures: a constant, or a small leaf.
    """

    __slots__ = ("dtype", "extra", "kept", "key", "parents", "pullback", "saved", "scope", "shape")

    def __init__(
        self,
        pullback: Any,
        parents: tuple[Node | None, ...],
        saved: Any,
        shape: Any,
        dtype: Any,
        scope: Scope | None,
    ) -> None:
        self.key = next_key()
        self.pullback, self.parents, self.saved = pullback, parents, saved
        self.shape, self.dtype, self.scope = shape, dtype, scope
        self.extra: dict[str, Any] | None = None

    first = property(lambda self: self.parents[0])  # of two
    second = property(lambda self: self.parents[1])

    @property
    def op(self) -> Op | None:
        return None if self.pullback is None else self.pullback.op

    @property
    def owners(self) -> Sequence[Callable[[], Any]]:
        """The tensors that keep the gradient here, by weak reference: those that asked for it."""
        return self.extra.get("retain", ()) if self.extra else ()

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

    def __init__(self, shape: tuple[int, ...], dtype: Any, name: str | None) -> None:
        super().__init__(None, (), (), shape, dtype, local.state.scope)
        self.extra = {"name": name} if name else None
        self.owner: Callable[[], Any] = lambda: None  # the tensor, by weak reference
        self.written = 0  # the key of the last write to it

    @property
    def owners(self) -> Sequence[Callable[[], Any]]:
        return (self.owner,)


def ancestors(
    nodes: Iterable[Node], stop_at: Collection[Node] = (), since: int | None = None
) -> list[Node]:
    """All nodes that `nodes` depend on, themselves included, the newest first.

    The walk does not go on past `stop_at`, and leaves out what is older than the key `since`.
    """
    seen = set(nodes)
    todo, found = list(seen), []
    while todo:
        found.append(node := todo.pop())
        if node in stop_at:
            continue
        for parent in node.parents:
            if parent is not None and parent not in seen and (since is None or parent.key < since):
                seen.add(parent)
                todo.append(parent)
    return sorted(found, key=attrgetter("key"))  # nearly in order, where that is quick

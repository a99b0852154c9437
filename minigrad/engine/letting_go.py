"""A long chain of nodes is let go of one after the other, in a browser too.

Where the last reference to a node goes, Python frees it, then what only it referred to, its
parents, and so on, each inside of the other. CPython sees when its stack gets short. In a browser
it cannot see the stack that does, which is JavaScript's: 2,600 ops in a row ended the interpreter.
There nodes have a finalizer that puts their parents aside, and the outermost one frees them.
"""

from __future__ import annotations

import sys
from typing import Any

from .fast_calls import BinaryNode
from .node import Node

__all__ = ["free_one_by_one", "let_go"]

_aside: list[Any] = []  # parents of nodes that have been freed, themselves to be freed
_emptying = False


def let_go(node: Node) -> None:
    """The finalizer of a node: nothing that it referred to is freed inside of its own end."""
    global _emptying  # noqa: PLW0603  # whoever comes first empties, for all that come inside
    _aside.append(node.parents)
    if isinstance(node, BinaryNode):
        node.first = node.second = None
    else:
        node.parents = ()
    if not _emptying:
        _emptying = True
        try:
            while _aside:
                _aside.pop()
        finally:
            _emptying = False


def free_one_by_one(platform: str = sys.platform) -> None:
    """Give nodes that finalizer where Python runs in WebAssembly; elsewhere they do without."""
    if platform == "emscripten":
        Node.__del__ = let_go  # type: ignore[attr-defined]

"""Nested lists, tuples and dicts of arrays, taken apart into a flat list and put together again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["flatten", "flatten_like", "tree_map"]


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of `tree` in order, and a function that puts such a list into its shape.

    >>> leaves, rebuild = flatten({"w": 1.0, "b": (2.0, [3.0])})
    >>> leaves, rebuild([10, 20, 30])
    ([1.0, 2.0, 3.0], {'w': 10, 'b': (20, [30])})
    """
    if isinstance(tree, dict):
        keys = list(tree)
        return _join([tree[k] for k in keys], lambda parts: dict(zip(keys, parts, strict=True)))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return _join(list(tree), lambda parts: type(tree)(*parts))
    if isinstance(tree, list | tuple):
        return _join(list(tree), type(tree))
    if tree is None:
        return [], lambda leaves: None
    return [tree], lambda leaves: leaves[0]


def _join(
    children: list[Any], make: Callable[[list[Any]], Any]
) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    flat = [flatten(child) for child in children]

    def rebuild(leaves: list[Any]) -> Any:
        parts, at = [], 0
        for child, inner in flat:
            parts.append(inner(leaves[at : at + len(child)]))
            at += len(child)
        return make(parts)

    return [leaf for child, _ in flat for leaf in child], rebuild


def flatten_like(tree: Any, like: Any, what: str) -> list[Any]:
    """The leaves of `tree` in the order of those of `like`, whose structure it has.

    A dict is read by key, whatever the order of its keys. Raises ValueError, naming `what`, where
    the structures differ.

    >>> flatten_like({"b": 2, "a": 1}, {"a": 0.0, "b": 0.0}, "the direction")
    [1, 2]
    """
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            raise ValueError(f"{what} has {_outline(tree)}, wanted {_outline(like)}")
        return [leaf for k in like for leaf in flatten_like(tree[k], like[k], what)]
    if isinstance(like, list | tuple):
        if not isinstance(tree, list | tuple) or len(tree) != len(like):
            raise ValueError(f"{what} has {_outline(tree)}, wanted {_outline(like)}")
        pairs = zip(tree, like, strict=True)
        return [leaf for part, other in pairs for leaf in flatten_like(part, other, what)]
    return [] if like is None else [tree]


def _outline(tree: Any) -> str:
    """What a container is, for messages."""
    if isinstance(tree, dict):
        return f"a dict with the keys {sorted(map(str, tree))}"
    if isinstance(tree, list | tuple):
        return f"a {type(tree).__name__} of {len(tree)}"
    return f"one {type(tree).__name__}"


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with `function` applied to every leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([function(leaf) for leaf in leaves])

"""Nested lists, tuples and dicts of arrays, taken apart into a flat list and put together again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["flatten", "tree_map"]


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


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with `function` applied to every leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([function(leaf) for leaf in leaves])

"""Nested containers of arrays, taken apart into a flat list and put together again.

Containers are dicts, lists, tuples, named tuples and dataclasses, in one another to any depth. What
is none of them is a leaf; None has no leaves.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

__all__ = ["children", "flatten", "flatten_like", "paths", "tree_map"]

Make = Callable[[list[Any]], Any]


def children(tree: Any) -> tuple[list[Any], list[Any], Make] | None:
    """The keys and the values of a container, and what makes one like it from other values.

    None for a leaf. What makes it holds none of the values.

    >>> keys, values, make = children({"w": 1.0, "b": 2.0})
    >>> keys, values, make([10, 20])
    (['w', 'b'], [1.0, 2.0], {'w': 10, 'b': 20})
    """
    kind = type(tree)
    if isinstance(tree, dict):
        keys: list[Any] = list(tree)
        blank: Any = {}
        if kind is not dict:  # such as a defaultdict, which has more to it than its items
            blank = copy.copy(tree)
            blank.clear()

        def filled(parts: list[Any]) -> Any:
            made = copy.copy(blank)
            made.update(zip(keys, parts, strict=True))
            return made

        return keys, list(tree.values()), filled
    if isinstance(tree, (list, tuple)):
        if hasattr(tree, "_fields"):
            return list(tree._fields), list(tree), lambda parts: kind(*parts)
        return list(range(len(tree))), list(tree), kind
    if tree is None:
        return [], [], lambda parts: None
    if hasattr(kind, "__dataclass_fields__"):
        fields = dataclasses.fields(tree)
        names = [f.name for f in fields]

        def constructed(parts: list[Any]) -> Any:
            named = dict(zip(names, parts, strict=True))
            made = kind(**{f.name: named[f.name] for f in fields if f.init})
            for field in fields:
                if not field.init:
                    object.__setattr__(made, field.name, named[field.name])
            return made

        return names, [getattr(tree, name) for name in names], constructed
    return None


def flatten(tree: Any) -> tuple[list[Any], Make]:
    """The leaves of `tree` in order, and a function that puts such a list into its shape.

    >>> leaves, rebuild = flatten({"w": 1.0, "b": (2.0, [3.0])})
    >>> leaves, rebuild([10, 20, 30])
    ([1.0, 2.0, 3.0], {'w': 10, 'b': (20, [30])})
    """
    inside = children(tree)
    if inside is None:
        return [tree], lambda leaves: leaves[0]
    _, values, make = inside
    flat = list(map(flatten, values))
    pieces = [(len(leaves), put) for leaves, put in flat]

    def rebuild(leaves: list[Any]) -> Any:
        parts, at = [], 0
        for n, put in pieces:
            parts.append(put(leaves[at : at + n]))
            at += n
        return make(parts)

    return [leaf for leaves, _ in flat for leaf in leaves], rebuild


def paths(tree: Any) -> list[str]:
    """The name of every leaf of `tree`: the keys that lead to it, with dots between them.

    >>> paths({"memory": {"A": 1.0}, "cells": [(2.0, 3.0)]})
    ['memory.A', 'cells.0.0', 'cells.0.1']
    """
    inside = children(tree)
    if inside is None:
        return [""]
    keys, values, _ = inside
    pairs = zip(keys, values, strict=True)
    return [_joined(key, path) for key, value in pairs for path in paths(value)]


def _joined(*keys: Any) -> str:
    return ".".join(str(key) for key in keys if key != "")


def flatten_like(
    tree: Any, like: Any, what: str, *, arrays: bool = False, at: str = ""
) -> list[Any]:
    """The leaves of `tree` in the order of those of `like`, whose structure it has.

    A dict is read by key, whatever the order of its keys; a list, a tuple and a named tuple may
    stand for each other. Raises ValueError where the structures differ, naming `what`, and the path
    to the place, which is `at` or further inside.
    arrays: refuse a container in the place of a leaf of `like`.

    >>> flatten_like({"b": 2, "a": 1}, {"a": 0.0, "b": 0.0}, "the direction")
    [1, 2]
    """
    wanted, given = children(like), children(tree)
    if wanted is None:
        if given is not None and arrays:
            raise ValueError(_differs(tree, like, what, at))
        return [tree]
    keys, values, _ = wanted
    if given is None or _family(tree) != _family(like) or len(keys) != len(given[0]):
        raise ValueError(_differs(tree, like, what, at))
    if _family(like) == "sequence":
        parts = given[1]
    else:
        named = dict(zip(given[0], given[1], strict=True))
        if named.keys() != set(keys):
            raise ValueError(_differs(tree, like, what, at))
        parts = [named[key] for key in keys]
    return [
        leaf
        for key, part, other in zip(keys, parts, values, strict=True)
        for leaf in flatten_like(part, other, what, arrays=arrays, at=_joined(at, key))
    ]


def _family(tree: Any) -> Any:
    """What containers have in common that may stand for each other."""
    if isinstance(tree, dict):
        return "dict"
    return "sequence" if isinstance(tree, (list, tuple)) else type(tree)


def _differs(tree: Any, like: Any, what: str, at: str) -> str:
    place = f", at {at}," if at else ""
    return f"{what} has{place} {_outline(tree)}, wanted {_outline(like)}"


def _outline(tree: Any) -> str:
    """What a container is, for messages."""
    inside = children(tree)
    if tree is None:
        return "None"
    if isinstance(tree, dict):
        return f"a dict with the keys {sorted(map(str, tree))}"
    if isinstance(tree, (list, tuple)):
        return f"a {type(tree).__name__} of {len(tree)}"
    if inside is not None:
        return f"a {type(tree).__name__} with the fields {inside[0]}"
    return f"one {type(tree).__name__}"


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with `function` applied to every leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([function(leaf) for leaf in leaves])

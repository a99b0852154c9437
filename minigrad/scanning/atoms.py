"""What stands in the arguments of an equation: variables and constants, also inside containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["leaves", "replaced", "token"]


_NESTED = (tuple, list, dict, slice)


def leaves(tree: Any) -> Iterator[Any]:
    """What is in nested tuples, lists, dicts and slices, in order."""
    waiting = [tree]
    while waiting:
        tree = waiting.pop()
        if not isinstance(tree, _NESTED):
            yield tree
        elif isinstance(tree, dict):
            waiting += list(tree.values())[::-1]
        elif isinstance(tree, slice):
            waiting += (tree.step, tree.stop, tree.start)
        else:
            waiting += tree[::-1]


def replaced(tree: Any, function: Callable[[Any], Any]) -> Any:
    """`tree` with ``function(leaf)`` in the place of each leaf."""
    if not isinstance(tree, _NESTED):
        return function(tree)
    if isinstance(tree, dict):
        return {key: replaced(part, function) for key, part in tree.items()}
    if isinstance(tree, slice):
        return slice(*[replaced(part, function) for part in (tree.start, tree.stop, tree.step)])
    parts = [replaced(p, function) if isinstance(p, _NESTED) else function(p) for p in tree]
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def token(tree: Any, name: Callable[[Any], Any]) -> Any:
    """A hashable key for a tree: equal for equal constants of equal types.

    ``name(leaf)`` gives the key of a variable, and None for a constant. Numbers go by their repr,
    in which NaN equals itself and -0.0 is not 0.
    """
    if (known := name(tree)) is not None:
        return ("var", known)
    if isinstance(tree, (tuple, list)):
        return (type(tree), *[token(part, name) for part in tree])
    if isinstance(tree, dict):
        return ("dict", *[(key, token(part, name)) for key, part in sorted(tree.items())])
    if isinstance(tree, slice):
        return ("slice", *[token(part, name) for part in (tree.start, tree.stop, tree.step)])
    if isinstance(tree, np.ndarray):
        return (tree.shape, tree.dtype.str, tree.tobytes())
    if tree is None or isinstance(tree, (bool, int, float, complex, str, np.generic)):
        return (type(tree), repr(tree))
    return tree

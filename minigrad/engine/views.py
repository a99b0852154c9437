"""Which tensors show a part of another one: slices, reshapes, transposes, what detach() returns.

NumPy and PyTorch write through such a view to what it is a view of. Here tensors are values, so a
write to a view would be lost on the other tensor; while that one lives, the write is refused. Only
``+=`` and its like write through to x where the view is x[index]: Python makes ``x[index] += y`` of
them.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MutationError
from .variable import Variable

__all__ = [
    "is_view", "leaf_behind", "mark_view", "mark_views", "part_of", "refuse_view", "source_of",
]


_slot: Any = vars(Variable)["_source"]


def _source_of(tensor: Any) -> Any:
    """``tensor._source``, None if it is unset, without asking what a missing attribute may mean."""
    try:
        return _slot.__get__(tensor)
    except (AttributeError, TypeError):  # or it is no Tensor
        return None


def mark_view(view: Any, of: Any, index: Any = None) -> None:
    """Remember that the tensor `view` shows values of `of`, those at `index` if given."""
    source = _source_of(of)
    while source is not None and source[0]() is None:  # nobody can see those any more
        source = source[1]
    view._source = weakref.ref(of), source, index


def is_view(array: Any, of: Any) -> bool:
    """Whether an array shows the memory of another one."""
    base = _base(array)
    return base is of or (base is not None and base is getattr(of, "base", None))


def mark_views(result: Any, args: Sequence[Any]) -> None:
    """`mark_view` for the result of an op, if its array has a base, and those that it shows."""
    if result._data.base is None:
        return
    base = _base(result._data)
    for a in args:
        if isinstance(a, Variable) and (base is a._data or base is a._data.base):
            mark_view(result, a)


def _base(array: Any) -> Any:
    """Whose memory an array shows; as_strided puts an object of its own in between."""
    base = array.base
    return base if isinstance(base, np.ndarray) else getattr(base, "base", base)


def source_of(tensor: Any) -> Any:
    """The nearest living tensor that `tensor` shows a part of, or None."""
    source = _source_of(tensor)
    while source is not None:
        if (other := source[0]()) is not None:
            return other
        source = source[1]
    return None


def leaf_behind(tensor: Any) -> Any:
    """The leaf, a node, of which a tensor shows a part, or None: a write to it while a graph needs
    the part is noticed."""
    node = getattr(source_of(tensor), "_node", None)
    if node is None or node.pullback is None:
        return node
    return (node.extra or {}).get("view_of")


def part_of(tensor: Any) -> Any:
    """(x, index) if `tensor` is ``x[index]`` as x is now, else None."""
    reference, _, index = _source_of(tensor) or (lambda: None, None, None)
    x = reference()
    if x is None or index is None or not is_view(tensor._data, x._data):
        return None
    return x, index


def refuse_view(tensor: Any, what: str) -> None:
    """Raise MutationError if a tensor that is about to be written to shows part of a living one."""
    if (other := source_of(tensor)) is not None:
        raise MutationError(
            f"{what}: {tensor._label()} is a view of {other._label()}, made by indexing, reshaping "
            f"or detach(), and tensors are values: the write would not reach that one. Write to it "
            f"directly, x[0, 1] = 9 for x[0][1] = 9; or make a value of its own first: "
            f"v = v.clone(), or v = v + y for v += y"
        )

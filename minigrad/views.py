"""Which tensors show a part of another one: slices, reshapes, transposes, what detach() returns.

NumPy and PyTorch write through such a view to what it is a view of. Here tensors are values, so a
write to a view would be lost on the other tensor; while that one lives, the write is refused.
"""

from __future__ import annotations

import dis
import sys
import weakref
from typing import Any

from .errors import MutationError

__all__ = ["is_view", "mark_view", "refuse_view", "source_of", "stored_back"]


def mark_view(view: Any, of: Any) -> None:
    """Remember that the tensor `view` shows values of the tensor `of`."""
    source = getattr(of, "_source", None)
    while source is not None and source[0]() is None:  # nobody can see those any more
        source = source[1]
    view._source = weakref.ref(of), source


def is_view(array: Any, of: Any) -> bool:
    """Whether an array with a base shows the memory of another one."""
    base = array.base
    return base is of or (base is not None and base is getattr(of, "base", None))


def source_of(tensor: Any) -> Any:
    """The nearest living tensor that `tensor` shows a part of, or None."""
    source = getattr(tensor, "_source", None)
    while source is not None:
        if (other := source[0]()) is not None:
            return other
        source = source[1]
    return None


def refuse_view(tensor: Any, what: str) -> None:
    """Raise MutationError if a tensor that is about to be written to shows part of a living one."""
    if (other := source_of(tensor)) is not None:
        raise MutationError(
            f"{what}: {tensor._label()} is a view of {other._label()}, made by indexing, reshaping "
            f"or detach(), and tensors are values: the write would not reach that one. Write to it "
            f"directly, x[0, 1] = 9 for x[0][1] = 9; or make a value of its own first: "
            f"v = v.clone(), or v = v + y for v += y"
        )


def stored_back(depth: int) -> bool:
    """Whether the operator that runs `depth` calls up is that of ``x[index] += y``.

    Python reads x[index], adds, and writes the sum to x[index]; with ``v = x[index]; v += y`` the
    last is missing. What the two do is the same but for the instructions that come next.
    """
    frame = sys._getframe(depth + 1)
    later = (i.opname for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    following = next((name for name in later if name not in ("CACHE", "SWAP")), "")
    return following in ("STORE_SUBSCR", "STORE_SLICE")

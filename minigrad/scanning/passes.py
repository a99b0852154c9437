"""The passes, in their order; each is a function from loops to loops, and can be left out."""

from __future__ import annotations

from collections.abc import Callable

from .buffers import buffers
from .loops import Loops

__all__ = ["ALL", "PASSES"]

PASSES: dict[str, Callable[[Loops], Loops]] = {"buffers": buffers}
"""By name. The sums over all steps ("sink") are arranged as the program is transposed."""

ALL = frozenset({"sink", *PASSES})
"""The names of all passes."""

"""The passes, in their order; each is a function from loops to loops, and can be left out."""

from __future__ import annotations

from collections.abc import Callable

from .buffers import buffers
from .fuse import fuse
from .hoist import hoist
from .layout import layout
from .loops import Loops
from .sink import sink
from .slopes import slopes

__all__ = ["ALL", "PASSES"]

PASSES: dict[str, Callable[[Loops], Loops]] = {
    "hoist": hoist, "sink": sink, "layout": layout, "fuse": fuse, "slopes": slopes,
    "buffers": buffers,
}
"""By name, in the order in which they are made."""

ALL = frozenset(PASSES)
"""The names of all passes."""

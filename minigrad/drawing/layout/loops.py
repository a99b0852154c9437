"""Where the delays of a rolled graph stand: to the right of the one column, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from .boxes import Wire

__all__ = ["LOOP", "loop_places"]

LOOP = 78.0  # the width that one delay takes


def loop_places(loops: Sequence[Wire]) -> list[list[Wire]]:
    """Those that lead back into their own box stand nearest, above one another at its ports; each
    of the others, from one row to another, further right on its own."""
    own = [wire for wire in loops if wire.source is wire.target]
    return [own] * bool(own) + [[wire] for wire in loops if wire.source is not wire.target]

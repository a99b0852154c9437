"""One backward pass: a sweep over the tape, and its totals added to the ``.grad`` of tensors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from .cotangents import dense
from .node import FREED, Node
from .sweep import sweep
from .variable import Variable, wrap

__all__ = ["add_to_grads", "run"]

_writing = threading.RLock()  # it knows whose it is


def run(
    seeds: Iterable[tuple[Node, Any]],
    wanted: Collection[Node] | None = None,
    *,
    unpack: Callable[[Node, Sequence[Node]], Any],
    stop_at: Collection[Node] = (),
    lazily: bool = True,
    keep_graph: bool = False,
    write: Callable[[dict[Node, Any]], None] = lambda found: None,
) -> dict[Node, Any]:
    """The gradients at `wanted` (default: at all leaves) from the cotangents in `seeds`.

    They are given to `write` before anything is freed: an interrupt leaves a graph that can go on.
    """
    totals, visited = sweep(seeds, unpack=unpack, wanted=wanted, stop_at=stop_at, lazily=lazily)
    found = {node: dense(g) for node, g in totals.items()}
    write(found)
    if not keep_graph:
        for node in visited:
            node.saved = FREED
    return found


def add_to_grads(found: Iterable[tuple[Callable[[], Variable | None], Any]]) -> None:
    """Add each gradient to the ``.grad`` of its tensor, if that still lives: to all, or to none."""
    try:
        with _writing:
            _assign(found)
    except BaseException:
        with suppress(RuntimeError):  # it is not ours any more: the usual case
            _writing.release()  # Ctrl-C has come between the end of the block and the release
        raise


def _sum(x: Variable, g: Any) -> Any:
    """The new gradient of `x`, a Tensor that nobody else has."""
    before = getattr(x, "_grad", None)
    g = g if before is None else before + g
    return wrap(g._data, g._node) if isinstance(g, Variable) else wrap(np.array(g), None)


def _assign(found: Iterable[tuple[Callable[[], Variable | None], Any]]) -> None:
    new = [(x, _sum(x, g)) for owner, g in found if (x := owner()) is not None]
    try:
        for x, g in new:
            x._grad = g
    except BaseException:  # Ctrl-C between two assignments: write the others, then end
        for x, g in new:
            x._grad = g
        raise

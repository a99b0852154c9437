"""The gradient of a weight by two times: that of the loss and that of the use, G[s, t].

The loss reads values of several steps. What enters the recurrence at step s and comes through the
tap of step t is G[s, t]. The sum over s is the tap's G_t; the entries with s - t < k2 alone are
truncated backpropagation through time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...engine.differentiation import seed
from ...engine.messages import unpacked
from ...engine.node import Node
from ...engine.sweep import sweep
from ...engine.tensor import Tensor, detached
from ..reading.boxes import Box
from ..render.scene import Path, Scene

__all__ = ["MOST_STEPS", "two_times"]

MOST_STEPS = 64  # of the loss: there is a sweep for each
_MOST_NUMBERS = 200_000_000  # of all G[s, t] together, which are computed and not kept


def two_times(output: Tensor, home: Mapping[Node, Box], scene: Scene) -> dict[str, Any]:
    """By weight the columns of the losses ("rows"), their "steps" and the marks that they read
    ("starts"), the "taps" and their "columns", and the numbers: "norms" ‖G[s, t]‖, "kept"
    ‖Σ_s' G[s', t]‖ over s' ≤ s, and "errors", by k2 - 1: ‖G - G truncated to k2 steps‖ / ‖G‖.

    home: the box of each node. Empty where the loss reads one step of what is used at one step,
    or where there is too much to compute.
    """
    taps = _taps(home, scene)
    entries = _entries(output, home)
    rows = sorted(entries)
    sizes = {w: len(own) * int(np.prod(w.shape, dtype=int)) for w, own in taps.items()}
    if len(rows) > MOST_STEPS or len(rows) * sum(sizes.values()) > _MOST_NUMBERS:
        return {}
    tables = {w: _Table(own, len(rows)) for w, own in taps.items() if len(own) > 1}
    for k, row in enumerate(rows):
        terms: dict[tuple[Node, Box], Any] = {}

        def see(parent: Node, user: Node, value: Any, terms: dict[Any, Any] = terms) -> None:
            if parent in tables and user in home:
                key = (parent, home[user])
                terms[key] = terms[key] + value if key in terms else value

        sweep(entries[row].items(), wanted=tables.keys(), unpack=unpacked, watch=[see])
        for (weight, box), value in terms.items():
            tables[weight].add(k, row, box, np.asarray(value, float))
    steps = {box.column: box.t for box in home.values() if box.t is not None}
    marks = {nodes[-1]: scene.slugs[own] for own, nodes in scene.nodes.items() if nodes}
    drawn = {home[nodes[0]]: scene.slugs[own] for own, nodes in scene.nodes.items()
             if nodes and nodes[0] in home}
    starts = [sorted({drawn[home[node]] for node in entries[row] if home[node] in drawn})
              for row in rows]
    return {
        marks[weight]: {
            "rows": rows, "steps": [steps.get(row) for row in rows], "starts": starts,
            "taps": [scene.slugs[path.id] for path in table.taps.values()],
            "columns": [box.column for box in table.taps],
        } | table.numbers()
        for weight, table in tables.items()
    }


def _taps(home: Mapping[Node, Box], scene: Scene) -> dict[Node, dict[Box, Path]]:
    """The taps of each weight, by the box of a step that each leads to."""
    found: dict[Node, dict[Box, Path]] = defaultdict(dict)
    for path in scene.paths:
        nodes, into = scene.nodes.get(path.tail), scene.nodes.get(path.head)
        if path.kind == "tap" and nodes and into and home[into[0]].column is not None:
            found[nodes[-1]][home[into[0]]] = path
    return {w: dict(sorted(own.items(), key=lambda item: item[0].column or 0))
            for w, own in found.items()}


def _entries(output: Tensor, home: Mapping[Node, Box]) -> dict[int, dict[Node, Any]]:
    """Where the loss reads the steps: by column the nodes that it reads, with their cotangents.

    What it does with them belongs to no step: ops without one, and sums of numbers.
    """
    root, g = seed(output, None)
    outside: set[Node] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if node not in outside and _is_outside(node, home):
            outside.add(node)
            todo += [parent for parent in node.parents if parent is not None]
    if root not in outside:
        return {_column(root, home): {root: detached(g)}}
    found: dict[int, dict[Node, Any]] = defaultdict(dict)

    def see(parent: Node, user: Node, value: Any) -> None:
        if user in outside and parent not in outside and parent.pullback is not None:
            own = found[_column(parent, home)]
            own[parent] = own[parent] + value if parent in own else value

    read = {p for node in outside for p in node.parents if p is not None and p not in outside}
    sweep([(root, detached(g))], wanted=read, stop_at=read, unpack=unpacked, watch=[see])
    # Of a last entry, as in ``outputs[-1]``, the others have a cotangent of zeros.
    return {k: own for k, own in found.items() if any(np.any(value) for value in own.values())}


def _is_outside(node: Node, home: Mapping[Node, Box]) -> bool:
    """Whether an op of the loss belongs to no step."""
    if node.pullback is None:
        return False
    if node not in home or home[node].column is None:  # not there: it only packs or unpacks
        return True
    op = node.op
    return node.shape == () and op is not None and all(
        op.is_linear(rule) for rule in op.rules if rule is not None
    )


def _column(node: Node, home: Mapping[Node, Box]) -> int:
    return home[node].column or 0


class _Table:
    """G[s, t] of one weight, summed as the losses of the steps come in, the earliest first."""

    def __init__(self, taps: Mapping[Box, Path], rows: int) -> None:
        self.taps = taps
        self.place = {box: k for k, box in enumerate(taps)}
        self.norms = np.zeros((rows, len(taps)))
        self.kept = np.zeros((rows, len(taps)))
        self.sums: dict[Box, Any] = {}
        self.by_lag: dict[int, Any] = {}

    def add(self, k: int, row: int, box: Box, value: Any) -> None:
        """What the k-th loss, of a step in a column, contributes through the tap into `box`."""
        if box not in self.place:
            return
        self.sums[box] = self.sums.get(box, 0.0) + value
        lag = abs(row - (box.column or 0))
        self.by_lag[lag] = self.by_lag.get(lag, 0.0) + value
        self.norms[k, self.place[box]] = np.linalg.norm(value)
        self.kept[k:, self.place[box]] = np.linalg.norm(self.sums[box])

    def numbers(self) -> dict[str, Any]:
        """The norms, and how far a truncation to 1, 2, ... steps is from the whole gradient."""
        missing = np.asarray(sum(self.sums.values()), float)
        size = float(np.linalg.norm(missing)) or 1.0
        errors = []
        for lag in range(max(self.by_lag, default=-1) + 1):
            missing = missing - self.by_lag.get(lag, 0.0)
            error = float(np.linalg.norm(missing)) / size
            errors.append(error if error > 1e-12 else 0.0)  # what is less is rounding
        return {"norms": self.norms.tolist(), "kept": self.kept.tolist(), "errors": errors}

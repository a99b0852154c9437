"""The ledger in a picture: what each tap shows of ∂L/∂W = Σ_t G_t, and what the sum is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...engine.node import Node
from ...engine.tensor import Tensor, detached, wrap
from ...observe.contributions import Use, contributions
from ..reading.boxes import Box, Unrolled
from ..render.text import number
from .notes import only

__all__ = ["Terms", "ledger_terms", "sums_of"]

Key = tuple[Box, Box]
_NOISE = 16  # times the rounding unit of the largest term: what is smaller is drawn as 0


class Terms:
    """The terms G_t by weight and box, and the sum of those of each weight.

    Single numbers keep their sign. relative_to: the width of a tap is its share of the largest
    term of its "weight", or of "all" weights.
    """

    def __init__(
        self, values: Mapping[Key, Any], totals: Mapping[Box, Any], relative_to: str = "weight"
    ) -> None:
        self.values = {key: np.asarray(value) for key, value in values.items()}
        self.totals = {source: np.asarray(total) for source, total in totals.items()}
        self.norms = {key: _norm(value) for key, value in self.values.items()}
        self.relative_to = relative_to
        self.most: dict[Box, float] = defaultdict(float)  # the largest term, by weight
        self.sums: dict[Box, float] = defaultdict(float)  # of the norms of all terms
        for (source, _), norm in self.norms.items():
            self.most[source] = max(self.most[source], norm)
            self.sums[source] += norm
        kinds = {value.dtype for value in self.values.values() if value.dtype.kind == "f"}
        unit = max((float(np.finfo(kind).eps) for kind in kinds), default=2.0**-52)
        self.largest = max(self.most.values(), default=0.0)
        self.noise = _NOISE * unit * self.largest

    def shown(self, key: Key) -> float:
        """The number at a tap: G_t itself if it is one number, else ‖G_t‖; rounding noise is 0."""
        value = self.values[key]
        norm = self.norms[key]
        if norm <= self.noise:
            return 0.0
        return float(value.reshape(-1)[0]) if value.size == 1 else norm

    def share(self, key: Key) -> float:
        """From 0 to 1, relative to the largest term of the weight, or of all."""
        most = self.largest if self.relative_to == "all" else self.most[key[0]]
        norm = self.norms[key]
        return min(norm / most, 1.0) if norm > self.noise and most > 0 else 0.0

    def total(self, source: Box) -> float:
        """The number at a weight: Σ G_t if it is one number, else ‖Σ G_t‖."""
        value = self.totals[source]
        norm = _norm(value)
        if norm <= self.noise:
            return 0.0
        return float(value.reshape(-1)[0]) if value.size == 1 else norm

    def kept(self, source: Box) -> float:
        """‖Σ G_t‖ / Σ ‖G_t‖: 1 where all terms point in one direction, 0 where they cancel."""
        norms = self.sums[source]
        return min(abs(self.total(source)) / norms, 1.0) if norms > self.noise else 0.0

    def words(self, key: Key) -> str:
        """The number at a tap, as text."""
        return number(self.shown(key))

    def sum_of(self, source: Box) -> list[tuple[str, str]]:
        """The sum at a weight, as pieces of a line: how large it is, and how much of Σ ‖G_t‖."""
        one = self.totals[source].size == 1
        count = sum(of is source for of, _ in self.norms)
        share = f" ({100 * self.kept(source):.0f}%)" if count > 1 else ""
        ends = ("", "") if one else ("‖", "‖")
        return [(f"{ends[0]}Σ G", "t"),
                (f"{ends[1]} = {number(self.total(source))}{share}", "")]

    @property
    def caption(self) -> list[str]:
        """What the numbers and the widths mean."""
        single = [value.size == 1 for value in self.values.values()]
        what = "Gₜ" if all(single) else "Gₜ, of arrays ‖Gₜ‖" if any(single) else "‖Gₜ‖"
        of = "all weights" if self.relative_to == "all" else "its weight"
        tap = f"at a tap: {what}, the part of step t in ∂L/∂W = Σₜ Gₜ"
        return [
            f"{tap}; its width is relative to the largest of {of}",
            "at a weight: the sum, and its share of Σₜ ‖Gₜ‖: less than 100% where parts cancel",
        ]

    def data(self, source: Box, target: Box) -> dict[str, Any]:
        """What scripts find at a tap."""
        key = (source, target)
        if key not in self.values:
            return {}
        value, norm = self.values[key], self.norms[key]
        found: dict[str, Any] = {"term": value, "norm": norm, "share": self.share(key)}
        if value.size == 1:
            found["value"] = float(value.reshape(-1)[0])
        total = self.totals.get(source, np.zeros(()))
        size = norm * _norm(total)
        if total.shape == value.shape and norm > self.noise and size > 0:
            found["cosine"] = float(np.vdot(value, total).real / size)
        return found


def ledger_terms(
    outputs: Sequence[Tensor], unrolled: Unrolled, ledger: Any, relative_to: str = "weight"
) -> Terms | None:
    """G_t for every tap: what the uses in one box contribute to a gradient.

    ledger: True to compute them, or a mapping from tensors or names to the terms: a list of
    ``Use`` from ``contributions``, a mapping from t to numbers or arrays, or a sequence of them,
    one for each step in order (or for each of ``ledger.steps``, if it has such).
    """
    if ledger is False or ledger is None:
        return None
    sources = {box: box.nodes[-1] for box in unrolled.sources}
    sources |= {b: b.nodes[-1] for b in unrolled.steps if b.kind == "block"}
    if ledger is True:
        output = only(outputs, "ledger=True")
        uses = contributions(output, [wrap(None, node) for node in sources.values()])
        given = dict(zip(sources, uses, strict=True))
    else:
        given = _given(sources, ledger)
    values: dict[Key, Any] = {}
    totals: dict[Box, Any] = {}
    for source, steps in given.items():
        targets = [w.target for w in unrolled.wires if w.source is source]
        for target, value in _by_box(source, steps, targets, unrolled.home).items():
            values[source, target] = value
        each = steps.values() if isinstance(steps, Mapping) else steps
        found = [detached(use.value if isinstance(use, Use) else use) for use in each]
        size = int(np.prod(source.nodes[-1].shape))
        if found and np.size(found[0]) == size:  # not of norms, whose sum says nothing
            totals[source] = sum(found[1:], start=np.asarray(found[0]))
    return Terms(values, totals, relative_to)


def sums_of(terms: Terms | None) -> dict[Box, list[tuple[str, str]]]:
    """The sums at all weights, as pieces of a line."""
    return {box: terms.sum_of(box) for box in terms.totals} if terms is not None else {}


def _given(sources: Mapping[Box, Node], ledger: Any) -> dict[Box, Any]:
    """The terms of each source in a user's mapping. Names match with or without a prefix: a cell
    calls W_xh what the model around it calls cell.W_xh."""
    if not hasattr(ledger, "items"):
        raise TypeError(
            f"draw(..., ledger=...): received {type(ledger).__name__}; wanted True, or a mapping "
            f"from tensors or names to what each step contributes"
        )
    steps = getattr(ledger, "steps", None)
    given: dict[Box, Any] = {}
    for key, terms in ledger.items():
        tensor = getattr(ledger, "tensors", {}).get(key, key)    # names may be of two modules
        if isinstance(tensor, Tensor):
            place = getattr(tensor._node, "key", None)
            found = [box for box, node in sources.items() if node.key == place]
        else:
            found = [box for box in sources if box.title == key] or [
                box for box in sources
                if box.title.endswith(f".{key}") or str(key).endswith(f".{box.title}")
            ]
        each = terms if steps is None else dict(zip(steps, terms, strict=True))
        given |= dict.fromkeys(found, each)
    if not given and len(ledger):
        keys = ", ".join(str(getattr(key, "name", key)) for key in ledger)
        raise ValueError(
            f"draw(..., ledger=...): received terms of {keys}, and none of them is in the "
            f"picture, which has {', '.join(box.title for box in sources)}"
        )
    return given


def _by_box(
    source: Box, steps: Any, targets: Sequence[Box], home: Mapping[Node, Box]
) -> dict[Box, Any]:
    """The contribution of each box to the gradient of one weight."""
    found: dict[Box, Any] = {}
    if not isinstance(steps, Mapping) and all(isinstance(use, Use) for use in steps):
        places = {node.key: box for node, box in home.items()}  # a scan may be opened twice
        for use in steps:
            box = places.get(use.node.key)
            if box is not None:
                value = detached(use.value)
                found[box] = found[box] + value if box in found else value
        return found
    at: dict[int, list[Box]] = defaultdict(list)
    for box in targets:
        if box.t is not None:
            at[box.t].append(box)
    if not isinstance(steps, Mapping):
        values = list(steps)
        if len(values) != len(at):
            raise ValueError(
                f"draw(..., ledger=...): {source.title!r} has {len(values)} terms and is used at "
                f"{len(at)} steps; give one for each in order, or a mapping from t"
            )
        steps = dict(zip(sorted(at), values, strict=True))
    # Where two boxes of one step use a weight, it is unknown what each contributes: none is shown.
    return {
        boxes[0]: detached(steps[t]) for t, boxes in at.items() if t in steps and len(boxes) == 1
    }


def _norm(value: Any) -> float:
    return float(np.linalg.norm(np.asarray(value, float)))

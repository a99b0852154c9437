"""The numbers of one weight, or of one gate in it: how much of the gradient each step gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.console import printable

from ..contributions.naming import layer_of
from ..contributions.terms import Terms
from ..result import norm
from .words import lag, percent, step_lines

__all__ = ["ReportRow", "layer_row", "rows_of"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class ReportRow:
    """The gradient G = Σ_t G_t + outside of one weight (or gate), in numbers.

    weight: its name, "encoder.0.reverse.W_hh", of which layer is "encoder.0" ("" if there is
        none) and parameter "W_hh". In a row of a whole layer both are the layer, and parameter is
        None. gate: None for the whole weight.
    place: the scope of the recurrence that uses it; a weight that several use has a row for each,
        and one that no step uses has None.
    direction: "forward" or "reverse", in which order the steps were run; "" without steps.
    steps: the steps t that use the weight, in order of time; along the arrays, which are (T,).
    norms: ‖G_t‖ (Frobenius), ≥ 0.
    parts: ⟨G_t, G⟩ / ‖G‖², the part of the whole that the step gives. Those of all steps of all
        places, and `outside`, sum to 1; one that works against the sum is negative. NaN if G = 0.
    cosines: ⟨G_t, G⟩ / (‖G_t‖ ‖G‖), from -1 to 1: how far the step agrees with the sum. NaN where
        one of both is 0.
    total: ‖G‖ of the weight, or gate, as a whole.
    outside: the part of the uses outside of any step. outside_uses: their ops, as "head/matmul".

    >>> import minigrad as mg
    >>> from rnn.bptt import report
    >>> b, h = mg.tensor(1.0, requires_grad=True, name="b"), 0.0
    >>> for t in (1, 2, 3):
    ...     with mg.scope("rnn", t=t):
    ...         h = h * 0.5 + b                   # so G_t = 0.5^(3 - t)
    >>> row = report(h, b)["b"]
    >>> row.norms, row.parts.round(4), row.half_life
    (array([0.25, 0.5 , 1.  ]), array([0.1429, 0.2857, 0.5714]), 1.0)
    """

    weight: str
    layer: str
    parameter: str | None
    gate: str | None
    place: str | None
    direction: str
    steps: tuple[int, ...]
    norms: Array
    parts: Array
    cosines: Array
    total: float
    outside: float
    outside_uses: tuple[str, ...]

    @property
    def name(self) -> str:
        """The weight, with its gate in brackets."""
        return self.weight if self.gate is None else f"{self.weight}[{self.gate}]"

    @property
    def used(self) -> bool:
        """Whether the loss depends on the weight."""
        return bool(self.steps or self.outside_uses)

    @property
    def lags(self) -> Array:
        """How many steps before the one that was run last: |t - t_last|, (T,) whole numbers."""
        steps = np.array(self.steps, dtype=int)
        lags: Array = steps - steps[:1] if self.direction == "reverse" else steps[-1:] - steps
        return lags

    @property
    def half_life(self) -> float:
        """The smallest lag k such that no ‖G_t‖ of lag k or more is above half of the largest.

        Where the norms fall from lag 0 on, that is the first lag with at most half of the norm at
        lag 0. ``inf`` where they do not fall so far within the steps there are. ``nan`` where
        there are fewer than two terms to compare, all are 0 or one is not a number. The oldest
        step is left out if its term is exactly 0, as that of W_hh is, which meets h_0 = 0.
        """
        order = np.argsort(self.lags)
        lags, norms = self.lags[order], self.norms[order]
        if norms.size and norms[-1] == 0:
            lags, norms = lags[:-1], norms[:-1]
        if len(norms) < 2 or not norms.any() or np.isnan(norms).any():
            return float("nan")
        beyond = np.maximum.accumulate(norms[::-1])[::-1]        # the largest from each lag on
        low = beyond <= beyond[0] / 2
        return float(lags[low][0]) if low.any() else float("inf")

    @printable
    def __repr__(self) -> str:
        title = f"{self.name}{f' in {self.place}, {self.direction}' if self.steps else ''}"
        lines = [f"{title}: ‖G‖ = {self.total:.4g}"]
        if self.steps:
            lines[0] += f", half-life {lag(self.half_life, max(self.lags))}"
            columns = (self.norms, self.parts, self.cosines)
            lines += step_lines(self.steps, self.lags, columns)
        if self.outside_uses:
            uses = ", ".join(self.outside_uses)
            lines.append(f"outside of the steps: {percent(self.outside)} by {uses}")
        if not self.used:
            lines.append("not on the graph of this loss")
        return "\n".join(lines)


def rows_of(weight: str, gate: str | None, terms: Terms) -> list[ReportRow]:
    """A row for each place that uses the weight in steps; one without steps if none does."""
    wide = np.result_type(terms.outside.dtype, np.float64)       # so that no sum is of float32
    whole = terms.outside.astype(wide)
    for uses in terms.by_place.values():
        for value in uses.values():
            whole = whole + value
    total = float(norm(whole))
    outside = _compared([terms.outside], whole, total)[1][0]
    rows = []
    for place, found in terms.by_place.items() or [(None, {})]:
        steps = tuple(sorted(found))
        norms, parts, cosines = _compared([found[t] for t in steps], whole, total)
        rows.append(ReportRow(
            weight, layer_of(weight), weight.rpartition(".")[2], gate, place,
            _direction(list(found), place), steps, norms, parts, cosines, total, float(outside),
            terms.outside_uses,
        ))
    return rows


def layer_row(rows: Sequence[ReportRow]) -> ReportRow:
    """All weights of a layer as one: of its gradient, the weights' side by side.

    Norms are roots of sums of squares; a part is the mean of the weights' parts, by ‖G_w‖².
    """
    first = rows[0]
    steps = tuple(sorted({t for row in rows for t in row.steps}))
    total = float(norm([row.total for row in rows]))
    norms, parts = np.zeros((2, len(steps)))
    shares = [(row.total / total) ** 2 if total else np.nan for row in rows]
    column = {t: k for k, t in enumerate(steps)}
    for row, share in zip(rows, shares, strict=True):
        at = [column[t] for t in row.steps]
        norms[at] = norm(np.stack([norms[at], row.norms]), axis=0)
        if row.total or np.isnan(share):
            parts[at] += share * row.parts
    with np.errstate(divide="ignore", invalid="ignore"):
        cosines = np.clip(parts * (total / norms), -1, 1)
    outside = float(sum(s * r.outside for s, r in zip(shares, rows, strict=True) if r.total))
    uses = tuple(dict.fromkeys(use for row in rows for use in row.outside_uses))
    return ReportRow(
        first.layer, first.layer, None, None, first.place, first.direction, steps, norms, parts,
        cosines, total, outside, uses,
    )


def _compared(values: Sequence[Array], whole: Array, total: float) -> tuple[Array, Array, Array]:
    """‖v‖, ⟨v, G⟩/‖G‖² and the cosine of each; the products are those of unit vectors, which
    neither overflow nor vanish."""
    norms, parts, cosines = np.zeros(len(values)), *np.full((2, len(values)), np.nan)
    known = 0 < total < np.inf
    unit = whole / total if known else whole
    for k, value in enumerate(values):
        norms[k] = size = float(norm(value))
        if known and size:
            cosine = np.vdot(unit, value.astype(whole.dtype) / size).real
            cosines[k] = np.clip(cosine, -1, 1)
            parts[k] = cosine * (size / total)
        elif known:
            parts[k] = 0.0
    return norms, parts, cosines


def _direction(order: Sequence[int], place: str | None) -> str:
    """In which direction steps were run, from their order of execution; a single step has it from
    the name that layers give to the scope of their reverse direction."""
    if place is None:
        return ""
    falls = list(order) == sorted(order, reverse=True)
    return "reverse" if falls and (len(order) > 1 or place.endswith(".reverse")) else "forward"

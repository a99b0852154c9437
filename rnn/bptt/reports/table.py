"""How a report prints: a table that fits a terminal of 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..contributions.terms import NO_STEPS
from ..result import cut
from .rows import ReportRow
from .words import blocks, lag, number, percent

__all__ = ["DETAILS", "report_table"]

DETAILS = ("layers", "weights", "gates")
MOST = 60           # lines of a table; with more of them the gates are left out, then the weights
NAME, BARS = 18, 14  # columns for a name and for the bars
HEAD = (
    f"{'':<{NAME}}  {'‖G‖':>9}  {'outside':>7}  {'largest part':>16}  {'least cosine':>14}"
    f"  {'half-life':>9}  ‖G_t‖ over t"
)
NOTES = (
    "G = Σ_t G_t + what is outside of the steps; the part of each is ⟨·, G⟩/‖G‖², 100 % in all.",
    "Half-life: so many steps back, and more, no ‖G_t‖ is above half the largest; > k: not in k.",
)


def report_table(
    title: str, groups: Mapping[str, Sequence[ReportRow]], detail: str | None
) -> str:
    """The table of a report.

    groups: by heading, the rows of a layer: all its weights as one, and then each, gates after
        their weight. detail: one of DETAILS; None for the finest that fits.
    """
    fitting = [one for one in DETAILS if _lines(groups, one) <= MOST] or ["layers"]
    finest, detail = fitting[-1], detail or fitting[-1]
    lines = [title, "", HEAD]
    for heading, rows in groups.items():
        lines += [cut(f"{heading}{_span(rows[0])}", 99), *map(_line, _shown(rows, detail))]
        uses: dict[tuple[str, ...], list[str]] = {}
        for row in rows[1:]:
            if row.outside_uses and row.gate is None:
                uses.setdefault(row.outside_uses, []).append(row.parameter or "")
        lines += [
            cut(f"  outside of the steps: {', '.join(names)} by {', '.join(found)}", 99)
            for found, names in uses.items()
        ]
    left = [one for one in DETAILS if _lines(groups, one) > _lines(groups, finest)]
    if left and detail == finest:
        lines += ["", f"Without its {' and '.join(left)}: report.table({left[-1]!r}) has them."]
    if not any(rows[0].steps for rows in groups.values()):
        lines += ["", *textwrap.wrap(f"No steps: {NO_STEPS}.", 99)]
    return "\n".join([*lines, "", *NOTES])


def _line(row: ReportRow) -> str:
    name = cut(_local(row), NAME)
    if not row.used:
        return f"{name:<{NAME}}  not on the graph of this loss"
    return (
        f"{name:<{NAME}}  {row.total:>9.3g}  {percent(row.outside) if row.outside_uses else '':>7}"
        f"  {_at(row, row.parts, np.nanargmax, percent):>16}"
        f"  {_at(row, row.cosines, np.nanargmin, lambda c: number(c, '.2f')):>14}"
        f"  {lag(row.half_life, max(row.lags)) if row.steps else '':>9}  {blocks(row.norms, BARS)}"
    ).rstrip()


def _span(row: ReportRow) -> str:
    """The steps of a layer, in the order in which they were run."""
    if not row.steps:
        return ""
    first, last = row.steps[0], row.steps[-1]
    if row.direction == "reverse":
        first, last = last, first
    return f", step {first}" if first == last else f", steps {first} to {last}"


def _local(row: ReportRow) -> str:
    if row.parameter is None:
        return "  all weights"
    return f"    {row.gate}" if row.gate else f"  {row.parameter}"


def _at(row: ReportRow, values: Any, best: Any, shown: Any) -> str:
    """One of some values and its step."""
    if np.isnan(values).all():
        return "–" if len(values) else ""
    k = int(best(values))
    return f"{shown(values[k])} at t={row.steps[k]}"


def _shown(rows: Sequence[ReportRow], detail: str) -> Iterable[ReportRow]:
    """The rows of a layer: with one weight alone, it is the layer."""
    whole, *each = rows
    if detail == "layers":
        return [whole]
    each = [row for row in each if detail == "gates" or row.gate is None]
    return each if sum(row.gate is None for row in each) == 1 else [whole, *each]


def _lines(groups: Mapping[str, Sequence[ReportRow]], detail: str) -> int:
    return sum(1 + len(list(_shown(rows, detail))) for rows in groups.values())

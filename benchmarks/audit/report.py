"""The table of AUDIT.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .trial import Verdict, blamed

__all__ = ["Line", "markdown", "right_claims"]

_OPENING = """# The audit, audited

Written by `make audit`. The derivations of these cells are written by hand in plain NumPy
(`benchmarks/audit/derivations.py`), and mistakes are planted in their text, one in each place: a
factor left out, doubled, or that of another operand or step; a sign turned; a term left out; a
transpose, a square or a `1 -` forgotten; a sum that is a mean, or set where it is added to; another
cotangent, or two gates exchanged. Claimed are the whole gradients of all parameters, at T = 6,
B = 4, H = 3, in float64.

A planted mistake is *among* the explanations if, of every gradient that it makes wrong, one of
those told leads to the same gradient as the planted one for **other weights and inputs too**; it is
*first* if the first of each does. One derivation in two wordings counts as one explanation.

"""


class Line(NamedTuple):
    """Of one cell: its single mistakes, its pairs, and the seconds of an audit, and of one with
    two mistakes."""

    name: str
    singles: list[Verdict]
    pairs: list[Verdict]
    seconds: float
    seconds_of_a_pair: float


def markdown(lines: Sequence[Line]) -> str:
    """The whole file."""
    rows = [
        "| cell | mistakes | among | first | an audit | two mistakes | found | with two |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows += [
        f"| {line.name} | {len(line.singles)} | {_share(v.among for v in line.singles)} | "
        f"{_share(v.first for v in line.singles)} | {line.seconds:.1f} s | {len(line.pairs)} | "
        f"{_share(v.among for v in line.pairs)} | {line.seconds_of_a_pair:.1f} s |"
        for line in lines
    ]
    singles = [v for line in lines for v in line.singles]
    pairs = [v for line in lines for v in line.pairs]
    slowest = max(line.seconds for line in lines)
    rows.append(
        f"| **all** (bar) | **{len(singles)}** | **{_share(v.among for v in singles)}** (95 %) | "
        f"**{_share(v.first for v in singles)}** (80 %) | at most {slowest:.1f} s (10 s) | "
        f"**{len(pairs)}** | **{_share(v.among for v in pairs)}** (70 %) | |"
    )
    return _OPENING + "\n".join(rows) + "\n\n## By kind\n\n" + _by_kind(singles)


def right_claims(count: int) -> str:
    """What becomes of right derivations."""
    return (
        f"\n## Right claims\n\nOf {count} right derivations, with other weights, inputs, numbers "
        f"of steps and of sequences, each in float64 and rounded to float32, {blamed(count)} are "
        f"found wrong.\n"
    )


def _by_kind(verdicts: Sequence[Verdict]) -> str:
    every = Counter(v.kinds[0] for v in verdicts)
    named = Counter(v.kinds[0] for v in verdicts if v.among)
    rows = ["| mistake | planted | among |", "| --- | ---: | ---: |"]
    rows += [f"| {kind} | {n} | {named[kind] / n:.1%} |" for kind, n in every.most_common()]
    missed = [v for v in verdicts if not v.among]
    rows += ["", "## Not among the explanations", ""]
    rows += [f"- `{v.lines[0][0]}` as `{v.lines[0][1]}`" for v in missed]
    return "\n".join(rows) + "\n"


def _share(verdicts: Iterable[bool]) -> str:
    found = list(verdicts)
    return f"{sum(found) / len(found):.1%}" if found else "–"

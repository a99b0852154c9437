"""MUTANTS.md and the last lines of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .running import HUNG, KILLED, NOT_RUN, SURVIVED, Outcome

__all__ = ["complaints", "markdown", "summary"]

HEAD = """\
# Planted faults

Written by `make mutants`. Each line is one small edit of the source, planted alone in a copy of the
project; "killed by" is the first of the tests nearest to it that fails then. The edits are in
`benchmarks/mutants/table/`. A fault that makes its tests hang is killed by timeout.
"""


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many there are of each kind, in words."""
    counts = {
        verdict: sum(o.verdict == verdict for o in outcomes)
        for verdict in (KILLED, HUNG, SURVIVED, NOT_RUN)
    }
    parts = [f"{n} {verdict}" for verdict, n in counts.items() if n]
    return f"{len(outcomes)} faults: {', '.join(parts)}"


def complaints(outcomes: Sequence[Outcome]) -> list[str]:
    """What has to be mended: survivors without a reason, reasons without a survivor."""
    found = []
    for fault, verdict, test, _ in outcomes:
        if verdict == SURVIVED and not fault.reason:
            found.append(f"survived: {fault.plants} ({fault.file}; {fault.tests})")
        elif verdict == NOT_RUN:
            found.append(f"not run, the time was over: {fault.plants}")
        elif verdict in (KILLED, HUNG) and fault.reason:
            found.append(f"killed by {test or 'timeout'}, so its reason is wrong: {fault.plants}")
    return found


def markdown(areas: Mapping[str, Sequence[Outcome]]) -> str:
    """The whole file: a table for each area."""
    every = [outcome for outcomes in areas.values() for outcome in outcomes]
    lines = [HEAD, f"**{summary(every)}.**", ""]
    for area, outcomes in areas.items():
        lines += [f"## {area}", "", "| fault | in | killed by |", "| --- | --- | --- |"]
        for fault, verdict, test, _ in outcomes:
            by = f"`{test}`" if test else verdict
            by += f": {fault.reason}" if fault.reason else ""
            lines.append(f"| {_cell(fault.plants)} | `{fault.file}` | {_cell(by)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")

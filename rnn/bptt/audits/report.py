"""An audit in words."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..result import norm
from .findings import Finding, Mistake

__all__ = ["written"]

WIDTH = 96


def written(findings: Mapping[str, Finding], across: int = WIDTH) -> str:
    """The findings as text, with at most so many characters in a line of prose."""
    wrong = [finding for finding in findings.values() if not finding.agrees]
    width = max(len(name) for name in findings)
    lines = [f"Audit of {len(findings)} gradient{'s' if len(findings) > 1 else ''}: " + (
        "all agree with the tape" if not wrong
        else f"{len(wrong)} disagree{'s' if len(wrong) == 1 else ''} with the tape"
    )]
    for finding in findings.values():
        mark = "agrees" if finding.agrees else "WRONG "
        lines.append(f"  ∂L/∂{finding.name:<{width}}  {mark}  {_difference(finding)}")
    for alike in _grouped(wrong):
        lines += ["", *_why(alike, across)]
    together = _together(wrong)
    if together is not None:
        lines += ["", *_wrapped(f"One rule explains them all: {together.says}.", across)]
    return "\n".join(lines)


def _grouped(wrong: list[Finding]) -> list[list[Finding]]:
    """The findings in groups with the same first explanation; one without any is by itself."""
    groups: dict[str, list[Finding]] = {}
    for finding in wrong:
        key = finding.explanations[0].key if finding.explanations else f"none: {finding.name}"
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def _difference(finding: Finding) -> str:
    """By how much a gradient is off; of a single number also the claimed and the true value."""
    if not np.isfinite(finding.relative):
        return "holds a NaN or an Inf"
    if finding.claimed.size == 1 and not finding.agrees:
        return (
            f"claimed {finding.claimed.item():.9g}, true {finding.true.item():.9g}: off by "
            f"{finding.relative:.2%}"
        )
    return f"relative error {finding.relative:.2g}"


def _why(alike: list[Finding], across: int) -> list[str]:
    """The explanation that these gradients share, and the wrong terms of each."""
    names = " and ".join(f"∂L/∂{finding.name}" for finding in alike)
    if not alike[0].explanations:
        known = _nearest(alike[0]) + (
            f" The terms that differ are those of {_count(alike[0].steps)}." if alike[0].steps else
            " Claim its terms by step, (T, *shape), to see where it begins to differ."
        )
        return _wrapped(
            f"{names}: no single mistake tried leads to the claimed numbers." + known, across
        )
    lines = _wrapped(f"{names}: {alike[0].explanations[0].says}.", across)
    for finding in alike:
        for line in _terms(finding):
            told = f"∂L/∂{finding.name}, {line}" if len(alike) > 1 else line
            lines += _wrapped(told, across, "    ")
        others = [other.key for other in finding.explanations[1:]]
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            lines += _wrapped(
                f"The numbers of ∂L/∂{finding.name} do not tell it from: {'; '.join(others[:3])}"
                f"{more}.", across, "    ",
            )
    return lines


def _nearest(finding: Finding) -> str:
    """How far the mistake that comes nearest is from a claim that nothing explains."""
    if finding.nearest is None:
        return ""
    return (
        f" Of {finding.tried:,}, alone and in pairs, the nearest is \"{finding.nearest.key}\", "
        f"with a relative error of {finding.nearest.misfit:.2g}."
    )


def _together(wrong: list[Finding]) -> Mistake | None:
    """One mistake that explains all wrong gradients, if their first explanations differ."""
    if len(wrong) < 2 or len({f.explanations[0].key for f in wrong if f.explanations}) < 2:
        return None
    for mistake in wrong[0].explanations:
        if all(mistake.key in {e.key for e in finding.explanations} for finding in wrong):
            return mistake
    return None


def _terms(finding: Finding) -> list[str]:
    """The wrong terms beside the right ones."""
    terms, right = finding.explanations[0].terms, finding.terms
    lines = []
    for t in finding.steps[:6]:
        have, want = terms[t - 1], right[t - 1]
        if have.size == 1:
            said = f"{have.item():.9f}, right is {want.item():.9f}"
        elif have.size <= 6:
            said = f"{_row(have)}, right is {_row(want)}"
        else:
            said = (
                f"‖{float(norm(have)):.4g}‖, right is ‖{float(norm(want)):.4g}‖, apart by "
                f"‖{float(norm(have - want)):.4g}‖"
            )
        operand = finding.operand.replace("{t-1}", str(t - 1)).replace("_t", f"_{t}")
        lines.append(f"term of step {t}{f' (of {operand})' if operand else ''}: {said}")
    if len(finding.steps) > 6:
        lines.append(f"... and of {_count(finding.steps[6:])}")
    return lines


def _row(array: Any) -> str:
    return np.array2string(np.round(array, 4) + 0.0, separator=", ").replace("\n", "")


def _count(steps: tuple[int, ...]) -> str:
    if len(steps) == 1:
        return f"step {steps[0]}"
    shown = ", ".join(map(str, steps[:10]))
    return f"steps {shown}" + (f" and {len(steps) - 10} more" if len(steps) > 10 else "")


def _wrapped(text: str, across: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, across, initial_indent=indent, subsequent_indent=indent + "    ",
        break_on_hyphens=False,
    )

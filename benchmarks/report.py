"""The table: on the terminal as text, in RESULTS.md as Markdown with the machine it was made on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .notes import LAYERS, NOTES, OPS
from .pairs import run
from .questions import Result
from .timing import CLOCK, processors

__all__ = ["HEADER", "machine", "markdown", "table"]

HEADER = Result("what", "measured", "bar", None, "detail")


def columns(result: Result) -> tuple[str, ...]:
    verdict = "verdict" if result is HEADER else result.verdict
    return (result.what, result.measured, result.bar, verdict, result.detail)


def table(results: Sequence[Result]) -> str:
    """The results in aligned columns.

    >>> print(table([Result("ours / theirs", "0.50×", "≤ 1×", True, "1 ms, theirs 2 ms")]))
    what           measured  bar   verdict  detail
    ours / theirs  0.50×     ≤ 1×  ok       1 ms, theirs 2 ms
    """
    lines = [columns(r) for r in (HEADER, *results)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def markdown(results: Sequence[Result], facts: dict[str, str], profile: str) -> str:
    """RESULTS.md: the table, what the lines mean, where the time goes, and the machine.

    profile: the tables of `benchmarks.tables`.
    """
    head, *lines = ("| " + " | ".join(columns(r)) + " |" for r in (HEADER, *results))
    rule = "|" + " --- |" * len(columns(HEADER))
    about = [f"- {name}: {fact}" for name, fact in facts.items()]
    return "\n".join([
        "# What minigrad costs", "",
        "Written by `make bench BENCH_ARGS=--write`.", "",
        head, rule, *lines, "",
        "## How it is measured", "", NOTES,
        "## Where a layer's time goes", "", LAYERS, profile, "",
        "## Where an op's time goes", "", OPS,
        "## The machine", "", *about, "",
    ])


def machine() -> dict[str, str]:
    """What the figures depend on: the processor and the versions, and nothing about the owner."""
    facts = {
        "processor": _processor(),
        "processors that may be used": str(processors()),
        "system": f"{platform.system()}, {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    for name in ("numpy", "threadpoolctl", "torch", "jax", "autograd"):
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    cpu = os.environ.get(CLOCK) == "cpu"
    facts["clock"] = "processor time, where a process has one" if cpu else "on the wall"
    return facts | run("kernels")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"

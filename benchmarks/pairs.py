"""Runs the processes that measure, those of two systems in turn, and compares neighbours.

A shared machine speeds up and slows down within seconds, for everybody alike. So A and B run
alternately, A B A B …, each ratio is of two neighbours, and the median of the ratios is the
result; their range tells how far to trust it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from .measure import MISSING

__all__ = ["NotInstalled", "Spread", "alternate", "run", "run_import"]

ROOT = Path(__file__).resolve().parent.parent
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class NotInstalled(Exception):
    """A system to compare with is missing from this environment."""


class Spread(NamedTuple):
    """The median of several values, and the range that they cover."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))


def alternate(
    a: Callable[[], Any], b: Callable[[], Any], rounds: int
) -> tuple[list[Any], list[Any]]:
    """The results of A and of B, run in turn."""
    found: list[tuple[Any, Any]] = [(a(), b()) for _ in range(rounds)]
    return [x for x, _ in found], [y for _, y in found]


def run(job: str, threads: int = 1, **options: Any) -> dict[str, Any]:
    """The result of one of `measure.JOBS` in a fresh process with that many threads."""
    options["threads"] = threads
    return _json([sys.executable, "-m", "benchmarks.measure", job, json.dumps(options)], threads)


_IMPORT = """
import sys, time
start = time.perf_counter()
import {0}
seconds = time.perf_counter() - start
import json
print(json.dumps({{"seconds": seconds, "modules": list(sys.modules)}}))
"""


def run_import(module: str, cache: str) -> dict[str, Any]:
    """Seconds to import `module` in a fresh process, and the modules that are then loaded.

    The process is bare, so that what the benchmarks import does not come for free. Bytecode is kept
    in the folder `cache`, even where the environment forbids to write it: users have it.
    """
    keep = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}
    return _json([sys.executable, "-c", _IMPORT.format(module)], 1, keep)


def _json(
    command: list[str], threads: int, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    env = os.environ | dict.fromkeys(THREADS, str(threads)) | dict(settings or {})
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == MISSING:
        raise NotInstalled(f"{done.stderr.strip()} is not installed; `make bench` installs it")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result

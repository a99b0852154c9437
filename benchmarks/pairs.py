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

from .kernels import AVX2
from .measure import MISSING

__all__ = ["NotInstalled", "Spread", "alternate", "rotate", "run", "run_import", "run_json"]

ROOT = Path(__file__).resolve().parent.parent
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
# Which kernels a library takes is its own choice too, as it is for users.
REMOVED = {*THREADS, *AVX2, "OPENBLAS_L2_SIZE", "XLA_FLAGS"}


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


def rotate(
    systems: Mapping[str, Callable[[], Any]], rounds: int
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """The results of several, run one after the other in every round; and of those that are not
    installed what to do about it."""
    found: dict[str, list[Any]] = {name: [] for name in systems}
    missing: dict[str, str] = {}
    for _ in range(rounds):
        for name, measured in systems.items():
            if name in missing:
                continue
            try:
                found[name].append(measured())
            except NotInstalled as error:
                missing[name] = str(error)
    return {name: results for name, results in found.items() if name not in missing}, missing


def run(
    job: str, threads: int | None = 1, settings: Mapping[str, str] | None = None, **options: Any
) -> dict[str, Any]:
    """The result of one of `measure.JOBS` in a fresh process with that many threads; None: as many
    as it takes by itself, as a user has it who has set nothing. settings: of the environment."""
    options["threads"] = threads
    command = [sys.executable, "-m", "benchmarks.measure", job, json.dumps(options)]
    return run_json(command, threads, settings)


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
    return run_json([sys.executable, "-c", _IMPORT.format(module)], 1, keep)


def run_json(
    command: list[str], threads: int | None, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What a command prints in its last line, as JSON; threads, settings: as in `run`."""
    env = {k: v for k, v in os.environ.items() if k not in REMOVED}
    env |= _limits(threads) | dict(settings or {})
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == MISSING:
        raise NotInstalled(f"{done.stderr.strip()} is not installed; `make bench` installs it")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _limits(threads: int | None) -> dict[str, str]:
    if threads is None:
        return {}
    spread = str(threads > 1).lower()
    xla = f"--xla_cpu_multi_thread_eigen={spread} intra_op_parallelism_threads={threads}"
    return dict.fromkeys(THREADS, str(threads)) | {"XLA_FLAGS": xla}

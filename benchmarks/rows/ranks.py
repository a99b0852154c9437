"""Two ranks: how many tokens a second they train with, beside one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..pairs import NotInstalled, alternate, run_json
from ..questions import Result, question, ratio_line
from ..timing import processors

__all__: list[str] = []


@question("ranks")
def two_ranks(rounds: int) -> Iterator[Result]:
    """``ParallelTrainer`` on two ranks of one thread each, and on one."""
    if processors() < 2:
        yield Result("2 ranks / 1 rank …", "not measured", detail="there is one processor")
        return
    yield _compared("batch of 64 a rank", [], 1.6, rounds)
    yield _compared("batch of 64 in all", ["--split"], 1.3, rounds)


def _compared(what: str, options: list[str], bar: float, rounds: int) -> Result:
    one, two = alternate(lambda: _seconds(1, options), lambda: _seconds(2, options), rounds)
    return ratio_line(
        f"training, H = 256, {what}, 2 ranks / 1 rank of one thread, tokens per second", two, one,
        (1e-6, "µs a token"), "1 rank", at_least=bar,
    )


def _seconds(ranks: int, options: list[str]) -> float:
    """Seconds a token."""
    beside = Path(sys.executable).parent
    mpiexec = shutil.which("mpiexec", path=str(beside)) or shutil.which("mpiexec")
    if mpiexec is None:
        raise NotInstalled("mpiexec is not installed; `pip install mpi4py mpich` installs it")
    command = [mpiexec, "-n", str(ranks), sys.executable, "-m", "benchmarks.ranks", *options]
    found: dict[str, Any] = run_json(command, 1)
    return 1 / float(found["tokens per second"])

"""Each fault in a copy of the project of its own, and pytest on the tests nearest to it.

The tests are run once without a fault, which has to pass; how long they take then says after how
long a fault counts as one that makes them hang.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .fault import Fault

__all__ = ["HUNG", "KILLED", "NOT_RUN", "SURVIVED", "CannotTell", "Outcome", "run"]

KILLED, HUNG, SURVIVED, NOT_RUN = "killed", "killed by timeout", "survived", "not run"

# Others may use the machine too, and a failing property is shrunk before it is reported.
PATIENCE = 5  # times as long as without a fault
AT_LEAST, LONGEST = 30.0, 600.0  # seconds

PASSED, FAILED, INTERRUPTED = 0, 1, 2  # exit codes of pytest; a failing import is the third


class CannotTell(RuntimeError):
    """The tests fail without a fault, or pytest could not run them."""


class Outcome(NamedTuple):
    """What became of a fault: the verdict, the first test that failed, and how long it took."""

    fault: Fault
    verdict: str
    test: str = ""
    seconds: float = 0.0


def run(
    faults: Sequence[Fault],
    root: Path,
    *,
    jobs: int,
    minutes: float,
    tell: Callable[[str], None] = lambda line: None,
) -> list[Outcome]:
    """Plant the faults one by one, `jobs` of them side by side; the outcomes in the same order.

    What has not begun after so many minutes is not run. Raises StaleFault before anything runs,
    CannotTell where the tests prove nothing.
    """
    for fault in faults:
        fault.edited(root)
    stop_at = time.monotonic() + 60 * minutes
    with TemporaryDirectory(prefix="mutants-") as folder, _workers(jobs) as workers:
        clean = _copy(root, Path(folder, "clean"))
        compileall.compile_dir(clean, quiet=2, workers=1)
        _check_imports(clean)
        tests = list(dict.fromkeys(fault.tests for fault in faults))
        tell(f"{len(tests)} groups of tests without a fault")
        usual = _without_fault(clean, tests, workers)

        def plant(numbered: tuple[int, Fault]) -> Outcome:
            number, fault = numbered
            if time.monotonic() > stop_at:
                return Outcome(fault, NOT_RUN)
            where = _copy(clean, Path(folder, str(number)))
            try:
                path = where / fault.file
                path.write_text(fault.edited(where), encoding="utf-8")
                for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
                    compiled.unlink()
                patience = max(AT_LEAST, PATIENCE * usual[fault.tests])
                outcome = _verdict(fault, *_pytest(where, fault.tests, patience))
            finally:
                shutil.rmtree(where)
            tell(f"{outcome.verdict}: {fault.plants} ({outcome.seconds:.0f} s)")
            return outcome

        return list(workers.map(plant, enumerate(faults)))


@contextmanager
def _workers(jobs: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that each wait for one pytest; an error or Ctrl-C ends them after what runs now."""
    workers = ThreadPoolExecutor(jobs)
    try:
        yield workers
    finally:
        workers.shutdown(cancel_futures=True)


def _copy(root: Path, to: Path) -> Path:
    # Times are kept, so that what is compiled stays valid.
    leave = shutil.ignore_patterns(".*", "out", "build", "dist", "*.egg-info", "*.png", "*.svg")
    return Path(shutil.copytree(root, to, ignore=leave))


def _environment(where: Path) -> dict[str, str]:
    fixed = {"CI": "true", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **fixed, "PYTHONPATH": str(where)}


def _check_imports(where: Path) -> None:
    """The copy has to be what is imported: a fault in a file that nobody reads survives."""
    packages = [path.parent.name for path in where.glob("*/__init__.py")]
    code = f"import {', '.join(packages)}; print(*(m.__file__ for m in ({', '.join(packages)},)))"
    files = subprocess.run(
        [sys.executable, "-c", code], cwd=where.parent, env=_environment(where), check=True,
        capture_output=True, text=True,
    ).stdout.split()
    if astray := [f for f in files if not Path(f).resolve().is_relative_to(where.resolve())]:
        raise CannotTell(f"{', '.join(astray)} is imported and not the copy in {where}")


def _pytest(where: Path, tests: str, patience: float) -> tuple[int | None, str, float]:
    """Exit code (None: it hung), output and seconds of pytest on the copy."""
    command = [
        sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider",
        *tests.split(),
    ]
    begin = time.monotonic()
    with subprocess.Popen(
        command, cwd=where, env=_environment(where), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=patience)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with what the tests have started
            output, code = "", None
    return code, output, time.monotonic() - begin


def _without_fault(
    where: Path, tests: Sequence[str], workers: ThreadPoolExecutor
) -> dict[str, float]:
    """How long each of the groups of tests takes; all have to pass."""
    found = list(workers.map(lambda group: _pytest(where, group, LONGEST), tests))
    failing = [
        f"without a fault, pytest {group} ends with exit code {code}:\n{output}"
        for group, (code, output, _) in zip(tests, found, strict=True) if code != PASSED
    ]
    if failing:
        raise CannotTell("\n".join(failing))
    return {group: seconds for group, (_, _, seconds) in zip(tests, found, strict=True)}


def _verdict(fault: Fault, code: int | None, output: str, seconds: float) -> Outcome:
    if code is None:
        return Outcome(fault, HUNG, "", seconds)
    if code == PASSED:
        return Outcome(fault, SURVIVED, "", seconds)
    if code not in (FAILED, INTERRUPTED) and code > 0:
        raise CannotTell(f"{fault.plants!r}: pytest {fault.tests} ends with {code}:\n{output}")
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", output, re.MULTILINE)
    return Outcome(fault, KILLED, found[1] if found else f"exit code {code}", seconds)

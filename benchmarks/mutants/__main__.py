"""``python -m benchmarks.mutants [--only WORD ...] [--jobs N] [--minutes M]``: plant the faults.

A run of all of them writes benchmarks/MUTANTS.md. It ends with exit code 1 where a fault survives
without a reason, or was not run in time.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .fault import Fault, StaleFault
from .report import complaints, markdown, summary
from .running import CannotTell, run
from .table import AREAS

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ROOT / "benchmarks" / "MUTANTS.md"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", metavar="WORD",
        help="plant those with one of the words in their area, file, tests or description",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", default=os.cpu_count() or 1,
        help="how many run side by side (default: as many as there are cores)",
    )
    parser.add_argument(
        "--minutes", type=float, metavar="M", default=60.0,
        help="begin no more of them after so long (default: 60)",
    )
    parser.add_argument("--list", action="store_true", help="say which there are, and run none")
    options = parser.parse_args(arguments)
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")

    chosen = {
        area: [f for f in faults if not options.only or _named(area, f, options.only)]
        for area, faults in AREAS.items()
    }
    faults = [fault for those in chosen.values() for fault in those]
    if not faults:
        parser.error(f"--only {' '.join(options.only)}: no fault has such a word")
    if options.list:
        print(*(f"{fault.file}: {fault.plants}" for fault in faults), sep="\n")
        return 0
    try:
        outcomes = run(faults, ROOT, jobs=options.jobs, minutes=options.minutes, tell=_tell)
    except (StaleFault, CannotTell) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    print(summary(outcomes))
    todo = complaints(outcomes)
    print(*todo, sep="\n", end="\n" if todo else "")
    if not options.only:
        left = iter(outcomes)
        areas = {area: [next(left) for _ in those] for area, those in chosen.items()}
        WRITTEN.write_text(markdown(areas), encoding="utf-8")
        print(f"written: {WRITTEN.relative_to(ROOT)}")
    return 1 if todo else 0


def _named(area: str, fault: Fault, words: list[str]) -> bool:
    text = f"{area} {fault.file} {fault.tests} {fault.plants}".lower()
    return any(word.lower() in text for word in words)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

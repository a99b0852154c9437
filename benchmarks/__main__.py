"""``python -m benchmarks [--only NAME ...] [--rounds N] [--cpu] [--write]``: print the table."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .questions import Result, answers
from .report import machine, markdown, table
from .rows import QUESTIONS
from .tables import sections
from .timing import CLOCK

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=QUESTIONS, default=list(QUESTIONS), metavar="NAME",
        help=f"ask only some of: {', '.join(QUESTIONS)}",
    )
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default 5)")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name} as well")
    parser.add_argument("--cpu", action="store_true", help="on a machine that does other things: "
                        "where a process has one processor, count how long that works for it")
    options = parser.parse_args()
    if options.cpu:
        os.environ[CLOCK] = "cpu"
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    if options.write and options.only != list(QUESTIONS):
        parser.error("--write needs the whole table; leave out --only")

    results: list[Result] = []
    for name in options.only:
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        results += answers(name, options.rounds)
    facts = machine()
    print(table(results))
    print("; ".join(f"{name} {fact}" for name, fact in facts.items()))
    if options.write:
        print("measuring: where the time goes", file=sys.stderr, flush=True)
        RESULTS.write_text(markdown(results, facts, sections()), encoding="utf-8")
        print(f"written: benchmarks/{RESULTS.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

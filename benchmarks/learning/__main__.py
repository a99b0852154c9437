"""``python -m benchmarks.learning [--only NAME ...] [--seeds N ...] [--write]``: the table.

It ends with exit code 1 where a bar is missed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rnn.bptt import vanishing

from ..report import machine, table
from .experiments import EXPERIMENTS
from .processes import AT_ONCE, outcomes
from .report import markdown, plot, plot_gradients, result
from .training import Outcome

FOLDER = Path(__file__).resolve().parent
LEARNING = FOLDER.parent / "LEARNING.md"
PICTURES = FOLDER.parent.parent / "docs" / "pictures"
VANISHING = "vanishing"
NAMES = [*EXPERIMENTS, VANISHING]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME",
        help=f"run only some of: {', '.join(NAMES)}",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N")
    parser.add_argument(
        "--at-once", type=int, default=AT_ONCE, metavar="N",
        help=f"how many processes run side by side, with one thread each (default {AT_ONCE})",
    )
    parser.add_argument(
        "--write", action="store_true", help=f"write {LEARNING.name} and the pictures as well"
    )
    options = parser.parse_args(arguments)
    if min(options.seeds) < 0:
        parser.error("--seeds must be 0 or more")
    if options.at_once < 1:
        parser.error("--at-once must be 1 or more")
    if options.write and options.only != NAMES:
        parser.error("--write needs all of them; leave out --only")

    names = [name for name in EXPERIMENTS if name in options.only]
    found: dict[str, list[Outcome]] = {name: [] for name in names}
    try:
        for run in outcomes(names, options.seeds, options.at_once):
            found[run.name].append(run)
            experiment = EXPERIMENTS[run.name]()
            print(
                f"{run.name}, seed {run.seed}: {run.score:.4g} {experiment.unit} after "
                f"{run.sequences:,} sequences, {run.seconds:.0f} s",
                file=sys.stderr, flush=True,
            )
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    for runs in found.values():
        runs.sort(key=lambda run: options.seeds.index(run.seed))
    results = [result(runs) for runs in found.values()]
    if results:
        print(table(results))
    if VANISHING in options.only:
        gradients = vanishing(T=100)
        print(gradients)
    if options.write:
        every = [run for runs in found.values() for run in runs]
        facts = {name: fact for name, fact in machine().items() if fact != "not installed"}
        plot(every, PICTURES / "learning.png")
        plot_gradients(gradients, PICTURES / "vanishing.png")
        LEARNING.write_text(markdown(results, gradients, facts), encoding="utf-8")
        print("written: benchmarks/LEARNING.md, docs/pictures/learning.png, vanishing.png")
    return 1 if any(line.ok is False for line in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())

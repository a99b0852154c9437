"""``python -m benchmarks.audit [--only WORD ...] [--pairs N] [--step K]``: plant and audit.

A run of all cells, with every mistake, writes benchmarks/AUDIT.md.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np

from .cells import CELLS
from .planting import planted, planted_pairs
from .report import Line, markdown, right_claims
from .trial import Trial

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = ROOT / "benchmarks" / "AUDIT.md"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", metavar="WORD", help="the cells with one of the words in their name"
    )
    parser.add_argument(
        "--pairs", type=int, metavar="N", default=20,
        help="derivations with two mistakes, drawn at random for each cell (default: 20)",
    )
    parser.add_argument(
        "--step", type=int, metavar="K", default=1,
        help="of the single mistakes every K-th (default: 1, all of them)",
    )
    options = parser.parse_args(arguments)
    words = [word.lower() for word in options.only or [""]]
    names = [name for name in CELLS if any(word in name.lower() for word in words)]
    if not names:
        parser.error(f"--only {' '.join(options.only)}: the cells are {', '.join(CELLS)}")
    lines = []
    for name in names:
        lines.append(tried(name, options.pairs, options.step))
        print(f"{name}: {len(lines[-1].singles)} mistakes", file=sys.stderr, flush=True)
    text = markdown(lines)
    if len(names) == len(CELLS) and options.step == 1:
        WRITTEN.write_text(text + right_claims(500), encoding="utf-8")
        print(f"written: {WRITTEN.relative_to(ROOT)}")
    else:
        print(text)
    return 0


def tried(name: str, pairs: int, step: int) -> Line:
    """What comes of one cell."""
    trial = Trial(name)
    singles = trial.verdicts(itertools.islice(planted(name), 0, None, step), pairs=False)
    single = list(singles)
    rng = np.random.default_rng(0)
    started = time.perf_counter()
    both = list(itertools.islice(trial.verdicts(planted_pairs(name, rng), pairs=True), pairs))
    a_pair = (time.perf_counter() - started) / max(1, pairs)
    return Line(name, single, both, trial.seconds(planted(name), 3), a_pair)


if __name__ == "__main__":
    sys.exit(main())

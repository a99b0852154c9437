"""Runs several experiments side by side, each in a process of its own with one thread.

``python -m benchmarks.learning.processes NAME SEED`` is such a process: it tells how far it is on
stderr and prints its outcome as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from ..pairs import ROOT, THREADS
from .experiments import EXPERIMENTS
from .training import Look, Outcome, fit

__all__ = ["AT_ONCE", "outcomes", "read"]

AT_ONCE = 2
SECONDS_BETWEEN_LINES = 10.0


def outcomes(
    names: Sequence[str], seeds: Sequence[int], at_once: int = AT_ONCE
) -> Iterator[Outcome]:
    """The outcome of every experiment from every seed, in the order in which they are ready.

    On Ctrl-C the terminal interrupts the processes too; no further one is started.
    """
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(_outcome, name, seed) for name in names for seed in seeds]
        try:
            for future in as_completed(running):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _outcome(name: str, seed: int) -> Outcome:
    command = [sys.executable, "-m", __name__, name, str(seed)]
    env = os.environ | dict.fromkeys(THREADS, "1")
    done = subprocess.run(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name}, seed {seed}: the process ended with code {done.returncode}")
    return read(done.stdout)


def read(text: str) -> Outcome:
    """The outcome that a process printed."""
    fields = json.loads(text)
    return Outcome(**fields | {"curve": [Look(*look) for look in fields["curve"]]})


def main() -> int:
    name, seed = sys.argv[1], int(sys.argv[2])
    experiment = EXPERIMENTS[name]()
    told = 0.0

    def tell(look: Look, seconds: float) -> None:
        nonlocal told
        if seconds - told < SECONDS_BETWEEN_LINES:
            return
        told = seconds
        print(
            f"  {name}, seed {seed}: {look.sequences:,} sequences, {look.score:.4g} "
            f"{experiment.unit}, {seconds:.0f} s",
            file=sys.stderr, flush=True,
        )

    try:
        outcome = fit(experiment, seed, tell)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    print(json.dumps(outcome._asdict()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

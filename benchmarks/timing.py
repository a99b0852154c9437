"""How long a pass takes."""

from __future__ import annotations

import os
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

from .workload import Workload

__all__ = ["CLOCK", "clock", "processors", "timer"]

CLOCK = "BENCHMARK_CLOCK"
"""The variable of the environment that says "cpu" where a machine does other things too."""


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def timer() -> Callable[[], float]:
    """What to read the time from: the clock on the wall; or, where the environment says so and the
    process has one processor, how long that has worked for it."""
    cpu = os.environ.get(CLOCK) == "cpu" and processors() == 1
    return process_time if cpu else perf_counter


def clock(workload: Workload, seconds: float, least: int = 3) -> dict[str, float]:
    """The fastest of the passes that fit into `seconds` (`least` of them at least), in seconds; and
    the median of all.

    What slows a pass down is other work on the machine, so the minimum is nearest to what the
    system costs. The garbage collector stays on, as it is for users; freeing the graph counts.
    """
    now = timer()
    workload.backward(workload.forward())  # first calls set things up
    best = {"total": float("inf")}
    every, end = [], perf_counter() + seconds
    while len(every) < least or perf_counter() < end:
        start = now()
        out = workload.forward()
        middle = now()
        workload.backward(out)
        del out
        total = now() - start
        if total < best["total"]:
            forward = middle - start
            best = {"total": total, "forward": forward, "backward": total - forward}
        every.append(total)
    return best | {"passes": len(every), "median": median(every)}

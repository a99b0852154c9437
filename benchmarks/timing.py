"""How long a pass takes."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from .workload import Workload

__all__ = ["clock"]


def clock(workload: Workload, seconds: float, least: int = 3) -> dict[str, float]:
    """The fastest of the passes that fit into `seconds` (`least` of them at least), in seconds; and
    the median of all.

    What slows a pass down is other work on the machine, so the minimum is nearest to what the
    system costs. The garbage collector stays on, as it is for users; freeing the graph counts.
    """
    workload.backward(workload.forward())  # first calls set things up
    best = {"total": float("inf")}
    every, end = [], perf_counter() + seconds
    while len(every) < least or perf_counter() < end:
        start = perf_counter()
        out = workload.forward()
        middle = perf_counter()
        workload.backward(out)
        del out
        total = perf_counter() - start
        if total < best["total"]:
            forward = middle - start
            best = {"total": total, "forward": forward, "backward": total - forward}
        every.append(total)
    return best | {"passes": len(every), "median": median(every)}

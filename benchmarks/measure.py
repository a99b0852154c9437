"""What one process measures: ``python -m benchmarks.measure JOB OPTIONS`` prints it as JSON.

`pairs.run` starts it with its threads limited; here it also keeps to as many processors. A system
that is not installed ends it with the exit code MISSING.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from .workload import Workload

__all__ = ["JOBS", "MISSING", "clock", "processors"]

MISSING = 3
KIB = 1024


def clock(workload: Workload, seconds: float, least: int = 3) -> dict[str, float]:
    """The fastest of the passes that fit into `seconds` (`least` of them at least), in seconds.

    What slows a pass down is other work on the machine, so the minimum is nearest to what the
    system costs. The garbage collector stays on, as it is for users; freeing the graph counts.
    """
    workload.backward(workload.forward())  # first calls set things up
    best = {"total": float("inf")}
    passes, end = 0, perf_counter() + seconds
    while passes < least or perf_counter() < end:
        start = perf_counter()
        out = workload.forward()
        middle = perf_counter()
        workload.backward(out)
        del out
        total = perf_counter() - start
        if total < best["total"]:
            forward = middle - start
            best = {"total": total, "forward": forward, "backward": total - forward}
        passes += 1
    return best | {"passes": passes}


def time_chain(system: str, length: int, both: bool, seconds: float) -> dict[str, float]:
    """Seconds per op of the chain."""
    from .chain import SYSTEMS

    best = clock(SYSTEMS[system](length, both), seconds)
    return {key: best[key] / length for key in ("total", "forward", "backward")}


def time_lstm(
    system: str, shape: dict[str, int], one_hot: bool, seconds: float
) -> dict[str, float]:
    """Seconds per training step of the LSTM."""
    from .lstm import SYSTEMS, Shape

    return clock(SYSTEMS[system](Shape(**shape), one_hot), seconds)


def time_layer(system: str, shape: dict[str, int], seconds: float) -> dict[str, float]:
    """Seconds per training step of an LSTM layer."""
    from .layer import SYSTEMS
    from .lstm import Shape

    return clock(SYSTEMS[system](Shape(**shape)), seconds)


def lstm_memory(system: str, shape: dict[str, int]) -> dict[str, float]:
    """How far one LSTM step raises the resident memory of the process, in bytes.

    The baseline is read when imports, parameters and data are made and two steps of a sequence of
    length 2 have been taken, so that pools and scratch buffers, which come once, are in it.
    """
    from .lstm import SYSTEMS, Shape

    small = SYSTEMS[system](Shape(**{**shape, "T": 2}))
    large = SYSTEMS[system](Shape(**shape))
    for _ in range(2):
        small.backward(small.forward())
    gc.collect()
    forget_peak()
    before = resident()
    large.backward(large.forward())
    return {"before": before, "growth": peak() - before}


def growth(steps: int, trace: bool) -> dict[str, float]:
    """Bytes by which `steps` training steps of a small RNN grow, with the collector off.

    With `trace`, of what Python and NumPy allocate (exact, but slow); else of resident memory.
    """
    from .lstm import trainer

    step = trainer()
    gc.disable()
    # Caches fill first; CPython keeps up to 2,000 freed tuples of a size for reuse, some steps add
    # one, and with the collector off nothing empties them.
    for _ in range(2_500):
        step()
    if trace:
        tracemalloc.start()
        step()
        before, _ = tracemalloc.get_traced_memory()
    else:
        before = resident()
    for _ in range(steps):
        step()
    return {"growth": (tracemalloc.get_traced_memory()[0] if trace else resident()) - before}


# -- memory of this process


def resident() -> int:
    """Bytes of physical memory in use; where the system does not tell, their peak so far."""
    status = _status()
    return status["VmRSS"] if status else peak()


def peak() -> int:
    """The largest `resident` since `forget_peak`; where there is no /proc, since the start."""
    if status := _status():
        return status["VmHWM"]
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * KIB


def forget_peak() -> None:
    """Start `peak` afresh, where the system can."""
    # getrusage() would not do on Linux: its maximum is inherited from the parent process.
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


def _status() -> dict[str, int]:
    path = Path("/proc/self/status")
    if not path.exists():
        return {}
    fields = (line.split() for line in path.read_text().splitlines())
    return {f[0].rstrip(":"): int(f[1]) * KIB for f in fields if f and f[-1] == "kB"}


# -- the process itself


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "chain": time_chain,
    "layer": time_layer,
    "lstm": time_lstm,
    "memory": lstm_memory,
    "growth": growth,
}


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_to(count: int) -> None:
    """Run on that many processors only, always the same ones, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


def main() -> int:
    job, options = sys.argv[1], json.loads(sys.argv[2])
    threads = options.pop("threads")
    keep_to(threads)
    try:
        if options.get("system") == "torch":
            import torch

            torch.set_num_threads(threads)
        result = JOBS[job](**options)
    except ModuleNotFoundError as error:
        print(error.name, file=sys.stderr)
        return MISSING
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What one process measures: ``python -m benchmarks.measure JOB OPTIONS`` prints it as JSON.

`pairs.run` starts it with its threads limited; here it also keeps to as many processors. A system
that is not installed ends it with the exit code MISSING.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

from .kernels import chosen, product_rates
from .memory import forget_peak, peak, resident
from .pictures import draw_time, step_time
from .profile import profile
from .timing import clock, timer

__all__ = ["JOBS", "MISSING"]

MISSING = 3


def time_chain(system: str, length: int, both: bool, seconds: float) -> dict[str, float]:
    """Seconds per op of the chain."""
    from .chain import SYSTEMS

    best = clock(SYSTEMS[system](length, both), seconds)
    return {key: best[key] / length for key in ("total", "forward", "backward")}


def time_lstm(
    system: str, shape: dict[str, int], one_hot: bool, seconds: float
) -> dict[str, float]:
    """Seconds per training step of the LSTM."""
    from .lstm import SYSTEMS
    from .task import Shape

    return clock(SYSTEMS[system](Shape(**shape), one_hot), seconds)


def time_layers(
    system: str, shapes: Sequence[dict[str, int]], seconds: float, least: int = 3, **options: Any
) -> dict[str, Any]:
    """Seconds per pass of the task for each shape, with the loss, by which systems are compared.

    options: the kind of cell, and what the system takes besides.
    """
    from .layer import SYSTEMS
    from .task import Shape

    found = []
    for shape in shapes:
        workload = SYSTEMS[system](Shape(**shape), **options)
        loss = workload.forward()
        value = loss.item() if hasattr(loss, "item") else loss
        workload.backward(loss)
        del loss
        found.append(clock(workload, seconds, least) | {"loss": value})
    return {"shapes": found}


def first_call(shape: dict[str, int]) -> dict[str, float]:
    """How much longer the first pass of a layer takes than those after it: tracing and planning,
    and whatever else is done once."""
    from .layer import SYSTEMS
    from .task import Shape

    workload = SYSTEMS["minigrad"](Shape(**shape))
    now = timer()
    start = now()
    workload.backward(workload.forward())
    first = now() - start
    return {"first": first, "more": first - clock(workload, 0.5)["total"]}


def demo(how: str, seconds: float) -> dict[str, float]:
    """Characters that the training of ``make demo`` reads in a second, with its usual settings."""
    from rnn.demo.run import Run
    from rnn.demo.settings import Settings
    from rnn.demo.text import documentation

    run = Run(Settings(schedule="constant"), documentation())
    run.model.layer.how = how
    run.trainer.fit(run.window, steps=1)  # what is done once
    now, before = timer(), run.characters
    start = now()
    run.trainer.fit(run.window, seconds=run.seconds + seconds)
    return {"rate": (run.characters - before) / (now() - start), "loss": run.losses[-1]}


def train_text(system: str, seed: int, updates: int, model: str = "lstm") -> dict[str, float]:
    """Bits per held-out character of a language model, and the seconds of its training."""
    from .text import SYSTEMS

    return SYSTEMS[system](model, seed, updates)


def peak_memory(
    what: str, system: str, shape: dict[str, int], **options: Any
) -> dict[str, float]:
    """How far one training step raises the resident memory of the process, in bytes.

    what: "lstm", a loop over cells, "layer", or "states", a scan that gives its last state only.
    The baseline is read when imports, parameters and data are made and two steps of a sequence of
    length 2 have been taken, so that pools and scratch buffers, which come once, are in it.
    """
    from . import in_minigrad, layer, lstm
    from .task import Shape

    tables: dict[str, Any] = {
        "lstm": lstm.SYSTEMS, "layer": layer.SYSTEMS, "states": {"minigrad": in_minigrad.states},
    }
    systems = tables[what]
    small = systems[system](Shape(**{**shape, "T": 2}), **options)
    large = systems[system](Shape(**shape), **options)
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


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    "chain": time_chain,
    "demo": demo,
    "first": first_call,
    "growth": growth,
    "kernels": chosen,
    "layers": time_layers,
    "lstm": time_lstm,
    "memory": peak_memory,
    "picture": draw_time,
    "profile": profile,
    "rates": product_rates,
    "step": step_time,
    "text": train_text,
}


# -- the process itself


def keep_to(count: int) -> None:
    """Run on that many processors only, always the same ones, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])


def main() -> int:
    job, options = sys.argv[1], json.loads(sys.argv[2])
    threads = options.pop("threads")  # None: nothing is limited
    sys.modules.update(dict.fromkeys(options.pop("without", ())))  # as if not installed
    try:
        if threads is not None:
            keep_to(threads)
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

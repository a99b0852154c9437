"""Where the time of a scanned LSTM goes: one training step of the task taken apart.

By kernel, from the plan's own source with a clock behind every statement; around it, by what
remains; and by pass, each left out in turn. ``python -m benchmarks.tables`` prints it.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from .in_minigrad import STEPS, own
from .memory import system_time
from .task import Shape, batch, weights
from .timing import clock
from .workload import Workload

__all__ = ["parts_of", "passes_of", "profile"]

MS = 1e-3
PRODUCTS = frozenset({"matmul", "dot", "linear", "sum_of_products"})
ACTIVATIONS = frozenset({"tanh", "exp", "sigmoid", "sigmoid_into", "reciprocal"})
ARITHMETIC = frozenset({
    "add", "divide", "maximum", "minimum", "multiply", "negative", "sqrt", "square", "subtract",
    "true_divide",
})
MAKING = frozenset({"empty", "zeros", "empty_like", "zeros_like", "ones"})


def profile(
    shape: dict[str, int], kind: str = "lstm", seconds: float = 1.0
) -> dict[str, Any]:
    """Milliseconds of one pass by part, by kernel, and with each pass of the compiler left out."""
    here = Shape(**shape)
    parts, kernels = parts_of(here, kind, seconds)
    found = {"parts": parts, "kernels": kernels}
    return found | ({"passes": passes_of(here, kind, 2 * seconds)} if kind in STEPS else {})


def parts_of(
    shape: Shape, kind: str, seconds: float
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """By part, in ms; and by kernel: [calls, ms].

    Each is the fastest of its own over all passes. What the system does is in several of them.
    """
    from .inside import Probe, watching
    from .layer import SYSTEMS

    probe = Probe()
    with watching(probe):
        workload = SYSTEMS["minigrad"](shape, kind)
        workload.backward(workload.forward())
        whole, trace, around, system = plan_and_around(workload, probe, seconds)
        kernels = by_kernel(workload, probe, seconds)
    head = clock(head_alone(shape), seconds / 2)["total"]
    parts: dict[str, float] = {}
    for kernel, (_, s) in kernels.items():
        parts[part_of(kernel)] = parts.get(part_of(kernel), 0.0) + s
    parts["head and loss"] = head
    parts["tracing a step, and finding its plan"] = trace
    parts["Tensors and the tape around it"] = max(0.0, around - head)
    parts["sum"] = sum(parts.values())
    parts["the fastest whole pass"] = whole
    parts["in the system, of these"] = system
    return {name: s / MS for name, s in parts.items()}, {
        f"{k.name}{', in the loops' if k.looped else ''}": [calls, s / MS]
        for k, (calls, s) in kernels.items() if k.name
    }


def plan_and_around(
    workload: Workload, probe: Any, seconds: float
) -> tuple[float, ...]:
    """The fastest pass; the least that a trace takes, and what is neither that nor in the functions
    of the plan; and the median of what the system does in a pass, which is to make pages."""
    probe.within = False
    passes = []
    end = perf_counter() + seconds
    while not passes or perf_counter() < end:
        probe.forget()
        system, start = system_time(), probe.now()
        workload.backward(workload.forward())
        total = probe.now() - start
        trace, around = probe.seconds["trace"], total - sum(probe.seconds.values())
        passes.append((total, trace, around, system_time() - system))
    *least, system_times = zip(*passes, strict=True)
    return (*map(min, least), median(system_times))


def by_kernel(workload: Workload, probe: Any, seconds: float) -> dict[Any, tuple[int, float]]:
    """Calls of each kernel in a pass, and their seconds: of each call the fastest of all passes.

    So a pass may be interrupted where it likes, if another one is not at the same call.
    """
    probe.within = True
    best: list[float] = []
    end = perf_counter() + seconds
    while not best or perf_counter() < end:
        probe.forget()
        workload.backward(workload.forward())
        here = [s for _, s in probe.ticks]
        best = list(map(min, best or here, here))
    found: dict[Any, tuple[int, float]] = {}
    for (kernel, _), s in zip(probe.ticks, best, strict=True):
        calls, total = found.get(kernel, (0, 0.0))
        found[kernel] = calls + 1, total + s
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))


def part_of(kernel: Any) -> str:
    """Which part of the pass a kernel belongs to."""
    where = "in the loops" if kernel.looped else "before and behind the loops"
    if kernel.name in PRODUCTS:
        return f"products {where}"
    for part, kernels in (
        ("activations", ACTIVATIONS), ("other arithmetic", ARITHMETIC), ("making arrays", MAKING),
    ):
        if kernel.name in kernels:
            return part
    return "gathering, sums of rows, copies" if kernel.name else "views, names and loops in Python"


def passes_of(shape: Shape, kind: str, seconds: float) -> dict[str, float]:
    """The fastest time of the cell in eight lines, in ms, with all passes of the compiler ("") and
    without each, in turn."""
    from minigrad.scanning.passes import PASSES

    chosen = {"": set(PASSES)} | {name: set(PASSES) - {name} for name in PASSES}
    systems = {name: own(shape, kind=kind, passes=passes) for name, passes in chosen.items()}
    best = dict.fromkeys(systems, float("inf"))
    end = perf_counter() + seconds
    while float("inf") in best.values() or perf_counter() < end:
        for name, workload in systems.items():
            best[name] = min(best[name], clock(workload, 0.0, least=2)["total"])
    return {name: s / MS for name, s in best.items()}


def head_alone(shape: Shape) -> Workload:
    """The linear head and the loss, on outputs that are a leaf."""
    import minigrad as mg
    from minigrad.functional import cross_entropy

    given, targets = weights(shape), batch(shape)[1].reshape(-1)
    W_hq, b_q = mg.Parameter(given["W_hq"]), mg.Parameter(given["b_q"])
    hs = mg.Parameter(np.random.default_rng(0).uniform(-1, 1, (len(targets), shape.H))
                      .astype(np.float32))

    def backward(loss: Any) -> None:
        for p in (W_hq, b_q, hs):
            p.zero_grad()
        loss.backward()

    return Workload(lambda: cross_entropy(hs @ W_hq + b_q, targets), backward, dict)

"""Long sequences and first calls: time and memory by the number of steps, and what a plan costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..pairs import Spread, alternate, run
from ..questions import Result, question, ratio_line
from .layers import Peer, against, passes, shapes
from .tape import LARGE, STEP

__all__: list[str] = []

US, MS, KIB, MIB = 1e-6, 1e-3, 2.0**10, 2.0**20
SHORT, LONG = 1_000, 100_000


@question("single")
def one_sequence(rounds: int) -> Iterator[Result]:
    """B = 1, where a step is all calls and next to no arithmetic."""
    cases = shapes((64,), T=1_000, B=1)
    peers = [Peer("torch.nn.LSTM", passes("torch", cases), (1.0,))]
    label = "LSTM layer, B = 1, T = 1,000, H = 64"
    yield from against([label], passes("minigrad", cases), peers, rounds)


@question("steps")
def time_of_a_step(rounds: int) -> Iterator[Result]:
    """Whether a step of a long sequence takes longer."""

    def of(T: int) -> Callable[[], float]:
        cases = shapes((64,), T=T, B=1)
        measured = passes("minigrad", cases, seconds=1.0, least=2)
        return lambda: float(measured()[0]["total"]) / T

    long, short = alternate(of(LONG), of(SHORT), min(rounds, 3))
    yield ratio_line(
        f"time a step, T = {LONG:,} / {SHORT:,}", long, short, (US, "µs"), f"T = {SHORT:,}", 1.1
    )


@question("steps-memory")
def memory_of_a_step(rounds: int) -> Iterator[Result]:
    """Linear, and √T under checkpoint; of a scan that is asked for its last state only, as outputs
    are linear in any case."""

    def peak(T: int, how: str) -> float:
        shape = {**STEP, "B": 1, "H": 64, "T": T}
        options: dict[str, Any] = {"what": "states", "system": "minigrad", "how": how}
        return float(run("memory", shape=shape, **options)["growth"])

    middle = LONG // 10
    scan = {T: peak(T, "scan") for T in (SHORT, middle, LONG)}
    more = (scan[LONG] - scan[middle]) / (LONG - middle)
    before = (scan[middle] - scan[SHORT]) / (middle - SHORT)
    yield Result(
        f"memory of a further step, T = {LONG:,} / {middle:,}", f"{more / before:.2f}×", "≤ 1.1×",
        more / before <= 1.1, f"{more / KIB:.2f} KiB, {before / KIB:.2f} KiB",
    )
    few, many = (peak(T, "checkpoint") for T in (middle, LONG))
    ratio, root = many / few, (LONG / middle) ** 0.5
    yield Result(
        f"memory under checkpoint, T = {LONG:,} / {middle:,}", f"{ratio:.2f}×",
        f"≤ {1.1 * root:.2f}×", ratio <= 1.1 * root,
        f"√10 = {root:.2f}; {many / MIB:.1f} MiB, {few / MIB:.1f} MiB; by scan "
        f"{scan[LONG] / MIB:.0f} MiB",
    )


@question("peak")
def peak_memory(rounds: int) -> Iterator[Result]:
    """Peak memory of one large step of a layer above that of the process before it."""

    def of(system: str) -> Callable[[], float]:
        return lambda: float(run("memory", what="layer", system=system, shape=LARGE)["growth"])

    ours, theirs = alternate(of("minigrad"), of("torch"), min(rounds, 3))
    yield ratio_line(
        "peak memory of an LSTM layer / torch.nn.LSTM", ours, theirs, (MIB, "MiB"), "torch.nn.LSTM",
        1.1,
    )


@question("first")
def first_call(rounds: int) -> Iterator[Result]:
    """What the first pass of a process takes more than the later ones."""
    found = [run("first", shape=STEP) for _ in range(max(rounds, 3))]
    more = Spread.of([one["more"] / MS for one in found])
    whole = Spread.of([one["first"] / MS for one in found]).median
    yield Result(
        "tracing and planning, LSTM layer, first call",
        f"{more.median:.0f} ms ({more.low:.0f} to {more.high:.0f})", "≤ 60 ms", more.median <= 60,
        f"the first pass takes {whole:.0f} ms in all",
    )

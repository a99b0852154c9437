"""Everyday use: memory that must not grow, imports, the demo, and how much there is to read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory

from ..pairs import Spread, alternate, run, run_import
from ..questions import Result, question, ratio_line

__all__: list[str] = []

MS, KIB = 1e-3, 2.0**10

@question("growth")
def growth(rounds: int) -> Iterator[Result]:
    """Memory per training step with the garbage collector off: a cycle or a cache would show."""
    # A page has 4 KiB; one object left behind at every step would be 50 KiB or more.
    steps = 10_000
    for trace, what, most in ((True, "allocated", 1.0), (False, "resident", 8.0)):
        per = run("growth", steps=steps, trace=trace)["growth"] / KIB / (steps / 1_000)
        yield Result(
            f"growth over {steps:,} training steps, {what}", f"{per:.2f} KiB per 1,000",
            f"≤ {most:g}", per <= most, "collector off",
        )


@question("import")
def import_time(rounds: int) -> Iterator[Result]:
    """What ``import minigrad`` adds to ``import numpy``."""
    with TemporaryDirectory() as cache:
        run_import("minigrad", cache)  # compiles all of the bytecode
        ours, numpy = alternate(
            lambda: run_import("minigrad", cache), lambda: run_import("numpy", cache),
            max(rounds, 11),
        )
    pairs = zip(ours, numpy, strict=True)
    added = Spread.of([(a["seconds"] - b["seconds"]) / MS for a, b in pairs])
    alone = Spread.of([b["seconds"] / MS for b in numpy]).median
    yield Result(
        "import minigrad − import numpy",
        f"{added.median:.0f} ms ({added.low:.0f} to {added.high:.0f})",
        "≤ 60 ms",
        added.median <= 60,
        f"import numpy {alone:.0f} ms",
    )
    loaded = set(ours[0]["modules"]) - set(numpy[0]["modules"])
    others = sorted({m.partition(".")[0] for m in loaded} - {"minigrad"} - sys.stdlib_module_names)
    others = [name for name in others if name != "numpy"]
    yield Result("packages that it loads besides", ", ".join(others) or "none", "none", not others)


CORE = ("minigrad.engine.call", "minigrad.engine.backward")
BUDGET = 950


@question("lines")
def core_lines(rounds: int) -> Iterator[Result]:
    """What one op needs from its call to its gradient, followed by imports, comments included."""
    from tests.support.modules import closure, text_of

    counts = {name: len(text_of(name).splitlines()) for name in sorted(closure(CORE))}
    total = sum(counts.values())
    yield Result(
        "lines from an op's call to its gradient", str(total), f"≤ {BUDGET}", total <= BUDGET,
        ", ".join(f"{name.rpartition('.')[2]} {n}" for name, n in counts.items()),
    )


@question("demo")
def demo(rounds: int) -> Iterator[Result]:
    """The training loop of ``make demo`` by scan, and with every op on the tape as it was before;
    half a minute each in three rounds."""

    def rate(how: str) -> Callable[[], float]:
        return lambda: run("demo", how=how, seconds=10.0)["rate"]

    scan, unroll = alternate(rate("scan"), rate("unroll"), min(rounds, 3))
    yield ratio_line(
        "make demo, characters a second, by scan / unrolled", unroll, scan, (1e3, "thousand"),
        "by scan", at_least=1.3,
    )


TEXT = 1_000    # updates


@question("text")
def text(rounds: int) -> Iterator[Result]:
    """A language model of Python's documentation, to the same number of updates from the same
    start, as a script in PyTorch would train it; a seed for each round, one to two minutes in all.
    """

    def trained(system: str, seed: int) -> dict[str, float]:
        return run("text", system=system, seed=seed, updates=TEXT)

    seeds = range(min(rounds, 3))
    ours, theirs = zip(*((trained("minigrad", s), trained("torch", s)) for s in seeds), strict=True)
    bits = [[found["bits"] for found in side] for side in (ours, theirs)]
    seconds = [[found["seconds"] for found in side] for side in (ours, theirs)]
    yield ratio_line(
        f"text, {TEXT:,} updates, bits per held-out character / torch.nn.LSTM", *bits,
        (1.0, "bits"), "PyTorch", 1.01,
    )
    yield ratio_line(
        f"text, {TEXT:,} updates, time / torch.nn.LSTM", *seconds, (1.0, "s"), "PyTorch", 1.0
    )


GRU, GRU_BITS, GRU_MINUTES = 4_000, 1.70, 10    # updates; what they reach, and in which time


@question("gru")
def gru(rounds: int) -> Iterator[Result]:
    """A two-layer GRU of 256 units on the same text, on two cores: one run here and one in PyTorch,
    some minutes each."""
    ours, theirs = (
        run("text", threads=2, system=system, model="two-layer-gru", seed=0, updates=GRU)
        for system in ("minigrad", "torch")
    )
    minutes, others = (found["seconds"] / 60 for found in (ours, theirs))
    yield Result(
        f"two-layer GRU of 256 units, {GRU:,} updates on the text, two cores",
        f"{ours['bits']:.3f} bits per held-out character in {minutes:.1f} minutes",
        f"≤ {GRU_BITS:.2f} in {GRU_MINUTES}", ours["bits"] <= GRU_BITS and minutes <= GRU_MINUTES,
        f"PyTorch {theirs['bits']:.3f} in {others:.1f} minutes",
    )

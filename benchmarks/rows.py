"""What is compared, and the bar for each: one function a question, in the order of the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from .pairs import NotInstalled, Spread, alternate, run, run_import

__all__ = ["QUESTIONS", "Result", "answers"]

US, MS, KIB, MIB = 1e-6, 1e-3, 2.0**10, 2.0**20


class Result(NamedTuple):
    """One line of the table; `ok` is None where there is no bar or nothing was measured."""

    what: str
    measured: str
    bar: str = ""
    ok: bool | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        return "" if self.ok is None else "ok" if self.ok else "missed"


Question = Callable[[int], Iterator[Result]]
QUESTIONS: dict[str, Question] = {}


def question(name: str) -> Callable[[Question], Question]:
    """Enter a function of the number of rounds under a name for ``--only``."""

    def enter(ask: Question) -> Question:
        QUESTIONS[name] = ask
        return ask

    return enter


def answers(name: str, rounds: int) -> Iterator[Result]:
    """The results of one question; "not measured" where what it compares with is missing."""
    try:
        yield from QUESTIONS[name](rounds)
    except NotInstalled as error:
        yield Result(f"{name} …", "not measured", detail=str(error))


def ratio_line(
    what: str,
    ours: list[float],
    theirs: list[float],
    unit: tuple[float, str],
    name: str,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Result:
    """ours / theirs, pair by pair, against a bar from above; inverted, against one from below."""
    pairs = list(zip(ours, theirs, strict=True))
    ratio = Spread.of([b / a if at_least else a / b for a, b in pairs])
    bar, ok = "", None
    if at_most is not None:
        bar, ok = f"≤ {at_most:g}×", ratio.median <= at_most
    elif at_least is not None:
        bar, ok = f"≥ {at_least:g}×", ratio.median >= at_least
    scale, symbol = unit
    mine, other = Spread.of(ours).median / scale, Spread.of(theirs).median / scale
    return Result(
        what,
        f"{ratio.median:.2f}× ({ratio.low:.2f} to {ratio.high:.2f})",
        bar,
        ok,
        f"{mine:.2f} {symbol}, {name} {other:.2f} {symbol}",
    )


# -- the tape

CHAIN: dict[str, Any] = {"length": 2_000, "seconds": 0.5}


def _chain(system: str, both: bool) -> Callable[[], float]:
    return lambda: run("chain", system=system, both=both, **CHAIN)["total"]


@question("op")
def per_op(rounds: int) -> Iterator[Result]:
    """A chain of 2,000 multiplications of 4-vectors, forward and backward, per multiplication."""
    for both, factor in ((True, "both operands need a gradient"), (False, "constant factor")):
        ours, theirs = alternate(_chain("minigrad", both), _chain("torch", both), rounds)
        bar = 0.6 if both else None
        yield ratio_line(f"tape op, {factor} / PyTorch", ours, theirs, (US, "µs"), "PyTorch", bar)


@question("autograd")
def per_op_of_autograd(rounds: int) -> Iterator[Result]:
    """The same chain in HIPS autograd."""
    ours, theirs = alternate(_chain("minigrad", True), _chain("autograd", True), rounds)
    yield ratio_line(
        "HIPS autograd / tape op", ours, theirs, (US, "µs"), "autograd", at_least=5.0
    )


@question("length")
def long_chain(rounds: int) -> Iterator[Result]:
    """Whether an op of a long graph costs more than one of a short graph."""

    def of(length: int) -> Callable[[], float]:
        options: dict[str, Any] = {"system": "minigrad", "both": True, "length": length}
        return lambda: run("chain", seconds=0.5, **options)["total"]

    long, short = alternate(of(100_000), of(1_000), rounds)
    yield ratio_line(
        "op in a chain of 100,000 / of 1,000", long, short, (US, "µs"), "of 1,000", 1.5
    )


# -- the LSTM

STEP = {"T": 64, "B": 32, "H": 128, "V": 65}
LARGE = {"T": 256, "B": 64, "H": 256, "V": 65}


@question("lstm")
def lstm_step(rounds: int) -> Iterator[Result]:
    """An LSTM training step unrolled on the tape, beside a loop over PyTorch's LSTMCell."""
    # With more threads, on a machine that others use too, waiting threads spin and the figure is
    # of them: runs of one system then differ a hundredfold.
    cases: list[tuple[bool, str, float | None]] = [
        (False, "tokens", 1.2), (True, "one-hot inputs", None)
    ]
    for one_hot, inputs, bar in cases:

        def step(system: str, one_hot: bool = one_hot) -> float:
            options: dict[str, Any] = {"shape": STEP, "one_hot": one_hot, "seconds": 1.0}
            return float(run("lstm", system=system, **options)["total"])

        ours, theirs = alternate(lambda: step("minigrad"), lambda: step("torch"), rounds)
        yield ratio_line(
            f"LSTM step, {inputs} / PyTorch", ours, theirs, (MS, "ms"), "PyTorch", bar
        )


@question("layer")
def lstm_layer(rounds: int) -> Iterator[Result]:
    """A training step of ``rnn.LSTM`` with how="scan", beside a plan by hand and a fused layer."""
    for H in (64, 128, 256):

        def step(system: str, H: int = H) -> float:
            options: dict[str, Any] = {"shape": {**STEP, "H": H}, "seconds": 1.0}
            return float(run("layer", system=system, **options)["total"])

        for system, name, bar in (
            ("by_hand", "NumPy by hand", 1.05), ("torch", "torch.nn.LSTM", 1.0)
        ):
            ours, theirs = alternate(
                lambda: step("minigrad"), lambda system=system: step(system), rounds
            )
            yield ratio_line(f"LSTM layer, H = {H} / {name}", ours, theirs, (MS, "ms"), name, bar)


@question("memory")
def lstm_memory(rounds: int) -> Iterator[Result]:
    """Peak memory of one large LSTM step above that of the process before it."""

    def of(system: str) -> Callable[[], float]:
        return lambda: run("memory", system=system, shape=LARGE)["growth"]

    ours, theirs = alternate(of("minigrad"), of("torch"), min(rounds, 3))
    yield ratio_line(
        "peak memory of an LSTM step / PyTorch", ours, theirs, (MIB, "MiB"), "PyTorch", 1.3
    )


# -- everyday use


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

"""The eager tape: what one op costs, and an LSTM whose every op is on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..pairs import alternate, run
from ..questions import Result, question, ratio_line

__all__ = ["STEP"]

US, MS, MIB = 1e-6, 1e-3, 2.0**20

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


@question("memory")
def lstm_memory(rounds: int) -> Iterator[Result]:
    """Peak memory of one large LSTM step above that of the process before it."""

    def of(system: str) -> Callable[[], float]:
        return lambda: run("memory", what="lstm", system=system, shape=LARGE)["growth"]

    ours, theirs = alternate(of("minigrad"), of("torch"), min(rounds, 3))
    yield ratio_line(
        "peak memory of an LSTM step / PyTorch", ours, theirs, (MIB, "MiB"), "PyTorch", 1.3
    )

"""Pictures to time: an LSTM over time as SVG and as a page, long graphs, and a step beside them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from .timing import clock, timer

__all__ = ["draw_time", "step_time"]


def draw_time(what: str, seconds: float, T: int = 50, K: int = 8, H: int = 16) -> dict[str, float]:
    """Seconds that the fastest drawing of a graph takes, and bytes of what it makes.

    what: "svg" and "html", an LSTM over T steps with its ledger; "long", the first and last of
    them, and "ledger", these with it; "dot", a tape of 10,000 ops in scopes.
    """
    import minigrad as mg

    makes: dict[str, Callable[[Any], str]] = {
        "svg": lambda loss: mg.draw(loss, ledger=True).svg(),
        "html": lambda loss: mg.draw(loss, ledger=True).html(),
        "long": lambda loss: mg.draw(loss, max_steps=12).svg(),
        "ledger": lambda loss: mg.draw(loss, max_steps=12, ledger=True).svg(),
        "dot": lambda loss: mg.draw(loss).dot,
    }
    loss, make = _chain() if what == "dot" else _lstm(T, K, H), makes[what]
    now, best, end = timer(), float("inf"), perf_counter() + seconds
    made = make(loss)  # what is done once
    while best == float("inf") or perf_counter() < end:
        start = now()
        made = make(loss)
        best = min(best, now() - start)
    return {"total": best, "bytes": len(made.encode())}


def step_time(drawn: bool, shape: dict[str, int], seconds: float) -> dict[str, Any]:
    """Seconds of an LSTM step on the tape, in a process that has drawn such a step or in one that
    has not; and which modules of the drawing room are there behind its door."""
    from .lstm import SYSTEMS
    from .task import Shape

    workload = SYSTEMS["minigrad"](Shape(**shape), False)
    if drawn:
        import minigrad as mg

        mg.draw(_lstm(5, 2, 3), ledger=True).html()
    found = clock(workload, seconds)
    room = [name for name in sys.modules if name.startswith("minigrad.drawing.")]
    return {"total": found["total"], "modules": sorted(room)}


def _lstm(T: int, K: int, H: int) -> Any:
    """The loss Σ_t ½‖h_t‖² of an LSTM over T steps."""
    import rnn

    xs = np.random.default_rng(0).normal(size=(T, 1, K))
    outputs, _ = rnn.unroll(rnn.LSTMCell(K, H, rng=0), xs)
    return sum(rnn.each_step(lambda h: 0.5 * (h * h).sum(), outputs, name="loss"))


def _chain(length: int = 10_000) -> Any:
    """A chain of ops, 20 of them in each step."""
    import minigrad as mg

    x = mg.tensor(np.ones(3), requires_grad=True, name="x")
    for t in range(length // 20):
        with mg.scope("chain", t=t):
            for _ in range(20):
                x = np.tanh(x)
    return x.sum()

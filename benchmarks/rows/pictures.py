"""Pictures: how long they take, and that who draws none pays nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ..pairs import Spread, alternate, run
from ..questions import Result, question, ratio_line
from .tape import STEP

__all__: list[str] = []

MS, MB = 1e-3, 1e6


@question("pictures")
def pictures(rounds: int) -> Iterator[Result]:
    """What a reader waits for: a picture of a loop, a page, the ends of a long graph."""
    for what, T, words, bar, most in (
        ("svg", 50, "LSTM, T = 50, with its ledger, to SVG", 300, None),
        ("html", 50, "LSTM, T = 50, to a page", 1_000, 1.5),
        ("long", 1_000, "LSTM, T = 1,000, max_steps=12, to SVG", 500, None),
        ("ledger", 1_000, "LSTM, T = 1,000, max_steps=12, with its ledger, to SVG", 500, None),
        ("dot", 0, "a tape of 10,000 ops, to DOT", 1_000, None),
    ):
        found = [run("picture", what=what, T=T, seconds=1.0) for _ in range(min(rounds, 3))]
        taken = Spread.of([one["total"] / MS for one in found])
        size = found[0]["bytes"] / MB
        yield Result(
            words, f"{taken.median:.0f} ms ({taken.low:.0f} to {taken.high:.0f})", f"≤ {bar:,} ms",
            taken.median <= bar, f"{size:.2f} MB" if most is None else "",
        )
        if most is not None:
            yield Result(f"{words}, size", f"{size:.2f} MB", f"≤ {most:g} MB", size <= most)


@question("undrawn")
def not_drawn(rounds: int) -> Iterator[Result]:
    """A step on the tape in a process that has drawn, and in one that has not; and what of the
    drawing room the second has loaded."""
    drawn, plain = alternate(
        lambda: run("step", drawn=True, shape=STEP, seconds=2.0),
        lambda: run("step", drawn=False, shape=STEP, seconds=2.0), rounds,
    )
    yield ratio_line(
        "LSTM step on the tape, after drawing / never drawn", [one["total"] for one in drawn],
        [one["total"] for one in plain], (MS, "ms"), "never drawn", 1.1,
    )
    loaded = plain[0]["modules"]
    yield Result("modules that draw, loaded by a step that is not drawn",
                 ", ".join(loaded) or "none", "none", not loaded)

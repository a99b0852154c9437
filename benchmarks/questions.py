"""What a line of the table is, and the questions that give lines, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .pairs import NotInstalled, Spread

__all__ = ["QUESTIONS", "Result", "answers", "question", "ratio_line"]


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
    medians: tuple[list[float], list[float]] | None = None,
) -> Result:
    """ours / theirs, pair by pair, against a bar from above; inverted, against one from below.

    medians: of all passes, where `ours` and `theirs` are the fastest ones.
    """
    pairs = list(zip(ours, theirs, strict=True))
    ratio = Spread.of([b / a if at_least else a / b for a, b in pairs])
    bar, ok = "", None
    if at_most is not None:
        bar, ok = f"≤ {at_most:g}×", ratio.median <= at_most
    elif at_least is not None:
        bar, ok = f"≥ {at_least:g}×", ratio.median >= at_least
    scale, symbol = unit
    sides: list[Any] = [ours, theirs]
    texts = [f"{Spread.of(side).median / scale:.2f}" for side in sides]
    if medians is not None:
        texts = [
            f"{text} (median {Spread.of(side).median / scale:.2f})"
            for text, side in zip(texts, medians, strict=True)
        ]
    return Result(
        what,
        f"{ratio.median:.2f}× ({ratio.low:.2f} to {ratio.high:.2f})",
        bar,
        ok,
        f"{texts[0]} {symbol}, {name} {texts[1]} {symbol}",
    )

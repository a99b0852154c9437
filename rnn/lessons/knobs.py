"""Numbers that a reader turns: in the playground a knob is a slider, elsewhere a plain number."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["knob", "on_knob"]

_listeners: list[Callable[[str, float, float, float], float]] = []


def knob(name: str, low: float, high: float, value: float | None = None) -> float:
    """A number of this program that can be turned while its picture is looked at.

    name: what stands beside the slider. low, high: its range. value: where it begins, by default
    in the middle. In the playground the program runs again when the slider moves, with the number
    that it shows; everywhere else it is `value`.

    Raises ValueError where low < high does not hold, or `value` is not between them.

    >>> from rnn.lessons import knob
    >>> knob("scale", 0.5, 1.5)
    1.0
    """
    start = (low + high) / 2 if value is None else value
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(
            f"knob({name!r}, {low}, {high}): low has to be below high, and both are finite"
        )
    if not low <= start <= high:
        raise ValueError(
            f"knob({name!r}, {low}, {high}, value={start}): it begins between {low} and {high}"
        )
    for listener in _listeners:
        start = listener(name, low, high, start)
    return float(start)


def on_knob(listener: Callable[[str, float, float, float], float]) -> None:
    """Let `listener(name, low, high, value)` say what knobs are, and hear of each."""
    _listeners.append(listener)

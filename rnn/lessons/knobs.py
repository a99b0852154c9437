"""Numbers that a reader turns: in the playground a knob is a slider, elsewhere a plain number."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real

__all__ = ["knob", "listen"]

Listener = Callable[[str, float, float, float], float]
_listener: Listener | None = None


def knob(name: str, low: float, high: float, value: float | None = None) -> float:
    """A number of this program that can be turned while its picture is looked at.

    name: what stands beside the slider. low, high: its range. value: where it begins, by default
    in the middle. In the playground the program runs again when the slider moves, with the number
    that it shows; everywhere else it is `value`.

    Raises TypeError where the name is no text or a bound or the value no number, ValueError where
    low < high does not hold, or `value` is not between them.

    >>> from rnn.lessons import knob
    >>> knob("scale", 0.5, 1.5)
    1.0
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"knob({name!r}, …): wanted a name, the text that stands beside the slider")
    asked = f"knob({name!r}, {low!r}, {high!r}"
    if not (isinstance(low, Real) and isinstance(high, Real)):
        raise TypeError(f"{asked}): low and high are numbers, the ends of its range")
    start = (low + high) / 2 if value is None else value
    if not isinstance(start, Real):
        raise TypeError(f"{asked}, value={start!r}): wanted a number, where it begins")
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{asked}): low has to be below high, and both are finite")
    if not low <= start <= high:
        raise ValueError(f"{asked}, value={start!r}): it begins between {low} and {high}")
    return float(start if _listener is None else _listener(name, low, high, start))


def listen(listener: Listener | None) -> Listener | None:
    """Let ``listener(name, low, high, value)`` hear of each knob and say where it stands.

    There is one listener at a time, as there is one page; None is nobody. Returns the last one.

    >>> before = listen(lambda name, low, high, value: high)
    >>> knob("scale", 0.5, 1.5)
    1.5
    >>> _ = listen(before)
    """
    global _listener
    before, _listener = _listener, listener
    return before

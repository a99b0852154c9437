"""Callbacks: plain objects and functions that are told at named moments how training goes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from minigrad.errors import describe

__all__ = ["MOMENTS", "Callbacks"]

MOMENTS = {
    "on_start": "before the first step of a fit",
    "on_gradients": "in a step, behind the last backward pass and before clipping",
    "on_step": "after every step",
    "on_epoch": "after every epoch",
    "on_validation": "after every validation",
    "on_end": "after the last step, also where an error or Ctrl-C ends training",
}
"""The moments at which callbacks are called, with the trainer as the argument."""


class Callbacks:
    """Some callbacks: functions, which are called after every step, and objects that have a method
    for one moment or more.

    >>> class Loud:
    ...     def on_epoch(self, trainer):
    ...         print(f"{trainer} has been through all of it")
    >>> Callbacks([print, Loud()])("on_epoch", "training")
    training has been through all of it

    Raises TypeError for what is neither, and for a method ``on_...`` of which there is no moment.
    """

    def __init__(self, callbacks: Iterable[Any] = ()) -> None:
        if not isinstance(callbacks, Iterable):
            raise TypeError(
                f"Trainer(callbacks): received {describe(callbacks)}, wanted a list of them"
            )
        self._found: dict[str, list[Any]] = {moment: [] for moment in MOMENTS}
        self.add(*callbacks)

    def add(self, *callbacks: Any) -> None:
        """Tell these too."""
        for callback in callbacks:
            self._add(callback)

    def _add(self, callback: Any) -> None:
        named = [name for name in dir(callback) if name.startswith("on_")]
        for name in named:
            if name not in MOMENTS:
                near = difflib.get_close_matches(name, MOMENTS, n=1) or list(MOMENTS)
                raise TypeError(
                    f"Trainer(callbacks): {type(callback).__name__} has a method {name}, and there "
                    f"is no such moment; did you mean {' or '.join(near)}?"
                )
            self._found[name].append(getattr(callback, name))
        if not named:
            if isinstance(callback, type) or not callable(callback):
                raise TypeError(
                    f"Trainer(callbacks): received {describe(callback)}, wanted a function of the "
                    f"trainer, or an object with one of the methods {', '.join(MOMENTS)}"
                )
            self._found["on_step"].append(callback)

    def __call__(self, moment: str, trainer: Any) -> None:
        """Tell those that want to know of this moment, in the order in which they were given."""
        for call in self._found[moment]:
            call(trainer)

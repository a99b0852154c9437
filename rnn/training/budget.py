"""How long training is, and the learning rate as a function of the part of it that is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from minigrad.checks import as_number, as_probability
from minigrad.errors import describe

__all__ = ["SCHEDULES", "Budget", "Progressing", "cosine", "linear", "warmed_up"]

Factor = Callable[[float], float]


class Progressing(Protocol):
    """What a budget asks of training: how far it has come."""

    @property
    def steps(self) -> int: ...

    @property
    def epochs(self) -> float: ...

    @property
    def seconds(self) -> float: ...


class Budget(NamedTuple):
    """How much training there is, from its very first step: steps, epochs or seconds of steps.

    The first of those that are given to be used up ends it.

    >>> import types
    >>> Budget(steps=4).done(types.SimpleNamespace(steps=1, epochs=0.1, seconds=0.2))
    0.25
    """

    steps: float = math.inf
    epochs: float = math.inf
    seconds: float = math.inf

    @classmethod
    def checked(cls, steps: Any, epochs: Any, seconds: Any, owner: str) -> Budget:
        """A budget of numbers above 0, or a TypeError or ValueError that says what is wrong."""
        given = {"steps": steps, "epochs": epochs, "seconds": seconds}
        given = {name: value for name, value in given.items() if value is not None}
        if not given:
            raise ValueError(f"{owner}: pass steps=, epochs= or seconds=, in all, of the training")
        for name, value in given.items():
            given[name] = as_number(value, name, owner, low=0.0, open_low=True)
            if name != "seconds" and given[name] != int(given[name]):
                raise ValueError(f"{owner}({name}={value!r}): wanted a whole number")
        return cls(**given)

    def done(self, training: Progressing) -> float:
        """The part of it that is done: from 0 to 1."""
        found = (training.steps / self.steps, training.epochs / self.epochs,
                 training.seconds / self.seconds)
        return min(1.0, max(found))


def cosine(done: float) -> float:
    """From 1 at the start down to 0 at the end: large steps first, then ever finer ones.

    (1 + cos(π done))/2, where `done`, from 0 to 1, is the part of the training that is done.

    >>> cosine(0.0), cosine(0.5), cosine(1.0)
    (1.0, 0.5, 0.0)
    """
    return (1 + math.cos(math.pi * done)) / 2


def linear(done: float) -> float:
    """1 − done: from 1 at the start in a straight line down to 0.

    >>> linear(0.25)
    0.75
    """
    return 1.0 - done


def _constant(done: float) -> float:
    return 1.0


SCHEDULES: dict[str, Factor] = {"constant": _constant, "cosine": cosine, "linear": linear}
"""The schedules that have a name."""


def warmed_up(schedule: str | Factor, part: float = 0.05) -> Factor:
    """`schedule` after a rise from 0 in a straight line over the first `part` of the training.

    schedule: a word of ``SCHEDULES``, or a function of the part that is done.

    Raises ValueError for another word, or a part outside of [0, 1).

    >>> factor = warmed_up("linear", part=0.2)
    >>> [round(factor(done), 3) for done in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    part, after = as_probability(part, "part", "warmed_up"), as_factor(schedule, "warmed_up")

    def factor(done: float) -> float:
        return done / part if done < part else after((done - part) / (1.0 - part))

    return factor


def as_factor(schedule: Any, owner: str) -> Factor:
    """A schedule as a function of the part that is done; ValueError or TypeError for none."""
    if isinstance(schedule, str) and schedule not in SCHEDULES:
        words = ", ".join(map(repr, SCHEDULES))
        raise ValueError(f"{owner}(schedule={schedule!r}): wanted one of {words}, or a function")
    if not isinstance(schedule, str) and not callable(schedule):
        raise TypeError(
            f"{owner}(schedule): received {describe(schedule)}, wanted a word, a function of the "
            f"part of the training that is done, or a schedule of minigrad.optim"
        )
    return SCHEDULES[schedule] if isinstance(schedule, str) else schedule

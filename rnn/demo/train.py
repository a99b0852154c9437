"""The training loop: update after update until the time, or their number, is up.

Read Run.update in rnn/demo/run.py first: it is one update.
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NamedTuple, Self

from .run import Run

__all__ = ["Budget", "Interrupt", "cosine", "train"]

Observer = Callable[[Run, float], None]


class Budget(NamedTuple):
    """How long a run is, from its very first update: in seconds of training, or in updates.

    >>> from rnn.demo.run import Run, Settings
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> run.update(0.02)
    >>> Budget(updates=4).done(run)
    0.25
    """

    seconds: float = math.inf
    updates: float = math.inf

    def done(self, run: Run) -> float:
        """The part of the run that is done: from 0 to 1."""
        return min(1.0, max(run.seconds / self.seconds, run.updates / self.updates))


def cosine(done: float) -> float:
    """From 1 at the start down to 0 at the end: large steps first, then ever finer ones.

    (1 + cos(π done))/2, where `done`, from 0 to 1, is the part of the run that is done.

    >>> cosine(0.0), cosine(0.5), cosine(1.0)
    (1.0, 0.5, 0.0)
    """
    return (1 + math.cos(math.pi * done)) / 2


def train(run: Run, budget: Budget, observers: Sequence[Observer] = ()) -> bool:
    """Update `run` until its budget is used up; False if Ctrl-C ended it before.

    After each update every observer gets the run and the part that is done. On Ctrl-C the running
    update is finished, and then training ends. Raises GradientError when a gradient is not finite;
    the run is then as it was after the update before.

    >>> from rnn.demo.run import Run, Settings
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> train(run, Budget(updates=3)), run.updates
    (True, 3)
    """
    with Interrupt() as interrupt:
        while (done := budget.done(run)) < 1 and not interrupt.received:
            began = time.perf_counter()
            run.update(run.settings.learning_rate * cosine(done))
            run.seconds += time.perf_counter() - began
            for observe in observers:
                observe(run, budget.done(run))
    return done == 1


class Interrupt:
    """Inside its block, Ctrl-C (SIGINT) is noted rather than raised; a second one is raised.

    >>> with Interrupt() as interrupt:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupt.received
    True
    """

    def __init__(self) -> None:
        self.received = False
        self._before: Any = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        signal.signal(signal.SIGINT, self._before)

    def __enter__(self) -> Self:
        # Python delivers signals to the main thread alone; in others there is nothing to catch.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

"""The training loop: update after update until the time, or their number, is up.

Read Run.update in rnn/demo/run.py first: it is one update. The loop for any module and any loss is
``rnn.Trainer``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ..training import Budget, Interrupt, cosine
from .run import Run

__all__ = ["train"]

Observer = Callable[[Run, float], None]


def train(run: Run, budget: Budget, observers: Sequence[Observer] = ()) -> bool:
    """Update `run` until its budget is used up; False if Ctrl-C ended it before.

    After each update every observer gets the run and the part that is done. On Ctrl-C the running
    update is finished, and then training ends. Raises GradientError when a gradient is not finite;
    the run is then as it was after the update before.

    >>> from rnn.demo.run import Run, Settings
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> train(run, Budget(steps=3))
    True
    >>> run.updates
    3
    """
    with Interrupt() as interrupt:
        while (done := budget.done(run)) < 1 and not interrupt.received:
            began = time.perf_counter()
            run.update(run.settings.learning_rate * cosine(done))
            run.seconds += time.perf_counter() - began
            for observe in observers:
                observe(run, budget.done(run))
    return done == 1

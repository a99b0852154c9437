"""What is said while a text is learned: samples, progress, and that it is learned by heart."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .language_model import sample
from .run import BEST, Run

__all__ = ["OverfitWarning", "Samples", "progress_of"]

Say = Callable[[str], None]


class Samples:
    """Lets the model write a little near the start, in the middle and at the end of training.

    run: one that may have been resumed; what it passed before is not repeated.
    say: where the text goes. temperature, length: of the samples, in tokens.
    """

    FIRST = 10    # updates

    def __init__(self, run: Run, say: Say, temperature: float, length: int = 300) -> None:
        self.run, self.say, self.temperature, self.length = run, say, temperature, length
        self.last = ""
        self._passed = 0

    def _moment(self, ended: bool = False) -> int:
        """How many of the three moments have passed."""
        done = self.run.trainer.done
        return (self.run.updates >= self.FIRST) + (done >= 0.5) + (done >= 1) if not ended else 3

    def on_start(self, trainer: Any) -> None:
        """Note what has passed already."""
        self._passed = self._moment()

    def on_step(self, trainer: Any) -> None:
        """Say something, if it is time."""
        self._write(self._moment())

    def on_end(self, trainer: Any) -> None:
        """Say the last words of a training that has ended early because nothing got better."""
        if trainer.done < 1 and trainer.history.validations and "best" in trainer.stopped:
            self._write(self._moment(ended=True))

    def _write(self, passed: int) -> None:
        if passed <= self._passed:
            return
        self._passed, run = passed, self.run
        written = sample(
            run.model, run.vocabulary, run.seed_word, self.length, self.temperature, run.rng
        )
        self.last = f"{run.seed_word}{''.join(written)}"
        title = f"-- after {run.updates:,} updates, {run.seconds:.0f} s "
        self.say(f"\n{title:-<78}\n{self.last}\n{'':-<78}\n")


class OverfitWarning:
    """Says once, in words, when the held-out text gets worse while the training loss falls.

    say: where to. after: validations in a row that are not the best one.
    """

    def __init__(self, say: Say, after: int = 3) -> None:
        self.say, self.after, self.said = say, after, False

    def on_validation(self, trainer: Any) -> None:
        """Compare with the best."""
        history = trainer.history
        step, best = history.best()
        now = history.validations[-1][1]
        span = max(1, min(50, step // 2, (trainer.steps - step) // 2))
        before = float(np.mean(history.losses[max(step - span, 0) : step] or [math.nan]))
        after = float(np.mean(history.losses[-span:]))
        if self.said or history.since_best() < self.after or now < 1.005 * best or after >= before:
            return
        self.said = True
        self.say(
            f"it learns by heart: the held-out text has become worse since update {step:,} (from "
            f"{best:.3f} to {now:.3f} bits per character) while the loss of training fell (from "
            f"{before:.3f} to {after:.3f} nats). {BEST} is the best so far; --patience "
            f"{self.after} ends training there, and --dropout, fewer units or more text help"
        )


def progress_of(run: Run) -> Callable[[Any], str]:
    """What a progress bar says of a run: loss, speed, and the held-out text."""
    unit = {"char": "char", "word": "token", "byte": "byte"}[run.settings.level]

    def describe(trainer: Any) -> str:
        nats = float(np.mean(run.losses[-50:]))
        text = (
            f"loss {nats:.3f} nats = {nats / math.log(2):.3f} bits/{unit}, "
            f"{run.characters / run.seconds:,.0f} {unit}/s"
        )
        if trainer.history.validations:
            now = trainer.history.validations[-1][1]
            text += f", held out {now:.3f} bits/char"
            text += f" (best {trainer.best:.3f})" if now > trainer.best else ""
        return text

    return describe

"""Progress of training: a live bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Progress"]


def _described(trainer: Any) -> str:
    """The loss of the last steps, how fast they are, and the validation."""
    history = trainer.history
    text = f"loss {np.mean(history.losses[-50:]):.4g}"
    text += f", {trainer.steps / trainer.seconds:.3g} steps/s"
    if history.validations:
        text += f", validation {history.validations[-1][1]:.4g}"
    return text


class Progress:
    """A callback of a trainer that shows how far it is, and lets others speak above the bar.

    stream: where to; by default stderr, so that a redirected stdout holds the results alone.
    lines: how many lines there are, evenly spaced, where the stream is no terminal.
    describe: ``describe(trainer)``, what is said beside the part that is done and the time that is
        left; by default loss, speed and validation.
    results: where ``say`` prints; by default stdout.

    >>> Progress(lines=3).say("a line above the bar")
    a line above the bar
    """

    def __init__(
        self, stream: TextIO | None = None, lines: int = 10,
        describe: Callable[[Any], str] = _described, results: TextIO | None = None,
    ) -> None:
        self.stream, self.describe = stream or sys.stderr, describe
        self._results = results
        self._lines, self._next = lines, 0
        self._bar: tqdm[Any] | None = None

    def on_start(self, trainer: Any) -> None:
        """Open the bar, on a terminal."""
        if self.stream.isatty() and self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(
                total=1.0, file=self.stream, dynamic_ncols=True,
                bar_format="{percentage:3.0f}%|{bar}| {desc}",
            )

    def on_end(self, trainer: Any) -> None:
        """Close it."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def on_step(self, trainer: Any) -> None:
        """Show the part that is done, in (0, 1], and what `describe` says."""
        done = trainer.done
        line = int(done * self._lines + 1e-9)
        if self._bar is None and line < self._next:
            return
        left = trainer.seconds / done * (1 - done)
        text = f"{self.describe(trainer)}, {_rounded(left)} left"
        if self._bar is not None:
            self._bar.set_description_str(text, refresh=False)
            self._bar.update(done - self._bar.n)
        else:
            print(f"{done:4.0%}  {text}", file=self.stream, flush=True)
            self._next = line + 1

    def say(self, text: str) -> None:
        """Print `text` to `results`, above the bar."""
        results = self._results or sys.stdout
        if self._bar is not None:
            self._bar.write(text, file=results)
        else:
            print(text, file=results)
        results.flush()


def _rounded(seconds: float) -> str:
    """A time in seconds, minutes or hours, whichever suits."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:,.0f} h"

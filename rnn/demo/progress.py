"""Progress of training: a live bar on a terminal, else a line now and then."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, Self, TextIO

import numpy as np

from .run import Run

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Progress"]


class Progress:
    """``with Progress() as progress:``, then ``progress.watch(run, done)`` after each update.

    stream: where to; by default stderr, so that a redirected stdout holds the results alone.
    lines: how many lines there are, evenly spaced, where the stream is no terminal.
    """

    def __init__(self, stream: TextIO | None = None, lines: int = 10) -> None:
        self.stream = stream or sys.stderr
        self._lines, self._next = lines, 0
        self._bar: tqdm[Any] | None = None

    def __enter__(self) -> Self:
        if self.stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=1.0, file=self.stream, dynamic_ncols=True,
                bar_format="{percentage:3.0f}%|{bar}| {desc}",
            )
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def watch(self, run: Run, done: float) -> None:
        """Show the part that is done, in (0, 1], and the loss of the last updates."""
        line = int(done * self._lines + 1e-9)
        if self._bar is None and line < self._next:
            return
        nats = float(np.mean(run.losses[-50:]))
        left = run.seconds / done * (1 - done)
        text = (
            f"loss {nats:.3f} nats = {nats / math.log(2):.3f} bits/char, "
            f"{run.characters / run.seconds:,.0f} char/s, {_rounded(left)} left"
        )
        if self._bar is not None:
            self._bar.set_description_str(text, refresh=False)
            self._bar.update(done - self._bar.n)
        else:
            print(f"{done:4.0%}  {text}", file=self.stream, flush=True)
            self._next = line + 1

    def say(self, text: str) -> None:
        """Print `text` to stdout, above the bar."""
        if self._bar is not None:
            self._bar.write(text, file=sys.stdout)
        else:
            print(text)
        sys.stdout.flush()


def _rounded(seconds: float) -> str:
    """A time in seconds, minutes or hours, whichever suits."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:,.0f} h"

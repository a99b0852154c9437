"""What a training run prints: its sizes, samples as the model learns, and its scores."""

from __future__ import annotations

import platform
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .baselines import ngram_bits
from .language_model import held_out_bits, sample
from .run import Run

__all__ = ["Samples", "Scores", "command", "heading", "scores", "table"]


def heading(run: Run, path: Path | None) -> str:
    """The sizes of the text and of the model."""
    settings, data = run.settings, run.data
    name = path or f"the documentation of Python {platform.python_version()}"
    parameters = sum(p.size for p in run.model.parameters())
    return (
        f"text   {name}: {len(data.training) + len(data.held_out):,} characters, "
        f"{len(run.vocabulary)} different; the last {len(data.held_out):,} are held out\n"
        f"model  LSTM of {settings.hidden} units, {parameters:,} parameters; "
        f"{settings.batch} streams, back through {settings.steps} steps at a time"
    )


def command(*words: object) -> str:
    """``python -m words ...`` as one would type it here, where no environment need be active."""
    python = sys.executable
    if Path(python).is_relative_to(Path.cwd()):
        python = str(Path(python).relative_to(Path.cwd()))
    elif not python or shutil.which("python") == python:
        python = "python"
    return shlex.join([python, "-m", *map(str, words)])


class Samples:
    """Lets the model write a little near the start, in the middle and at the end of training.

    run: one that may have been resumed; what it passed before is not repeated.
    say: where the text goes. temperature, length: of the samples.
    """

    FIRST = 10    # updates

    def __init__(
        self, run: Run, done: float, say: Callable[[str], None], temperature: float,
        length: int = 300,
    ) -> None:
        self.say, self.temperature, self.length = say, temperature, length
        self._passed = self._moment(run, done)

    def _moment(self, run: Run, done: float) -> int:
        """How many of the three moments have passed."""
        return (run.updates >= self.FIRST) + (done >= 0.5) + (done >= 1)

    def watch(self, run: Run, done: float) -> None:
        """Say something, if it is time."""
        passed = self._moment(run, done)
        if passed > self._passed:
            self._passed = passed
            written = sample(
                run.model, run.vocabulary, run.seed_word, self.length, self.temperature, run.rng
            )
            title = f"-- after {run.updates:,} updates, {run.seconds:.0f} s "
            text = f"{run.seed_word}{''.join(written)}"
            self.say(f"\n{title:-<78}\n{text}\n{'':-<78}\n")


class Scores(NamedTuple):
    """Bits per held-out character, all on the same split."""

    frequencies: float
    trigrams: float
    model: float


def scores(run: Run) -> Scores:
    """What the model and the two baselines reach."""
    size = len(run.vocabulary)
    return Scores(
        ngram_bits(run.data, size, 1), ngram_bits(run.data, size, 3),
        held_out_bits(run.model, run.data),
    )


def table(run: Run, reached: Scores) -> str:
    """The scores, one below the other."""
    names = ["character frequencies", "character trigrams", f"LSTM after {run.updates:,} updates"]
    width = max(map(len, names))
    title = f"bits per character, on the {len(run.data.held_out):,} characters held out"
    rows = [f"  {n:<{width}}  {bits:6.3f}" for n, bits in zip(names, reached, strict=True)]
    return "\n".join([title, *rows])

"""What a training run prints: its sizes, and its scores beside those of n-grams."""

from __future__ import annotations

import platform
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from ..training.modes import as_evaluated
from .baselines import ngram_bits
from .run import Run
from .text import Split
from .vocabularies import Vocabulary

__all__ = ["Scores", "baselines", "command", "heading", "scores", "table"]


def heading(run: Run, path: Path | None) -> str:
    """The sizes of the text and of the model."""
    settings, data = run.settings, run.data
    name = path or f"the documentation of Python {platform.python_version()}"
    unit = {"char": "characters", "word": "words and characters", "byte": "bytes"}[settings.level]
    parameters = sum(p.size for p in run.model.parameters())
    layers = f"{settings.layers} layers" if settings.layers > 1 else settings.cell.upper()
    kind = f" {settings.cell.upper()}" if settings.layers > 1 else ""
    return (
        f"text   {name}: {len(data.training) + len(data.held_out):,} {unit}, "
        f"{len(run.vocabulary)} different; the last {len(data.held_out):,} are held out\n"
        f"model  {layers} of {settings.hidden}{kind} units, {parameters:,} parameters; "
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


class Scores(NamedTuple):
    """Bits per held-out character, all on the same split."""

    frequencies: float
    trigrams: float
    model: float


def baselines(vocabulary: Vocabulary, data: Split) -> tuple[float, float]:
    """Bits per held-out character of character frequencies and of trigrams."""
    if vocabulary.level != "char":    # what is compared is the same text, in characters
        training, held_out = map(vocabulary.decode, data)
        vocabulary = Vocabulary(training + held_out)
        data = Split(vocabulary.encode(training), vocabulary.encode(held_out))
    size = len(vocabulary)
    return ngram_bits(data, size, 1), ngram_bits(data, size, 3)


def scores(run: Run) -> Scores:
    """What the model and the two baselines reach."""
    with as_evaluated(run.model):
        return Scores(*baselines(run.vocabulary, run.data), run.bits(run.model))


def table(run: Run, reached: Scores) -> str:
    """The scores, one below the other."""
    kind = run.settings.cell.upper()
    names = ["character frequencies", "character trigrams", f"{kind} after {run.updates:,} updates"]
    rows = list(zip(names, reached, strict=True))
    best = run.trainer.history.best()
    if best[0] and best[1] < reached.model - 5e-4:
        rows.append((f"{kind} after {best[0]:,} updates, the best", best[1]))
    width = max(len(name) for name, _ in rows)
    count = run.vocabulary.count(run.data.held_out)
    title = f"bits per character, on the {count:,} characters held out"
    return "\n".join([title, *(f"  {name:<{width}}  {bits:6.3f}" for name, bits in rows)])

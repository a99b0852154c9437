"""When a training is written to a file, from which it goes on to the last bit."""

from __future__ import annotations

import math
import os
from os import PathLike
from pathlib import Path
from typing import Any

from minigrad.checks import as_number

__all__ = ["Checkpoints"]


class Checkpoints:
    """Keeps the last state of a training, and the best by its validations, in files of a folder.

    folder: made if need be. last, best: the names of the files; None for none.
    every: save the last state after so many seconds of training, and whenever it ends: so that not
        even a power cut loses much of it.

    Raises ValueError for an empty folder or a negative time.

    >>> import tempfile
    >>> Checkpoints(tempfile.mkdtemp()).last.name
    'last.safetensors'
    """

    def __init__(
        self, folder: str | PathLike[str], *, last: str | None = "last.safetensors",
        best: str | None = "best.safetensors", every: float = 20.0,
    ) -> None:
        if not os.fspath(folder):
            raise ValueError("Checkpoints(folder): received '', wanted the path of a folder")
        self.folder = Path(folder)
        self.last = None if last is None else self.folder / last
        self.best = None if best is None else self.folder / best
        self.every = as_number(every, "every", "Checkpoints", low=0.0)
        self._next = math.inf
        self._saved = -1

    def on_start(self, trainer: Any) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._next, self._saved = trainer.seconds + self.every, -1

    def on_step(self, trainer: Any) -> None:
        """Save, if it is time."""
        if trainer.seconds >= self._next:
            self.save(trainer)

    def on_validation(self, trainer: Any) -> None:
        """Save what is best so far."""
        if self.best is not None and trainer.best_step == trainer.steps:
            trainer.save(self.best)

    def on_end(self, trainer: Any) -> None:
        """Save the end."""
        if self._saved != trainer.steps or trainer.history.validated == trainer.steps:
            self.save(trainer)

    def save(self, trainer: Any) -> None:
        """Write the last state now."""
        if self.last is not None:
            trainer.save(self.last)
        self._next, self._saved = trainer.seconds + self.every, trainer.steps

"""Logs of a training: a table in a CSV file, and event files for TensorBoard."""

from __future__ import annotations

import csv
import time
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TextIO

__all__ = ["CSVLog", "TensorBoard"]

COLUMNS = ("step", "loss", "gradient_norm", "learning_rate", "validation")


class CSVLog:
    """A callback that writes a row for every step: step, loss, gradient_norm (before clipping),
    learning_rate, and validation where there was one.

    path: of the file. A training that goes on begins it with the steps that it has had already.

    >>> import tempfile
    >>> import minigrad as mg, rnn
    >>> model = mg.Module()
    >>> model.w = mg.Parameter(1.0)
    >>> path = Path(tempfile.mkdtemp(), "log.csv")
    >>> trainer = rnn.Trainer(model, lambda m, x: m.w * x, "sgd", lr=0.5, callbacks=[CSVLog(path)])
    >>> history = trainer.fit([1.0], steps=2)
    >>> print(path.read_text().strip())
    step,loss,gradient_norm,learning_rate,validation
    1,1.0,1.0,0.5,
    2,0.5,1.0,0.5,
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._file: TextIO | None = None
        self._written = 0

    def on_start(self, trainer: Any) -> None:
        """Begin the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("w", encoding="utf-8", newline="")
        csv.writer(self._file, lineterminator="\n").writerow(COLUMNS)
        self._written = 0
        self._write(trainer, trainer.steps)

    def on_step(self, trainer: Any) -> None:
        """Write the step before, whose validation is known now."""
        self._write(trainer, trainer.steps - 1)

    def on_validation(self, trainer: Any) -> None:
        """Write all there is, to the disk."""
        self._write(trainer, trainer.steps)
        if self._file is not None:
            self._file.flush()

    def on_end(self, trainer: Any) -> None:
        """Write the rest."""
        if self._file is not None:
            self._write(trainer, trainer.steps)
            self._file.close()
            self._file = None

    def _write(self, trainer: Any, steps: int) -> None:
        if self._file is None or steps <= self._written:
            return
        history, values = trainer.history, dict(trainer.history.validations)
        csv.writer(self._file, lineterminator="\n").writerows(
            (k + 1, history.losses[k], history.norms[k], history.rates[k], values.get(k + 1, ""))
            for k in range(self._written, steps)
        )
        self._written = steps


class TensorBoard:
    """A callback that writes event files: loss, gradient_norm, learning_rate and validation.

    folder: where to; ``tensorboard --logdir FOLDER`` shows it.
    Needs tensorboardX, which the extra ``tensorboard`` brings, or tensorboard itself. Raises
    ModuleNotFoundError without either.

    >>> TensorBoard("runs")                                  # doctest: +SKIP
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._add, self._close = _writer(fspath(folder))

    def on_step(self, trainer: Any) -> None:
        """Write the numbers of a step."""
        history = trainer.history
        for name, values in (("loss", history.losses), ("gradient_norm", history.norms),
                             ("learning_rate", history.rates)):
            self._add(name, values[-1], trainer.steps)

    def on_validation(self, trainer: Any) -> None:
        """Write the validation."""
        self._add("validation", trainer.history.validations[-1][1], trainer.steps)

    def on_end(self, trainer: Any) -> None:
        """Write all of it to the disk."""
        self._close()


def _writer(folder: str) -> tuple[Any, Any]:
    """What writes a number, ``add(name, value, step)``, and what closes the file."""
    try:
        from tensorboardX import SummaryWriter
    except ModuleNotFoundError:
        pass
    else:
        writer = SummaryWriter(folder)
        return writer.add_scalar, writer.flush
    try:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "TensorBoard needs a package that writes its files; install it with: pip install "
            "tensorboardX", name="tensorboardX",
        ) from error
    events = EventFileWriter(folder)

    def add(name: str, value: float, step: int) -> None:
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
        events.add_event(Event(summary=summary, step=step, wall_time=time.time()))

    return add, events.flush

"""A training run in a file: enough to write text with, and to continue it to the last bit.

The file is safetensors: named arrays and text, nothing that could execute. The arrays are
``model.*``, ``optimizer.*``, ``carried.*`` (the state between windows) and ``losses``; the text
entries are those of `save_run`, each but the first two in JSON.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigrad import io
from minigrad.engine.tensor import Tensor
from minigrad.errors import FileFormatError
from minigrad.optim import Adam

from .language_model import CharLSTM, encode_seed
from .run import Run, Settings, digest
from .text import TextError, Vocabulary

__all__ = ["Keeper", "Writer", "load_run", "load_settings", "load_writer", "save_run"]

FORMAT, VERSION = "rnn.CharLSTM", "1"


class Writer(NamedTuple):
    """What it takes to write text: the model, its characters and its seed word.

    >>> from rnn.demo.run import Run, Settings
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> Writer(run.model, run.vocabulary, run.seed_word).vocabulary.characters
    ' ,benort'
    """

    model: CharLSTM
    vocabulary: Vocabulary
    seed_word: str


def save_run(path: str | Path, run: Run) -> None:
    """Write the run to `path`, whole or not at all. Raises OSError where it cannot be written.

    >>> import tempfile
    >>> text, path = "to be or not to be, " * 20, Path(tempfile.mkdtemp(), "run.safetensors")
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), text)
    >>> run.update(0.02)
    >>> save_run(path, run)
    >>> load_settings(path).hidden, load_run(path, text).losses == run.losses
    (8, True)
    """
    arrays: dict[str, Any] = {f"model.{k}": v for k, v in run.model.state_dict().items()}
    arrays |= {f"optimizer.{k}": v for k, v in run.optimizer.state_dict().items()}
    arrays |= {f"carried.{k}": v for k, v in zip("hc", run.state, strict=True)}
    arrays["losses"] = np.array(run.losses, np.float64)
    entries = {
        "vocabulary": run.vocabulary.characters,
        "settings": asdict(run.settings),
        "seed_word": run.seed_word,
        "seconds": run.seconds,
        "rng": run.rng.bit_generator.state,
        "text_sha256": run.digest,
    }
    texts = {key: json.dumps(value) for key, value in entries.items()}
    io.save(path, arrays, metadata={"format": FORMAT, "version": VERSION, **texts})


class Keeper:
    """Saves a run now and then as it trains, so that not even a power cut loses much of it.

    path: where. every: after how many seconds of training.
    """

    def __init__(self, path: str | Path, every: float = 20.0) -> None:
        self.path, self.every = path, every
        self._next: float | None = None

    def watch(self, run: Run, done: float) -> None:
        """Save, if it is time."""
        if self._next is None:
            self._next = run.seconds + self.every
        if run.seconds >= self._next:
            save_run(self.path, run)
            self._next = run.seconds + self.every


def load_writer(path: str | Path) -> Writer:
    """The model in a checkpoint, its characters and its seed word.

    Raises OSError when the file cannot be read, FileFormatError when it is damaged, of another
    version or no checkpoint, and StateDictError when its arrays do not fit its sizes.
    """
    file = _File(path)
    model = CharLSTM(len(file.vocabulary), file.settings.hidden, rng=0)
    model.load_state_dict(file.under("model."))
    file.refuse_strangers(Adam(model.parameters()))
    return Writer(model, file.vocabulary, file.seed_word)


def load_settings(path: str | Path) -> Settings:
    """The settings of the run in a checkpoint; raises as `load_writer` does."""
    return _File(path).settings


def load_run(path: str | Path, text: str) -> Run:
    """The run in a checkpoint, which goes on as if it had never stopped.

    text: the text that it was trained on.
    Raises TextError for another text, and otherwise as `load_writer` does.
    """
    file = _File(path)
    if file.entry("text_sha256", str) != digest(text):
        raise TextError(
            f"{path} was trained on another text; pass that one with --text (the default text "
            f"differs between versions of Python)"
        )
    run = Run(file.settings, text, file.seed_word)
    run.model.load_state_dict(file.under("model."))
    file.refuse_strangers(run.optimizer)
    run.optimizer.load_state_dict(file.under("optimizer."))
    run.state = tuple(
        Tensor(file.array(f"carried.{k}", part.shape, part.dtype))
        for k, part in zip("hc", run.state, strict=True)
    )
    run.losses = file.array("losses", (-1,), np.float64).tolist()
    run.seconds = file.entry("seconds", float)
    if not 0 <= run.seconds < math.inf:
        raise file.damaged("seconds")
    try:
        run.rng.bit_generator.state = file.entry("rng", dict)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise file.damaged("rng") from error
    return run


class _File:
    """A checkpoint that has been read and passed the checks that all of its uses need."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self._texts = io.load_metadata(path)
        if self._texts.get("format") != FORMAT:
            raise FileFormatError(
                f"{path} is no checkpoint of `python -m rnn train`; pass one, such as "
                f"out/checkpoint.safetensors"
            )
        if self._texts.get("version") != VERSION:
            raise FileFormatError(
                f"{path} is a checkpoint of version {self._texts.get('version')!r}, and this "
                f"program reads version {VERSION!r}; update minigrad, or train again"
            )
        self._arrays = io.load(path)
        self.vocabulary = Vocabulary(self.entry("vocabulary", str))
        try:
            self.settings = Settings(**self.entry("settings", dict))
        except (TypeError, ValueError) as error:
            raise self.damaged("settings") from error
        self.seed_word = self.entry("seed_word", str)
        try:
            encode_seed(self.vocabulary, self.seed_word)
        except TextError as error:
            raise self.damaged("seed_word") from error
        # Before anything of the size that the entries claim is allocated.
        self.array("model.W_hy", (self.settings.hidden, len(self.vocabulary)), np.float32)
        self.array("carried.h", (self.settings.batch, self.settings.hidden), np.float32)

    def refuse_strangers(self, optimizer: Adam) -> None:
        """Raise where there are arrays beside those of the model that no checkpoint has."""
        known = {f"optimizer.{name}" for name in optimizer.state_dict()}
        known |= {"carried.h", "carried.c", "losses"}
        strange = [k for k in self._arrays if k not in known and not k.startswith("model.")]
        if strange:
            raise FileFormatError(
                f"{self.path} holds arrays that are no part of a checkpoint: {', '.join(strange)}; "
                f"use another copy of the file, or train again"
            )

    def damaged(self, name: str) -> FileFormatError:
        return FileFormatError(
            f"{self.path}: its entry {name!r} is missing or damaged; use another copy of the file, "
            f"or train again"
        )

    def entry(self, name: str, kind: type) -> Any:
        """What the JSON of a text entry holds, which must be of this kind."""
        try:
            value = json.loads(self._texts[name])
        except (KeyError, RecursionError, ValueError) as error:
            raise self.damaged(name) from error
        if type(value) is not kind:
            raise self.damaged(name)
        return value

    def under(self, prefix: str) -> dict[str, Any]:
        """The arrays whose names begin with `prefix`, without it."""
        return {k.removeprefix(prefix): v for k, v in self._arrays.items() if k.startswith(prefix)}

    def array(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any:
        """An array, which must have this shape (-1: any length) and dtype."""
        array = self._arrays.get(name)
        wanted = f"{np.dtype(dtype)} of shape {shape}".replace("-1", "any length")
        if array is None:
            raise FileFormatError(f"{self.path}: {name} is missing; wanted {wanted}")
        lengths = zip(shape, array.shape, strict=False)
        if array.ndim != len(shape) or any(w not in (-1, n) for w, n in lengths):
            raise FileFormatError(f"{self.path}: {name} has shape {array.shape}; wanted {wanted}")
        if array.dtype != dtype:
            raise FileFormatError(f"{self.path}: {name} has dtype {array.dtype}; wanted {wanted}")
        return array

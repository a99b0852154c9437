"""A training run on a text in a file: enough to write text with, and to continue it.

The file is what ``Trainer.save`` writes; what it says of the text is in its `config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from minigrad.errors import FileFormatError
from minigrad.io import load_metadata

from ..checkpoints import Checkpoint, load_checkpoint
from ..models.language_model import LanguageModel
from .language_model import encode_seed
from .run import Run, digest, model_arguments
from .settings import Settings
from .text import TextError
from .vocabularies import Vocabulary, vocabulary_of

__all__ = ["Writer", "load_run", "load_settings", "load_writer"]


class Writer(NamedTuple):
    """What it takes to write text: the model, what its numbers stand for, its seed word; and the
    settings and the digest of the text with which it was trained.

    >>> from rnn.demo.run import Run
    >>> from rnn.demo.settings import Settings
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to have or not to have, " * 20)
    >>> Writer(run.model, run.vocabulary, run.seed_word, run.settings, run.digest).seed_word
    'have'
    """

    model: LanguageModel
    vocabulary: Vocabulary
    seed_word: str
    settings: Settings
    digest: str


def load_writer(path: str | Path) -> Writer:
    """The model in a checkpoint, in evaluation mode, and what is known of its text.

    Raises OSError when the file cannot be read, FileFormatError when it is damaged, of another
    version or no checkpoint of a text, and StateDictError when its arrays do not fit.

    >>> import tempfile
    >>> from rnn.demo.run import Run
    >>> text, out = "to be or not to be, " * 20, Path(tempfile.mkdtemp())
    >>> run = Run(Settings(hidden=8, batch=2, steps=5), text, out=out)
    >>> run.train(steps=2)
    True
    >>> load_writer(out / "checkpoint.safetensors").vocabulary.characters
    ' ,benort'
    """
    return _read(path)[1]


def load_settings(path: str | Path) -> Settings:
    """The settings of the run in a checkpoint; raises as `load_writer` does."""
    return _read(path)[1].settings


def load_run(path: str | Path, text: str, **options: Any) -> Run:
    """The run in a checkpoint, which goes on as if it had never stopped.

    text: the text that it was trained on. options: `out` and `callbacks` of the Run.
    Raises TextError for another text, and otherwise as `load_writer` does.
    """
    saved, writer = _read(path)
    if writer.digest != digest(text):
        raise TextError(
            f"{path} was trained on another text; pass that one with --text (the default text "
            f"differs between versions of Python)"
        )
    carry = saved.arrays.get("carry.0")    # before anything of the size that is claimed is made
    if carry is None or carry.ndim < 2 or carry.shape[-2] != writer.settings.batch:
        raise _damaged(path, "settings")
    run = Run(writer.settings, text, writer.seed_word, **options)
    if run.vocabulary.entry() != writer.vocabulary.entry():
        raise _damaged(path, "vocabulary")
    run.trainer.load(saved)
    return run


def _read(path: str | Path) -> tuple[Checkpoint, Writer]:
    if load_metadata(path).get("format") == "rnn.CharLSTM":
        raise FileFormatError(
            f"{path} is a checkpoint of an earlier version, of another form; train again, or read "
            f"its arrays with minigrad.load"
        )
    saved = load_checkpoint(path)
    config = saved.config
    names = {"settings": dict, "seed_word": str, "text_sha256": str}
    if not isinstance(config, Mapping) or not (config.keys() & names.keys()):
        raise FileFormatError(
            f"{path} is no checkpoint of `python -m rnn train`; pass one, such as "
            f"out/checkpoint.safetensors"
        )
    for name, kind in names.items():
        if not isinstance(config.get(name), kind):
            raise _damaged(path, name)
    try:
        settings = Settings(**config["settings"])
    except (TypeError, ValueError) as error:
        raise _damaged(path, "settings") from error
    try:
        vocabulary = vocabulary_of(settings.level, config.get("vocabulary"))
    except ValueError as error:
        raise _damaged(path, "vocabulary") from error
    try:
        encode_seed(vocabulary, config["seed_word"])
    except TextError as error:
        raise _damaged(path, "seed_word") from error
    model: Any = saved.model()
    wanted = model_arguments(settings, len(vocabulary))
    if not isinstance(model, LanguageModel) or any(
        model.arguments[name] != value for name, value in wanted.items()
        if not (name == "embedding" and settings.tie)
    ):
        raise _damaged(path, "settings")
    model.eval()
    writer = Writer(model, vocabulary, config["seed_word"], settings, config["text_sha256"])
    return saved, writer


def _damaged(path: str | Path, name: str) -> FileFormatError:
    return FileFormatError(
        f"{path}: {name!r} in its configuration is missing, damaged or of another model; use "
        f"another copy of the file, or train again"
    )

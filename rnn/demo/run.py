"""A training run on a text: settings, text and model around a ``Trainer``.

Two runs that are equal in all of it continue equally, to the last bit; a checkpoint holds it all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.functional import cross_entropy

from ..models.language_model import LanguageModel
from ..parallel import Group, ParallelTrainer
from ..training import OPTIMIZERS, Checkpoints, warmed_up
from .language_model import encode_seed, held_out_bits
from .settings import Settings
from .text import Tokens, Windows, frequent_word, split
from .vocabularies import LEVELS, Vocabulary, Words

__all__ = ["BEST", "LAST", "Run", "digest", "model_arguments"]

LAST, BEST = "checkpoint.safetensors", "best.safetensors"


class Run:
    """A language model of a text, its trainer, and how far it has come.

    settings: what was chosen. text: what is read; its last tenth is held out.
    seed_word: what samples start with; by default a frequent word of the text.
    out: the folder of the checkpoints, ``LAST`` and ``BEST``; by default there are none.
    callbacks: those of the trainer. group: the ranks that train it; by default all there are.

    Raises TextError where the text is too short for the windows, or lacks a character of the word,
    ValueError for settings that do not go together.

    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> run.train(steps=3)
    True
    >>> run.updates, run.characters, len(run.losses)
    (3, 30, 3)
    """

    def __init__(
        self, settings: Settings, text: str, seed_word: str | None = None, *,
        out: Path | None = None, callbacks: Iterable[Any] = (), group: Group | None = None,
    ) -> None:
        self.settings, self.digest = settings, digest(text)
        level: Any = LEVELS[settings.level]
        options = {"most": settings.words} if level is Words else {}
        self.vocabulary: Vocabulary = level(text, **options)
        what = {"char": "characters", "word": "words", "byte": "bytes"}[settings.level]
        tokens = self.vocabulary.encode(text)
        self.data = split(tokens, settings.batch, settings.steps, what)
        self.windows = Windows(self.data.training, settings.batch, settings.steps)
        self.seed_word = frequent_word(text) if seed_word is None else seed_word
        self.options: dict[str, Any] = {}    # what else there was to choose, for the record
        encode_seed(self.vocabulary, self.seed_word)

        self.rng = np.random.default_rng(settings.seed)    # the initial weights, then the samples
        self.model = LanguageModel(
            **model_arguments(settings, len(self.vocabulary)), rng=self.rng
        )
        made: Any = OPTIMIZERS[settings.optimizer]
        schedule = settings.schedule
        self.trainer = ParallelTrainer(    # among ranks the streams (T, B) are cut along B
            self.model, self.loss, made(self.model.parameters(), lr=settings.learning_rate),
            schedule=warmed_up(schedule, settings.warmup) if settings.warmup else schedule,
            clip=settings.max_norm, accumulate=settings.accumulate,
            carry=self.model.initial_state(settings.batch), patience=settings.patience or None,
            checkpoints=None if out is None else Checkpoints(out, last=LAST, best=BEST),
            callbacks=callbacks, rng=self.rng, config=self.config(), group=group,
        )

    def config(self) -> dict[str, Any]:
        """What a checkpoint says of the run, beside the trainer's state."""
        return {
            "settings": asdict(self.settings), "vocabulary": self.vocabulary.entry(),
            "seed_word": self.seed_word, "text_sha256": self.digest, "options": self.options,
        }

    def loss(self, model: LanguageModel, inputs: Tokens, targets: Tokens, state: Any) -> Any:
        """Nats per token of a window (T, B), and the state behind it."""
        logits, state = model(inputs, state)                        # (T, B, V)
        rows = logits.reshape(-1, logits.shape[-1])                 # (T·B, V)
        return cross_entropy(rows, targets.reshape(-1)), state

    def window(self, number: int) -> tuple[Tokens, Tokens]:
        """Inputs and targets of window `number`, from 0 on: each follows the one before."""
        return self.windows.at(number * self.settings.steps)

    def bits(self, model: LanguageModel) -> float:
        """Bits per character of the held-out text."""
        return held_out_bits(model, self.data) * self.tokens_per_character

    @property
    def tokens_per_character(self) -> float:
        """How many tokens the held-out text has for each of its characters."""
        return len(self.data.held_out) / max(self.vocabulary.count(self.data.held_out), 1)

    def train(self, *, steps: int | None = None, seconds: float | None = None) -> bool:
        """Update until there have been so many updates or seconds of them, in all; False if Ctrl-C
        ended it before.

        Validates as the settings say. On Ctrl-C the running update is finished, and then training
        ends. Raises GradientError when a gradient is not finite; the run is then as it was after
        the update before.
        """
        try:
            self.trainer.fit(
                self.window, self.bits, steps=steps, seconds=seconds,
                every=self.settings.validate_every,
            )
        except KeyboardInterrupt:
            if self.trainer.stopped == "interrupted":
                return False
            raise
        return True

    @property
    def updates(self) -> int:
        """How many updates there have been."""
        return self.trainer.steps

    @property
    def losses(self) -> list[float]:
        """Of each update: nats per token."""
        return self.trainer.history.losses

    @property
    def seconds(self) -> float:
        """That the updates took."""
        return self.trainer.seconds

    @property
    def characters(self) -> int:
        """How many characters they have read (of words and bytes: tokens)."""
        return self.trainer.batch * self.settings.batch * self.settings.steps


def model_arguments(settings: Settings, size: int) -> dict[str, Any]:
    """The arguments of the LanguageModel that settings mean, for so many tokens.

    >>> model_arguments(Settings(cell="gru"), 80)["hidden"]
    128
    """
    names = ("hidden", "cell", "layers", "embedding", "tie", "dropout", "dtype")
    return {"size": size, **{name: getattr(settings, name) for name in names}}


def digest(text: str) -> str:
    """A short proof that two texts are the same (SHA-256).

    >>> digest("abc")[:8], digest("abd")[:8]
    ('ba7816bf', 'a52d159f')
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

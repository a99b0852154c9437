"""A training run: everything that its next update depends on, in one object.

Two runs that are equal in all of it continue equally, to the last bit; a checkpoint holds it all.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from minigrad.functional import cross_entropy
from minigrad.optim import Adam, clip_grad_norm

from ..sequence.unrolling import detach
from .language_model import CharLSTM, encode_seed
from .text import Vocabulary, Windows, frequent_word, split

__all__ = ["Run", "Settings", "digest"]


@dataclass(frozen=True)
class Settings:
    """What is chosen before training.

    hidden: H, the LSTM's units. batch: B, the streams of text read side by side. steps: T, the
    window of truncated BPTT. learning_rate: Adam's, at its highest. max_norm: θ of the global-norm
    clipping. seed: of the initial weights and of the samples.

    Raises ValueError for a number that is out of range.

    >>> Settings(hidden=64).steps
    64
    >>> Settings(batch=0)
    Traceback (most recent call last):
    ValueError: Settings(batch=0): wanted an integer of at least 1
    """

    hidden: int = 128
    batch: int = 32
    steps: int = 64
    learning_rate: float = 0.02
    max_norm: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        lowest = {"hidden": 1, "batch": 1, "steps": 1, "seed": 0}
        for field in fields(self):
            value, low = getattr(self, field.name), lowest.get(field.name)
            if low is not None:
                fits, wanted = type(value) is int and value >= low, f"an integer of at least {low}"
            else:
                fits = isinstance(value, float | int) and 0 < value < math.inf
                wanted = "a finite number above 0"
            if not fits:
                raise ValueError(f"Settings({field.name}={value!r}): wanted {wanted}")


class Run:
    """A CharLSTM, its optimizer, the state that it carries along the text, and how far it has come.

    settings: the choices above. text: what is read; its last tenth is held out.
    seed_word: what samples start with; by default a frequent word of the text.

    Raises TextError where the text is too short for the windows, or lacks a character of the word.

    >>> run = Run(Settings(hidden=8, batch=2, steps=5), "to be or not to be, " * 20)
    >>> run.update(learning_rate=0.02)
    >>> run.updates, run.characters, abs(run.losses[0] - math.log(len(run.vocabulary))) < 0.2
    (1, 10, True)
    """

    def __init__(self, settings: Settings, text: str, seed_word: str | None = None) -> None:
        self.settings, self.digest = settings, digest(text)
        self.vocabulary = Vocabulary(text)
        self.data = split(self.vocabulary.encode(text), settings.batch, settings.steps)
        self.windows = Windows(self.data.training, settings.batch, settings.steps)
        self.seed_word = frequent_word(text) if seed_word is None else seed_word
        encode_seed(self.vocabulary, self.seed_word)

        self.rng = np.random.default_rng(settings.seed)    # the initial weights, then the samples
        self.model = CharLSTM(len(self.vocabulary), settings.hidden, rng=self.rng)
        self.optimizer = Adam(self.model.parameters(), lr=settings.learning_rate)
        self.state: Any = self.model.cell.initial_state(settings.batch)    # (h, c), each (B, H)
        self.losses: list[float] = []    # of each update: nats per character
        self.seconds = 0.0               # that the updates took

    @property
    def updates(self) -> int:
        """How many updates there have been."""
        return len(self.losses)

    steps = updates    # as a Budget calls it
    epochs = 0.0

    @property
    def characters(self) -> int:
        """How many characters they have read."""
        return self.updates * self.settings.batch * self.settings.steps

    def update(self, learning_rate: float) -> None:
        """One update by truncated BPTT: read the next window, go back through it, step.

        Raises GradientError, and leaves the run as it was, when a gradient is not finite.
        """
        inputs, targets = self.windows.at(self.updates * self.settings.steps)    # (T, B)
        logits, state = self.model(inputs, self.state, how="scan")               # (T, B, V)
        rows = logits.reshape(-1, logits.shape[-1])                              # (T·B, V)
        loss = cross_entropy(rows, targets.reshape(-1))

        self.optimizer.zero_grad()
        loss.backward()
        clip_grad_norm(self.model.parameters(), self.settings.max_norm)
        self.optimizer.lr = learning_rate
        self.optimizer.step()

        self.state = detach(state)    # its values go on, its graph ends here: BPTT is truncated
        self.losses.append(loss.item())


def digest(text: str) -> str:
    """A short proof that two texts are the same (SHA-256).

    >>> digest("abc")[:8], digest("abd")[:8]
    ('ba7816bf', 'a52d159f')
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

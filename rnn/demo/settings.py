"""What is chosen before training, by words and numbers that a file can hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ..models.language_model import cell_maker
from ..training import OPTIMIZERS, SCHEDULES
from .vocabularies import LEVELS

__all__ = ["LEARNING_RATES", "Settings"]

LEARNING_RATES = {"adagrad": 0.05, "adam": 0.02, "adamw": 0.02, "rmsprop": 0.005, "sgd": 20.0}
"""The learning rate of each optimizer where none is given: for one layer and gradients clipped at
0.25, whose norm is far below 1."""

LEAST = {"hidden": 1, "batch": 1, "steps": 1, "seed": 0, "layers": 1, "embedding": 0,
         "accumulate": 1, "patience": 0, "validate_every": 1, "words": 1}


@dataclass(frozen=True)
class Settings:
    """What is chosen before training.

    hidden: H, the units of each layer. batch: B, the streams of text read side by side. steps: T,
    the window of truncated BPTT. learning_rate: the optimizer's, at its highest; 0.02 is for Adam.
    max_norm: θ of the global-norm clipping. seed: of the initial weights and of the samples.
    cell, layers, embedding, tie, dropout, dtype: as of ``rnn.LanguageModel``. optimizer: one of
    ``rnn.training.OPTIMIZERS``. schedule: one of ``rnn.training.SCHEDULES``. warmup: the part of
    the training in which the learning rate rises. accumulate: windows that make one update.
    level: what is predicted, "char", "word" or "byte". words: how many words there are at most.
    validate_every: how many updates are between validations. patience: how many of those without
    a better one end training; 0 for none.

    Raises ValueError for a value that is out of range.

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
    cell: str = "lstm"
    layers: int = 1
    embedding: int = 0
    tie: bool = False
    dropout: float = 0.0
    dtype: str = "float32"
    optimizer: str = "adam"
    schedule: str = "cosine"
    warmup: float = 0.0
    accumulate: int = 1
    level: str = "char"
    words: int = 5000
    validate_every: int = 200
    patience: int = 0

    def __post_init__(self) -> None:
        words = {"dtype": ("float32", "float64"), "optimizer": tuple(OPTIMIZERS),
                 "schedule": tuple(SCHEDULES), "level": tuple(LEVELS)}
        for field in fields(self):
            value, low = getattr(self, field.name), LEAST.get(field.name)
            if low is not None:
                fits, wanted = type(value) is int and value >= low, f"an integer of at least {low}"
            elif field.name in words:
                fits, wanted = value in words[field.name], f"one of {', '.join(words[field.name])}"
            elif field.name == "tie":
                fits, wanted = type(value) is bool, "True or False"
            elif field.name in ("dropout", "warmup"):
                fits = isinstance(value, float | int) and 0 <= value < 1
                wanted = "a number from 0 to below 1"
            elif field.name == "cell":
                cell_maker(value, 1)
                continue
            else:
                fits = isinstance(value, float | int) and 0 < value < math.inf
                wanted = "a finite number above 0"
            if not fits:
                raise ValueError(f"Settings({field.name}={value!r}): wanted {wanted}")

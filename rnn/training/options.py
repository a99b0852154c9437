"""Optimizers by name, for a trainer or a command line."""

from __future__ import annotations

import difflib
from typing import Any

from minigrad import optim
from minigrad.errors import describe
from minigrad.module import Module
from minigrad.optim import Optimizer

__all__ = ["OPTIMIZERS", "as_optimizer", "nearest"]

OPTIMIZERS: dict[str, type[Optimizer]] = {
    name.lower(): getattr(optim, name) for name in ("Adagrad", "Adam", "AdamW", "RMSprop", "SGD")
}
"""The optimizers that have a name: those of minigrad.optim that need nothing but parameters."""


def as_optimizer(optimizer: Any, model: Module, lr: float | None, owner: str) -> Optimizer:
    """An optimizer as it is, or by name for all parameters of a model.

    Raises ValueError for another name, or an `lr` beside an optimizer that has its own.

    >>> import minigrad as mg
    >>> model = Module()
    >>> model.w = mg.Parameter([1.0])
    >>> as_optimizer("sgd", model, 0.5, "Trainer")
    SGD(1 parameter, lr=0.5, ...)
    """
    if isinstance(optimizer, Optimizer):
        if lr is not None:
            raise ValueError(
                f"{owner}(lr={lr!r}): the {type(optimizer).__name__} that it was given has its "
                f"own, {optimizer.lr:g}; set it there"
            )
        return optimizer
    if not isinstance(optimizer, str):
        raise TypeError(
            f"{owner}(optimizer): received {describe(optimizer)}, wanted one of minigrad.optim, "
            f"such as Adam(model.parameters()), or a name"
        )
    if optimizer.lower() not in OPTIMIZERS:
        raise ValueError(
            f"{owner}(optimizer={optimizer!r}): wanted one of {', '.join(OPTIMIZERS)}"
            f"{nearest(optimizer, OPTIMIZERS)}"
        )
    made: Any = OPTIMIZERS[optimizer.lower()]
    found: Optimizer = made(model.parameters(), **({} if lr is None else {"lr": lr}))
    return found


def nearest(word: str, words: Any) -> str:
    """What was meant, perhaps: "; did you mean adam?", or nothing.

    >>> nearest("adma", ["sgd", "adam"]), nearest("x", ["sgd"])
    ('; did you mean adam?', '')
    """
    found = difflib.get_close_matches(word.lower(), [str(w) for w in words], n=1)
    return f"; did you mean {found[0]}?" if found else ""

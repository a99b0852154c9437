"""A model in evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minigrad.module import Module

__all__ = ["as_evaluated"]


@contextmanager
def as_evaluated(model: Module) -> Iterator[None]:
    """In its block the model is in evaluation mode; afterwards each module is in its own again.

    >>> from rnn import GRU
    >>> layer = GRU(3, 4)
    >>> with as_evaluated(layer):
    ...     layer.training
    False
    >>> layer.training
    True
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training

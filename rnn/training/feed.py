"""Batch after batch, and the place among them from which training goes on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

import numpy as np

from minigrad.errors import describe

__all__ = ["Feed", "as_arguments", "takes_a_number"]

_END = object()


class Feed:
    """The batches of a source, from a place in it: `batch` batches into epoch `epoch`.

    source: batches in any form that ``Trainer.fit`` takes.
    rng: the generator that the source may draw from, as for the order of an epoch. It is put to
        `start`, where it stood when the epoch began, and when the batches that were used have been
        passed over, to where it is now.

    >>> feed = Feed([1, 2, 3], epoch=0, batch=1)
    >>> feed.take(2), feed.take(2)
    ([2, 3], [])
    """

    def __init__(
        self, source: Any, epoch: int = 0, batch: int = 0,
        rng: np.random.Generator | None = None, start: Any = None,
    ) -> None:
        self.source, self.epoch, self.batch = source, epoch, batch
        self._rng, self.start = rng, start
        self._numbered, self._make = _reader(source)
        self._given_back: list[Any] = []
        self._iterator: Iterator[Any] | None = None
        if batch and not self._numbered:
            self._iterator = self._again(batch)

    def _begun(self) -> Iterator[Any]:
        """The batches of this epoch, from its first."""
        if self._rng is not None:
            self.start = self._rng.bit_generator.state
        if hasattr(self.source, "set_epoch"):
            self.source.set_epoch(self.epoch)
        return iter(self._make())

    def _again(self, skipped: int) -> Iterator[Any]:
        """The batches of this epoch that are left, where some have been used before."""
        now: Any = None if self._rng is None else self._rng.bit_generator.state
        if self._rng is not None and self.start is not None:
            self._rng.bit_generator.state = self.start
        iterator = self._begun()
        for k in range(skipped):
            if next(iterator, _END) is _END:
                raise ValueError(
                    f"Trainer.fit(batches): training stopped behind batch {skipped} of an epoch, "
                    f"and here it has {k}; pass the batches that it was trained on"
                )
        if self._rng is not None:
            self._rng.bit_generator.state = now
        return iterator

    def take(self, count: int) -> list[Any]:
        """The next `count` batches, fewer where the epoch ends, none where it has ended."""
        found, self._given_back = self._given_back[:count], self._given_back[count:]
        while len(found) < count:
            if self._numbered:
                found.append(self.source(self.batch + len(found)))
                continue
            if self._iterator is None:
                self._iterator = self._begun()
            item = next(self._iterator, _END)
            if item is _END:
                break
            found.append(item)
        if not found and self.batch == 0:
            once = isinstance(self.source, Iterator)
            why = "it is an iterator, which gives each batch once" if once else "it is empty"
            raise ValueError(
                f"Trainer.fit(batches): epoch {self.epoch + 1} has no batches: {why}; pass a list, "
                f"or a function that gives batch number i"
            )
        return found

    def give_back(self, batches: list[Any]) -> None:
        """Put back batches that were taken and not used: they come again."""
        self._given_back = [*batches, *self._given_back]

    @property
    def length(self) -> int | None:
        """How many batches an epoch has, where the source says."""
        return len(self.source) if isinstance(self.source, Sized) else None

    def move(self, used: int) -> None:
        """Be behind `used` batches that were taken; in the next epoch where there are none left."""
        self.batch += used
        if used == 0 or self.batch == self.length:
            self.epoch, self.batch, self._iterator = self.epoch + 1, 0, None


def _reader(source: Any) -> tuple[bool, Callable[[], Iterable[Any]]]:
    """Whether a source gives batch number i, and else what gives the batches of an epoch."""
    if isinstance(source, Iterable):
        return False, lambda: source
    if not callable(source):
        raise TypeError(
            f"Trainer.fit(batches): received {describe(source)}, wanted an iterable of batches, a "
            f"function that returns one, or a function that gives batch number i"
        )
    return takes_a_number(source), source


def takes_a_number(source: Any) -> bool:
    """Whether it is a function that can be called with one argument.

    >>> takes_a_number(lambda i: [i]), takes_a_number(lambda: [1]), takes_a_number([1])
    (True, False, False)
    """
    if isinstance(source, Iterable) or not callable(source):
        return False
    try:
        inspect.signature(source).bind(0)
    except TypeError:
        return False
    except ValueError:    # built in, without a signature
        return True
    return True


def as_arguments(batch: Any) -> tuple[Any, ...]:
    """What a batch is to a function: the parts of a tuple or list, or one argument."""
    return tuple(batch) if isinstance(batch, tuple | list) else (batch,)

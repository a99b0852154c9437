"""ParallelTrainer: the Trainer whose steps several ranks compute together."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from types import FrameType
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.module import Module
from minigrad.transforms.tree import tree_map

from ..checkpoints import Checkpoint
from ..training import History, Interrupt, Trainer
from ..training.feed import Feed, as_arguments, takes_a_number
from ..training.state import own_generators
from .group import Group
from .mpi import world

__all__ = ["ParallelTrainer"]


class ParallelTrainer(Trainer):
    """A ``Trainer`` on every rank of a group: each step is that of the whole batch.

    model, loss, options: as of ``Trainer``. The model begins with the parameters of the root.
    group: by default ``rnn.parallel.world()``.
    axis: along which a batch is cut into the ranks' rows: 1 for (T, B, ...). An array with fewer
        axes, such as the lengths (B,), is cut along its first. Or one axis for each part of a
        batch, None for a part that every rank gets whole.
    carry: that of the whole batch, cut likewise: along the first axis of a part with up to two
        axes, h (B, H), else along the second, (layers, B, H).
    weight: as of ``Trainer``; by default, among ranks, the number of rows. The gradient is the mean
        over all ranks with these weights: with ``weight=lambda x, lengths: lengths.sum()`` ragged
        shares give that of the whole batch.

    All ranks go through the same batches and take their own rows: their `rng` begins as the root's,
    and another generator that `batches` draws from needs the same seed on each. Those inside the
    model draw otherwise on every rank. So the order of the data does not depend on the number of
    ranks, and training goes on with another number from the same checkpoint, which the root writes.
    Ctrl-C is agreed upon: all ranks stop behind the same step.
    Callbacks are called on every rank; let those that print ask ``trainer.group.root``. Where an
    exception ends training, the last checkpoint is the one before it.

    Raises what ``Trainer`` raises, and ValueError for axes that do not fit the batch, and for
    generators that cannot be split among ranks.

    >>> import minigrad as mg
    >>> from rnn import GRU
    >>> layer = GRU(2, 3, rng=0)
    >>> trainer = ParallelTrainer(layer, lambda model, x: (model(x)[0] ** 2).mean(), lr=0.01)
    >>> _ = trainer.fit([(np.ones((4, 6, 2)),)], steps=2)
    >>> trainer.group, trainer.steps
    (Group(rank 0 of 1), 2)
    """

    def __init__(
        self, model: Module, loss: Callable[..., Any], optimizer: Any = "adam", *,
        group: Group | None = None, axis: int | Sequence[int | None] = 1, carry: Any = None,
        **options: Any,
    ) -> None:
        self.group, self.axis = world() if group is None else group, axis
        self._whole = carry
        super().__init__(model, loss, optimizer, carry=self._rows_of(carry), **options)
        self._separate()
        self.group.broadcast(self.model)
        self._part_ways()
        self._clock = self._agreed = self._before = self._began = 0.0
        self._asking, self._failing = _Agreed(), False

    # -- whose rows are whose

    def share(self, batch: Any) -> Any:
        """This rank's rows of a batch."""
        if self.group.size == 1:
            return batch
        parts = as_arguments(batch)
        if isinstance(self.axis, int):
            axes: Sequence[int | None] = [
                self.axis if np.ndim(part) > self.axis else 0 for part in parts
            ]
        else:
            axes = self.axis
        if len(axes) != len(parts):
            raise ValueError(
                f"ParallelTrainer(axis={self.axis!r}): a batch has {len(parts)} parts; wanted one "
                f"axis for each"
            )
        own = tuple(
            part if axis is None else self.group.share(part, axis)
            for part, axis in zip(parts, axes, strict=True)
        )
        return own if isinstance(batch, tuple | list) else own[0]

    def _count(self, batch: Any) -> int:
        """How many rows this rank has of a batch that has been shared."""
        first = np.shape(as_arguments(batch)[0])
        axis = self.axis if isinstance(self.axis, int) else self.axis[0]
        return int(first[axis if axis is not None and len(first) > axis else 0])

    def _weigh(self, batch: Any) -> float:
        alone = self.group.size == 1 or self._weight is not None
        return super()._weigh(batch) if alone else float(self._count(batch))

    def _rows_of(self, carry: Any) -> Any:
        """This rank's rows of a state."""

        def rows(part: Any) -> Any:
            return self.group.share(part, _batch_axis(part)) if np.ndim(part) else part

        return carry if self.group.size == 1 or carry is None else tree_map(rows, carry)

    def _rows_of_all(self, carry: Any) -> Any:
        """The state of the whole batch, from those of the ranks."""

        def whole(part: Any) -> Any:
            every = self.group.gather(np.asarray(detached(part)))
            return Tensor(np.concatenate(every, _batch_axis(part)) if np.ndim(part) else every[0])

        return carry if self.group.size == 1 or carry is None else tree_map(whole, carry)

    def _separate(self) -> None:
        """Give the model a generator of its own where it has that of the batches, which have to be
        the same on all ranks."""
        if self.group.size == 1 or self.rng is None:
            return
        bits = copy.deepcopy(self.rng.bit_generator)
        own = np.random.Generator(_jumped(bits, self.group.size))
        for module in self.model.modules():
            for name, value in list(vars(module).items()):
                if value is self.rng:
                    setattr(module, name, own)

    def _part_ways(self) -> None:
        """Let the generator of the batches stand where the root's does, and those inside the model
        draw from a part of the root's sequence of their own."""
        if self.group.size == 1:
            return
        inside = own_generators(self.model, None)
        every = inside if self.rng is None else [*inside, self.rng]
        own = [generator.bit_generator.state for generator in every]
        for generator, state in zip(every, self.group.gather(own)[0], strict=True):
            generator.bit_generator.state = state
        for generator in inside if self.group.rank else []:
            bits = generator.bit_generator
            bits.state = _jumped(bits, self.group.rank).state

    # -- training

    def fit(
        self, batches: Any, validation: Any = None, *, steps: int | None = None,
        epochs: int | None = None, seconds: float | None = None, every: int | None = None,
    ) -> History:
        """``Trainer.fit`` by all ranks; batches, and validation, are whole on each.

        A validation that is a function is called on every rank.
        """
        if self.group.size == 1:
            return super().fit(
                batches, validation, steps=steps, epochs=epochs, seconds=seconds, every=every
            )
        if self._feed is not None and getattr(self._feed.source, "source", None) is batches:
            shared: Any = self._feed.source
        else:
            shared = _shared(batches, self.share)
        self._before = self._agreed = self._clock = self.seconds
        return super().fit(
            shared, validation, steps=steps, epochs=epochs, seconds=seconds, every=every
        )

    def _interrupt(self) -> Interrupt:
        self._asking = _Agreed()
        return self._asking if self.group.size > 1 else super()._interrupt()

    def _end(self) -> None:
        # Where one rank fails alone, the others are not there to save: the last checkpoint stays.
        self._failing = self.group.size > 1 and sys.exc_info()[0] is not None
        super()._end()

    def _step(self, feed: Feed, interrupt: Interrupt) -> None:
        self._began = time.perf_counter()
        super()._step(feed, interrupt)

    def _backward(self, batches: list[Any]) -> Any:
        if self.group.size == 1:
            return super()._backward(batches)
        own, carry = [batch for batch in batches if self._weigh(batch)], self.carry
        if own:
            carry = super()._backward(own)
        else:
            self.model.zero_grad()
            self.weight, self.loss = 0.0, 0.0
        now = self._clock + time.perf_counter() - self._began
        clock = now if self.group.root else 0.0
        self.weight, (loss, clock, asked) = self.group.average_gradients(
            self.optimizer.params, self.weight,
            also=[self.weight * self.loss, clock, float(self._asking.asked)],
        )
        self.loss, self._agreed = loss / self.weight, clock
        self._asking.received = asked > 0
        return carry

    def _move(self, feed: Feed, used: int) -> None:
        # The root's clock is that of all, so that all stop, save and validate behind one step.
        if self.group.size > 1:
            if used:
                self._clock += self.seconds - self._before
            self._before = self.seconds = self._agreed
        super()._move(feed, used)

    def evaluate(self, batches: Any) -> float:
        """``Trainer.evaluate``, by all ranks on their rows."""
        if self.group.size == 1 or takes_a_number(batches):
            return super().evaluate(batches)
        return super().evaluate(_shared(batches, self.share))

    def _mean_loss(self, feed: Feed) -> float:
        if self.group.size == 1:
            return super()._mean_loss(feed)
        total = weights = 0.0
        carry = self._first_carry
        while feed.epoch == 0 and (batches := feed.take(1)):
            weight = self._weigh(batches[0])
            if weight:
                loss, carry = self._loss_of(batches[0], carry)
                total, weights = total + weight * loss.item(), weights + weight
            feed.move(1)
        return float(self.group.average(total / weights if weights else 0.0, weights))

    # -- stopping and going on

    def save(self, path: str | PathLike[str]) -> None:
        """``Trainer.save`` by the root, of the whole; all ranks call it. An OSError is raised on
        all, RuntimeError where their parameters differ."""
        if self.group.size == 1:
            super().save(path)
            return
        if self._failing:
            return
        self.group.check_same(self.model)
        own, self.carry = self.carry, self._rows_of_all(self.carry)
        failed: OSError | None = None
        try:
            if self.group.root:
                super().save(path)
        except OSError as error:
            failed = error
        finally:
            self.carry = own
        failures = self.group.gather(failed)
        if failures[0] is not None:
            raise failures[0]

    def load(self, path: str | PathLike[str] | Checkpoint) -> None:
        """``Trainer.load`` on all ranks, whatever the number of those that have written it."""
        own, self.carry = self.carry, self._whole
        try:
            super().load(path)
        except BaseException:
            self.carry = own
            raise
        self.carry = self._rows_of(self.carry)
        self._part_ways()
        self._clock = self._agreed = self._before = self.seconds


def _jumped(bits: Any, times: int) -> Any:
    """A bit generator far behind this one, as if so many ranks had drawn before it."""
    if not hasattr(bits, "jumped"):
        raise ValueError(
            f"ParallelTrainer: {type(bits).__name__} cannot be split among ranks; give the model "
            f"generators made by numpy.random.default_rng"
        )
    return bits.jumped(times)


def _batch_axis(part: Any) -> int:
    return 0 if np.ndim(part) <= 2 else 1


class _Shared:
    """Batches of which each is cut to a rank's rows when it is asked for."""

    def __init__(self, source: Any, share: Callable[[Any], Any]) -> None:
        self.source, self._share = source, share

    def __iter__(self) -> Iterator[Any]:
        return map(self._share, self.source() if callable(self.source) else self.source)

    def set_epoch(self, epoch: int) -> None:
        """Tell the source, if it wants to know."""
        if hasattr(self.source, "set_epoch"):
            self.source.set_epoch(epoch)


class _SharedOfKnownLength(_Shared):
    def __len__(self) -> int:
        return len(self.source)


class _SharedByNumber(_Shared):
    __iter__ = None  # type: ignore[assignment]

    def __call__(self, i: int) -> Any:
        return self._share(self.source(i))


def _shared(source: Any, share: Callable[[Any], Any]) -> Any:
    """The source in the form that it has."""
    if takes_a_number(source):
        return _SharedByNumber(source, share)
    return (_SharedOfKnownLength if hasattr(source, "__len__") else _Shared)(source, share)


class _Agreed(Interrupt):
    """Ctrl-C on any rank is noted, and received on all in the step in which the ranks tell it."""

    asked = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked or self.received:
            super()._note(number, frame)
        self.asked = True

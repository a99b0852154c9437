"""Trainer: the loop that trains any module by any loss, and can stop and go on at any step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.checks import Rng, as_generator, as_number, as_size, as_word
from minigrad.engine.modes import no_grad
from minigrad.errors import describe
from minigrad.module import Module
from minigrad.optim import LambdaLR, Optimizer, clip_grad_norm
from minigrad.scanning.generators import restore, states

from ..checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from ..sequence.unrolling import detach
from .budget import Budget, as_factor
from .checkpoint import Checkpoints
from .feed import Feed, as_arguments, takes_a_number
from .history import History
from .interrupt import Interrupt
from .modes import as_evaluated
from .moments import Callbacks
from .options import as_optimizer
from .state import arrays_of, own_generators, position_of, read_into

__all__ = ["Trainer"]


class Trainer:
    """Trains `model` by the gradient of `loss`: ``trainer.fit(batches, epochs=10)``.

    model: any Module.
    loss: ``loss(model, *batch)``, or ``loss(model, batch)`` where a batch is no tuple or list: a
        Tensor without axes, the mean over what the batch holds.
    optimizer: any of ``minigrad.optim``, with groups of parameters if it has them; or its name,
        such as "adam", for all parameters, with `lr` (by default the optimizer's own).
    schedule: the learning rate as a multiple of the first one: "constant" (default), "cosine",
        "linear", or a function of the part of the training that is done, from 0 to 1, such as
        ``rnn.training.warmed_up("cosine")``; or one of ``minigrad.optim``, which counts steps.
    clip: θ, to which the norm of the gradient is clipped (``clip_grad_norm``); by default none.
    accumulate: k batches make one step: its gradient is the mean over all that they hold.
    weight: ``weight(*batch)``, how much a batch holds, such as its number of tokens: what means
        over several batches are weighted by. By default all batches are alike.
    carry: the state before the first batch, where each goes on from the one before (truncated
        BPTT). Then ``loss(model, *batch, carry)`` returns the loss and the new carry, whose values
        go on and whose graph ends there.
    patience: stop when so many validations in a row have not been better than the best.
    mode: whether less ("min", default) or more ("max") is better at validation.
    checkpoints: a folder for ``last.safetensors`` and ``best.safetensors``, or a ``Checkpoints``.
    callbacks: objects with methods named as in ``rnn.training.MOMENTS``, such as
        ``on_validation(trainer)``; and functions, which are called after each step.
    rng: a generator that `batches` or `loss` draws from, so that it is saved too; a seed makes one,
        kept as ``.rng``. Those that modules draw from are always saved.
    config: anything that JSON can hold, to be saved in checkpoints; kept as ``.config``.

    What may be read at any time: ``steps``, ``epoch`` and ``batch`` (batches used in it),
    ``seconds`` (which the steps took), ``done`` (the part of the training, 0 to 1), ``loss``,
    ``norm`` (of the gradient, before clipping) and ``weight`` of the last step, ``best`` and
    ``best_step`` of the validations, ``history``, and ``stopped``: why the last fit ended.

    A step happens whole or not at all: after an exception, and after Ctrl-C, everything is as it
    was after the last whole step, and that is in the last checkpoint.

    Raises TypeError or ValueError for arguments that do not fit.

    >>> import minigrad as mg
    >>> class Line(mg.Module):
    ...     def __init__(self):
    ...         self.w = mg.Parameter(np.zeros(1))
    ...     def forward(self, x):
    ...         return x @ self.w
    >>> line, x = Line(), np.arange(4.0)[:, None]
    >>> trainer = Trainer(line, lambda model, x, y: ((model(x) - y) ** 2).mean(), "sgd", lr=0.1)
    >>> history = trainer.fit([(x, 2 * x[:, 0])], epochs=20)
    >>> line.w.numpy().round(3), trainer.stopped
    (array([2.]), 'done')
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[..., Any],
        optimizer: Optimizer | str = "adam",
        *,
        lr: float | None = None,
        schedule: Any = "constant",
        clip: float | None = None,
        accumulate: int = 1,
        weight: Callable[..., Any] | None = None,
        carry: Any = None,
        patience: int | None = None,
        mode: str = "min",
        checkpoints: Checkpoints | str | PathLike[str] | None = None,
        callbacks: Iterable[Any] = (),
        rng: Rng = None,
        config: Any = None,
    ) -> None:
        if not isinstance(model, Module):
            raise TypeError(f"Trainer(model): received {describe(model)}, wanted a Module")
        for name, function in {"loss": loss, "weight": weight or loss}.items():
            if not callable(function):
                raise TypeError(
                    f"Trainer({name}): received {describe(function)}, wanted a function"
                )
        self.model, self.optimizer = model, as_optimizer(optimizer, model, lr, "Trainer")
        self._loss, self._weight = loss, weight
        self.clip = math.inf
        if clip is not None:
            self.clip = as_number(clip, "clip", "Trainer", 0.0, open_low=True)
        self.accumulate = as_size(accumulate, "accumulate", "Trainer")
        self.carry = self._first_carry = None if carry is None else detach(carry)
        self.patience = None if patience is None else as_size(patience, "patience", "Trainer")
        self.mode = as_word(mode, "mode", "Trainer", ("min", "max"))
        self.rng = None if rng is None else as_generator(rng, "Trainer")
        self.config = config
        self.schedule = schedule
        if not isinstance(schedule, LambdaLR):
            self._factor = as_factor(schedule, "Trainer")
        self.base_lrs = [float(group["lr"]) for group in self.optimizer.param_groups]
        if isinstance(checkpoints, str | PathLike):
            checkpoints = Checkpoints(checkpoints)
        self.checkpoints = checkpoints
        kept = [] if checkpoints is None else [checkpoints]
        self._tell = Callbacks([*kept, *callbacks])

        self.steps, self.epoch, self.batch, self.seconds = 0, 0, 0, 0.0
        self.history = History()
        self.done, self.stopped = 0.0, ""
        self.loss, self.norm, self.weight = math.nan, math.nan, 0.0
        self._feed: Feed | None = None
        self._start: Any = None    # where the generator stood when the epoch began
        self._budget = Budget()

    # -- how far it has come

    @property
    def epochs(self) -> float:
        """How many epochs, with the part of the present one where the batches have a length."""
        length = None if self._feed is None else self._feed.length
        return self.epoch + (self.batch / length if length else 0.0)

    @property
    def best(self) -> float:
        """The best value of all validations; NaN before the first."""
        return self.history.best(self.mode)[1]

    @property
    def best_step(self) -> int:
        """After how many steps the best validation was; 0 before the first."""
        return self.history.best(self.mode)[0]

    def watch(self, *callbacks: Any) -> None:
        """Add callbacks to those that were given in the beginning."""
        self._tell.add(*callbacks)

    def stop(self, reason: str) -> None:
        """End the fit after this step; ``stopped`` is then `reason`. For callbacks."""
        self.stopped = reason

    # -- training

    def fit(
        self,
        batches: Any,
        validation: Any = None,
        *,
        steps: int | None = None,
        epochs: int | None = None,
        seconds: float | None = None,
        every: int | None = None,
    ) -> History:
        """Train until there have been so many steps, epochs, or seconds of steps; the history.

        batches: an iterable, which is gone through once an epoch; a function without arguments that
            returns one; or a function of i that gives batch number i, from 0 on, without end. What
            has a method ``set_epoch`` is told the number of each epoch before it begins. To go on
            bit for bit an epoch has to be the same when it is gone through again.
        validation: batches like these, over which the loss is averaged; or a function of the model
            that gives a number. It is run in evaluation mode, without gradients.
        steps, epochs, seconds: in all, counted from the very first step: a trainer that has been
            loaded goes on to the same end. What is used up first ends it.
        every: validate after so many steps; by default after each epoch. And at the end.

        Ctrl-C ends training after the step that runs, and is then raised. Raises GradientError
        where a gradient is not finite, TypeError or ValueError for arguments that do not fit.
        """
        self._budget = Budget.checked(steps, epochs, seconds, "Trainer.fit")
        interval = None if every is None else as_size(every, "every", "Trainer.fit")
        if self._feed is None or self._feed.source is not batches:
            self._feed = Feed(batches, self.epoch, self.batch, self.rng, self._start)
        self.stopped, self.done = "", self._budget.done(self)
        self.model.train()
        with self._interrupt() as interrupt:
            try:
                self._tell("on_start", self)
                while self.done < 1 and not self.stopped and not interrupt.received:
                    before = self.epoch
                    self._step(self._feed, interrupt)
                    at_end = self.done == 1 or bool(self.stopped)
                    due = self.epoch > before if interval is None else not self.steps % interval
                    if validation is not None and (due or at_end):
                        self._validate(validation)
                if not self.stopped:
                    self.stopped = "done" if self.done == 1 else "interrupted"
            except BaseException as error:
                self.stopped = self.stopped or f"{type(error).__name__}: {error}"
                raise
            finally:
                with interrupt.held():
                    self._end()
        if interrupt.received:
            raise KeyboardInterrupt
        return self.history

    def _interrupt(self) -> Interrupt:
        return Interrupt()

    def _end(self) -> None:
        self._tell("on_end", self)

    def _step(self, feed: Feed, interrupt: Interrupt) -> None:
        """One step, or the end of an epoch that has no batch left."""
        began, whole = time.perf_counter(), False
        generators = own_generators(self.model, self.rng)
        before = states(generators)
        batches: list[Any] = []
        try:
            batches = feed.take(self.accumulate)
            if batches:
                carry = self._backward(batches)
                self._tell("on_gradients", self)
                self.norm = clip_grad_norm(self.optimizer.params, self.clip)
                self._set_rates()
                with interrupt.held():
                    rate = self.optimizer.param_groups[0]["lr"]
                    self.optimizer.step()
                    if isinstance(self.schedule, LambdaLR):
                        self.schedule.step()
                    self.carry, self.steps = carry, self.steps + 1
                    self.history.add(self.loss, self.norm, rate)
                    self.seconds += time.perf_counter() - began
                    self._move(feed, len(batches))
                    whole = True
            else:
                with interrupt.held():
                    self._move(feed, 0)
        except BaseException:
            if not whole:
                restore(generators, before)
                feed.give_back(batches)
            raise
        if batches:
            self._tell("on_step", self)
        if self.batch == 0:
            self._tell("on_epoch", self)

    def _move(self, feed: Feed, used: int) -> None:
        """Be behind so many batches more, or in the next epoch where that was the last."""
        feed.move(used)
        self.epoch, self.batch, self._start = feed.epoch, feed.batch, feed.start
        self.done = self._budget.done(self)

    def _backward(self, batches: list[Any]) -> Any:
        """The gradient of the weighted mean over some batches, in .grad; returns the new carry."""
        weights = [self._weigh(batch) for batch in batches]
        self.weight, self.loss, carry = sum(weights), 0.0, self.carry
        if not 0 < self.weight < math.inf:
            raise ValueError(
                f"Trainer(weight): the batches of a step weigh {weights}, wanted numbers of at "
                f"least 0, and not all 0"
            )
        self.model.zero_grad()
        for batch, weight in zip(batches, weights, strict=True):
            loss, carry = self._loss_of(batch, carry)
            share = weight / self.weight
            if share == 1.0:
                loss.backward()
            else:
                loss.backward(np.asarray(share, loss.dtype))
            self.loss += share * loss.item()
        return carry

    def _weigh(self, batch: Any) -> float:
        return 1.0 if self._weight is None else float(self._weight(*as_arguments(batch)))

    def _loss_of(self, batch: Any, carry: Any) -> tuple[Tensor, Any]:
        """The loss of one batch, and what is carried on from it."""
        if self.carry is None:
            loss = self._loss(self.model, *as_arguments(batch))
        else:
            found = self._loss(self.model, *as_arguments(batch), carry)
            if not isinstance(found, tuple) or len(found) != 2:
                raise TypeError(
                    f"Trainer(loss): with carry= the loss returns a pair, the loss and the new "
                    f"carry; received {describe(found)}"
                )
            loss, carry = found[0], detach(found[1])
        if not isinstance(loss, Tensor) or loss.shape != ():
            raise TypeError(
                f"Trainer(loss): the loss returned {describe(loss)}, wanted a Tensor without axes, "
                f"such as a mean" + (
                    "; to carry a state from batch to batch pass the first one as carry="
                    if isinstance(loss, tuple) else ""
                )
            )
        return loss, carry

    def _set_rates(self) -> None:
        """Give each group its first learning rate times the factor of the schedule."""
        if not isinstance(self.schedule, LambdaLR):
            groups, factor = self.optimizer.param_groups, self._factor(self.done)
            self.base_lrs += [float(g["lr"]) for g in groups[len(self.base_lrs):]]
            for group, base in zip(groups, self.base_lrs, strict=True):
                group["lr"] = base * factor

    # -- validation

    def evaluate(self, batches: Any) -> float:
        """The mean of the loss over some batches, or what a function of the model gives, in
        evaluation mode and without gradients.

        batches: as `validation` of ``fit``. Raises ValueError where there are none.
        """
        with as_evaluated(self.model), no_grad():
            if takes_a_number(batches):
                return float(batches(self.model))
            return self._mean_loss(Feed(batches))

    def _mean_loss(self, feed: Feed) -> float:
        total = weights = 0.0
        carry = self._first_carry
        while feed.epoch == 0 and (batches := feed.take(1)):
            loss, carry = self._loss_of(batches[0], carry)
            weight = self._weigh(batches[0])
            total, weights = total + weight * loss.item(), weights + weight
            feed.move(1)
        if weights == 0:
            raise ValueError("Trainer(weight): the batches of the validation weigh nothing")
        return total / weights

    def _validate(self, validation: Any) -> None:
        """Validate, unless it has been done after this step, and stop if patience is at an end."""
        if self.history.validated == self.steps:
            return
        self.history.validations.append((self.steps, self.evaluate(validation)))
        self._tell("on_validation", self)
        if self.patience and self.history.since_best(self.mode) >= self.patience:
            self.stop(f"the best of {len(self.history.validations)} validations was after step "
                      f"{self.best_step:,}, {self.patience} before the last")

    # -- stopping and going on

    def save(self, path: str | PathLike[str]) -> None:
        """Write all that the next step depends on, but for code and data, whole or not at all.

        ``rnn.load_model`` makes the model of such a file again. Raises OSError where it cannot be
        written, TypeError for a `config` that JSON cannot hold.
        """
        save_checkpoint(
            path, self.model, self.optimizer,
            schedule=self.schedule if isinstance(self.schedule, LambdaLR) else None,
            generators={} if self.rng is None else {"rng": self.rng},
            position=position_of(self), config=self.config, arrays=arrays_of(self),
        )

    def load(self, path: str | PathLike[str] | Checkpoint) -> None:
        """Go on bit for bit from what ``save`` wrote, in a trainer made as that one was.

        path: of a file, or what ``rnn.load_checkpoint`` gave. Raises FileFormatError for a damaged
        file, or one of another kind; StateDictError where it does not fit; and changes nothing.
        """
        read_into(self, path if isinstance(path, Checkpoint) else load_checkpoint(path))

    def __repr__(self) -> str:
        count = sum(p.size for p in self.model.parameters())
        return (
            f"Trainer({type(self.model).__name__}, {count:,} parameters, {self.optimizer}, "
            f"{self.steps:,} steps)"
        )

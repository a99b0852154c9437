"""The loop: train until the bar is reached or the sequences are used up, then score once."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minigrad as mg
from minigrad import Module, Tensor
from minigrad.optim import Adam, clip_grad_norm
from rnn import Cell, Readout, last, unroll
from rnn.training import cosine

__all__ = ["Experiment", "Look", "Net", "Outcome", "fit"]

class Net(Module):
    """A cell and a linear readout: tokens (T, B) or numbers (T, B, K) in, (T, B, Q) out."""

    def __init__(self, cell: Cell, outputs: int, rng: np.random.Generator) -> None:
        self.cell = cell
        self.head = Readout(cell.output_size, outputs, rng=rng)

    def forward(self, xs: Any) -> Tensor:
        """The readout at every step."""
        return self.head(unroll(self.cell, xs, how="scan")[0])

    def at_end(self, xs: Any, lengths: Any = None) -> Tensor:
        """The readout at the last step of each sequence: (B, Q)."""
        return self.head(last(unroll(self.cell, xs, how="scan")[0], lengths))


class Experiment(ABC):
    """A net, a task, how it is trained, and what it is to reach.

    bar: the score must be below it; with `above` instead, must not fall to it at any look.
    stop, calm: training ends when the score of so many looks in a row is below `stop`. Both leave
    a margin for the final set, which is another one.
    budget: sequences; batch: of them in an update. lr: of Adam; where it `falls`, to 0 at the end
    of the budget, as a cosine. max_norm: of the gradients, clipped. every: updates between two
    looks.
    """

    name: str
    task_title: str
    model: str
    unit: str
    bar: float
    stop: float
    budget: int
    batch: int
    lr: float
    every: int
    falls: bool = True
    calm: int = 2
    max_norm: float = 1.0
    above: bool = False
    task: Any

    @abstractmethod
    def net(self, rng: np.random.Generator) -> Net:
        """A new net."""

    @abstractmethod
    def loss(self, net: Net, batch: Any) -> Tensor:
        """What is minimised: a scalar."""

    @abstractmethod
    def score(self, net: Net, held: Any) -> float:
        """How well the net does on sequences as `held_out` gives them; lower is better."""

    @abstractmethod
    def held_out(self, rng: np.random.Generator, final: bool = False) -> Any:
        """Sequences to look at on the way, or `final` ones to score the trained net on."""

    def draw(self, rng: np.random.Generator) -> Any:
        """A batch to train on."""
        return self.task.draw(self.batch, rng)

    @property
    def baseline(self) -> float:
        """What a predictor without a memory scores."""
        return float(self.task.baseline)

    def held_against(self, outcome: Outcome) -> float:
        """The number of a run that the bar is held against: its score, or the best it ever had."""
        if not self.above:
            return outcome.score
        return min([outcome.score, *(look.score for look in outcome.curve)])

    def reached(self, outcome: Outcome) -> bool:
        """Whether a run is on the wanted side of the bar."""
        number = self.held_against(outcome)
        return number > self.bar if self.above else number < self.bar


class Look(NamedTuple):
    """How far a run is: sequences, mean loss of the updates since the look before, and score."""

    sequences: int
    loss: float
    score: float


class Outcome(NamedTuple):
    """A finished run: `score` is that of the final set, `curve` what was seen on the way."""

    name: str
    seed: int
    score: float
    sequences: int
    seconds: float
    curve: list[Look]


def fit(
    experiment: Experiment, seed: int, tell: Callable[[Look, float], None] | None = None
) -> Outcome:
    """Train one net; `tell` gets every look and the seconds so far.

    Parameters, training, looks and the final set have random streams of their own, so that none of
    them changes if another does.
    """
    began = time.perf_counter()
    streams = np.random.default_rng(seed).spawn(4)
    initial, training, looking, final = streams
    unseen, seen = experiment.held_out(final, final=True), experiment.held_out(looking)
    net = experiment.net(initial)
    optimizer = Adam(net.parameters(), lr=experiment.lr)
    sequences = in_a_row = 0
    losses: list[float] = []
    curve: list[Look] = []
    while sequences < experiment.budget and in_a_row < experiment.calm:
        if experiment.falls:
            optimizer.lr = experiment.lr * cosine(sequences / experiment.budget)
        loss = experiment.loss(net, experiment.draw(training))
        loss.backward()
        clip_grad_norm(net.parameters(), experiment.max_norm)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        sequences += experiment.batch
        if len(losses) == experiment.every or sequences >= experiment.budget:
            with mg.no_grad():
                look = Look(sequences, float(np.mean(losses)), experiment.score(net, seen))
            curve.append(look)
            losses.clear()
            in_a_row = in_a_row + 1 if look.score < experiment.stop else 0
            if tell is not None:
                tell(look, time.perf_counter() - began)
    with mg.no_grad():
        score = experiment.score(net, unseen)
    return Outcome(experiment.name, seed, score, sequences, time.perf_counter() - began, curve)

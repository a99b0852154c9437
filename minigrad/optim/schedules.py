"""Learning rates that follow a plan: lr = lr₀ · f(t), where t counts calls of ``step()``.

f is a plain function, and factors multiply, so plans compose:

    LambdaLR(optimizer, linear_ramp(0.01, total_iters=100), cosine_decay(10_000))

warms up over 100 steps and decays along a cosine. Each factor is a closed form in t: no rounding
adds up, and resuming at any t gives the same bits. The classes named as in PyTorch are short forms.
Each group of the optimizer has its own lr₀, and follows the plan from there.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..checks import as_number
from ..errors import describe
from ..state import atomically, fit, refuse
from .optimizer import Optimizer

__all__ = [
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "StepLR",
    "cosine_decay",
    "exponential_decay",
    "linear_ramp",
    "step_decay",
]

Factor = Callable[[int], float]
Factors = Factor | Sequence[Factor]


def _count(value: Any, name: str, owner: str) -> int:
    """A whole number of steps, 10 or 10.0."""
    number = as_number(value, name, owner, low=1.0)
    if number != int(number):
        raise ValueError(f"{owner}({name}): received {value!r}, wanted a whole number of steps")
    return int(number)


def step_decay(step_size: int, gamma: float = 0.1) -> Factor:
    """γ^⌊t / step_size⌋; ValueError unless `step_size` is a whole number of at least 1.

    >>> [step_decay(2, gamma=0.5)(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    every = _count(step_size, "step_size", "step_decay")
    gamma = as_number(gamma, "gamma", "step_decay", low=0.0)
    return lambda t: gamma ** (t // every)


def exponential_decay(gamma: float) -> Factor:
    """γᵗ

    >>> [exponential_decay(0.5)(t) for t in range(4)]
    [1.0, 0.5, 0.25, 0.125]
    """
    gamma = as_number(gamma, "gamma", "exponential_decay", low=0.0)
    return lambda t: gamma**t


def cosine_decay(T_max: int, floor: float = 0.0) -> Factor:
    """floor + (1 − floor)(1 + cos(πt/T_max))/2: from 1 to `floor` at T_max, and back up after.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017),
    equation 5.

    >>> [round(cosine_decay(4)(t), 3) for t in range(5)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    period = _count(T_max, "T_max", "cosine_decay")
    floor = as_number(floor, "floor", "cosine_decay", low=0.0)
    return lambda t: floor + (1.0 - floor) * (1.0 + math.cos(math.pi * t / period)) / 2.0


def linear_ramp(start_factor: float, end_factor: float = 1.0, *, total_iters: int) -> Factor:
    """From `start_factor` to `end_factor` in a straight line over `total_iters`, constant after.

    >>> [linear_ramp(0.0, total_iters=2)(t) for t in range(4)]
    [0.0, 0.5, 1.0, 1.0]
    """
    total = _count(total_iters, "total_iters", "linear_ramp")
    start = as_number(start_factor, "start_factor", "linear_ramp", low=0.0)
    end = as_number(end_factor, "end_factor", "linear_ramp", low=0.0)
    return lambda t: end if t >= total else start + (end - start) * t / total


class LambdaLR:
    """Set ``optimizer.lr`` to lr₀ · f₁(t) · f₂(t) ···, now with t = 0 and at every ``step()``.

    optimizer: its lr at this moment is lr₀, of each group its own; of one that is added later, the
        lr that it has at the next step.
    factors: functions of t, or lists with one function for each group; with none the rate stays.

    Raises TypeError for what is no optimizer or no function, ValueError for a list of another
    length.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.Parameter(0.0)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda t: 1 / (1 + t))
    >>> for _ in range(3):
    ...     schedule.step()
    >>> optimizer.lr
    0.25
    """

    def __init__(self, optimizer: Optimizer, *factors: Factors) -> None:
        who = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{who}: received {describe(optimizer)}, wanted an Optimizer")
        count = len(optimizer.param_groups)
        for factor in factors:
            several = factor if isinstance(factor, Sequence) else [factor]
            if not all(map(callable, several)):
                raise TypeError(
                    f"{who}: received {describe(factor)} as a factor, wanted a function of t"
                )
            if isinstance(factor, Sequence) and len(factor) != count:
                raise ValueError(
                    f"{who}: received {len(factor)} functions of t, wanted one for each of the "
                    f"optimizer's {count} groups"
                )
        self.optimizer, self.factors = optimizer, factors
        self.base_lrs: list[float] = []
        self._go(0, self._known_base_lrs([]))

    @property
    def base_lr(self) -> float:
        """lr₀, of the first group where there are several."""
        return self.base_lrs[0]

    def lr_at(self, t: int, group: int = 0) -> float:
        """The learning rate of a group at step `t`."""
        return float(self.base_lrs[group] * self._factor(t, group))

    def _factor(self, t: int, group: int) -> float:
        return math.prod(
            (factor[group] if isinstance(factor, Sequence) else factor)(t)
            for factor in self.factors
        )

    def step(self) -> None:
        """Move to the next t; call it after ``optimizer.step()``, once a step or once an epoch."""
        self._go(self.t + 1, self._known_base_lrs(self.base_lrs))

    def get_last_lr(self) -> list[float]:
        """The learning rates that the groups have now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def _known_base_lrs(self, known: list[float]) -> list[float]:
        """lr₀ of every group: of those that are not `known`, the lr that they have."""
        return [*known, *(g["lr"] for g in self.optimizer.param_groups[len(known) :])]

    def _go(self, t: int, base_lrs: list[float]) -> None:
        """Be at `t`, with the rates that belong to it, or raise and change nothing."""
        twin = copy.copy(self)
        twin.base_lrs = base_lrs
        groups = self.optimizer.param_groups
        rates = [g.checked("lr", twin.lr_at(t, k)) for k, g in enumerate(groups)]

        def assign() -> None:
            self.t, self.base_lrs = t, base_lrs
            for group, rate in zip(groups, rates, strict=True):
                group.fill(rate, over=True)

        atomically(assign)

    def state_dict(self) -> dict[str, Any]:
        """t and lr₀, of further groups as ``"group<k>.base_lr"``; the factors are code, and come
        from the program."""
        more = {f"group{k}.base_lr": lr for k, lr in enumerate(self.base_lrs) if k}
        return {"t": self.t, "base_lr": self.base_lr, **more}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on at the saved t. Raises StateDictError for other keys, and changes nothing."""
        own = {name: np.asarray(value) for name, value in self.state_dict().items()}
        found = fit(own, state)
        for name, number in found.arrays.items():
            if not 0 <= number < math.inf:
                found.faults.append(
                    f"out of range: {name}: received {number}, wanted a finite number of at least 0"
                )
        refuse(f"{type(self).__name__}.load_state_dict", found.faults)
        t = int(found.arrays.pop("t"))
        self._go(t, [float(found.arrays[name]) for name in own if name != "t"])

    def __repr__(self) -> str:
        rates = " and ".join(dict.fromkeys(f"{lr:g}" for lr in self.get_last_lr()))
        return f"{type(self).__name__}(t={self.t}, lr={rates})"


class StepLR(LambdaLR):
    """lr₀ γ^⌊t / step_size⌋; see ``step_decay``. Default: gamma=0.1.

    >>> import minigrad as mg
    >>> schedule = StepLR(mg.optim.SGD([mg.Parameter(0.0)], lr=1.0), step_size=2)
    >>> [schedule.lr_at(t) for t in range(5)]
    [1.0, 1.0, 0.1, 0.1, 0.01]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        super().__init__(optimizer, step_decay(step_size, gamma))


class ExponentialLR(LambdaLR):
    """lr₀ γᵗ; see ``exponential_decay``.

    >>> import minigrad as mg
    >>> schedule = ExponentialLR(mg.optim.SGD([mg.Parameter(0.0)], lr=8.0), gamma=0.5)
    >>> [schedule.lr_at(t) for t in range(4)]
    [8.0, 4.0, 2.0, 1.0]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        super().__init__(optimizer, exponential_decay(gamma))


class CosineAnnealingLR(LambdaLR):
    """eta_min + (lr₀ − eta_min)(1 + cos(πt/T_max))/2; see ``cosine_decay``. Default: eta_min=0.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.Parameter(0.0)], lr=1.0)
    >>> schedule = CosineAnnealingLR(optimizer, T_max=4, eta_min=0.5)
    >>> [round(schedule.lr_at(t), 3) for t in (0, 2, 4)]
    [1.0, 0.75, 0.5]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self._floor = as_number(eta_min, "eta_min", "CosineAnnealingLR", low=0.0)
        super().__init__(optimizer, cosine_decay(T_max))

    def lr_at(self, t: int, group: int = 0) -> float:
        return float(self._floor + (self.base_lrs[group] - self._floor) * self._factor(t, group))


class LinearLR(LambdaLR):
    """lr₀ times a straight line from `start_factor` to `end_factor`; see ``linear_ramp``.

    Defaults, which are PyTorch's: from 1/3 to 1 over total_iters=5 steps.

    >>> import minigrad as mg
    >>> optimizer = mg.optim.SGD([mg.Parameter(0.0)], lr=1.0)
    >>> schedule = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> [schedule.lr_at(t) for t in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3.0,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        super().__init__(optimizer, linear_ramp(start_factor, end_factor, total_iters=total_iters))

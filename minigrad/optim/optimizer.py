"""The part that all optimizers share: which gradients count, what is refused, what is saved.

A step computes every new value first and assigns them all at its end, so a step that fails, or is
interrupted, has changed nothing. Values are replaced, never written to: a graph may hold them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import GradientError, describe
from ..state import fit, refuse
from ..tensor import Tensor
from .checks import (
    Array,
    all_finite,
    as_number,
    checked_parameters,
    gradient,
    label,
    refuse_nonfinite,
)

__all__ = ["Flag", "Hyper", "Optimizer"]

# The arrays of one block (value, gradient, slots, temporaries) stay in the processor's cache: for a
# million entries, half the time of going over whole arrays again and again.
_BLOCK = 16_384


class Hyper:
    """A hyperparameter as a class attribute: checked when it is assigned, saved in the state dict.

    It takes a number in [low, below), or in (low, below) with ``open_low``.

    >>> class Mine(Optimizer):
    ...     momentum = Hyper(below=1.0)
    >>> Mine.hypers()
    ('lr', 'momentum')
    """

    name: str

    def __init__(self, low: float = 0.0, below: float = math.inf, open_low: bool = False) -> None:
        self._bounds = (low, below, open_low)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        return self if optimizer is None else vars(optimizer)[self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        vars(optimizer)[self.name] = self.checked(value, type(optimizer).__name__)

    def checked(self, value: Any, owner: str) -> float:
        """`value` as a float within the bounds, or a TypeError or ValueError that names it."""
        return as_number(value, f"{owner}({self.name})", *self._bounds)


class Flag(Hyper):
    """A hyperparameter that is True or False."""

    def checked(self, value: Any, owner: str) -> bool:
        plain = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if not isinstance(plain, bool | np.bool_):
            raise TypeError(
                f"{owner}({self.name}): received {describe(value)}, wanted True or False"
            )
        return bool(plain)


class Optimizer:
    """Base class: ``step()`` gives every parameter that has a gradient the value of ``update``.

    params: the leaves to change, such as ``model.parameters()``; each once.
    lr: the learning rate; it can be assigned at any time.

    For a rule of your own define ``update``, and ``slots`` if it keeps arrays for each parameter:

    >>> import minigrad as mg
    >>> class SignSGD(Optimizer):
    ...     def update(self, value, grad, state, t):
    ...         return value - self.lr * np.sign(grad)
    >>> w = mg.Parameter([1.0, 1.0])
    >>> optimizer = SignSGD([w], lr=0.1)
    >>> (w * np.array([3.0, -5.0])).sum().backward()
    >>> optimizer.step(); w
    Tensor([0.9, 1.1], requires_grad=True)

    Raises ValueError or TypeError for an lr that is no finite number of at least 0, no parameters,
    one that comes twice, or something that is no leaf Tensor.
    """

    lr = Hyper()
    elementwise = False
    """Whether ``update`` treats each entry by itself, so that a large parameter goes in blocks."""

    def __init__(self, params: Iterable[Tensor], lr: float) -> None:
        self.lr = lr
        self.params = checked_parameters(params, type(self).__name__)
        self._steps = [0] * len(self.params)
        self._states: list[dict[str, Array]] = [{} for _ in self.params]

    # -- what a subclass says

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        """The new value of one parameter, as a fresh array.

        value, grad: its value and gradient; both are read only.
        state: its slots. Put new arrays in; do not write to those that are there.
        t: how many steps this parameter has taken, this one included.
        """
        raise TypeError(
            f"{type(self).__name__} has no update(): define "
            f"`def update(self, value, grad, state, t): ...`, which returns the new value"
        )

    def slots(self) -> dict[str, float]:
        """The arrays kept for each parameter, of its shape: name → value at the start."""
        return {}

    # -- what it does

    @classmethod
    def hypers(cls) -> tuple[str, ...]:
        """The names of the hyperparameters."""
        ordered = {n: c for k in reversed(cls.__mro__) for n, c in vars(k).items()}
        return tuple(name for name, value in ordered.items() if isinstance(value, Hyper))

    def step(self) -> None:
        """Update every parameter that has a gradient; those whose ``.grad`` is None are skipped.

        Raises GradientError that names the parameters when a gradient holds a NaN or an Inf, or is
        so large that the update would. After any error, parameters and state are as they were.
        """
        who = f"{type(self).__name__}.step()"
        grads = [gradient(p) for p in self.params]
        refuse_nonfinite(self.params, grads, who)
        changes = []
        for i, (parameter, g) in enumerate(zip(self.params, grads, strict=True)):
            if g is None:
                continue
            state = dict(self._state(i))
            with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
                new = self._updated(parameter._data, g, state, self._steps[i] + 1)
            if new.shape != parameter.shape or new.dtype != parameter.dtype:
                raise TypeError(
                    f"{who}: update() of {label(self.params, i)} returned {describe(new)}, "
                    f"wanted {describe(parameter)}"
                )
            if not all(map(all_finite, (new, *state.values()))):
                largest = float(np.max(np.abs(g)))
                raise GradientError(
                    f"{who}: the update of {label(self.params, i)} would be NaN or Inf; nothing "
                    f"was changed. Its largest gradient is {largest:.3g} in {g.dtype}, and "
                    f"lr={self.lr:g}: clip the gradient with clip_grad_norm, or lower lr"
                )
            changes.append((i, new, state, self._steps[i] + 1))
        try:
            self._assign(changes)
        except BaseException:  # Ctrl-C between two assignments: finish the step, then end
            self._assign(changes)
            raise

    def _updated(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        """``update``, in blocks where that is the same."""
        size = value.size
        if not self.elementwise or size <= _BLOCK:
            return self.update(value, grad, state, t)
        new, grad, flat = np.empty(size, value.dtype), grad.reshape(-1), value.reshape(-1)
        old = {name: array.reshape(-1) for name, array in state.items()}
        for name, array in old.items():
            state[name] = np.empty_like(array)
        for start in range(0, size, _BLOCK):
            block = slice(start, start + _BLOCK)
            part = {name: array[block] for name, array in old.items()}
            new[block] = self.update(flat[block], grad[block], part, t)
            for name, array in part.items():
                state[name][block] = array
        for name, array in state.items():
            state[name] = array.reshape(value.shape)
        return new.reshape(value.shape)

    def _assign(self, changes: list[tuple[int, Array, dict[str, Array], int]]) -> None:
        for i, new, state, t in changes:
            self.params[i]._replace(new)
            self._states[i], self._steps[i] = state, t

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters: ``.grad`` becomes None."""
        for parameter in self.params:
            parameter.zero_grad()

    def _state(self, i: int) -> dict[str, Array]:
        """The slots of parameter `i`; those that are not there yet are made."""
        state = self._states[i]
        for name, start in self.slots().items():
            if name not in state:
                state[name] = np.full(self.params[i].shape, start, self.params[i].dtype)
        return state

    # -- saving and resuming

    def state_dict(self) -> dict[str, Any]:
        """Hyperparameters by name, ``"<i>.steps"`` and ``"<i>.<slot>"`` for parameter i: numbers
        and arrays in a flat dict, as ``minigrad.save`` takes it."""
        state: dict[str, Any] = {name: getattr(self, name) for name in self.hypers()}
        for i, steps in enumerate(self._steps):
            state[f"{i}.steps"] = steps
            for slot, array in self._state(i).items():
                state[f"{i}.{slot}"] = np.array(array)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue bit for bit where the optimizer that gave `state` was; values are copied.

        This optimizer must be made for the same parameters with the same options; lr and the other
        numbers are taken from `state`. Raises StateDictError that lists everything that does not
        fit, and changes nothing.
        """
        who = type(self).__name__
        found = fit({name: np.asarray(value) for name, value in self.state_dict().items()}, state)
        arrays, faults = found.arrays, found.faults
        hypers: dict[str, Any] = {}
        for name in (name for name in self.hypers() if name in arrays):
            try:
                hypers[name] = getattr(type(self), name).checked(arrays[name], who)
            except (TypeError, ValueError) as error:
                faults.append(f"out of range: {error}")
        faults += [
            f"out of range: {name}: received {array}, wanted at least 0"
            for name, array in arrays.items()
            if name.endswith(".steps") and array < 0
        ]
        refuse(f"{who}.load_state_dict", faults)
        vars(self).update(hypers)
        self._steps = [int(arrays[f"{i}.steps"]) for i in range(len(self.params))]
        self._states = [
            {slot: arrays[f"{i}.{slot}"] for slot in self.slots()} for i in range(len(self.params))
        ]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name)}" for name in self.hypers())
        count = len(self.params)
        return f"{type(self).__name__}({count} parameter{'s' * (count != 1)}, {numbers})"

"""The base class of optimizers: groups, checks, steps that happen whole or not at all, saving.

A step first computes every new value and then assigns them all, so a step that fails or is
interrupted has changed nothing. Values are replaced, never written to: a graph may hold them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from ..engine.tensor import Tensor
from ..errors import GradientError, describe
from ..state import atomically, fit, refuse, zero_grads
from .groups import Group, Hyper, given_groups, hypers_of
from .parameters import Array, all_finite, gradient, label, refuse_nonfinite

__all__ = ["Optimizer"]

# Entries of a block, whose arrays (value, gradient, slots, temporaries) fit into the processor's
# cache: for a million entries this halves the time of a step.
_BLOCK = 16_384

# The ε that messages suggest: small beside usual gradients, and far above the smallest number.
SAFE_EPS = {"float16": 1e-3, "float32": 1e-8, "float64": 1e-8}


class _Update(NamedTuple):
    """The new value and state of parameter `i`, after `steps` steps."""

    i: int
    value: Array
    state: dict[str, Array]
    steps: int


class Optimizer:
    """Base class: ``step()`` gives every parameter that has a gradient the value of ``update``.

    params: the leaves to change, such as ``model.parameters()``; each once. Or groups of them, as
        dicts with hyperparameters of their own: ``[{"params": biases, "weight_decay": 0.0}, ...]``.
    lr: the learning rate. Like every hyperparameter it is the default of groups without their own.
        ``optimizer.lr = ...`` sets it in all groups, ``optimizer.param_groups[i]["lr"] = ...`` in
        one, at any time; ``optimizer.lr`` is that of the first.

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
    one that comes twice, or something that is no leaf Tensor; or for a group with an option that
    this optimizer does not have.
    """

    lr = Hyper()
    elementwise = False
    """Whether ``update`` treats each entry by itself, so that a large parameter goes in blocks."""
    pairs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Options that stand for several hyperparameters, such as Adam's ``betas``."""

    def __init__(
        self, params: Iterable[Tensor] | Iterable[Mapping[str, Any]], lr: float
    ) -> None:
        self.params: list[Tensor] = []
        self.param_groups: list[Group] = []
        self._steps: list[int] = []
        self._states: list[dict[str, Array]] = []
        self._defaults: dict[str, Any] = {}
        self._append(given_groups(params, type(self), []))
        self._group = self.param_groups[0]  # the source of the attributes lr, momentum, ...
        self.lr = lr

    # -- its groups

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """More parameters: a dict with ``"params"``, and options where they differ from the others.

        Raises as the constructor does, and changes nothing.

        >>> import minigrad as mg
        >>> optimizer = mg.optim.SGD([mg.Parameter(0.0)], lr=0.1)
        >>> optimizer.add_param_group({"params": [mg.Parameter(1.0)], "lr": 0.01})
        >>> optimizer
        SGD(2 parameters in 2 groups, lr=0.1 and 0.01, ...)
        """
        if not isinstance(param_group, Mapping):
            raise TypeError(
                f"{type(self).__name__}.add_param_group: received {describe(param_group)}, wanted "
                f"a dict with the tensors under 'params'"
            )
        groups = given_groups([param_group], type(self), self.param_groups)
        for group in groups:
            group.fill(self._defaults)
            self._for(group).check_options()
        self._append(groups)

    def check_options(self) -> None:
        """Raise ValueError where hyperparameters do not go together; it is asked for each group."""

    def _append(self, groups: list[Group]) -> None:
        new = [parameter for group in groups for parameter in group["params"]]
        params, known = [*self.params, *new], [*self.param_groups, *groups]
        steps = self._steps + [0] * len(new)
        states: list[dict[str, Array]] = [*self._states, *({} for _ in new)]

        def assign() -> None:
            self.params[:], self.param_groups[:] = params, known
            self._steps[:], self._states[:] = steps, states

        atomically(assign)

    def _set_hyper(self, name: str, value: Any) -> None:
        """Set a hyperparameter: in the constructor in groups without their own, later in all."""
        first = name not in self._defaults

        def assign() -> None:
            for group in self.param_groups:
                group.fill({name: value}, over=not first)
            self._defaults[name] = value

        atomically(assign)

    def _for(self, group: Group) -> Self:
        """This optimizer, with the hyperparameters of `group` as its attributes."""
        if group is self._group:
            return self
        twin = copy.copy(self)
        twin._group = group
        return twin

    def _rules(self) -> Iterator[tuple[int, Self]]:
        """For every parameter its place, and this optimizer as it is for the parameter's group."""
        i = 0
        for group in self.param_groups:
            rule = self._for(group)
            for _ in group["params"]:
                yield i, rule
                i += 1

    # -- what a subclass defines

    def update(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        """The new value of one parameter, as a fresh array.

        value, grad: its value and gradient; both are read only.
        state: its slots. Put new arrays in; do not write to those that are there.
        t: how many steps this parameter has taken, this one included.

        ``self.lr`` and the other hyperparameters are those of the parameter's group. With several
        groups `self` is a copy for the group: keep what must last in `state`, not in attributes.
        """
        raise TypeError(
            f"{type(self).__name__} has no update(): define "
            f"`def update(self, value, grad, state, t): ...`, which returns the new value"
        )

    def slots(self) -> dict[str, float]:
        """The arrays kept for each parameter, of its shape: name → value at the start."""
        return {}

    # -- stepping

    @classmethod
    def hypers(cls) -> tuple[str, ...]:
        """The names of the hyperparameters."""
        return tuple(hypers_of(cls))

    def step(self) -> None:
        """Update every parameter that has a gradient; those whose ``.grad`` is None are skipped.

        Raises GradientError that names the parameters when a gradient holds a NaN or an Inf, or is
        so large that the update would. After any error, parameters and state are as they were.
        """
        who = f"{type(self).__name__}.step()"
        grads = [gradient(p) for p in self.params]
        refuse_nonfinite(self.params, grads, who)
        self._assign(self._changes(grads, who))

    def _changes(self, grads: Sequence[Array], who: str) -> list[_Update]:
        """The changes by a step with these gradients, of the parameters that have one."""
        changes = []
        for i, rule in self._rules():
            parameter, g = self.params[i], grads[i]
            if g is None:
                continue
            state = rule._state(i)
            with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
                new = rule._updated(parameter._data, g, state, self._steps[i] + 1)
            if new.shape != parameter.shape or new.dtype != parameter.dtype:
                raise TypeError(
                    f"{who}: update() of {label(self.params, i)} returned {describe(new)}, "
                    f"wanted {describe(parameter)}"
                )
            if not all(map(all_finite, (new, *state.values()))):
                raise GradientError(
                    f"{who}: the update of {label(self.params, i)} would be NaN or Inf; nothing "
                    f"was changed. {rule._blame(g, state)}"
                )
            changes.append(_Update(i, new, state, self._steps[i] + 1))
        return changes

    def _assign(self, changes: list[_Update]) -> None:
        def assign() -> None:
            for i, value, state, steps in changes:
                self.params[i]._replace(value)
                self._states[i], self._steps[i] = state, steps

        atomically(assign)

    def _blame(self, g: Array, state: Mapping[str, Array]) -> str:
        """Why an update with gradient `g` that led to `state` is not finite, and what helps."""
        eps = getattr(self, "eps", math.inf)
        if eps < np.finfo(g.dtype).smallest_normal and all(map(all_finite, state.values())):
            return (
                f"eps={eps:g} is as good as 0 in {g.dtype}, so that it divides by 0 where squares "
                f"of gradients vanish: pass a larger eps, such as {SAFE_EPS[g.dtype.name]:g}, or "
                f"train in a wider type, as with model.float()"
            )
        return (
            f"Its largest gradient is {float(np.max(np.abs(g))):.3g} in {g.dtype}, and "
            f"lr={self.lr:g}: clip the gradient with clip_grad_norm, or lower lr"
        )

    def _updated(self, value: Array, grad: Array, state: dict[str, Array], t: int) -> Array:
        """``update``, in blocks if it is elementwise."""
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

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters: ``.grad`` becomes None.

        set_to_none: False makes those that are there zeros instead.
        """
        zero_grads(self.params, set_to_none)

    def _state(self, i: int) -> dict[str, Array]:
        """The slots of parameter `i`, in its type; those that are not there yet are made."""
        parameter, state = self.params[i], dict(self._states[i])
        for name, start in self.slots().items():
            if name not in state:
                state[name] = np.full(parameter.shape, start, parameter.dtype)
        for name, array in state.items():
            if array.dtype != parameter.dtype:  # after Module.astype
                state[name] = array.astype(parameter.dtype)
        return state

    # -- saving and resuming

    def state_dict(self) -> dict[str, Any]:
        """Hyperparameters by name, ``"<i>.steps"`` and ``"<i>.<slot>"`` for parameter i: numbers
        and arrays in a flat dict, as ``minigrad.save`` takes it.

        The hyperparameters are those of the first group; further ones add ``"group<k>.<name>"``,
        and ``"group<k>.size"``, the number of their parameters.
        """
        state: dict[str, Any] = {}
        for k, group in enumerate(self.param_groups):
            prefix = f"group{k}." if k else ""
            state |= {f"{prefix}{name}": group[name] for name in self.hypers()}
            if k:
                state[f"{prefix}size"] = len(group["params"])
        for i, rule in self._rules():
            state[f"{i}.steps"] = self._steps[i]
            for slot, array in rule._state(i).items():
                state[f"{i}.{slot}"] = np.array(array)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue bit for bit where the optimizer that gave `state` was; values are copied.

        This optimizer must be made for the same parameters in the same groups, with the same
        options; lr and the other numbers are taken from `state`. A state of an earlier version
        lacks options that are new since: they are off. Raises StateDictError that lists
        everything that does not fit, and changes nothing.
        """
        who = f"{type(self).__name__}.load_state_dict"
        own = {name: np.asarray(value) for name, value in self.state_dict().items()}
        if isinstance(state, Mapping):
            state = {**self._formerly(), **state}
        found = fit(own, state)
        arrays, faults = found.arrays, found.faults
        values: list[dict[str, Any]] = []
        for k, group in enumerate(self.param_groups):
            prefix = f"group{k}." if k else ""
            values.append({})
            for name in (name for name in self.hypers() if f"{prefix}{name}" in arrays):
                try:
                    values[k] |= group.checked(name, arrays[f"{prefix}{name}"])
                except (TypeError, ValueError) as error:
                    faults.append(f"out of range: {error}")
        for name, array in arrays.items():
            if name.endswith(".steps") and array < 0:
                faults.append(f"out of range: {name}: received {array}, wanted at least 0")
            if name.endswith(".size") and array != own[name]:
                faults.append(f"out of range: {name}: received {array}, wanted {own[name]}")
        refuse(who, faults)
        steps = [int(arrays[f"{i}.steps"]) for i, _ in self._rules()]
        states = [
            {slot: arrays[f"{i}.{slot}"] for slot in rule._state(i)} for i, rule in self._rules()
        ]

        def assign() -> None:
            for group, hypers in zip(self.param_groups, values, strict=True):
                group.fill(hypers, over=True)
            self._defaults.update(values[0])
            self._steps[:], self._states[:] = steps, states

        atomically(assign)

    def _formerly(self) -> dict[str, Any]:
        """The hyperparameters that a state dict of an earlier version does not have."""
        prefixes = ("", *(f"group{k}." for k in range(1, len(self.param_groups))))
        hypers = hypers_of(type(self)).items()
        return {
            f"{prefix}{name}": hyper.formerly
            for prefix in prefixes
            for name, hyper in hypers
            if hyper.formerly is not None
        }

    def __repr__(self) -> str:
        count, groups = len(self.params), self.param_groups
        parts = [f"{count} parameter{'s' * (count != 1)}"]
        if len(groups) > 1:
            parts[0] += f" in {len(groups)} groups"
        for name in self.hypers():
            different = dict.fromkeys(str(group[name]) for group in groups)
            parts.append(f"{name}={' and '.join(different)}")
        return f"{type(self).__name__}({', '.join(parts)})"

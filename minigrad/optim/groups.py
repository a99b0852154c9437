"""Hyperparameters that are checked when they are assigned, and groups of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..checks import as_number
from ..engine.tensor import Tensor
from ..errors import describe
from .parameters import checked_parameters

__all__ = ["Flag", "Group", "Hyper", "given_groups", "hypers_of"]


class Hyper:
    """A hyperparameter as a class attribute: checked when it is assigned, saved in the state dict.

    It takes a number in [low, below), or in (low, below) with ``open_low``. As an attribute of an
    optimizer with several groups, it reads the first group's value and assigns to all of them;
    ``param_groups`` has those of each group.

    >>> from minigrad.optim import Optimizer
    >>> class Mine(Optimizer):
    ...     momentum = Hyper(below=1.0)
    >>> Mine.hypers()
    ('lr', 'momentum')
    """

    name: str

    def __init__(
        self,
        low: float = 0.0,
        below: float = math.inf,
        open_low: bool = False,
        *,
        formerly: float | None = None,
    ) -> None:
        """formerly: its value for a state dict of an earlier version, which did not have it."""
        self._bounds, self.formerly = (low, below, open_low), formerly

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type) -> Any:
        return self if optimizer is None else optimizer._group.hypers[self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        optimizer._set_hyper(self.name, self.checked(value, type(optimizer).__name__))

    def checked(self, value: Any, owner: str) -> float:
        """`value` as a float within the bounds, or a TypeError or ValueError that names it."""
        return as_number(value, self.name, owner, *self._bounds)


class Flag(Hyper):
    """A hyperparameter that is True or False."""

    def checked(self, value: Any, owner: str) -> bool:
        plain = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
        if not isinstance(plain, bool | np.bool):
            raise TypeError(
                f"{owner}({self.name}): received {describe(value)}, wanted True or False"
            )
        return bool(plain)


def hypers_of(rule: type) -> dict[str, Hyper]:
    """The hyperparameters of an optimizer's class by name, those of its base classes first."""
    ordered = {n: c for k in reversed(rule.__mro__) for n, c in vars(k).items()}
    return {name: value for name, value in ordered.items() if isinstance(value, Hyper)}


class Group(Mapping[str, Any]):
    """Parameters of an optimizer that share hyperparameters: one of ``optimizer.param_groups``.

    A mapping with ``"params"`` (a tuple) and every hyperparameter by name. Those can be assigned at
    any time, and are checked: ``optimizer.param_groups[1]["lr"] = 0.01``.

    >>> import minigrad as mg
    >>> v, w = mg.Parameter(0.0), mg.Parameter(0.0)
    >>> optimizer = mg.optim.SGD([{"params": [v]}, {"params": [w], "lr": 0.5}], lr=0.1)
    >>> [group["lr"] for group in optimizer.param_groups]
    [0.1, 0.5]
    """

    def __init__(self, rule: type, params: Iterable[Tensor], where: str) -> None:
        self._rule, self._params, self._where = rule, tuple(params), where
        self.hypers: dict[str, Any] = {}  # a dict, because every step reads it

    def __getitem__(self, name: str) -> Any:
        if name == "params":
            return self._params
        if name in self._pairs:
            return tuple(self.hypers[part] for part in self._pairs[name])
        return self.hypers[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.hypers.update(self.checked(name, value))

    def __iter__(self) -> Iterator[str]:
        return iter(("params", *self.hypers))

    def __len__(self) -> int:
        return 1 + len(self.hypers)

    @property
    def _pairs(self) -> Mapping[str, tuple[str, ...]]:
        return self._rule.pairs  # type: ignore[attr-defined,no-any-return]  # of an Optimizer

    def checked(self, name: str, value: Any) -> dict[str, Any]:
        """The hyperparameters that ``group[name] = value`` sets, or an error that names them."""
        hypers = hypers_of(self._rule)
        if name in self._pairs:
            parts = self._pairs[name]
            return {
                part: hypers[part].checked(one, self._where)
                for part, one in zip(parts, two_numbers(value, self._where, name), strict=True)
            }
        if name not in hypers:
            also = " (add_param_group adds parameters)" if name == "params" else ""
            raise ValueError(
                f"{self._where}: there is no hyperparameter {name!r} to set{also}; "
                f"{self._rule.__name__} has {', '.join((*hypers, *self._pairs))}"
            )
        return {name: hypers[name].checked(value, self._where)}

    def fill(self, values: Mapping[str, Any], over: bool = False) -> None:
        """Set hyperparameters that are checked already: those not set yet, or with `over` all."""
        for name, value in values.items():
            if over or name not in self.hypers:
                self.hypers[name] = value

    def __repr__(self) -> str:
        count = len(self._params)
        numbers = (f"{name}={value}" for name, value in self.hypers.items())
        return f"Group({count} parameter{'s' * (count != 1)}, {', '.join(numbers)})"


def two_numbers(value: Any, owner: str, name: str) -> tuple[Any, Any]:
    """`value` as a pair; else an error of the type that unpacking raises."""
    try:
        first, second = value
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{owner}({name}): received {describe(value)}, wanted two numbers in [0, 1), such as "
            f"(0.9, 0.999)"
        ) from error
    return first, second


def given_groups(params: Any, rule: type, earlier: list[Group]) -> list[Group]:
    """New groups for `params`, to follow the `earlier` ones, with their own options set.

    params: tensors, which are one group, or dicts with ``"params"`` and options, a group each.
    """
    who = rule.__name__
    if isinstance(params, Mapping) and "params" in params:
        params = [params]
    if isinstance(params, Iterable) and not isinstance(params, Tensor | Mapping | set | frozenset):
        params = list(params)
    several = isinstance(params, list) and any(isinstance(one, Mapping) for one in params)
    groups: list[Group] = []
    for k, one in enumerate(params if several else [{"params": params}], start=len(earlier)):
        where = f"{who}.param_groups[{k}]" if several or earlier else who
        if not isinstance(one, Mapping) or "params" not in one:
            raise TypeError(
                f"{where}: received {describe(one)}, wanted a dict with the tensors under 'params' "
                f"and options beside it, such as {{'params': model.parameters(), 'lr': 0.1}}"
            )
        group = Group(rule, checked_parameters(one["params"], where), where)
        for name, value in one.items():
            if name != "params":
                group[name] = value
        groups.append(group)
    checked_parameters([p for group in (*earlier, *groups) for p in group["params"]], who)
    return groups

"""What a checkpoint of a training holds beside model, optimizer and schedule, and reading it."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigrad import Tensor
from minigrad.engine.tensor import detached
from minigrad.errors import describe
from minigrad.module import Module
from minigrad.scanning.generators import GENERATORS
from minigrad.state import atomically, fit, refuse
from minigrad.transforms.tree import flatten

from ..checkpoints import Checkpoint
from ..checkpoints.plain import generator_from, generator_state
from .history import History

__all__ = ["arrays_of", "own_generators", "position_of", "read_into"]

Arrays = dict[str, Any]


def own_generators(model: Module, rng: np.random.Generator | None) -> list[np.random.Generator]:
    """The NumPy generators that a step may draw from: the attributes of the modules, and `rng`.

    >>> from rnn import LSTM
    >>> len(own_generators(LSTM(3, 4, num_layers=2, dropout=0.5, rng=0), None))
    1
    """
    values = [value for module in model.modules() for value in vars(module).values()]
    found = {id(g): g for g in (*values, rng) if isinstance(g, np.random.Generator)}
    return list(found.values())


def position_of(trainer: Any) -> dict[str, Any]:
    """How far a trainer has come, in numbers."""
    start = None
    if trainer._start is not None and trainer.rng is not None:
        start = copy.deepcopy(trainer.rng)
        start.bit_generator.state = trainer._start
    return {
        "steps": trainer.steps, "epoch": trainer.epoch, "batch": trainer.batch,
        "seconds": trainer.seconds,
        "epoch_began": None if start is None else generator_state(start),
    }


def arrays_of(trainer: Any) -> Arrays:
    """What it has met, carries on from batch to batch, and multiplies by its schedule."""
    history = trainer.history
    lists = {"losses": history.losses, "norms": history.norms, "rates": history.rates}
    arrays = {f"history.{name}": np.array(v, np.float64) for name, v in lists.items()}
    arrays["history.validations"] = np.array(history.validations, np.float64).reshape(-1, 2)
    arrays["base_lrs"] = np.array(trainer.base_lrs, np.float64)
    return arrays | {name: np.asarray(detached(v)) for name, v in _carried(trainer).items()}


def _carried(trainer: Any) -> Arrays:
    leaves = flatten(trainer.carry)[0]
    return {f"carry.{k}": v for k, v in enumerate(leaves) if not isinstance(v, GENERATORS)}


def read_into(trainer: Any, saved: Checkpoint) -> None:
    """Put a checkpoint into a trainer that was made as the one that wrote it was.

    Raises StateDictError or FileFormatError that says what does not fit, and changes nothing.
    """
    position, history = _position(saved.position), _history(saved.arrays)
    wanted = {**_carried(trainer), "base_lrs": np.array(trainer.base_lrs, np.float64)}
    found = fit(
        {name: np.asarray(detached(value)) for name, value in wanted.items()},
        {name: value for name, value in saved.arrays.items() if not name.startswith("history.")},
    )
    refuse("Trainer.load", found.faults)
    rng, schedule = trainer.rng, trainer.schedule
    saved.restore(
        trainer.model, trainer.optimizer,
        schedule=schedule if hasattr(schedule, "load_state_dict") else None,
        generators={} if rng is None else {"rng": rng},
    )
    leaves, rebuild = flatten(trainer.carry)
    carry = rebuild([
        Tensor(found.arrays[f"carry.{k}"]) if f"carry.{k}" in wanted else leaf
        for k, leaf in enumerate(leaves)
    ])

    def assign() -> None:
        trainer.steps, trainer.epoch = position["steps"], position["epoch"]
        trainer.batch, trainer.seconds = position["batch"], position["seconds"]
        trainer._start, trainer._feed = position["epoch_began"], None
        trainer.history, trainer.carry = history, carry
        trainer.base_lrs = found.arrays["base_lrs"].tolist()

    atomically(assign)


def _position(found: Any) -> dict[str, Any]:
    kinds = {"steps": int, "epoch": int, "batch": int, "seconds": float}
    fits = isinstance(found, Mapping) and found.keys() == {*kinds, "epoch_began"} and all(
        type(found[name]) is kind and 0 <= found[name] < math.inf for name, kind in kinds.items()
    )
    if fits and found["epoch_began"] is not None:
        try:
            state: Any = generator_from(found["epoch_began"]).bit_generator.state
            return {**found, "epoch_began": state}
        except ValueError:
            fits = False
    if not fits:
        refuse("Trainer.load", [f"position: received {found!r}, wanted that of a trainer"])
    return dict(found)


def _history(arrays: Mapping[str, Any]) -> History:
    history, faults = History(), []
    for name in ("losses", "norms", "rates", "validations"):
        array = np.asarray(arrays.get(f"history.{name}", 0))
        row = (2,) if name == "validations" else ()
        if array.dtype.kind != "f" or array.ndim == 0 or array.shape[1:] != row:
            faults.append(f"history.{name}: received {describe(array)}, wanted a row a step")
        elif name == "validations":
            history.validations = [(int(step), float(value)) for step, value in array]
        else:
            setattr(history, name, array.tolist())
    refuse("Trainer.load", faults)
    return history

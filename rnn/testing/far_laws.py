"""The law of cells where gradients fail first: at zeros, ties, saturated gates, huge values."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.testing import CheckRefused, check_grads
from minigrad.testing.trial import demand

from .trial import CellTrial

__all__ = ["everywhere"]

Array = np.ndarray[Any, Any]
Values = Callable[[np.random.Generator, Array], Array]


def _either(*values: float) -> Values:
    return lambda rng, a: rng.choice(values, a.shape)


# What inputs and states are replaced by.
PLACES: dict[str, tuple[Values, Values]] = {
    "zero": (_either(0.0), _either(0.0)),
    "saturating": (_either(6.0, -8.0, 12.0, -20.0), _either(0.0, -0.9, 0.9, 5.5, -7.0)),
    "0, -0 and ±1": (_either(0.0, -0.0, 1.0, -1.0), _either(0.0, -0.0, 1.0, -1.0)),
    "all equal": (_either(0.5), _either(0.5)),
    "nearly zero": (_either(1e-6, -1e-9), _either(1e-5, -1e-300)),
    "zero states": (lambda rng, a: a, _either(0.0)),
    "saturating states": (lambda rng, a: a, _either(8.0, -8.0, 20.0)),
}
FAR: dict[str, tuple[Values, Values]] = {
    "far out": (_either(1e3, -1e3, 800.0), _either(1e3, -1e3, 800.0)),
    "very far out": (_either(1e6, -1e30, 1e10), _either(0.5, -1e10, 1e30)),
    "inputs far out": (_either(1e4, -1e4), lambda rng, a: a),
    "states far out": (lambda rng, a: a, _either(1e4, -1e4)),
}


def everywhere(t: CellTrial) -> None:
    """At zero inputs and states, at equal ones and at saturated gates the gradients of a step are
    those of differences; at huge ones they are never NaN where the result is finite."""
    rng = np.random.default_rng([t.seed, 2])
    with np.errstate(all="ignore"):
        for name, (inputs, states) in {**PLACES, **FAR}.items():
            _never_nan(_moved(t, inputs, states, rng), name)
        names = list(PLACES)
        for name in ("zero", "saturating", names[2 + t.seed % (len(names) - 2)]):
            f, arguments = _moved(t, *PLACES[name], rng).function()
            try:
                check_grads(
                    f, *arguments.values(), names=list(arguments), order=1, modes=("rev",), full=0,
                    directions=1, seed=t.seed,
                )
            except CheckRefused:
                continue  # at a kink, as a relu has it at 0
            except AssertionError as error:
                error.add_note(f"with inputs and states that are {name}")
                raise


def _moved(t: CellTrial, inputs: Values, states: Values, rng: np.random.Generator) -> CellTrial:
    """The trial of one step from other inputs and another state."""
    other = copy.copy(t)
    other.__dict__.pop("found", None)
    other.T = 1
    other.xs, other.g_outputs = inputs(rng, t.xs[:1]), t.g_outputs[:1]
    other.state = t.changed(lambda v: states(rng, v))
    return other


def _never_nan(t: CellTrial, name: str) -> None:
    found = t.result()
    if all(np.isfinite(v).all() for v in found.values.values()):
        for what, g in found.gradients.items():
            demand(
                not np.isnan(g).any(),
                f"the gradient of {what} has NaN where inputs and states are {name}",
            )

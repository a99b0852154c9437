"""Parameters cast to another precision in place: they stay the same objects for whoever holds them.

Values, gradients and nodes change together, or, where a value does not fit, not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .engine.tensor import Parameter
from .errors import describe
from .state import atomically

__all__ = ["cast_parameters"]


def cast_parameters(
    named: Iterable[tuple[str, Parameter]], holders: Iterable[Any], dtype: Any
) -> None:
    """Cast float parameters, and set the ``dtype`` of `holders` (modules) that have a float one.

    Raises TypeError for what is no float type, ValueError where a value is too large for it.
    """
    try:
        wanted = np.dtype(np.dtype(dtype).type)  # in native byte order
    except TypeError:
        wanted = np.dtype(object)
    if wanted.kind != "f":
        raise TypeError(
            f"astype(dtype): received {describe(dtype)}, wanted a float type such as np.float64; "
            f"integers among the parameters stay what they are"
        )
    changes = []
    for name, parameter in named:
        if parameter.dtype.kind == "f" and parameter.dtype != wanted:
            grad = parameter.grad
            value = _converted(parameter._data, wanted, name)
            if grad is not None:
                _converted(grad._data, wanted, f"{name}.grad")
                grad = grad.astype(wanted)
            changes.append((parameter, value, grad))
    owners = [h for h in holders if getattr(vars(h).get("dtype"), "kind", None) == "f"]

    def assign() -> None:
        for parameter, value, grad in changes:
            if parameter._node is not None:
                parameter._node.dtype = wanted
            parameter._replace(value)
            if grad is not None:
                parameter.grad = grad
        for owner in owners:
            vars(owner)["dtype"] = wanted

    atomically(assign)


def _converted(array: Any, wanted: np.dtype[Any], name: str) -> Any:
    with np.errstate(over="ignore"):
        converted = array.astype(wanted)
    if np.any(np.isinf(converted) & ~np.isinf(array)):
        raise ValueError(
            f"astype({wanted}): {name} holds values up to {float(np.max(np.abs(array))):.3g}, and "
            f"{wanted} ends at {float(np.finfo(wanted).max):.3g}; nothing was changed"
        )
    return converted

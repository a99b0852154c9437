"""What examiners share: is it a number, an array, a function; is it the right one, and if not,
which slip would give what was received?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor

from .exercise import Wrong

__all__ = ["as_array", "as_function", "as_number", "compare", "shown"]


def shown(value: Any) -> str:
    """Numbers with at most 6 digits, as an explanation prints them.

    >>> shown(np.array([0.1128, 2.0])), shown(1 / 3)
    ('[0.1128, 2]', '0.333333')
    """
    def one(x: Any) -> Any:
        return [one(y) for y in x] if np.ndim(x) else f"{x:.6g}"

    return str(one(np.asarray(value))).replace("'", "")


def as_number(answer: Any, what: str) -> float:
    """The answer as one number. Raises Wrong where it is none."""
    found = as_array(answer, what)
    if found.ndim and found.size != 1:
        raise Wrong(f"{what} is one number; this is an array of shape {found.shape}.")
    return float(found.reshape(()))


def as_array(answer: Any, what: str, shape: tuple[int, ...] | None = None) -> np.ndarray[Any, Any]:
    """The answer as an array of float64. Raises Wrong where it is none, or of another shape."""
    answer = answer.data if isinstance(answer, Tensor) else answer
    if answer is None:    # which NumPy would take for nan
        raise Wrong(f"{what} is made of numbers; this is None (a function without `return`?).")
    try:
        found = np.asarray(answer, np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{what} is made of numbers; this is {type(answer).__name__}.") from None
    if shape is not None and found.shape != shape:
        raise Wrong(f"{what} has shape {shape}; this has shape {found.shape}.")
    return found


def as_function(answer: Any, what: str) -> Callable[..., Any]:
    """The answer as something to call. Raises Wrong where it is none."""
    if not callable(answer):
        raise Wrong(f"{what} is a function; this is {type(answer).__name__}. "
                    "Give the function itself, without calling it.")
    function: Callable[..., Any] = answer
    return function


def compare(
    answer: Any,
    wanted: Any,
    what: str,
    *,
    slips: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-8,
) -> None:
    """Hold numbers against the right ones, to `rtol` (what a hand computation gives).

    what: the quantity, as the subject of a sentence. slips: what a wrong number comes from, by
    that number, as "the factor (1 - h²) was forgotten": 0.31.

    Raises Wrong: with the slip that gives just what was received, else with the first entry that
    differs.

    >>> compare(0.105898, 0.105898791, "∂L/∂W_hh")
    >>> compare(0.1128, 0.105898791, "∂L/∂W_hh", slips={"(1 - h_t²) stood for (1 - h_{t+1}²)":
    ...     0.112927}, rtol=2e-3)
    Traceback (most recent call last):
        ...
    rnn.lessons.exercise.Wrong: ∂L/∂W_hh is not 0.1128: (1 - h_t²) stood for (1 - h_{t+1}²).
    """
    right = np.asarray(wanted, np.float64)
    found = as_array(answer, what, right.shape)
    if np.allclose(found, right, rtol=rtol, atol=atol):
        return
    for reason, value in (slips or {}).items():
        if np.allclose(found, value, rtol=rtol, atol=atol):
            raise Wrong(f"{what} is not {shown(found)}: {reason}.")
    off = ~np.isclose(found, right, rtol=rtol, atol=atol)
    where = tuple(int(k) for k in np.argwhere(off)[0])
    at = f" at {list(where)}" if where else ""
    received, off_by = shown(found[where]), _distance(found[where], right[where])
    raise Wrong(f"{what} is not {received}{at}: {off_by}.")


def _distance(found: float, right: float) -> str:
    if not np.isfinite(found):
        return "it is a finite number"
    if np.isclose(found, -right, rtol=1e-2):
        return "its sign is the other one"
    if right == 0:
        return "it is 0"
    return f"it is {'larger' if found < right else 'smaller'}, by {abs(found - right):.3g}"

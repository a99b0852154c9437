"""What a checkpoint keeps as text: JSON of plain values, and where generators stand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from minigrad.errors import describe

__all__ = ["generator_from", "generator_state", "plain"]

_BIT_GENERATORS = {
    cls.__name__: cls
    for cls in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox,
                np.random.SFC64)
}


def plain(value: Any, what: str) -> str:
    """JSON of numbers, text, None, lists, tuples and dicts whose keys are text.

    NumPy's numbers become Python's, and tuples lists. Raises TypeError that names the place, such
    as "save_checkpoint(config)['path']", for anything else, which would not come back the same.

    >>> plain({"lr": np.float32(0.5), "sizes": (2, 3), "best": None}, "config")
    '{"lr": 0.5, "sizes": [2, 3], "best": null}'
    """
    return json.dumps(_plain(value, what, ()))


def _plain(value: Any, what: str, around: tuple[int, ...]) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        return value.item()
    if id(value) in around:
        raise TypeError(f"{what} is inside itself; wanted what JSON can hold")
    around = (*around, id(value))
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{what} has the key {key!r}; wanted text, as JSON has no other")
        return {str(key): _plain(v, f"{what}[{key!r}]", around) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v, f"{what}[{k}]", around) for k, v in enumerate(value)]
    if isinstance(value, str | int | float):  # of a subclass, such as an enum
        raise TypeError(f"{what} is {value!r} of {type(value).__name__}; wanted a plain value")
    raise TypeError(
        f"{what} is {describe(value)}; wanted numbers, text, None, and lists and dicts of them "
        f"(arrays go into arrays=)"
    )


def generator_state(generator: np.random.Generator) -> dict[str, Any]:
    """Where a generator stands, of plain values; arrays are lists.

    >>> generator_state(np.random.default_rng(0))["bit_generator"]
    'PCG64'
    """

    def listed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: listed(item) for key, item in value.items()}
        return value.tolist() if isinstance(value, np.ndarray | np.generic) else value

    state: dict[str, Any] = listed(generator.bit_generator.state)
    return state


def generator_from(state: Any) -> np.random.Generator:
    """A new generator that stands where `state` says; ValueError for what is no such state.

    >>> rng = np.random.default_rng(0)
    >>> again = generator_from(generator_state(rng))
    >>> bool(again.random() == rng.random())
    True
    """
    try:
        bits = _BIT_GENERATORS[state["bit_generator"]]()
        bits.state = _with_arrays(state, bits.state)
    except (KeyError, OverflowError, TypeError, ValueError, IndexError) as error:
        raise ValueError(f"no state of a generator: {error}") from error
    return np.random.Generator(bits)


def _with_arrays(state: Any, like: Any) -> Any:
    """The state with arrays again where a state of this kind has them."""
    if isinstance(like, dict):
        return {key: _with_arrays(state[key], item) for key, item in like.items()}
    if not isinstance(like, np.ndarray):
        return state
    array = np.array(state, dtype=like.dtype)
    if array.shape != like.shape:
        raise ValueError(f"an array of shape {array.shape}, wanted {like.shape}")
    return array

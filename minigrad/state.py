"""Loading named arrays into something that already has a place for each of them, or not at all.

What modules and optimizers share: everything is compared before anything is assigned, and every
fault is in the one error that is raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .engine.tensor import Tensor, detached
from .engine.values import as_array
from .errors import StateDictError, describe

__all__ = ["Fitted", "IncompatibleKeys", "atomically", "fit", "refuse", "zero_grads"]


class IncompatibleKeys(NamedTuple):
    """What ``load_state_dict(strict=False)`` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Fitted(NamedTuple):
    """Fresh arrays that fit their places, the keys passed over, and the faults found."""

    arrays: dict[str, np.ndarray[Any, Any]]
    keys: IncompatibleKeys
    faults: list[str]


def fit(
    wanted: Mapping[str, Any], given: Mapping[str, Any], *, strict: bool = True, cast: bool = False
) -> Fitted:
    """Copies of the arrays in `given` for the places in `wanted`, and a line of text per fault.

    wanted: name → anything with shape and dtype. given: name → array, Tensor or number.
    strict: a key on one side only is a fault. cast: another precision of the same kind (float64 for
    float32) is converted. Raises StateDictError only where `given` is no mapping; see `refuse`.
    """
    if not isinstance(given, Mapping):
        raise StateDictError(
            f"a state dict maps names to arrays; received {type(given).__name__}. Pass what "
            f"state_dict() or minigrad.load(path) returns"
        )
    missing = [name for name in wanted if name not in given]
    unexpected = [name for name in given if name not in wanted]
    faults = []
    if strict:
        faults += [f"missing:    {name} (wanted {describe(wanted[name])})" for name in missing]
        faults += [f"unexpected: {name}{_resembling(name, missing)}" for name in unexpected]
    arrays = {}
    for name in (name for name in wanted if name in given):
        try:
            arrays[name] = _fit_one(name, wanted[name], detached(given[name]), cast)
        except ValueError as fault:
            faults.append(str(fault))
    return Fitted(arrays, IncompatibleKeys(missing, unexpected), faults)


def refuse(owner: str, faults: Sequence[str], hints: Sequence[str] = ()) -> None:
    """Raise a StateDictError that lists `faults`, if there are any, and the `hints` after them."""
    if faults:
        count = "1 entry does" if len(faults) == 1 else f"{len(faults)} entries do"
        text = "\n".join([*(f"  {fault}" for fault in faults), *hints])
        raise StateDictError(f"{owner}: {count} not fit, so nothing was loaded\n{text}")


def atomically(assign: Callable[[], None]) -> None:
    """Run `assign`, which only assigns values that are ready; after an interrupt, run it again.

    So all of its assignments are made, or none, whenever Ctrl-C comes.
    """
    try:
        assign()
    except BaseException:
        assign()
        raise


def zero_grads(parameters: Iterable[Tensor], set_to_none: bool) -> None:
    """Set all gradients to None, or with ``set_to_none=False`` those that are not None to zeros."""
    leaves = [p for p in parameters if p.requires_grad and p.is_leaf]
    grads = [
        None if set_to_none or p.grad is None else Tensor(np.zeros(p.shape, p.dtype))
        for p in leaves
    ]

    def assign() -> None:
        for parameter, grad in zip(leaves, grads, strict=True):
            parameter.grad = grad

    atomically(assign)


def _resembling(name: Any, names: Sequence[str]) -> str:
    import difflib  # for an error only

    folded = {known.casefold(): known for known in names}
    near = difflib.get_close_matches(str(name).casefold(), folded, n=1)
    return f" (did you mean {folded[near[0]]}?)" if near else ""


def _fit_one(name: str, place: Any, value: Any, cast: bool) -> np.ndarray[Any, Any]:
    """A fresh array for one place; or a ValueError whose text is its line in the list of faults."""
    try:
        array = as_array(value)
    except (TypeError, ValueError):
        raise ValueError(
            f"mis-typed:  {name}: received {describe(value)}, wanted {describe(place)}"
        ) from None
    if array.shape != place.shape:
        raise ValueError(f"mis-shaped: {name}: received {array.shape}, wanted {place.shape}")
    if array.dtype == place.dtype:
        return array
    same_kind = array.dtype.kind == place.dtype.kind
    if not (cast and same_kind):
        hint = " (cast=True converts)" if same_kind else ""
        raise ValueError(
            f"mis-typed:  {name}: received {array.dtype}, wanted {place.dtype}{hint}"
        )
    with np.errstate(over="ignore"):
        converted = array.astype(place.dtype)
    whole = array.dtype.kind in "iu"
    if np.any(converted != array if whole else np.isinf(converted) & ~np.isinf(array)):
        raise ValueError(
            f"mis-typed:  {name}: received {array.dtype} with values too large for {place.dtype}"
        )
    return converted

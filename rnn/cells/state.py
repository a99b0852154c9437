"""The state of a cell: one tensor, a tuple of them, or any nested structure of arrays.

What a state is made of, its parts, has names: those that the class declares (h, c), or the paths in
the structure (memory.A, cells.0.h). Every part has the batch as its first axis, but for numbers
without axes and generators of random numbers, which all sequences share.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import Tensor, tensor
from minigrad.errors import MutationError
from minigrad.scanning.generators import GENERATORS
from minigrad.scanning.tracer import Tracer
from minigrad.transforms.tree import children, flatten, flatten_like, tree_map

__all__ = [
    "State", "as_array", "begun", "carried_on", "cast_as", "described", "given_to",
    "in_own_containers", "is_flat", "names_of", "pack", "refuse_writes", "repacked", "unpack",
    "with_own_generators",
]

State = Tensor | Any
"""A Tensor, or a nested structure of Tensors: dicts, lists, tuples, named tuples, dataclasses."""


def unpack(state: Any) -> tuple[Any, ...]:
    """The parts of a state in order: h as (h,), (h, c) as it is, of a nested one all leaves."""
    if isinstance(state, Tensor):
        return (state,)
    if type(state) is tuple and all(isinstance(part, Tensor) for part in state):
        return state
    return tuple(flatten(state)[0])


def pack(parts: tuple[Any, ...]) -> State:
    """The flat state that has these parts: h of (h,), and (h, c) as it is."""
    return parts[0] if len(parts) == 1 else parts


def repacked(parts: Sequence[Any], like: Any) -> State:
    """The state with these parts that has the structure of another one."""
    if isinstance(like, Tensor):
        return parts[0]
    if type(like) is tuple and all(isinstance(part, Tensor) for part in like):
        return tuple(parts)
    return flatten(like)[1](list(parts))


def with_own_generators(state: Any) -> State:
    """A state that the user gives, with copies of the generators in it, so that what a run draws
    leaves it as it is."""
    if not any(isinstance(part, GENERATORS) for part in unpack(state)):
        return state
    return tree_map(lambda v: copy.deepcopy(v) if isinstance(v, GENERATORS) else v, state)


def in_own_containers(state: Any) -> State:
    """The same parts in dicts and lists of their own, which a step may change."""
    parts = unpack(state)
    plain = isinstance(state, Tensor) or parts is state
    return state if plain else repacked(parts, state)


def is_flat(state: Any) -> bool:
    """Whether a state is one array, or a tuple or list of arrays without names."""
    if children(state) is None:
        return True
    plain = isinstance(state, tuple | list) and not hasattr(state, "_fields")
    return plain and all(children(part) is None for part in state)


# -- names


def names_of(state: Any, owner: Any) -> tuple[str, ...]:
    """The names of the parts of a state of the cell `owner`, in their order.

    What stands in the place of a cell, itself one array or a tuple without names, is called as that
    cell declares it: h and c, of `owner`; fast.h and fast.c, of a cell that it holds as ``.fast``.
    """
    return tuple(name or next(iter(owner.state_sizes)) for name in _names(state, owner))


def _names(tree: Any, owner: Any) -> list[str]:
    inside, sizes = children(tree), getattr(owner, "state_sizes", {})
    if inside is None:
        return list(sizes) if len(sizes) == 1 else [""]
    keys, values, _ = inside
    if is_flat(tree) and len(values) == len(sizes):
        return list(sizes)
    return [
        ".".join(filter(None, (str(key), name)))
        for key, value in zip(keys, values, strict=True)
        for name in _names(value, _held(owner, key))
    ]


def _held(owner: Any, key: Any) -> Any:
    """What a cell, or a container in it, holds under a key of its state."""
    if isinstance(owner, dict):
        return owner.get(key)
    if isinstance(owner, list | tuple):
        return owner[key] if isinstance(key, int) and key < len(owner) else None
    return getattr(owner, "__dict__", {}).get(key)


# -- what methods of the user's class return


def begun(
    state: Any, names: Sequence[str], batch: int, dtype: np.dtype[Any], method: str
) -> State:
    """A first state, which a method of the user's class returned, with Tensors for arrays.

    dtype: of real numbers of Python's, which have none of their own.
    """
    leaves, rebuild = flatten(state)
    if not leaves:
        raise TypeError(f"{method} returned {described(state)} as its state; {_WANTED}")
    parts: list[Any] = []
    for name, leaf in zip(names, leaves, strict=True):
        if isinstance(leaf, GENERATORS):
            parts.append(leaf)
            continue
        value = as_array(np.asarray(leaf, dtype) if type(leaf) is float else leaf)
        if value is None or value.dtype.kind not in "biuf":
            raise TypeError(
                f"{method} returned {described(leaf)} as state {name}; wanted an array of numbers"
            )
        if value.ndim and len(value) != batch:
            raise ValueError(
                f"{method}({batch}): state {name} has shape {value.shape}, wanted ({batch}, ...): "
                f"every part begins with the axis of the batch, or has no axes at all"
            )
        parts.append(value)
    return rebuild(parts)


def as_array(value: Any) -> Tensor | None:
    """A Tensor of the value, None if there is none."""
    if isinstance(value, Tensor):
        return value
    try:
        return tensor(value)
    except (TypeError, ValueError):
        return None


_WANTED = (
    "wanted arrays in a structure that stays the same from step to step: one Tensor; a tuple whose "
    "names the class declares, as in states = ('h', 'c'); or dicts, lists, tuples and dataclasses, "
    "as initial_state returns them"
)


def carried_on(new: Any, old: Any, owner: Any) -> State:
    """The state that a step of the cell `owner` returned, in the structure and with the dtypes of
    that before it: a count that meets float32 makes float64 of it, which is cast back.

    Raises TypeError or ValueError, which names the part, where it could not take its place.
    """
    if isinstance(old, Tensor):
        if _is_like(new, old):  # as nearly all states are
            return new
    elif (
        type(old) is tuple and isinstance(new, tuple | list) and len(new) == len(old)
        and all(map(_is_like, new, old))
    ):
        return tuple(new)
    method = f"{type(owner).__name__}.step"
    try:
        given = flatten_like(new, old, "which", arrays=True)
    except ValueError as error:
        raise TypeError(
            f"{method} returned {described(new)} as its state, {error}; {_WANTED}"
        ) from None
    parts = enumerate(zip(given, unpack(old), strict=True))
    return repacked([_part(a, b, k, old, owner) for k, (a, b) in parts], old)


def cast_as(output: Tensor, new: Any, after: Any) -> Tensor:
    """The output of a step; where it is a part of the new state, the one that that was cast to."""
    pairs = zip(flatten_like(new, after, "the state"), unpack(after), strict=True)
    return next((cast for part, cast in pairs if part is output), output)


def _is_like(new: Any, old: Any) -> bool:
    """Whether two are Tensors of one shape and dtype."""
    tensors = isinstance(new, Tensor) and isinstance(old, Tensor)
    return tensors and new.shape == old.shape and new.dtype == old.dtype


def _part(new: Any, old: Any, k: int, state: Any, owner: Any) -> Any:
    """The part number `k` of a new state, which takes the place of `old`."""
    if isinstance(old, GENERATORS):
        if new is old:
            return new
        raise TypeError(
            f"{type(owner).__name__}.step returned {described(new)} as state "
            f"{names_of(state, owner)[k]}; wanted the generator that it was given"
        )
    value = new if isinstance(new, Tensor) or old.dtype.kind == "f" else as_array(new)
    if not isinstance(value, Tensor):
        name = f" {names_of(state, owner)[k]}" if len(unpack(state)) > 1 else ""
        raise TypeError(
            f"{type(owner).__name__}.step returned {described(new)} as its state{name}; wanted a "
            f"Tensor, on the graph of what it was computed from; {_WANTED}"
        )
    _check_part(value, old, k, state, owner)
    return value if value.dtype == old.dtype else value.astype(old.dtype)


def _check_part(new: Tensor, old: Tensor, k: int, state: Any, owner: Any) -> None:
    if new.shape != old.shape:
        raise ValueError(
            f"{type(owner).__name__}.step returned a state that does not fit: state "
            f"{names_of(state, owner)[k]} has shape {new.shape}, wanted {old.shape}, that of the "
            f"state it was given"
        )
    if _kind(new) != _kind(old):
        raise TypeError(
            f"{type(owner).__name__}.step returned a state that does not fit: state "
            f"{names_of(state, owner)[k]} has dtype {new.dtype}, wanted {old.dtype}, that of the "
            f"state it was given"
        )


def _kind(t: Tensor) -> str:
    return "i" if t.dtype.kind == "u" else t.dtype.kind


def given_to(x: Tensor, state: Any) -> list[tuple[Tensor, Any, Any]]:
    """What a step is given, for `refuse_writes`: the Tensors, their values and their nodes."""
    return [
        (t, t.symbol if isinstance(t, Tracer) else t._data, t._node)
        for t in (x, *unpack(state)) if isinstance(t, Tensor)
    ]


def refuse_writes(given: list[tuple[Tensor, Any, Any]], state: Any, owner: Any) -> None:
    """Raise MutationError if a step has written to what it was given, and take the write back.

    Tensors are values: those of the caller stay what they are, and a trace has no place for it.
    """
    for k, (t, value, node) in enumerate(given):
        if (t.symbol if isinstance(t, Tracer) else t._data) is value:
            continue
        what = "its input x" if t is given[0][0] else f"state {names_of(state, owner)[k - 1]}"
        if not isinstance(t, Tracer):
            t._data, t._node = value, node
        raise MutationError(
            f"{type(owner).__name__}.step writes to {what}, which is a value of the caller's; make "
            f"a new one, as in h = 0.5 * h in the place of h *= 0.5"
        )


def described(value: Any) -> str:
    """A value in an error message: its type, and the shapes in it."""
    if value is None:
        return "None"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict with the keys {sorted(map(str, value))}"
    shape = getattr(value, "shape", None)
    return f"one {type(value).__name__}" + ("" if shape is None else f" of shape {shape}")

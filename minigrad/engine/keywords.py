"""Tensors where an op takes metadata: axes, sizes, options, numbers that have no derivative rule.

One that needs no gradient stands for its value. One on the graph would get no gradient, or a part
of it, without a word; so it is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import NoDerivativeError
from .arraylike import ArrayLike
from .context import local
from .op import Op

__all__ = ["PLAIN", "known", "metadata_of", "plain_call", "plain_keywords", "settled"]

PLAIN = frozenset({bool, int, float, str, type(None), slice, type(Ellipsis), type})


def plain_keywords(name: str, keywords: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keywords of a call of op `name`, with plain values for Tensors in any container.

    Raises NoDerivativeError for a Tensor that requires grad.
    """
    for value in keywords.values():
        if type(value) not in PLAIN and _holds_tensor(value):
            return {key: settled(name, key, value) for key, value in keywords.items()}
    return keywords


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(type(part) not in PLAIN and _holds_tensor(part) for part in value)
    if isinstance(value, Mapping):
        return any(map(_holds_tensor, value.values()))
    return isinstance(value, ArrayLike)


def settled(name: str, key: str, value: Any) -> Any:
    """`value`, given to op `name` as `key`, with plain values for Tensors in any container."""
    if type(value) is tuple and PLAIN.issuperset(map(type, value)):  # axes, a shape
        return value
    if isinstance(value, ArrayLike):
        if value._node is not None and local.state.record:
            raise NoDerivativeError(
                f"{name}(..., {key}=...): {key} has no derivative here, and the Tensor given "
                f"requires grad, so its gradient would be lost; pass {key}.detach(), or write the "
                f"formula with ops of which it is an operand"
            )
        return value._data if value.ndim else value._data.item()
    if isinstance(value, Mapping):
        return {k: settled(name, key, part) for k, part in value.items()}
    if isinstance(value, (tuple, list)) and _holds_tensor(value):
        return type(value)([settled(name, key, part) for part in value])
    return value


def known(op: Op, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that the op has; out=, where=, dtype= and so on are refused unless None."""
    unknown = [k for k, v in keywords.items() if k not in op.params and v is not None]
    if unknown:
        takes = f"; it takes {', '.join(op.params)}" if op.params else ""
        raise NoDerivativeError(
            f"{op.name}(..., {unknown[0]}=...) cannot be recorded for a Tensor: leave it out{takes}"
        )
    return {k: v for k, v in keywords.items() if k in op.params}


# -- functions made of ops


def metadata_of(
    function: Callable[..., Any], named: Sequence[str] = ()
) -> tuple[tuple[int, str], ...]:
    """Which parameters take metadata, by position and name: those that are `named`, and those whose
    annotation is that of a number, an axis, a word, and not ``Any``, whatever NumPy takes."""
    code = inspect.unwrap(function).__code__  # inspect.signature is slow
    annotations, found = function.__annotations__, []
    for place, name in enumerate(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
        kind = str(annotations.get(name, "Any"))
        if ("Any" not in kind and "Tensor" not in kind) or name in named:
            found.append((place if place < code.co_argcount else _NOWHERE, name))
    return tuple(found)


_NOWHERE = 1 << 30  # no call has so many arguments


def plain_call(
    name: str,
    metadata: tuple[tuple[int, str], ...],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call with plain values for Tensors where metadata belong."""
    for place, key in metadata:
        value = args[place] if place < len(args) else keywords.get(key)
        if type(value) in PLAIN or not _holds_tensor(value):
            continue
        value = settled(name, key, value)
        if place < len(args):
            args = (*args[:place], value, *args[place + 1 :])
        else:
            keywords = {**keywords, key: value}
    return args, keywords

"""What ops, and functions made of ops, say they are: functions of NumPy, and methods of Tensor.

A declaration is written down and changes nothing, so that the order of imports does not matter.
``minigrad.ops.install`` attaches all of them, at one place; what is declared later it attaches at
once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .op import OPS, Op

__all__ = ["FUNCTIONAL", "FUNCTIONS", "METHODS", "Over", "Whose", "attach_with", "declare",
           "declare_op", "implements"]

Whose = Literal["NumPy", "PyTorch", "Tensor"]
Function = Callable[..., Any]


class Over(NamedTuple):
    """A method made of what a function of NumPy does with Tensors; by default of the method that
    has NumPy's meaning of its name."""

    make: Callable[[Function], Function]
    function: Any = None


FUNCTIONS: dict[Any, Function] = {}
"""By a function of NumPy: what it does with Tensors, an op or a function made of ops."""

METHODS: dict[Whose, dict[str, Any]] = {"NumPy": {}, "PyTorch": {}, "Tensor": {}}
"""By whose meaning it is and by name: a function, a property, a function of NumPy, or an `Over`.
Where both declare a name, PyTorch's is attached. Those of Tensor's own, whose errors name them
already, are attached as they are."""

FUNCTIONAL: dict[str, Function] = {}
"""By how it is called, as in ``relu(input)``: the op behind a function of minigrad.functional."""

_attached: list[Callable[[Iterable[Any], Iterable[str]], None]] = []
_reserved: set[str] = set()


def declare(
    functions: Mapping[Any, Function] | None = None,
    methods: Mapping[str, Any] | None = None,
    whose: Whose = "NumPy",
) -> None:
    """Say what NumPy's functions do with Tensors, and what the methods of some names are.

    whose: the meaning of the methods. Raises ValueError for what something else has declared.
    """
    functions, methods = functions or {}, methods or {}
    _check(functions, methods, whose)
    FUNCTIONS.update(functions)
    METHODS[whose].update(methods)
    for attach in _attached:
        attach(functions, methods)


def declare_op(
    call: Any, functions: Sequence[Any] = (), methods: Sequence[str] = (), functional: str = ""
) -> None:
    """Enter an op, by the function that `primitive` has made of it, in the catalogue, and say that
    it is what NumPy's `functions` do with Tensors, a method of each name in `methods`, and, called
    as `functional` says, a function of minigrad.functional."""
    handlers = dict.fromkeys(functions, call)
    same = {name: getattr(np, name, None) for name in methods}
    found = {  # a method takes what NumPy's function of that name takes
        name: f if f in handlers and not isinstance(f, np.ufunc) else call
        for name, f in same.items()
    }
    _check(handlers, found, "NumPy")
    _register(call.op)
    declare(handlers, found)
    if functional:
        FUNCTIONAL[functional] = call


def implements(*functions: Any) -> Callable[[Function], Function]:
    """Make the decorated function what NumPy's `functions` do when they meet a Tensor."""

    def register(function: Function) -> Function:
        declare(dict.fromkeys(functions, function))
        return function

    return register


def attach_with(
    attach: Callable[[Iterable[Any], Iterable[str]], None], reserved: Iterable[str]
) -> None:
    """Let `attach` have the keys of all that is declared, now and later; no method of a name in
    `reserved` is declared from now on."""
    _reserved.update(reserved)
    attach(FUNCTIONS, {name for methods in METHODS.values() for name in methods})
    _attached.append(attach)


def _register(op: Op) -> None:
    """Enter `op` in the catalogue; a name is taken once, but by the same function defined again."""
    if op.name in OPS and _origin(op.forward) != _origin(OPS[op.name].forward):
        raise ValueError(f"op {op.name!r} is already registered; choose another name")
    OPS[op.name] = op


def _check(functions: Mapping[Any, Function], methods: Mapping[str, Any], whose: Whose) -> None:
    _refuse_taken(FUNCTIONS, functions, "NumPy's function")
    _refuse_taken(METHODS[whose], methods, f"with {whose}'s meaning the Tensor method")
    if taken := _reserved.intersection(methods):
        raise ValueError(f"{min(taken)!r} is an attribute of every Tensor; choose another name")


def _refuse_taken(table: Mapping[Any, Any], new: Mapping[Any, Any], what: str) -> None:
    for key, call in new.items():
        if key in table and _origin(table[key]) != _origin(call):
            name = key if isinstance(key, str) else getattr(key, "__name__", key)
            raise ValueError(
                f"{what} {name} is declared by {_named(table[key])} already, and cannot be that of "
                f"{_named(call)} too; choose another name"
            )


def _origin(call: Any) -> Any:
    """Where it was defined: a notebook's cell that is run again declares it again."""
    name = getattr(call, "__qualname__", "")
    return (call.__module__, name) if name.isidentifier() else call


def _named(call: Any) -> str:
    return f"{getattr(call, '__module__', '')}.{getattr(call, '__name__', call)}"

"""What users give an op, made what the engine takes: the definition of a call, and its door.

Metadata may come by position, arrays by name; lists and other libraries' arrays become arrays, and
keywords are plain. What fails is explained with the name of the op and what it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .call import call
from .context import local
from .failures import explained
from .foreign import operand
from .keywords import known, plain_keywords
from .op import Op
from .variable import Variable
from .views import leaf_behind, mark_views

__all__ = ["apply", "definition", "left_to"]


def definition(op: Op) -> Callable[..., Any]:
    """The function that users call, as it is defined: what is generated is equal to it."""
    return lambda *args, **params: apply(op, *_sorted(op, args, params))


def apply(op: Op, args: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """Call `op` with arrays and Tensors, and with metadata by name."""
    if (tracer := local.state.tracer) is not None:
        return tracer(op, args, params)
    params = plain_keywords(op.name, params)
    given: list[Any] = list(args)
    try:
        if any(isinstance(a, Variable) for a in args):
            for i, a in enumerate(args):
                if not isinstance(a, Variable):
                    given[i] = operand(a)
                if given[i] is NotImplemented:
                    return left_to(a, op)
        result = call(op, given, params)
    except (ValueError, TypeError, IndexError) as error:
        explained(error, op, given, {key: params[key] for key in op.params if key in params})
    for out in result if op.multiple else (result,):
        if isinstance(out, Variable):
            _mark(op, out, args, params)
    return result


def _mark(op: Op, out: Variable, args: Sequence[Any], params: Mapping[str, Any]) -> None:
    """Remember which of the arguments a result shows the memory of."""
    if (marks := getattr(op, "marks", None)) is not None:
        marks(out, *args, **params)
    else:
        mark_views(out, args)
    if out._node is None or out._data.base is None:  # one entry is a number, with its own memory
        return
    if (leaf := leaf_behind(out)) is not None:
        out._node.put(view_of=leaf)


def left_to(other: Any, op: Op) -> Any:
    """What an op answers where an operand's class opts out of NumPy's arithmetic."""
    if isinstance(op.forward, np.ufunc):  # as an operator; NumPy's function has refused it before
        return NotImplemented
    raise TypeError(f"{type(other).__qualname__} is no array: it sets __array_ufunc__ = None")


def _sorted(
    op: Op, args: tuple[Any, ...], params: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arrays of a call, and its metadata by name."""
    arity, metadata = len(op.arguments), tuple(op.params)
    if op.variadic:
        if len(args) > 1 and isinstance(args[0], (list, tuple)) and op.params:
            params.update(zip(metadata, args[1:], strict=False))
            args = args[:1]
        if len(args) == 1 and isinstance(args[0], (list, tuple)):
            args = tuple(args[0])
    elif len(args) < arity and op.defaults:
        args, params = _completed(op, args, params)
    elif len(args) > arity:  # metadata given by position, as NumPy allows
        if len(args) > arity + len(metadata):
            raise TypeError(
                f"{op.name} takes {arity + len(metadata)} arguments by position "
                f"({', '.join((*op.arguments, *metadata))}), and was given {len(args)}"
            )
        params.update(zip(metadata, args[arity:], strict=False))
        args = args[:arity]
    return args, params if params.keys() <= op.params.keys() else known(op, params)


def _completed(
    op: Op, args: tuple[Any, ...], params: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call with arrays among the keywords, or left out where the forward has a default."""
    rest = op.arguments[len(args) :]
    given = {**op.defaults, **params}
    if missing := [name for name in rest if name not in given]:
        raise TypeError(f"{op.name}() is missing {', '.join(missing)}")
    others = {key: value for key, value in params.items() if key not in rest}
    return (*args, *[given[name] for name in rest]), others

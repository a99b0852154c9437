"""What NumPy's own functions do when they meet a Tensor: the table behind both its protocols.

A function with a derivative is an op or made of ops. Any function takes Tensors from which no
gradient is wanted: it is NumPy's own, on their values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import MinigradError, MutationError, NoDerivativeError
from .arraylike import ArrayLike
from .context import local
from .failures import explain
from .foreign import operand, refuse_masked
from .keywords import known
from .values import frozen
from .views import is_view, mark_view

__all__ = [
    "CALLING", "HANDLERS", "WITHOUT_GRADIENT", "call_function", "call_ufunc", "on_graph", "plain",
    "plainly", "wrapped",
]

HANDLERS: dict[Any, Callable[..., Any]] = {}  # minigrad.ops.install fills it
WITHOUT_GRADIENT: set[Any] = set()  # what gives positions, counts, truth values
CALLING: set[Any] = set()  # what calls functions of the user's, which may bring in a graph
Wrap = Callable[[Any, None], Any]


def on_graph(values: Iterable[Any]) -> bool:
    """Whether a Tensor among `values`, or in the containers among them, wants a gradient now."""
    return local.state.record and _requires_grad(values)


def _requires_grad(values: Iterable[Any]) -> bool:
    for value in values:
        if isinstance(value, ArrayLike):
            if value._node is not None:
                return True
        elif isinstance(value, (list, tuple)):
            if _requires_grad(value):
                return True
        elif isinstance(value, dict) and _requires_grad(value.values()):
            return True
    return False


def call_function(
    function: Any, name: str, args: Any, keywords: dict[str, Any], wrap: Wrap
) -> Any:
    """What a function of NumPy does when it meets a Tensor."""
    if function not in CALLING and _wants_none(args, keywords):
        return plainly(function, name, args, keywords, wrap)
    found = HANDLERS.get(function)
    try:
        if found is None:
            raise _underivable(name)
        return found(*args, **keywords)
    except (ValueError, TypeError, IndexError) as error:
        if isinstance(error, NoDerivativeError) and not on_graph((args, keywords)):
            return plainly(function, name, args, keywords, wrap)
        _raise_as(error, found, function, name, args, keywords)


def call_ufunc(ufunc: Any, method: str, inputs: Any, keywords: dict[str, Any], wrap: Wrap) -> Any:
    """What a ufunc, or one of its methods, does when it meets a Tensor."""
    if method == "__call__" and not keywords and on_graph(inputs):  # most calls: straight to the op
        try:
            return HANDLERS[ufunc](*inputs)
        except (KeyError, ValueError, TypeError, IndexError):
            pass  # it comes again below, and is explained
    name, key, function = f"np.{ufunc.__name__}", ufunc, ufunc
    if method != "__call__":
        name, key, function = f"{name}.{method}", (ufunc, method), getattr(ufunc, method)
    if method == "at" and isinstance(inputs[0], ArrayLike):  # NumPy writes to read-only arrays here
        raise _written(name)
    if _wants_none(inputs, keywords) or ufunc in WITHOUT_GRADIENT:
        if method == "__call__":
            inputs = [x if isinstance(x, ArrayLike) else operand(x) for x in inputs]
        return plainly(function, name, inputs, keywords, wrap)
    if "out" in keywords and on_graph((inputs, keywords)):
        raise NoDerivativeError(
            f"{name}(..., out=array), or array {_SIGNS.get(ufunc.__name__, '')}= tensor: an array "
            f"keeps no graph, and this tensor requires grad; make a new tensor of both, without "
            f"out=, or .detach() it"
        )
    found = HANDLERS.get(key)
    try:
        if found is None:
            raise _underivable(name)
        if keywords and (op := getattr(found, "op", None)):
            keywords = known(op, keywords)
        return found(*inputs, **keywords)
    except (ValueError, TypeError, IndexError) as error:
        if isinstance(error, NoDerivativeError) and not on_graph((inputs, keywords)):
            return plainly(function, name, inputs, keywords, wrap)
        _raise_as(error, found, function, name, inputs, keywords)


_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def _wants_none(args: Any, keywords: dict[str, Any]) -> bool:
    """Whether no gradient is wanted, so that NumPy's own function will do."""
    if local.state.watched:  # who watches sees every op
        return False
    return not on_graph(args) and not (keywords and on_graph(keywords.values()))


def _underivable(name: str) -> NoDerivativeError:
    return NoDerivativeError(
        f"minigrad has no derivative for {name}, so a Tensor that requires grad cannot go "
        f"through it. Write it with functions that minigrad.catalogue() lists, add a "
        f"record with minigrad.primitive, or call it on .detach() of the Tensor if no "
        f"gradient is wanted"
    )


def _raise_as(
    error: Exception, found: Any, function: Any, name: str, args: Any, keywords: dict[str, Any]
) -> NoReturn:
    """Raise `error`, of what is behind a function, under the name that was called."""
    if _names(error, name):
        raise error
    if isinstance(error, NoDerivativeError):
        raise type(error)(f"{name}: {error}") from error
    if isinstance(error, MinigradError):
        raise error
    own = f"{getattr(found, '__name__', '')}("  # of an op that NumPy has under another name
    if str(error).startswith(own):
        raise type(error)(str(error).replace(own, f"{name}(", 1)) from error.__cause__
    _explain(error, function, name, args, keywords)


def _names(error: Exception, name: str) -> bool:
    """Whether an error speaks of the function that was called, rather than of one inside."""
    text = str(error)
    return name in text or text.startswith(tuple(name.rpartition(".")[2] + end for end in "(:"))


def _explain(
    error: Exception, function: Any, name: str, args: Any, keywords: dict[str, Any]
) -> NoReturn:
    """Raise `error` again under the name that was called, with what it was given."""
    try:
        given = dict(inspect.signature(function).bind(*args, **keywords).arguments)
    except (TypeError, ValueError):  # no signature, or it does not fit
        given = {f"argument {k}": value for k, value in enumerate(args, 1)} | keywords
    inner = error.__cause__
    explain(inner if isinstance(inner, Exception) else error, name, (), (), plain(given))


# -- where no gradient is wanted


def plain(value: Any) -> Any:
    """`value` with the values of Tensors, read-only, in their place, also in containers."""
    if isinstance(value, ArrayLike):
        return frozen(value._data)
    if isinstance(value, (list, tuple)):
        parts = [plain(v) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def wrapped(result: Any, wrap: Wrap, given: Sequence[Any] = ()) -> Any:
    """What NumPy returned for the Tensors and arrays in `given`, arrays of numbers as Tensors. An
    array that was given stays itself; a view of one that may change is copied."""
    if isinstance(result, (list, tuple)):
        parts = [wrapped(r, wrap, given) for r in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    if not isinstance(result, (np.ndarray, np.generic)) or result.dtype.kind not in "biufc":
        return result
    if isinstance(result, np.generic) or result.base is None:
        return result if any(result is x for x in given) else wrap(result, None)
    arrays = [x for x in given if isinstance(x, np.ndarray)]
    if any(result is x for x in arrays):
        return result
    result = np.asarray(result)
    out = wrap(np.array(result) if any(is_view(result, x) for x in arrays) else result, None)
    for x in given:
        if isinstance(x, ArrayLike) and is_view(out._data, x._data):
            mark_view(out, x)
    return out


def _written(name: str) -> MutationError:
    return MutationError(
        f"{name} would write into a Tensor, whose values a graph may have saved; assign "
        f"x.data = array, or let it write into an array"
    )


def plainly(function: Any, name: str, args: Any, keywords: dict[str, Any], wrap: Wrap) -> Any:
    """NumPy's own function, on the values of Tensors."""
    given = list(_leaves((args, keywords)))
    for value in given:
        refuse_masked(value)
    try:
        result = function(*plain(args), **plain(keywords))
    except (ValueError, TypeError, IndexError) as error:
        if "read-only" in str(error):
            raise _written(name) from error
        if _names(error, name):
            raise
        _explain(error, function, name, args, keywords)
    return wrapped(result, wrap, given)


def _leaves(value: Any) -> Iterator[Any]:
    """What is in nested containers."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value

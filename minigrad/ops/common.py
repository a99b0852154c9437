"""What the files of this package share: functions made of other ops, and functions of indices.

An op has a record. A *composite* is written in terms of ops and needs none: it takes NumPy's own
arguments, its gradient follows, and what fails inside it is reported under its own name.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..engine.declared import declare
from ..engine.dispatch import WITHOUT_GRADIENT, plainly, wrapped
from ..engine.foreign import operand
from ..engine.keywords import metadata_of
from ..engine.tensor import Tensor, detached, wrap
from ..errors import NoDerivativeError
from .forms import Form, caller

__all__ = ["composite", "existing", "named", "one_of", "refuse", "sentence", "without_gradient"]

F = TypeVar("F", bound=Callable[..., Any])


def existing(*names: str) -> list[Any]:
    """Those of the functions that this NumPy has; some came after 2.0."""
    found: list[Any] = []
    for name in names:
        module, _, function = name.rpartition(".")
        home: Any = getattr(np, module) if module else np
        found += [getattr(home, function)] if hasattr(home, function) else []
    return found


def composite(
    *functions: Any, methods: Sequence[str] = (), metadata: Sequence[str] = ()
) -> Callable[[F], F]:
    """Make the decorated function, written in terms of ops, what NumPy's `functions` do with
    Tensors, and a Tensor method under each name in `methods`. Its errors name it. Those in
    `metadata`, and those annotated as numbers, axes or words, take no Tensor that requires grad
    (minigrad.engine.keywords)."""

    def decorate(function: F) -> F:
        name = functions[0].__name__ if functions else function.__name__
        call = named(name, metadata)(function)
        declare(dict.fromkeys(functions, call), dict.fromkeys(methods, call))
        return call

    return decorate


def named(name: str, metadata: Sequence[str] = ()) -> Callable[[F], F]:
    """Let the errors of the decorated function name it, and refuse Tensors that require grad where
    `metadata` belong, as `composite` does."""

    def decorate(function: F) -> F:
        form = Form(name, function, metadata=metadata_of(function, metadata), explained=True)
        return caller(form)  # type: ignore[no-any-return]  # the same signature

    return decorate


def refuse(function: str, why: str = "leave it out", **options: Any) -> None:
    """Raise NoDerivativeError for options of a NumPy function that no Tensor can have."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise NoDerivativeError(
                f"{function}(..., {name}={value!r}) cannot be recorded for a Tensor: {why}"
            )


def without_gradient(
    *functions: Any, methods: Sequence[str] = (), unless: str = ""
) -> dict[Any, Callable[..., Any]]:
    """Let NumPy's `functions`, whose results are positions, counts or truth values, take Tensors.

    The results are Tensors that do not require grad. `methods` are the names of those among them
    that are methods too. With `unless`, which says why, arguments that require grad are refused.
    Returns what the functions do with Tensors.
    """
    calls = {function: _constant(function, unless) for function in functions}
    declare(calls, {f.__name__: call for f, call in calls.items() if f.__name__ in methods})
    if not unless:
        WITHOUT_GRADIENT.update(functions)
    return calls


_OPERANDS = {1: inspect.signature(lambda x: x), 2: inspect.signature(lambda x, y: x)}


def _constant(function: Any, unless: str) -> Any:
    name = f"np.{function.__name__}"
    is_ufunc = isinstance(function, np.ufunc)

    def constant(*args: Any, **kwargs: Any) -> Any:
        if unless and any(
            isinstance(a, Tensor) and a.requires_grad for a in (*args, *kwargs.values())
        ):
            raise NoDerivativeError(
                f"{name} of a Tensor that requires grad: {unless}; or .detach() it if no gradient "
                f"is wanted"
            )
        if is_ufunc:
            args = tuple([operand(detached(a)) for a in args])
            if any(a is NotImplemented for a in args):  # Python asks the other operand's operator
                return NotImplemented
            if not kwargs:
                return wrapped(function(*args), wrap)
        return plainly(function, name, args, kwargs, wrap)

    call: Any = functools.wraps(function)(constant)
    call.__doc__ = f"{sentence(function)}.\nNo gradient flows through it."
    if is_ufunc:
        call.__signature__ = _OPERANDS[function.nin]
    return call


def sentence(function: Any) -> str:
    """The first that is said about a function, NumPy's or ours."""
    paragraphs = (function.__doc__ or "").strip().split("\n\n")
    said = [part for part in paragraphs if ", out=None," not in part]  # a ufunc's signature
    first = " ".join(said[0].split()).partition(". ")[0] if said else ""
    return textwrap.shorten(first, 98, placeholder="").rstrip(".")


def one_of(rng: np.random.Generator, *choices: Any) -> Any:
    """One of `choices`: samples of an op cover several ways to call it."""
    return choices[rng.integers(len(choices))]

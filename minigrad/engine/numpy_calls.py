"""How NumPy calls an op: under its own names and in its own order of arguments."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NoDerivativeError
from .op import Op

__all__ = ["known", "numpy_handler"]


def numpy_handler(op: Op, function: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """How NumPy calls the op: its names and its order of arguments, some of which are refused."""
    arity = len(op.arguments)

    @functools.cache
    def order() -> tuple[inspect.Signature, tuple[str, ...]] | None:
        """The signature of a NumPy function written in Python, and what it takes by position."""
        if op.variadic or not inspect.isfunction(inspect.unwrap(function)):
            return None
        signature = inspect.signature(function)
        given = signature.parameters
        first = tuple(name for name, p in given.items() if p.kind is not p.KEYWORD_ONLY)
        return (signature, first) if op.params.keys() <= given.keys() else None

    def handler(*args: Any, **keywords: Any) -> Any:
        if len(args) == arity and keywords.keys() <= op.params.keys():
            return call(*args, **keywords)
        if (found := order()) is None:
            return call(*args, **known(op, keywords))
        signature, first = found
        if arity <= len(args) <= len(first) and not keywords:  # np.sum(x, 0): `bind` is slow
            return call(*args[:arity], **known(op, dict(zip(first[arity:], args[arity:]))))  # noqa: B905  # some
        try:
            given = signature.bind(*args, **keywords).arguments
        except TypeError as error:
            raise TypeError(f"{op.name}() {error}") from None
        arrays = [given.pop(name) for name in first[:arity] if name in given]
        return call(*arrays, **known(op, given))

    handler.__name__, handler.__doc__ = op.name, op.formula
    handler.__qualname__, handler.__module__ = call.__qualname__, call.__module__
    return handler


def known(op: Op, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that the op has; out=, where=, dtype= and so on are refused unless None."""
    unknown = [k for k, v in keywords.items() if k not in op.params and v is not None]
    if unknown:
        takes = f"; it takes {', '.join(op.params)}" if op.params else ""
        raise NoDerivativeError(
            f"{op.name}(..., {unknown[0]}=...) cannot be recorded for a Tensor: leave it out{takes}"
        )
    return {k: v for k, v in keywords.items() if k in op.params}

"""Blocks that change what the current thread is doing: no_grad, enable_grad, scope.

Each is a context manager and a decorator, and restores what was before.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar

from ..errors import describe
from .context import InterpreterState, Scope, local

__all__ = ["Bare", "enable_grad", "is_grad_enabled", "no_grad", "scope"]

F = TypeVar("F", bound=Callable[..., Any])


def is_grad_enabled() -> bool:
    """Whether ops on this thread are recorded.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return local.state.record


class _Change(ABC):
    """A context manager, and decorator, that changes this thread's state and restores it."""

    def __init__(self) -> None:
        self._before: list[InterpreterState] = []

    @abstractmethod
    def _changed(self, state: InterpreterState) -> InterpreterState:
        """The state inside."""

    def __enter__(self) -> Self:
        self._before.append(local.state)
        local.state = self._changed(local.state)
        return self

    def __exit__(self, *exc: object) -> None:
        local.state = self._before[-1]  # pop() is a call, and Ctrl-C may come behind any
        del self._before[-1]

    def _fresh(self) -> Self:
        return type(self)()

    def __call__(self, function: F) -> F:
        """Run `function` inside; a generator is inside only while it runs, not while it waits."""
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
                with self._fresh():
                    inner = function(*args, **kwargs)
                resume, value = inner.send, None
                while True:
                    try:
                        with self._fresh():
                            item = resume(value)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        resume, value = inner.send, (yield item)
                    except GeneratorExit:
                        inner.close()
                        raise
                    except BaseException as error:
                        resume, value = inner.throw, error

            return generator  # type: ignore[return-value]  # same signature, by wraps

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]  # same signature, by wraps


class Bare(_Change):
    """One that takes no arguments, so that as a decorator it may stand without parentheses."""

    def __new__(cls, function: F | None = None) -> Any:
        """With a function, as in ``@no_grad``, what ``no_grad()(function)`` gives."""
        if function is None:
            return super().__new__(cls)
        if callable(function):
            return cls()(function)
        raise TypeError(
            f"{cls.__name__}: received {describe(function)}, wanted nothing, as in "
            f"`with {cls.__name__}():`, or a function to run so"
        )


class no_grad(Bare):
    """Do not record: ``with no_grad():`` or ``@no_grad``, with or without (); this thread only.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     (x * x).requires_grad
    False
    """

    def _changed(self, state: InterpreterState) -> InterpreterState:
        return state.but(record=False)


class enable_grad(Bare):
    """Record again inside a ``no_grad`` block; like it, a decorator too, and of this thread only.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad(), mg.enable_grad():
    ...     (x * x).requires_grad
    True
    """

    def _changed(self, state: InterpreterState) -> InterpreterState:
        return state.but(record=True)


class scope(_Change):
    """Label the ops recorded inside: ``with scope("encoder", t=3):``.

    ``inputs`` names the arrays that enter here from outside the graph (such as x_t), for the
    pictures; they, the ledger, reports and ``print(tape)`` read it. Raises TypeError for no text.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.scope("encoder"), mg.scope("lstm", t=3):
    ...     print(mg.Tape(x * x))
    #  op        name  shape  operands  saved  scope
    0  leaf            ()
    1  multiply        ()     0 0       x y    encoder/lstm[t=3]
    """

    def __init__(self, name: str, *, t: int | None = None, **inputs: Any) -> None:
        super().__init__()
        if not isinstance(name, str):
            raise TypeError(
                f"scope(name): received {describe(name)}, wanted text, as in `with "
                f"scope('encoder', t=3):` or `@scope('encoder')`"
            )
        self._label = (name, t, inputs)

    def _changed(self, state: InterpreterState) -> InterpreterState:
        name, t, inputs = self._label
        return state.under(Scope(name, t, state.scope, inputs))

    def _fresh(self) -> scope:
        name, t, inputs = self._label
        return scope(name, t=t, **inputs)

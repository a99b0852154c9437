"""What the current thread is doing: whether it records, for whom, and how suspiciously.

One immutable frame per thread holds all of it, so an op reads the thread's state once.
"""

from __future__ import annotations

import functools
import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator
from typing import Any, Self, TypeVar

from ..errors import describe

__all__ = ["Scope", "detect_anomaly", "enable_grad", "is_grad_enabled", "no_grad", "scope"]

F = TypeVar("F", bound=Callable[..., Any])


class Scope:
    """A label on the ops recorded inside it: a name, a time step, and the enclosing scope.

    As a string it is the whole path, from the outermost: ``encoder/lstm[t=3]/gate``.
    """

    __slots__ = ("inputs", "name", "parent", "t")

    def __init__(
        self, name: str, t: int | None, parent: Scope | None, inputs: dict[str, Any]
    ) -> None:
        self.name, self.t, self.parent, self.inputs = name, t, parent, inputs

    @property
    def step(self) -> int | None:
        """The time step of the nearest scope that has one."""
        return next((s.t for s in self.chain() if s.t is not None), None)

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, the innermost first."""
        here: Scope | None = self
        while here is not None:
            yield here
            here = here.parent

    def __str__(self) -> str:
        parts = [s.name if s.t is None else f"{s.name}[t={s.t}]" for s in self.chain()]
        return "/".join(reversed(parts))

    __repr__ = __str__


class Frame:
    """The state of one thread, never changed: `nested` is set inside a functional transform."""

    __slots__ = ("anomaly", "nested", "record", "scope")  # read at every op, so no dict

    def __init__(
        self,
        record: bool = True,
        anomaly: bool = False,
        scope: Scope | None = None,
        nested: bool = False,
    ) -> None:
        self.record, self.anomaly, self.scope, self.nested = record, anomaly, scope, nested

    def under(self, scope: Scope) -> Frame:
        """This frame with another scope: ``but(scope=scope)`` at a third of the cost."""
        return Frame(self.record, self.anomaly, scope, self.nested)

    def but(self, **changes: Any) -> Frame:
        """This frame with some fields changed."""
        return Frame(**{name: getattr(self, name) for name in self.__slots__} | changes)


class _Local(threading.local):
    frame: Frame = Frame()


local = _Local()


def is_grad_enabled() -> bool:
    """Whether ops on this thread are recorded.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return local.frame.record


class _Change(ABC):
    """A context manager, and decorator, that changes this thread's frame and restores it."""

    def __init__(self) -> None:
        self._before: list[Frame] = []

    @abstractmethod
    def _changed(self, frame: Frame) -> Frame:
        """The frame inside."""

    def __enter__(self) -> Self:
        self._before.append(local.frame)
        local.frame = self._changed(local.frame)
        return self

    def __exit__(self, *exc: object) -> None:
        local.frame = self._before.pop()

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


class _Bare(_Change):
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


class no_grad(_Bare):
    """Do not record: ``with no_grad():`` or ``@no_grad``, with or without (); this thread only.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad():
    ...     (x * x).requires_grad
    False
    """

    def _changed(self, frame: Frame) -> Frame:
        return frame.but(record=False)


class enable_grad(_Bare):
    """Record again inside a ``no_grad`` block; like it, a decorator too, and of this thread only.

    >>> import minigrad as mg
    >>> x = mg.tensor(2.0, requires_grad=True)
    >>> with mg.no_grad(), mg.enable_grad():
    ...     (x * x).requires_grad
    True
    """

    def _changed(self, frame: Frame) -> Frame:
        return frame.but(record=True)


class detect_anomaly(_Bare):
    """Raise AnomalyError at the op, time step and source line where a NaN or Inf first arises,
    forward or backward. Slower: use it to find the fault, then take it out.

    >>> import numpy as np, minigrad as mg
    >>> with np.errstate(divide="ignore"), mg.detect_anomaly(), mg.scope("rnn", t=3):
    ...     np.log(mg.tensor([1.0, 0.0], requires_grad=True))
    Traceback (most recent call last):
    minigrad.errors.AnomalyError: first Inf in the forward of log in rnn[t=3], called at ...
    """

    def _changed(self, frame: Frame) -> Frame:
        return frame.but(anomaly=True)


class scope(_Change):
    """Label the ops recorded inside: ``with scope("encoder", t=3):``.

    ``inputs`` names the arrays that enter here from outside the graph (such as x_t), for the
    pictures. Drawing, the ledger, anomaly reports and ``print(tape)`` read the labels.

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

    def _changed(self, frame: Frame) -> Frame:
        name, t, inputs = self._label
        return frame.under(Scope(name, t, frame.scope, inputs))

    def _fresh(self) -> scope:
        name, t, inputs = self._label
        return scope(name, t=t, **inputs)

"""What the current thread is doing: whether it records, for whom, and how suspiciously.

One immutable state per thread holds all of it, so an op reads the thread's state once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["InterpreterState", "Scope", "local"]


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


class InterpreterState:
    """The state of one thread, never changed: `nested` counts the functional transforms around it.

    `observer` sees every op, ``called(node, out, arrays)``, and every contribution in a sweep,
    ``contributed(parent, node, c)``. `tracer` is what ``scan`` wants called in the place of ops.
    With either the thread is `watched`: calls go by their definition.
    """

    # Read at every op, so no dict.
    __slots__ = ("nested", "observer", "record", "scope", "tracer", "watch", "watched")

    def __init__(
        self,
        record: bool = True,
        observer: Any = None,
        scope: Scope | None = None,
        nested: int = 0,
        tracer: Any = None,
    ) -> None:
        self.record, self.observer, self.scope, self.nested = record, observer, scope, nested
        self.tracer, self.watched = tracer, observer is not None or tracer is not None
        self.watch = () if observer is None else (observer.contributed,)

    def under(self, scope: Scope) -> InterpreterState:
        """This state with another scope: ``but(scope=scope)`` at a third of the cost."""
        return InterpreterState(self.record, self.observer, scope, self.nested, self.tracer)

    def but(self, **changes: Any) -> InterpreterState:
        """This state with some fields changed."""
        fields = [name for name in self.__slots__ if "watch" not in name]
        return InterpreterState(**{name: getattr(self, name) for name in fields} | changes)


class _Local(threading.local):
    state: InterpreterState = InterpreterState()


local = _Local()

"""Ctrl-C while something runs that must not be cut in two."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

__all__ = ["Interrupt"]


class Interrupt:
    """Inside its block, Ctrl-C (SIGINT) is noted rather than raised; a second one is raised.

    >>> with Interrupt() as interrupt:
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupt.received
    True
    """

    def __init__(self) -> None:
        self.received = False
        self._before: Any = None
        self._holding = self._late = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if not self.received:
            self.received = True
        elif self._holding:
            self._late = True
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        """Give the signal to who would have had it without this block."""
        signal.signal(signal.SIGINT, self._before)
        signal.raise_signal(signal.SIGINT)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Inside this block a second Ctrl-C waits too, until the block ends."""
        outer, self._holding = self._holding, True
        try:
            yield
        finally:
            self._holding = outer
            if self._late and not outer:
                self._late = False
                self._pass_on()

    def __enter__(self) -> Self:
        # Python delivers signals to the main thread alone; in others there is nothing to catch.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

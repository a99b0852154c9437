"""The mistakes that a model allows, and what each of them leads to, computed as it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .model import Model
from .rule_mistakes import RuleMistake, rule_mistakes

__all__ = ["Catalogue", "Page"]

Array = np.ndarray[Any, Any]

_AT_ONCE = 4_000_000  # numbers in the arrays of a run, times the derivations that are side by side
_KEPT = 50_000_000    # numbers that are kept for the next claims


class Page(NamedTuple):
    """Some of the mistakes, and ∂L/∂ with each by the step of the use: (R, T + 1, *shape)."""

    start: int
    mistakes: list[RuleMistake]
    terms: dict[str, Array]


class Catalogue:
    """The mistakes of a model, the likeliest first. names: of the gradients that are asked for."""

    def __init__(self, model: Model, names: Sequence[str]) -> None:
        self.model, self.names = model, list(names)
        with np.errstate(all="ignore"):  # some are of what has no value
            self.mistakes = rule_mistakes(model.derivation)
        self.at_once = at_once(model)
        size = sum(int(np.prod(model.shape_of(name) or ())) for name in names) * (model.T + 1)
        self._kept = size * len(self.mistakes) <= _KEPT
        self._pages: dict[int, Page] = {}

    def pages(self) -> Iterator[Page]:
        """All of it, page by page."""
        for start in range(0, len(self.mistakes), self.at_once):
            page = self._pages.get(start)
            if page is None:
                some = self.mistakes[start : start + self.at_once]
                page = Page(start, some, self.model.by_step(some, self.names))
                if self._kept:
                    self._pages[start] = page
            yield page


def at_once(model: Model) -> int:
    """How many derivations are computed side by side."""
    calls = model.derivation.calls
    size = sum(value.array.size for call in calls for value in call.values() if value.active)
    return max(1, min(1000, _AT_ONCE // max(1, size)))

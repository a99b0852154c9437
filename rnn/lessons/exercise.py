"""The record of an exercise, and what comes back for an answer.

An exercise is plain data: a task in Markdown, an examiner, two hints, a solution. The examiner is
a function of the answer. It raises ``Wrong`` with an explanation, or returns what there is to say
about a right answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minigrad.console import printable

__all__ = ["Exercise", "Feedback", "Wrong"]


class Wrong(Exception):
    """An answer is not right; the text says what is wrong and where, with numbers (Markdown)."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    name: "lesson.k", k counted from 1. task: what is asked, and in which form the answer goes in.
    examine: raises Wrong with the explanation, or returns a remark about a right answer.
    hints: two, from a push in the right direction to nearly all. solution: Python source that ends
    in ``answer = …``; it imports what it uses.
    """

    name: str
    task: str
    examine: Callable[[Any], str]
    hints: tuple[str, str]
    solution: str


@dataclass(frozen=True)
class Feedback:
    """What `check`, `hint` and `solution` return: a text that a notebook shows, and `print` too.

    passed: True for a right answer, False for a wrong one, None where no answer was given.

    >>> from rnn.lessons import check
    >>> check("chain_rule.1").passed is None
    True
    """

    exercise: str
    passed: bool | None
    text: str

    @printable
    def __repr__(self) -> str:
        sign = {True: "✓ ", False: "✗ ", None: ""}[self.passed]
        return f"{sign}{self.exercise}: {self.text}"

    def _repr_markdown_(self) -> str:
        sign = {True: "✓ ", False: "✗ ", None: ""}[self.passed]
        gap = "\n\n" if self.text.startswith("```") else " "    # a fence begins a line
        return f"**{sign}{self.exercise}**{gap}{self.text}"

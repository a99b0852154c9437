"""Ask an exercise: its task, a hint, its solution, and what it says about an answer."""

from __future__ import annotations

import importlib
from difflib import get_close_matches
from types import EllipsisType
from typing import Any

from .exercise import Exercise, Feedback, Wrong

__all__ = ["LESSONS", "check", "exercises", "hint", "solution"]

LESSONS = (
    "first_picture", "chain_rule", "tape", "engine", "broadcasting", "unrolling", "sum_over_time",
    "counting", "textbook", "vanishing", "lstm_paths", "gru", "loss_and_clipping", "truncation",
    "character_model", "sequence_shapes", "rtrl", "own_cell", "compiler", "second_derivatives",
    "saving",
)
"""The lessons, in the order of the book; each has a file of this name in ``questions``."""


def check(exercise: str, answer: Any = ...) -> Feedback:
    """Examine an answer: what is wrong with it and where, or why it is right.

    exercise: its name, "lesson.k". answer: what the task asks for; without it (or ``...``) the
    task comes back.

    An error that the answer raises while it is examined is part of what comes back.

    Raises ValueError for a name that is no exercise.

    >>> from rnn.lessons import check
    >>> check("chain_rule.1", 2.0).passed
    False
    """
    asked = _find(exercise)
    if isinstance(answer, EllipsisType):
        return Feedback(exercise, None, asked.task)
    try:
        return Feedback(exercise, True, asked.examine(answer))
    except Wrong as wrong:
        more = f'\n\nA hint: `hint("{exercise}")`.'
        return Feedback(exercise, False, f"{wrong}{more}")
    except Exception as error:    # whatever the learner's code raises is an answer about it
        return Feedback(exercise, False, f"{_raised(error)}")


def hint(exercise: str, level: int = 1) -> Feedback:
    """A push in the right direction (level 1), or nearly all of the way (level 2).

    Raises ValueError for another level, or a name that is no exercise.

    >>> from rnn.lessons import hint
    >>> hint("chain_rule.1", level=2).passed is None
    True
    """
    asked = _find(exercise)
    if level not in (1, 2):
        raise ValueError(f"hint({exercise!r}, level={level!r}): levels are 1 and 2")
    return Feedback(exercise, None, asked.hints[level - 1])


def solution(exercise: str) -> Feedback:
    """A solution, as Python source.

    Raises ValueError for a name that is no exercise.

    >>> from rnn.lessons import solution
    >>> "answer = " in solution("chain_rule.1").text
    True
    """
    return Feedback(exercise, None, f"```python\n{_find(exercise).solution.strip()}\n```")


def exercises(lesson: str | None = None) -> tuple[str, ...]:
    """The names of all exercises, or of those of a lesson.

    Raises ValueError for a name that is no lesson.

    >>> from rnn.lessons import exercises
    >>> exercises("chain_rule")[0]
    'chain_rule.1'
    """
    wanted = LESSONS if lesson is None else (lesson,)
    return tuple(e.name for name in wanted for e in _of(name))


def _of(lesson: str) -> tuple[Exercise, ...]:
    if lesson not in LESSONS:
        close = get_close_matches(str(lesson), LESSONS, n=1)
        meant = f"did you mean {close[0]!r}?" if close else f"lessons are {', '.join(LESSONS)}"
        raise ValueError(f"there is no lesson {lesson!r}; {meant}")
    found: tuple[Exercise, ...] = importlib.import_module(
        f".questions.{lesson}", __package__).EXERCISES
    return found


def _find(name: str) -> Exercise:
    known = _of(str(name).partition(".")[0])
    for exercise in known:
        if exercise.name == name:
            return exercise
    raise ValueError(f"there is no exercise {name!r}; that lesson has "
                     f"{', '.join(e.name for e in known)}")


def _raised(error: Exception) -> str:
    """An error in the learner's own code, with the line of the answer that raised it."""
    where = ""
    trace = error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in ("minigrad", "rnn"):
            line, function = trace.tb_lineno, trace.tb_frame.f_code.co_name
            where = f" (in `{function}`, line {line})"
            break
        trace = trace.tb_next
    return f"your answer raised {type(error).__name__}{where}: {error}"

"""Exercises that check themselves and explain, for the lessons of the book (docs/lessons).

    from rnn.lessons import check, hint, solution

    check("chain_rule.1")              # the task
    check("chain_rule.1", answer)      # what is right in the answer, or what is wrong, and where
    hint("chain_rule.1"), hint("chain_rule.1", level=2), solution("chain_rule.1")

An answer may be a number, an array, a function, an op, a cell or a sentence: the task says which.
The engine is the answer key: a derivation is audited against it, an op or a cell goes through the
laws of the testing kit. Nothing is random, and nothing needs a network.

Reading order: asking.py (the four functions), exercise.py (the record of an exercise), judging.py
and deriving.py (what examiners share), questions/ (a file for each lesson), knobs.py (numbers that
a reader turns), showing.py (pictures that move); sheets/ and pages/ (worksheets with new numbers
for each student, and how they get onto paper), slides.py (decks).
"""

from .asking import check, exercises, hint, solution
from .exercise import Feedback
from .knobs import knob
from .sheets import worksheet, worksheets
from .showing import show
from .slides import deck

__all__ = [
    "Feedback", "check", "deck", "exercises", "hint", "knob", "show", "solution", "worksheet",
    "worksheets",
]

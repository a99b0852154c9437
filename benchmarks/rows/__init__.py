"""What is compared, and the bar for each: one function a question.

In the table they come as these files are read, which is the order in which they need one another:
tape, layers, cores, ranks, sequences, usage.
"""

from ..questions import QUESTIONS
from . import cores, layers, ranks, sequences, tape, usage  # noqa: F401  # they enter their questions

__all__ = ["QUESTIONS"]

"""What is compared, and the bar for each: one function a question.

In the table they come as these files are read, which is the order in which they need one another:
tape, layers, cores, pictures, ranks, sequences, usage.
"""

from ..questions import QUESTIONS
from . import (  # noqa: F401  # they enter their questions
    cores,
    layers,
    pictures,
    ranks,
    sequences,
    tape,
    usage,
)

__all__ = ["QUESTIONS"]

"""Worksheets: new numbers for each student, and a key with the worked steps.

Every number in a key comes from a run of the engine. Numbers are drawn from a seed, and drawn
again until every result is short enough to be computed by hand and says something: no share of a
gradient is zero, and no slip leads to the right number.

Reading order: numbers.py, written.py, then a file for each topic; asking.py has the two functions.
"""

from .asking import TOPICS, worksheet, worksheets
from .written import Worksheet

__all__ = ["TOPICS", "Worksheet", "worksheet", "worksheets"]

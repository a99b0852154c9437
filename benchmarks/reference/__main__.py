"""``python -m benchmarks.reference`` writes the pages; ``--check``: whether they are current."""

from ..current import write_or_check
from .pages import PAGES

write_or_check(PAGES, "benchmarks.reference")

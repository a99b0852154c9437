"""``python -m benchmarks.stubs`` writes the stubs; ``--check`` says whether they are current."""

from ..current import write_or_check
from .writing import STUBS

write_or_check(STUBS, "benchmarks.stubs")

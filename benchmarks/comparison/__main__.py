"""``python -m benchmarks.comparison [PACKAGE ...]``: what is seen now, as tables in Markdown."""

import sys

from .claims import CLAIMS, table

print("\n".join(table(topic, sys.argv[1:]) for topic in CLAIMS))

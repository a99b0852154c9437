"""``python -m benchmarks.reference`` writes the pages; ``--check``: whether they are current."""

import sys

from .pages import PAGES

for path, written in PAGES.items():
    text = written()
    if "--check" not in sys.argv:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        sys.exit(f"{path} is not what the code says now: run python -m benchmarks.reference")

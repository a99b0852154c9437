"""``python -m benchmarks.stubs`` writes the stubs; ``--check`` says whether they are current."""

import sys

from .writing import STUBS

for path, written in STUBS.items():
    text = written()
    if "--check" not in sys.argv:
        path.write_text(text, encoding="utf-8")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        sys.exit(f"{path} is not what minigrad is now: run python -m benchmarks.stubs")

"""Files that are made from the code: written, or asked whether they are what it says now."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["write_or_check"]


def write_or_check(files: Mapping[Path, Callable[[], str]], command: str) -> None:
    """Write each file, or with ``--check`` on the command line end with what is to be run for the
    first one that is not current.

    files: what makes the text of each. command: the module that calls this.
    """
    for path, written in files.items():
        text = written()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path} is not what the code says now: run python -m {command}")

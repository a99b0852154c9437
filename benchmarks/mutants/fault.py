"""One planted fault: a small edit of a source file, and the tests that should notice."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["Fault", "StaleFault"]


class StaleFault(ValueError):
    """A fault whose text is not found, or not just once, in its file."""


class Fault(NamedTuple):
    """A line of the table.

    file: of which `before`, found there exactly once, is replaced by `after`.
    tests: what pytest is given, separated by blanks: files, or ``file::test``.
    plants: what goes wrong, in one line; no two faults have the same.
    reason: why it may survive; for nearly all of them there is none.
    """

    file: str
    before: str
    after: str
    tests: str
    plants: str
    reason: str = ""

    def edited(self, root: Path) -> str:
        """The text of the file with the fault in it.

        Raises StaleFault where the code has changed since the fault was written down.
        """
        path = root / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        found = text.count(self.before)
        if found != 1:
            raise StaleFault(
                f"{self.plants!r}: its text is found {found} times in {self.file}, wanted once; "
                f"bring the entry up to date:\n{self.before}"
            )
        return text.replace(self.before, self.after)

    def missing_tests(self, root: Path) -> list[str]:
        """The tests that there are not."""
        return [test for test in self.tests.split() if not _exists(root, test)]


def _exists(root: Path, test: str) -> bool:
    file, *names = test.split("::")
    path = root / file
    if not names:
        return path.exists()
    name = names[-1].partition("[")[0]
    return path.is_file() and f"def {name}(" in path.read_text(encoding="utf-8")

"""The line of the user's code that made a call: what reports point to.

It is in the innermost frame whose file belongs to no library. Packages that are built on minigrad
declare themselves, so that their own loops and layers are passed over as minigrad's are.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["caller_line", "is_library", "pass_over"]

_folders: tuple[str, ...] = ("<call of ", "<minigrad.")  # generated: no user's
_files: dict[str, bool] = {}  # whether it is a library's, of those that were asked for


def pass_over(package: str) -> None:
    """Take no file of a package for the user's.

    package: ``__file__`` in the package's ``__init__.py``, where the call belongs.

    >>> pass_over("/somewhere/site-packages/my_layers/__init__.py")
    """
    global _folders, _files  # noqa: PLW0603  # not changed: other threads may be reading them
    folder = package.removesuffix("__init__.py")
    _folders = (*(f for f in _folders if f != folder), folder)
    _files = {}


def is_library(frame: Any) -> bool:
    """Whether a frame runs a file that is not the user's."""
    file, known = frame.f_code.co_filename, _files
    if file not in known:
        known[file] = file.startswith(_folders)
    return known[file]


def caller_line() -> str:
    """"file:line" of the call by which the user's code came here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_library(frame):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


pass_over(__file__.removesuffix("engine/callers.py"))

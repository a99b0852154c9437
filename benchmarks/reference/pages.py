"""What is written where: each page of docs/reference that is made from the code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import api, commands, laws, ops, tensors

__all__ = ["FOLDER", "PAGES"]

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: dict[Path, Callable[[], str]] = {
    FOLDER / "ops.md": ops.page,
    FOLDER / "tensor.md": tensors.page,
    FOLDER / "laws.md": laws.page,
    FOLDER / "command_line.md": commands.page,
    **{FOLDER / f"{api.file_of(name)}.md": partial(api.page, name) for name in api.MODULES},
}

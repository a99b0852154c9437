"""Pieces of Markdown, as the pages write them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["code", "first_sentence", "paragraph", "plain", "table"]

_MARKUP = re.compile(r"[\\*<\[\]$~]|(?<!\w)_|_(?!\w)")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside of a cell is kept."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def code(text: str) -> str:
    """As code, whatever is in it; nothing for nothing."""
    marks = "``" if "`" in text else "`"
    return f"{marks}{text}{marks}" if text else ""


def plain(text: str) -> str:
    """A sentence of a docstring, in which no character is markup but the marks around code."""
    parts = re.split(r"(``[^`]+``|`[^`]+`)", " ".join(text.split()))
    return "".join(
        code(part.strip("`")) if k % 2 else _MARKUP.sub(r"\\\g<0>", part)
        for k, part in enumerate(parts)
    )


def paragraph(thing: Any) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def first_sentence(thing: Any) -> str:
    """The first sentence of a docstring, without what follows a colon or semicolon at its end."""
    text = paragraph(thing)
    return re.split(r"(?<=[^.]\w)\.(?= [A-Z])", text, maxsplit=1)[0].rstrip(".:;")

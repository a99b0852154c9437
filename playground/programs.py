"""What the menu opens: the code of each lesson of the book, and the examples beside this file.

A program is one text, whose cells are opened by lines that begin with ``# %%``, as several editors
know them. A lesson becomes one: its headings are the titles of its cells, its hints and solutions
are commented out, so that opening a lesson gives nothing away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["example", "lesson", "menu"]

HERE = Path(__file__).parent
Program = dict[str, str]

# What takes minutes in a browser, where products of matrices are ten times slower and more.
_LONG = {"15_character_model": "It trains: that takes minutes here, and ten seconds outside."}

_FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")
_TAGS = re.compile(r"^:tags: *\[(.*)\] *$")
_GIVES_AWAY = re.compile(r"^(?:hint|solution)\(", re.MULTILINE)


def menu(lessons: Path) -> list[dict[str, object]]:
    """The groups of the menu: the examples, then the lessons that are in the folder."""
    examples = [example(path) for path in sorted((HERE / "examples").glob("*.py"))]
    book = [lesson(path) for path in sorted(lessons.glob("[0-9][0-9]_*.md"))]
    return [{"label": "Examples", "programs": examples}, {"label": "Lessons", "programs": book}]


def example(path: Path) -> Program:
    """A program that is a file; its first line, a comment, is its title."""
    source = path.read_text(encoding="utf-8")
    return {"name": path.stem, "title": source.partition("\n")[0].lstrip("# "), "source": source}


def lesson(path: Path) -> Program:
    """The code cells of a MyST notebook as a program."""
    title, heading, parts = "", "", []
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        opened, found = _FENCE.match(line), _HEADING.match(line)
        if opened:
            body = _body(lines, opened[1])
            if opened[2].startswith("{code-cell}"):
                parts.append(_cell(body, heading))
                heading = ""
        elif found:
            heading = _plain(found[1])
            if not title:    # what comes before the first section needs no title of its own
                title, heading = heading, ""
    if not parts:
        raise ValueError(f"{path} has no code cell")
    about = [title, _LONG[path.stem]] if path.stem in _LONG else [title]
    return {"name": path.stem, "title": f"{int(path.stem[:2])}. {title}",
            "source": "\n\n".join(["\n".join(f"# {line}" for line in about), *parts]) + "\n"}


def _body(lines: Iterator[str], mark: str) -> list[str]:
    """The lines up to the fence that closes this one."""
    body: list[str] = []
    for line in lines:
        if line.startswith(mark) and not line.strip(mark[0] + " "):
            return body
        body.append(line)
    raise ValueError(f"a fence {mark} is not closed")


def _cell(body: list[str], heading: str) -> str:
    tags = [tag for line in body for found in [_TAGS.match(line)] if found
            for tag in re.split(r"[,\s]+", found[1])]
    code = list(body)
    while code and (code[0].startswith(":") or not code[0].strip()):
        code.pop(0)
    text = "\n".join(code).rstrip()
    if _GIVES_AWAY.search(text):
        text = "\n".join(f"# {line}" if line else "#" for line in text.split("\n"))
        return text
    expects = 'tags=["raises-exception"]' if "raises-exception" in tags else ""
    return " ".join(part for part in ("# %%", heading, expects) if part) + f"\n{text}"


def _plain(markdown: str) -> str:
    """A heading without its marks."""
    return re.sub(r"[`*$]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)).strip()

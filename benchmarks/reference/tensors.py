"""docs/reference/tensor.md: what a Tensor has, by kind, with the first line of each docstring."""

from __future__ import annotations

import inspect
import re
from typing import Any

from minigrad import Tensor
from minigrad.ops.pytorch.words import WORDS

from .markdown import code, first_sentence, plain, table

__all__ = ["attributes", "page"]

_HEAD = """\
# Tensor

`minigrad.tensor(data, requires_grad=False, name=None, dtype=None)` makes one, `minigrad.Parameter`
one that a module counts among its own. It is an array that remembers how it was computed: NumPy's
functions and operators take it, and it has the methods below. `help(x.sum)` says more about each,
and `help(minigrad.Tensor)` has them in this order.
"""
_MEANINGS = """\
## Two meanings

NumPy and PyTorch share these names and differ; the words of a call decide. The table is that of
`minigrad.ops.pytorch.words`.
"""
_IN_PLACE = "In place"


def page() -> str:
    """The text of the page."""
    parts = [_section(title, names) for title, names in attributes().items()]
    words = table(("call", "whose", "gives"), ((code(w.call), w.whose, w.gives) for w in WORDS))
    return "\n".join([_HEAD, *parts, f"{_MEANINGS}\n{words}"])


def _section(title: str, names: list[str]) -> str:
    if title == _IN_PLACE:  # one sentence is true of all
        listed = ", ".join(code(f".{name}") for name in names)
        rule = "`x.exp_()` puts the result of `x.exp()` in the place of x, and returns x"
        return f"## {title}\n\n{rule}: {listed}.\n"
    rows = ((code(f".{name}"), plain(_about(name))) for name in names)
    return f"## {title}\n\n{table(('name', 'what it is'), rows)}"


def attributes() -> dict[str, list[str]]:
    """The public names of a Tensor, by the headings of ``help(Tensor)``."""
    left = {name for name in dir(Tensor) if not name.startswith("_")}
    found: dict[str, list[str]] = {}
    for block in _blocks():
        title, _, text = block.partition("\n")
        lines = re.sub(r"\n {8,}", " ", text).splitlines()  # deeper lines go on
        names = [n for line in lines for part in line.split("; ") for n in _names(part)]
        found[title.partition(":")[0].partition(";")[0]] = [n for n in names if n in left]
        left -= set(names)
    assert not left, f"help(Tensor) does not name {sorted(left)}"
    return found


def _names(part: str) -> list[str]:
    return part.partition(":")[0].split()


def _blocks() -> list[str]:
    """The paragraphs of the page that are a heading with names below it."""
    text = inspect.getdoc(Tensor) or ""
    return [b for b in text.split("\n\n") if re.match(r"[A-Z][^\n]*\n    \S", b)]


def _about(name: str) -> str:
    value: Any = inspect.getattr_static(Tensor, name)
    return first_sentence(value.fget if isinstance(value, property) else value)

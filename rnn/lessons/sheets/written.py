"""What a topic writes, and the worksheet that is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..pages import Document

if TYPE_CHECKING:
    from minigrad.drawing import Drawing

__all__ = ["Worksheet", "Written"]


class Written(NamedTuple):
    """A topic with numbers in it.

    title: its heading. given: the model and its numbers, which sheet and key both have. tasks,
    solution: Markdown. pictures: what draws each, by the name that the texts have for it.
    answers: the results, by name.
    """

    title: str
    given: str
    tasks: str
    solution: str
    pictures: Mapping[str, Callable[[], Drawing]]
    answers: Mapping[str, float]


@dataclass(frozen=True)
class Worksheet:
    """A sheet with numbers of its own, and its key.

    sheet, key: a Document each. ``print(w.sheet)`` prints its Markdown, and
        ``w.sheet.save("sheet.md")`` writes it with its pictures; .html and .pdf too.
    answers: the results by name, as the engine has them; of several sheets lists of them.

    A notebook shows the sheet, and the key folded up below it.

    >>> from rnn.lessons import worksheet
    >>> mine = worksheet("truncation", 1)
    >>> mine.name, mine.sheet.text.partition("\\n")[0], list(mine.key.pictures)
    ('truncation-1', '# Truncation: what is lost', ['graph.svg', 'windows.svg'])
    """

    name: str
    sheet: Document = field(repr=False)
    key: Document = field(repr=False)
    answers: Mapping[str, Any] = field(repr=False)

    def save(self, folder: str | os.PathLike[str], kind: str = "md") -> tuple[Path, Path]:
        """Write both into a folder, as NAME.md and NAME-key.md. kind: "md", "html" or "pdf".

        Returns the two paths. The folder is made where it is missing. Raises what ``Document.save``
        does.

        >>> import tempfile
        >>> from rnn.lessons import worksheet
        >>> [path.name for path in worksheet("bptt", 7).save(tempfile.mkdtemp())]
        ['bptt-7.md', 'bptt-7-key.md']
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        ending = kind.removeprefix(".")
        return (self.sheet.save(place / f"{self.name}.{ending}"),
                self.key.save(place / f"{self.name}-key.{ending}"))

    def _repr_html_(self) -> str:
        return (f"{self.sheet._repr_html_()}<details><summary>The key of {self.name}</summary>"
                f"{self.key._repr_html_()}</details>")

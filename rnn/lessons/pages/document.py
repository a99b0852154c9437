"""Document: a text in Markdown with its pictures, which a notebook shows and files keep."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from minigrad.io import replacing

from .markdown import to_html
from .mathml import STYLE
from .printing import printed

__all__ = ["Document"]

# For paper, and for the place that a notebook has: black on white, cells to write in where a table
# is empty, and all of it inside of its own element, so that it meets no other style.
_PAPER = """
.minigrad-text {
  font: 11pt/1.45 Georgia, "Times New Roman", serif; color: #111; background: #fff;
  box-sizing: border-box; max-width: 46rem; padding: 1rem 1.5rem;
  & h1 { font-size: 1.5em; margin: 0 0 .6em } & h2 { font-size: 1.15em; margin: 1.2em 0 .4em }
  & h1, & h2, & h3 { padding: 0; line-height: 1.2; font-family: inherit; break-after: avoid }
  & table { border-collapse: collapse; margin: .6em 0; width: auto; break-inside: avoid }
  & th, & td { border: 1px solid #999; padding: .25em .7em; text-align: center }
  & th { font-weight: normal; background: #f2f2f2 }
  & tr, & td { background: #fff }
  & td:empty { min-width: 4.5em; height: 1.9em }
  & img { max-width: 100%; max-height: 90mm; display: block; margin: .6em auto;
          break-inside: avoid }
  & li { margin: .2em 0 } & del { color: #a22 }
  & del math { background: linear-gradient(#a22, #a22) center / 100% 1.5px no-repeat }
  & pre, & code { font: .9em ui-monospace, Consolas, monospace }
  & hr { border: 0; border-top: 1px solid #999; margin: 2em 0 }
}
"""
_PRINTED = """
@page { size: A4; margin: 16mm 18mm }
body { margin: 2rem auto }
@media print {
  body.minigrad-text { margin: 0; padding: 0; max-width: none }
  .minigrad-text hr { border: 0; margin: 0; break-after: page }
}
"""


@dataclass(frozen=True)
class Document:
    """A text in Markdown, and the pictures in it, as SVG by the names that the text has for them.

    ``print(page)`` prints the Markdown, a notebook shows the page, and ``page.save(path)`` writes
    it as the name says: .md with its pictures beside it, .html in one file that needs no network,
    or .pdf.

    >>> page = Document("# A *dot*\\n\\n![a dot](dot.svg)", {"dot.svg": "<svg/>"})
    >>> print(page)
    # A *dot*
    <BLANKLINE>
    ![a dot](dot.svg)
    >>> import tempfile
    >>> path = page.save(Path(tempfile.mkdtemp(), "sheet.md"))
    >>> sorted(p.name for p in path.parent.iterdir())
    ['sheet-dot.svg', 'sheet.md']
    """

    text: str
    pictures: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.text

    def body(self) -> str:
        """The page as HTML, without head and style, with its pictures inside of it."""

        def source(name: str) -> str:
            data = base64.b64encode(self.pictures[name].encode()).decode()
            return f"data:image/svg+xml;base64,{data}"

        return to_html(self.text, source)

    def html(self) -> str:
        """The page as one HTML file, which asks nothing of any network."""
        title = self.text.lstrip("# \n").partition("\n")[0]
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
            f'<style>{STYLE}{_PAPER}{_PRINTED}</style></head>\n'
            f'<body class="minigrad-text">\n{self.body()}\n</body></html>\n'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`: .md, .html or .pdf. Returns the path.

        The pictures of an .md go beside it, as ``sheet-graph.svg`` for ``sheet.md``.
        Raises ValueError for another ending, OSError where it cannot be written, and for a .pdf
        RendererNotFoundError, which says what to do, where there is no browser that prints.
        """
        target = Path(path)
        kind = target.suffix.lower()
        if kind == ".md":
            self._save_markdown(target)
        elif kind == ".html":
            _write(target, self.html().encode())
        elif kind == ".pdf":
            _write(target, printed(self.html(), f"save({str(path)!r})"))
        else:
            raise ValueError(
                f"save({str(path)!r}): the name ends in {target.suffix!r}; a page is saved as "
                f".md, .html or .pdf"
            )
        return target

    def _save_markdown(self, target: Path) -> None:
        text = self.text
        for name, svg in self.pictures.items():
            beside = f"{target.stem}-{name}"
            text = text.replace(f"]({name})", f"]({beside})")
            _write(target.with_name(beside), svg.encode())
        _write(target, text.encode())

    def _repr_html_(self) -> str:
        return f'<div class="minigrad-text"><style>{STYLE}{_PAPER}</style>{self.body()}</div>'

    @staticmethod
    def joined(pages: Iterable[Document], front: str = "") -> Document:
        """Several pages as one, each on a new sheet of paper. front: a text before them."""
        texts, pictures = [front] if front else [], {}
        for k, page in enumerate(pages, start=1):
            text = page.text
            for name, svg in page.pictures.items():
                text = text.replace(f"]({name})", f"]({k}-{name})")
                pictures[f"{k}-{name}"] = svg
            texts.append(text)
        return Document("\n\n---\n\n".join(texts), pictures)


def _write(target: Path, data: bytes) -> None:
    with replacing(target) as file:
        file.write(data)

"""Slides: a deck is a text in Markdown whose pictures are drawn by its own code.

    from rnn.lessons import deck

    deck("docs/teachers/slides/bptt_seen.md").save("bptt_seen.html")     # or .pdf

A deck is written as the lessons of the book are: Markdown, with fences of ``{code-cell} python``
that run from top to bottom in one namespace. A line of ``---`` begins the next slide. A quote
(``>``) is a note to who speaks. ``{eval}`expression` `` in a text is a number from the code.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import os
import re
from html import escape
from pathlib import Path
from typing import Any

from minigrad.drawing import Drawing
from minigrad.io import replacing

from .pages.deck_html import deck_html
from .pages.markdown import to_html
from .pages.printing import printed
from .showing import Moving

__all__ = ["Deck", "deck"]

_FRONT = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```[ ]*$", re.DOTALL | re.MULTILINE)
_TAGS = re.compile(r"\A:tags: \[([^\]]*)\]\n")
_EVAL = re.compile(r"\{eval\}`([^`]+)`")


class Deck:
    """Slides, as HTML; made by ``deck``.

    title: the heading of the first. slides: the HTML of each. ``.html()`` is all of it in one file
    that needs no network; ``.save(path)`` writes .html or .pdf.
    """

    def __init__(self, title: str, slides: list[str]) -> None:
        self.title, self.slides = title, slides

    def html(self) -> str:
        """The deck as one page: arrows, space or a click turn it, n shows the notes, f fills the
        screen."""
        return deck_html(self.title, self.slides)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the deck to `path`: .html, or .pdf, one slide a page. Returns the path.

        Raises ValueError for another ending, OSError where it cannot be written, and for a .pdf
        RendererNotFoundError, which says what to do, where there is no browser that prints.
        """
        target, kind = Path(path), Path(path).suffix.lower()
        if kind not in (".html", ".pdf"):
            raise ValueError(f"save({str(path)!r}): the name ends in {target.suffix!r}; a deck is "
                             f"saved as .html or .pdf")
        html = self.html()
        data = html.encode() if kind == ".html" else printed(html, f"save({str(path)!r})")
        with replacing(target) as file:
            file.write(data)
        return target

    def __repr__(self) -> str:
        return f"<Deck of {len(self.slides)} slides: {self.title}>"


def deck(path: str | os.PathLike[str]) -> Deck:
    """Run the code of a deck, and make its slides.

    path: a file of Markdown, as this module describes it. Its code is run here: take decks from
        people whose programs you would run.

    What stands below a cell is what it prints, and its last expression: a picture, several side by
    side where it is a tuple, what ``rnn.lessons.show`` gives (it moves, and is still on paper), or
    text. The code itself is shown, but for cells with ``:tags: [remove-input]``.

    Raises what the code raises, with a note of the slide; ValueError for a deck without slides, or
    a formula that ``mathml`` does not know.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "short.md")
    >>> _ = path.write_text("# Short\\n\\n---\\n\\n## Two\\n\\n2 + 3 is {eval}`2 + 3`.")
    >>> deck(path)
    <Deck of 2 slides: Short>
    >>> deck(path).slides[1]
    '<h2>Two</h2>\\n<p>2 + 3 is 5.</p>'
    """
    text = _FRONT.sub("", Path(path).read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "__deck__"}
    slides = []
    for number, source in enumerate(_slides(text), start=1):
        try:
            slides.append(_slide(source, names))
        except Exception as error:
            error.add_note(f"deck({str(path)!r}): slide {number}")
            raise
    heading = re.search(r"^# +(.+)$", text, re.MULTILINE)
    if not slides or heading is None:
        raise ValueError(f"deck({str(path)!r}): there is no slide with a heading, such as # Title")
    return Deck(heading[1], slides)


def _slides(text: str) -> list[str]:
    """The text of each slide: a line of dashes ends one, but not inside of code."""
    cells: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        cells.append(found[0])
        return f"\0{len(cells) - 1}\0"

    parts = re.split(r"^---+[ ]*$", _CELL.sub(hidden, text), flags=re.MULTILINE)
    return [re.sub(r"\0(\d+)\0", lambda m: cells[int(m[1])], part) for part in parts
            if part.strip()]


def _slide(source: str, names: dict[str, Any]) -> str:
    """A slide as HTML. Its cells run first to last, and its text is read after them."""
    outputs: list[str] = []

    def cell(found: re.Match[str]) -> str:
        code = found[1]
        tags = _TAGS.match(code)
        code = code[tags.end() if tags else 0 :].strip("\n")
        shown = "" if tags and "remove-input" in tags[1] else f"```\n{code}\n```\n\n"
        outputs.append(_run(code, names))
        return f"{shown}![output](output-{len(outputs) - 1})"

    text = _CELL.sub(cell, source)
    text = _EVAL.sub(lambda m: str(eval(m[1], names)), text)
    html = to_html(text)
    return re.sub(r'(<p>)?<img src="output-(\d+)" alt="output">(</p>)?',
                  lambda m: outputs[int(m[2])], html)


def _run(code: str, names: dict[str, Any]) -> str:
    """What a cell prints, and what its last expression shows."""
    tree, value = ast.parse(code), None
    last = tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr):
        tree.body.pop()
    with contextlib.redirect_stdout(io.StringIO()) as said_so:
        exec(compile(tree, "<slide>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<slide>", "eval"), names)
    said = said_so.getvalue().rstrip()
    return (f"<pre>{escape(said)}</pre>" if said else "") + ("" if value is None else _shown(value))


def _shown(value: Any) -> str:
    """A value as a slide shows it."""
    if isinstance(value, tuple) and all(isinstance(one, Drawing) for one in value):
        sizes = [one.scene.inches() for one in value]
        tall = " tall" if sum(width / height for width, height in sizes) > 4 else ""
        return f'<div class="row{tall}">{"".join(map(_shown, value))}</div>'
    if isinstance(value, Moving):
        return f'<figure class="moving">{value._repr_html_()}{_image(value.picture)}</figure>'
    if isinstance(value, Drawing):
        return f"<figure>{_image(value)}</figure>"
    if hasattr(value, "_repr_html_"):
        return f'<div class="shown">{value._repr_html_()}</div>'
    return f"<pre>{escape(repr(value))}</pre>"


def _image(picture: Drawing) -> str:
    data = base64.b64encode(picture.svg().encode()).decode()
    words = escape(repr(picture)[1:-1])
    return f'<img class="still" alt="{words}" src="data:image/svg+xml;base64,{data}">'

"""The words above and below a picture: its title and its caption."""

from __future__ import annotations

import re
import textwrap

from .scene import Mark, Scene
from .style import INK, MUTED
from .text import TextLine, clean

__all__ = ["add_caption", "add_title"]

_NARROWEST = 380.0  # a caption has at least this width
_NAMED = re.compile(r"(?<=[^\W\d_])_(\{[^{}]*\}|[A-Za-z0-9]{1,4}(?![A-Za-z0-9_]))")
_CHARACTER = 4.9  # the mean width of one at 10 points


def add_title(scene: Scene, title: str | None) -> None:
    """Write a title above everything."""
    if title:
        left, _, _, top = scene.bounds()
        line = TextLine([(clean(title), "")], 15, color=INK)
        scene.add(Mark(
            scene.id("title"), left + line.width / 2, top + 26, line.width + 2, line.height,
            (line,), ink=INK, kind="title",
        ))


def add_caption(scene: Scene, caption: str | None) -> None:
    """Write a caption below everything, in lines as wide as the picture."""
    if not caption:
        return
    left, bottom, right, _ = scene.bounds()
    room = int(max(right - left, _NARROWEST) / _CHARACTER)
    y, code = bottom - 24, False
    caption = re.sub("`([^`]*)`", r"“\1”", clean(caption))
    for words in textwrap.wrap(caption, room, break_on_hyphens=False):
        pieces: list[tuple[str, str]] = []
        for part in re.split("(?=[“”])", words):
            code = part.startswith("“") or (code and not part.startswith("”"))
            pieces += [(part, "")] if code else _pieces(part)
        line = TextLine(pieces, 10, color=MUTED)
        scene.add(Mark(
            scene.id("caption"), left + line.width / 2, y, line.width + 2, line.height, (line,),
            ink=MUTED, kind="caption",
        ))
        y -= 14


def _pieces(words: str) -> list[tuple[str, str]]:
    """Words, in which names have their subscripts lowered: W_xh, h_{t-1}."""
    found: list[tuple[str, str]] = []
    at = 0
    for match in _NAMED.finditer(words):
        found.append((words[at : match.start()], match[1].strip("{}")))
        at = match.end()
    return [*found, (words[at:], "")]

"""What is printed can be printed everywhere: a console of Windows, or a file that ``print`` is sent
to there, often knows 256 signs only (cp1252), and raises UnicodeEncodeError for ∂ and ‖.

>>> class Norm:
...     @printable
...     def __repr__(self):
...         return "‖∂h/∂x‖ = 0.5"
>>> Norm()  # as this console shows it
‖∂h/∂x‖ = 0.5
"""

from __future__ import annotations

import codecs
import functools
import io
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["SPELLED", "printable", "spelled", "spelling"]

HANDLER = "minigrad.spelled"

# What a sign is where it cannot be shown; letters with marks and indices lose them besides.
SPELLED = {
    "‖": "|", "→": "->", "←": "<-", "↦": "->", "⊙": "*", "∂": "d", "Σ": "sum", "∏": "product",
    "Π": "product", "∫": "integral", "√": "sqrt", "∛": "cbrt", "∞": "inf", "≤": "<=", "≥": ">=",
    "≠": "!=", "≈": "~", "−": "-", "∈": "in", "⟨": "<", "⟩": ">", "⌊": "floor(", "⌋": ")",
    "ᵀ": "'", "″": '"', "█": "#", "▇": "#", "▆": "#", "▅": "=", "▄": "=", "▃": "-", "▂": "-",
    "▁": "_", "●": "*", "○": "o", "✓": "right:", "✗": "wrong:",
}


def spelled(text: str, encoding: str) -> str:
    """`text` with what an encoding lacks spelled out: a line of it may become longer.

    >>> spelled("‖Σ δ_t‖ ≤ γ² for t₁, e⁻ᵏ", "cp1252")
    '|sum delta_t| <= gamma² for t1, e^-k'
    """
    return text.encode(encoding, HANDLER).decode(encoding)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """How Python asks what to write for what an encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    written, raised = "", False
    for sign in error.object[error.start : error.end]:
        above = sign not in SPELLED and unicodedata.decomposition(sign).startswith("<super>")
        written += "^" * (above and not raised) + _plain(sign)
        raised = above
    return written, error.end


def _plain(sign: str) -> str:
    """A sign in ASCII: its own spelling, a letter without marks, or a Greek letter's name."""
    if sign in SPELLED:
        return SPELLED[sign]
    letters = unicodedata.normalize("NFKD", sign).replace("−", "-")  # of an index
    kind, _, name = unicodedata.name(letters[0], "").partition(" LETTER ")
    if kind.startswith("GREEK"):
        return name.capitalize() if "CAPITAL" in kind else name.lower()
    return "".join(filter(str.isascii, letters)) or "?"


codecs.register_error(HANDLER, _spelled)


@contextmanager
def spelling(*streams: Any) -> Iterator[None]:
    """For programs: what is printed to these streams is spelled out where the console lacks it."""
    before = [(s, s.errors) for s in streams if isinstance(s, io.TextIOWrapper)]
    try:
        for stream, _ in before:
            stream.reconfigure(errors=HANDLER)
        yield
    finally:
        for stream, errors in before:
            stream.reconfigure(errors=errors)


def printable(text_of: Callable[[Any], str]) -> Callable[[Any], str]:
    """A ``__repr__`` or ``__str__`` whose text can be printed on the console that there is."""

    @functools.wraps(text_of)
    def shown(self: Any) -> str:
        text = text_of(self)
        with suppress(LookupError):  # an encoding of somebody's own
            return spelled(text, getattr(sys.stdout, "encoding", None) or "utf-8")
        return text

    return shown

"""How labels are written and how much room they take, so that boxes can be sized and labels kept
apart before anything is painted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .metrics import MEASURED, width

__all__ = [
    "TextLine", "clean", "count", "escaped", "indexed", "label", "number", "painted", "plain",
    "shown",
]

_SUBSCRIPTS = dict(zip(map(ord, "0123456789+-t"), "₀₁₂₃₄₅₆₇₈₉₊₋ₜ", strict=True))
# W_xh and h_t-1, but not learning_rate.
_INDEXED = re.compile(r"((?:.*\.)?[^\W\d_]{1,3})_([^\W_]{1,4}|t[+-]\d)")
_LOW = 0.75  # the size of a subscript
_TABLE = '<table border="0" cellborder="0" cellspacing="0" cellpadding="0"'


class TextLine(NamedTuple):
    """One line of a label: pieces of text, each with its subscript or an empty one.

    says: what kind of thing, for scripts: a "value" or a "gradient".
    """

    pieces: Sequence[tuple[str, str]]
    size: float = 11
    bold: bool = False
    color: str = ""
    says: str = ""

    @property
    def low(self) -> bool:
        """Whether there are subscripts."""
        return any(low for _, low in self.pieces)

    @property
    def width(self) -> float:
        return sum(
            width(text, self.size, self.bold) + width(low, self.size * _LOW, self.bold)
            for text, low in self.pieces
        )

    @property
    def height(self) -> float:
        return self.size * (1.3 if self.low else 1.2)

    def __str__(self) -> str:
        return "".join(text + _below(low) for text, low in self.pieces)


def _below(low: str) -> str:
    """A subscript in plain text: as Unicode subscripts, if it has them all."""
    digits = low.translate(_SUBSCRIPTS)
    return digits if set(digits) <= set(_SUBSCRIPTS.values()) else f"_{low}"


def clean(text: str) -> str:
    """`text` without line breaks and other control characters; emoji keep their joiners."""
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)


def plain(text: str) -> str:
    """`text` without control characters, shortened in the middle to fit into a label."""
    text = clean(text)
    return text if len(text) <= 40 else f"{text[:24]}...{text[-12:]}"


def escaped(text: str) -> str:
    """`text` as DOT takes it literally: no HTML, and backslashes are backslashes."""
    import graphviz

    return graphviz.escape(text)  # type: ignore[no-any-return]  # a str that is never HTML


def indexed(name: str) -> tuple[str, str]:
    """A name as text and subscript: W_xh is W with a low xh."""
    found = _INDEXED.fullmatch(name)
    return (found[1], found[2]) if found else (name, "")


def label(lines: Sequence[TextLine]) -> str:
    """The DOT label of some lines.

    Plain text if possible, as every renderer centres it exactly. Subscripts and several sizes need
    an HTML-like table, in characters whose widths all renderers agree on.
    """
    import graphviz

    if not _rich(lines) or (len(lines) < 2 and not any(map(_tabled, lines))):
        return graphviz.nohtml("\\n".join(escaped(str(line)) for line in lines))  # type: ignore[no-any-return]  # a str
    rows = "".join(f"<tr><td>{_row(line)}</td></tr>" for line in lines)
    if len(lines) == 1 and lines[0].bold:  # else it is painted a little too high
        rows = f'<tr><td height="2"></td></tr>{rows}'
    return f"<{_TABLE}>{rows}</table>>"


def painted(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines as `label` will have them painted: plain text has one size and one colour."""
    if _rich(lines):
        return list(lines)
    return [line._replace(size=lines[0].size, bold=False) for line in lines]


def _rich(lines: Sequence[TextLine]) -> bool:
    return all(MEASURED.issuperset(text + low) for line in lines for text, low in line.pieces)


def _tabled(line: TextLine) -> bool:
    """Whether a line needs cells, and is of letters whose widths all renderers agree on."""
    return (line.low or line.bold) and all((a + b).isascii() for a, b in line.pieces)


def _row(line: TextLine) -> str:
    """One line as HTML: subscripts are cells that begin lower, in a table of exactly their width,
    which would else spread over the whole label. Cells of other letters than ASCII's are too wide
    in some renderers, so a line of those is one piece."""
    if not (line.low and _tabled(line)):
        return _font(str(line), line.size, line)
    upper = lower = ""
    for text, low in line.pieces:
        if text:
            upper += f'<td rowspan="2">{_font(text, line.size, line)}</td>'
        if low:
            upper += f'<td height="{line.size * 0.36:.0f}"></td>'
            lower += f"<td>{_font(low, line.size * _LOW, line)}</td>"
    size = f'fixedsize="true" width="{line.width + 1:.0f}" height="{line.height:.0f}"'
    return f"{_TABLE} {size}><tr>{upper}</tr><tr>{lower}</tr></table>"


def _font(text: str, size: float, line: TextLine) -> str:
    text = html.escape(text).replace("\\", "&#92;&#92;")  # one would make \N the name of the node
    color = f' color="{line.color}"' if line.color else ""
    return f'<font point-size="{size:g}"{color}>{f"<b>{text}</b>" if line.bold else text}</font>'


def count(n: int, word: str) -> str:
    """A number of things: ``1 step``, ``2 steps``, ``2 boxes``."""
    plural = "" if n == 1 else "es" if word.endswith("x") else "s"
    return f"{n} {word}{plural}"


def number(value: float) -> str:
    """Three significant digits.

    >>> number(0.2), number(0.0), number(3.2e-7), number(1234.0)
    ('0.200', '0', '3.2e-07', '1234')
    """
    if value == 0 or not np.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e3:
        return f"{value:#.3g}".removesuffix(".")
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e5 else f"{value:.1e}"


def shown(name: Iterable[tuple[str, str]], value: Any) -> list[tuple[str, str]]:
    """A value as pieces of a line: a number, up to three numbers, or the norm of an array."""
    array, name = np.asarray(value), list(name)
    if array.dtype.kind not in "fiub":
        return [*name, (f" {array.dtype}", "")]
    if array.size == 1:
        words = number(float(array.reshape(-1)[0]))
    elif array.ndim == 1 and array.size <= 3:
        words = f"[{', '.join(number(float(v)) for v in array)}]"
    else:
        words = number(float(np.linalg.norm(array.astype(float))))
        return [("‖", ""), *(name or [("·", "")]), (f"‖ = {words}", "")]
    return [*name, (f" = {words}", "")] if name else [(words, "")]
